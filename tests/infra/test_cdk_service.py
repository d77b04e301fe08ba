"""The whole service as an importer's single construct, and the linters over our own templates."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import aws_cdk as cdk
import pytest
from skyferry.contract import ADDRESS_OF_REQUEST
from skyferry_cdk import FileTransferService, Oidc
from skyferry_cdk.environment import InvalidEnvironment, load

from tests.infra.infra_support import FLAGS, Json, nagged_stack, resources, small_stack, template_of


def _service(stack: cdk.Stack, name: str = "Transfers") -> FileTransferService:
    return FileTransferService(
        stack,
        name,
        environment_name="test",
        oidc=Oidc(issuer="https://login.example.com", audience="files"),
        sender_address="files@example.com",
    )


def test_the_whole_service_is_one_construct_without_open_findings() -> None:
    stack = nagged_stack()
    _service(stack)
    app = stack.node.root
    assert isinstance(app, cdk.App)
    app.synth()


@pytest.mark.parametrize("flags", [FLAGS, {}], ids=["recommended-flags", "no-flags"])
def test_the_service_works_twice_in_one_stack(flags: Json) -> None:
    stack = small_stack(flags=flags)
    _service(stack, "One")
    _service(stack, "Two")
    template = template_of(stack)
    names = [one["Name"] for one in resources(template, "AWS::ApiGateway::RestApi").values()]
    assert len(set(names)) == 2, "the name is the metrics' dimension"
    assert len(resources(template, "AWS::DynamoDB::GlobalTable")) == 2


@pytest.fixture(scope="module")
def alone() -> Json:
    """The template of a stack with nothing but the service."""
    stack = small_stack()
    _service(stack)
    return template_of(stack)


def test_what_it_made_itself_is_watched_too(alone: Json) -> None:
    alarms = resources(alone, "AWS::CloudWatch::Alarm")
    assert any("TransfersTable" in name for name in alarms)
    assert any("TransfersMail" in name for name in alarms)
    assert all(one["AlarmActions"] for one in alarms.values())


def test_mail_links_point_at_the_api_unless_told_otherwise(alone: Json) -> None:
    urls = [
        one["Environment"]["Variables"]["PUBLIC_BASE_URL"]
        for one in resources(alone, "AWS::Lambda::Function").values()
        if "PUBLIC_BASE_URL" in one["Environment"]["Variables"]
    ]
    # The API names its function, so its address cannot be in that function's environment.
    assert urls.count(ADDRESS_OF_REQUEST) == 1
    (mailed,) = (url for url in urls if url != ADDRESS_OF_REQUEST)
    assert mailed["Fn::Join"][1][0] == "https://"
    assert mailed["Fn::Join"][1][-1] == "/v1"


def test_cloudformation_linter_has_nothing_to_say(
    templates: Callable[[str], dict[str, Json]], tmp_path: Path
) -> None:
    files = []
    for name in ("dev", "staging", "prod", "all"):
        for part, template in templates(name).items():
            file = tmp_path / f"{name}-{part}.json"
            file.write_text(json.dumps(template))
            files.append(str(file))
    # W3005: CDK writes dependencies that references already imply.
    done = subprocess.run(
        [str(Path(sys.executable).with_name("cfn-lint")), "-i", "W3005", "-t", *files],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "")


def test_app_says_what_is_wrong_with_an_environment_instead_of_a_traceback() -> None:
    with pytest.raises(InvalidEnvironment):
        load("does-not-exist")
