"""What an importer does: build the wheel, install it into an empty environment, synthesize the examples there."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
_UV: Final = Path(sys.executable).with_name("uv")
#: Of every example: what its template must hold, so that an empty one does not pass.
_EXPECTED: Final = {
    "one_block": {"AWS::SQS::Queue": 2, "AWS::CloudWatch::Alarm": 4},
    "several_blocks": {"AWS::ApiGateway::RestApi": 1, "AWS::WAFv2::WebACL": 1, "AWS::KMS::Key": 1},
    "whole_service": {"AWS::ApiGateway::RestApi": 2, "AWS::DynamoDB::GlobalTable": 2},
}


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="skyferry-importer-") as name:
        folder = Path(name)
        _run([_UV, "build", "--quiet", "--wheel", "--out-dir", folder / "dist", ROOT])
        (wheel,) = (folder / "dist").glob("*.whl")
        venv = folder / "venv"
        _run([_UV, "venv", "--quiet", "--python", sys.executable, venv])
        python = venv / "bin" / "python"
        _run(
            [
                _UV,
                "pip",
                "install",
                "--quiet",
                "--python",
                python,
                f"skyferry[deploy] @ {wheel.as_uri()}",
            ]
        )
        shutil.copytree(ROOT / "examples", folder / "examples")
        for example, expected in _EXPECTED.items():
            found = _synthesize(python, folder / "examples" / example)
            missing = {kind: n for kind, n in expected.items() if found.count(kind) != n}
            if missing:
                sys.exit(f"{example}: expected {missing}, found {sorted(set(found))}")
            print(f"{example}: {len(found)} resources")
    return 0


def _synthesize(python: Path, example: Path) -> list[str]:
    """The types of all resources. No AWS variables, no Docker on the path, nothing of this repository."""
    node = shutil.which("node")
    if node is None:
        sys.exit("node is not on the PATH")
    environment = {
        "PATH": os.pathsep.join([str(python.parent), str(Path(node).parent)]),
        "HOME": os.environ["HOME"],
        "CDK_OUTDIR": str(example / "cdk.out"),
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
        **{k: v for k, v in os.environ.items() if k.startswith(("UV_", "PIP_", "SSL_"))},
    }
    _run([python, "app.py"], cwd=example, env=environment)
    return [
        resource["Type"]
        for template in (example / "cdk.out").glob("*.template.json")
        for resource in json.loads(template.read_bytes())["Resources"].values()
    ]


def _run(command: list[object], **options: object) -> None:
    done = subprocess.run(
        list(map(str, command)),
        check=False,
        capture_output=True,
        text=True,
        **options,  # type: ignore[call-overload]
    )
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    sys.exit(main())
