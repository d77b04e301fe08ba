"""Who may deploy, look and compare: the roles, and the workflows that take them."""

import re
from typing import Any

import aws_cdk as cdk
import pytest
import yaml
from skyferry_cdk import GitHubRoles

from tests.infra.infra_support import REPOSITORY, Json, actions, resources, small_stack, template_of

WORKFLOWS = sorted((REPOSITORY / ".github" / "workflows").glob("*.yml"))
ISSUER = "token.actions.githubusercontent.com"


def _roles(stack: cdk.Stack, name: str = "GitHub", **props: Any) -> GitHubRoles:
    values = {"repository": "example/ferry", "environment": "prod", "stacks": ["ferry-prod-data"]}
    return GitHubRoles(stack, name, **{**values, **props})


@pytest.fixture(scope="module")
def template() -> Json:
    stack = small_stack()
    _roles(stack)
    return template_of(stack)


def _trust(template: Json, name: str) -> Json:
    (role,) = [
        one
        for logical_id, one in resources(template, "AWS::IAM::Role").items()
        if logical_id.startswith(f"GitHub{name}")
    ]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    found: Json = statement
    return found


def _statements(template: Json, name: str) -> list[Json]:
    (policy,) = [
        one
        for logical_id, one in resources(template, "AWS::IAM::Policy").items()
        if logical_id.startswith(f"GitHub{name}")
    ]
    found: list[Json] = policy["PolicyDocument"]["Statement"]
    return found


@pytest.mark.parametrize(
    ("role", "subject"),
    [
        ("Deploy", "environment:prod"),
        ("Diff", "pull_request"),
        ("Drift", "environment:prod-drift"),
    ],
)
def test_a_role_opens_to_one_kind_of_job_of_one_repository(
    template: Json, role: str, subject: str
) -> None:
    statement = _trust(template, role)
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Condition"] == {
        "StringEquals": {
            f"{ISSUER}:aud": "sts.amazonaws.com",
            f"{ISSUER}:sub": f"repo:example/ferry:{subject}",
        }
    }


def test_deployments_go_through_the_roles_of_cdk_bootstrap_alone(template: Json) -> None:
    (statement,) = _statements(template, "Deploy")
    assert statement["Action"] == "sts:AssumeRole"
    found = re.findall(r"role/cdk-hnb659fds-([a-z-]+)-role-", str(statement["Resource"]))
    assert found == ["deploy", "file-publishing", "lookup"]


def test_another_qualifier_of_the_bootstrap_is_taken() -> None:
    stack = small_stack()
    _roles(stack, bootstrap_qualifier="ferry01")
    (statement,) = _statements(template_of(stack), "Deploy")
    assert str(statement["Resource"]).count("cdk-ferry01-") == 3


def test_a_pull_request_reads_the_templates_of_its_stacks_and_nothing_else(template: Json) -> None:
    (statement,) = _statements(template, "Diff")
    assert actions(statement) == ["cloudformation:DescribeStacks", "cloudformation:GetTemplate"]
    assert ":stack/ferry-prod-data/*" in str(statement["Resource"])


def test_looking_for_drift_shows_nobodys_data(template: Json) -> None:
    detect, denied = _statements(template, "Drift")
    assert (detect["Effect"], actions(detect)) == ("Allow", ["cloudformation:DetectStackDrift"])
    assert (denied["Effect"], denied["Resource"]) == ("Deny", "*")
    for action in ("s3:GetObject", "dynamodb:Query", "sqs:ReceiveMessage", "logs:GetLogEvents"):
        assert action in actions(denied)


def test_a_second_environment_of_an_account_shares_the_provider() -> None:
    stack = small_stack()
    first = _roles(stack, "Staging", environment="staging")
    _roles(stack, "Prod", provider=first.provider)
    assert len(resources(template_of(stack), "AWS::IAM::OIDCProvider")) == 1


def test_wrong_values_are_named_all_at_once() -> None:
    with pytest.raises(ValueError, match="Test/GitHub: ") as refused:
        _roles(small_stack(), repository="example/*", environment="a b", stacks=["ferry-*"])
    for text in (
        "repository: 'example/*' is not `owner/name`",
        "environment: 'a b' is not a name without spaces",
        "stacks: 'ferry-*' is a pattern",
    ):
        assert text in str(refused.value)
    with pytest.raises(ValueError, match="stacks: name at least one"):
        _roles(small_stack(), stacks=[])


def test_the_page_about_deploying_has_an_app_that_synthesises() -> None:
    page = (REPOSITORY / "docs" / "deploying.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(example, "example", "exec"), names)  # noqa: S102 - our own page
    outputs = template_of(names["stack"])["Outputs"]
    assert set(outputs) == {"AWSDEPLOYROLE", "AWSDIFFROLE", "AWSDRIFTROLE"}


# The workflows


def _jobs() -> list[tuple[str, Json]]:
    return [
        (file.name, job)
        for file in WORKFLOWS
        for job in yaml.safe_load(file.read_bytes())["jobs"].values()
    ]


def test_every_job_that_takes_a_role_runs_where_the_role_lets_it() -> None:
    taken = {
        role: (file, job.get("environment"))
        for file, job in _jobs()
        for step in job.get("steps", [])
        if (role := step.get("with", {}).get("role-to-assume"))
    }
    assert taken == {
        "${{ vars.AWS_DEPLOY_ROLE }}": ("deploy-environment.yml", "${{ inputs.environment }}"),
        "${{ vars.AWS_DIFF_ROLE }}": ("pull-request.yml", None),
        "${{ vars.AWS_DRIFT_ROLE }}": ("drift.yml", "${{ matrix.environment }}-drift"),
    }
    assert set(taken) == {f"${{{{ vars.{name} }}}}" for name in _roles(small_stack()).roles}


def test_every_action_is_pinned_to_a_commit_and_keeps_no_credentials() -> None:
    text = "\n".join(file.read_text(encoding="utf-8") for file in WORKFLOWS)
    used = re.findall(r"uses: (\S+)(.*)", text)
    assert used
    for action, comment in used:
        if not action.startswith("./"):
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action), action
            assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), action
    for _, job in _jobs():
        for step in job.get("steps", []):
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False


def test_a_pull_request_never_deploys_and_nothing_is_granted_to_a_whole_workflow() -> None:
    for file in WORKFLOWS:
        assert yaml.safe_load(file.read_bytes())["permissions"] == {}, file.name
    text = (REPOSITORY / ".github/workflows/pull-request.yml").read_text(encoding="utf-8")
    assert "cdk deploy" not in text
    assert "--fail-on=destructive" in text
    assert "--method=template" in text
