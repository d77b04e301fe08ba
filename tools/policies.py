"""Second opinions: parliament on every IAM policy, checkov on every template, zizmor on the workflows.

Reads what `make synth` left in cdk.out. parliament and zizmor must find nothing; each finding of checkov that is
left has a reason in .checkov.yaml.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
_BIN: Final = ROOT / ".local" / "policy-venv" / "bin"
#: What a reference becomes at deployment, so that a linter sees an ARN.
_STAND_INS: Final = {
    "AWS::Partition": "aws",
    "AWS::Region": "eu-central-1",
    "AWS::AccountId": "111122223333",
    "AWS::URLSuffix": "amazonaws.com",
}


#: Runs where parliament is installed: a JSON list of names and policies comes in, a line a finding goes out.
_PARLIAMENT: Final = """
import json, sys, parliament
for name, policy in json.load(sys.stdin):
    for found in parliament.analyze_policy_string(json.dumps(policy)).findings:
        print(name, found.issue, found.title or "", found.detail, found.location)
"""


def main() -> int:
    # What only an emulator gets is not judged: it knows `ses:SendEmail` on every resource only.
    found = sorted((ROOT / "cdk.out").rglob("*.template.json"))
    templates = [one for one in found if one.parent.name != "assembly-local"]
    if not templates:
        sys.exit("There are no templates. Run `make synth` first.")
    policies = [policy for template in templates for policy in _policies(template)]
    told = subprocess.run(
        [_BIN / "python", "-W", "ignore", "-c", _PARLIAMENT],
        input=json.dumps(policies), stdout=subprocess.PIPE, text=True, check=True,
    ).stdout  # fmt: skip
    print(f"{told}parliament: {len(told.splitlines())} findings in {len(policies)} policies")
    return int(bool(told)) or _run("checkov", *_CHECKOV) or _run("zizmor", *_ZIZMOR)


_CHECKOV: Final = ("--directory=cdk.out/assembly-prod", "--config-file=.checkov.yaml")
_ZIZMOR: Final = (
    "--offline",
    "--persona=pedantic",
    "--config=.github/zizmor.yml",
    ".github/workflows",
)


def _run(tool: str, *arguments: str) -> int:
    return subprocess.run([_BIN / tool, *arguments], cwd=ROOT, check=False).returncode


def _policies(template: Path) -> Iterator[tuple[str, Any]]:
    """Of identities; parliament does not know a resource's own policies."""
    resources = json.loads(template.read_bytes())["Resources"]
    for name, resource in resources.items():
        if resource["Type"] in {"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"}:
            policy = _resolved(resource["Properties"]["PolicyDocument"], resources)
            yield f"{template.name} {name}", policy


def _resolved(value: Any, resources: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON
    match value:
        case {"Ref": str(name)}:
            return _STAND_INS.get(name, name.lower())
        case {"Fn::GetAtt": [str(name), "Arn" | "TableArn" | "StreamArn" as attribute]}:
            return _arn(resources.get(name, {}).get("Type", ""), name, attribute)
        case {"Fn::GetAtt": [str(name), _]}:
            return name.lower()
        case {"Fn::GetStackOutput": {"OutputName": str(output)}}:
            return _output(output)
        case {"Fn::Join": [str(by), list(parts)]}:
            return by.join(str(_resolved(part, resources)) for part in parts)
        case Mapping():
            return {key: _resolved(one, resources) for key, one in value.items()}
        case list():
            return [_resolved(one, resources) for one in value]
    return value


def _output(name: str) -> str:
    """An output of the other stack, by the resource its name begins with."""
    kinds = {
        "Table": "AWS::DynamoDB::GlobalTable",
        "Bucket": "AWS::S3::Bucket",
        "ReceiptKey": "AWS::KMS::Key",
        "EncryptionKey": "AWS::KMS::Key",
        "Identity": "AWS::SES::EmailIdentity",
        "Topic": "AWS::SNS::Topic",
    }
    kind = next((kind for word, kind in kinds.items() if word in name), "")
    return _arn(kind, name, name) if "Arn" in name else name.lower()


def _arn(kind: str, name: str, attribute: str) -> str:
    where = "eu-central-1:111122223333"
    stream = "/stream/1" if "Stream" in attribute else ""
    return {
        "AWS::DynamoDB::GlobalTable": f"arn:aws:dynamodb:{where}:table/{name}{stream}",
        "AWS::S3::Bucket": f"arn:aws:s3:::{name.lower()}",
        "AWS::SQS::Queue": f"arn:aws:sqs:{where}:{name}",
        "AWS::SNS::Topic": f"arn:aws:sns:{where}:{name}",
        "AWS::KMS::Key": f"arn:aws:kms:{where}:key/00000000-0000-0000-0000-000000000000",
        "AWS::Logs::LogGroup": f"arn:aws:logs:{where}:log-group:{name}:*",
        "AWS::Lambda::Function": f"arn:aws:lambda:{where}:function:{name}",
        "AWS::Lambda::EventSourceMapping": f"arn:aws:lambda:{where}:event-source-mapping:{name}",
    }.get(kind, f"arn:aws:unknown:{where}:{name}")


if __name__ == "__main__":
    sys.exit(main())
