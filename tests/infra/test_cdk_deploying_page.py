"""The roles that docs/deploying.md proposes: they can take CDK's own roles, for one repository, and nothing else."""

import re
from typing import Any

import aws_cdk as cdk
from infra_support import REPOSITORY, actions, resources, statements, template_of


def test_the_deploy_roles_trust_one_repository_and_reach_bootstrap_roles_alone() -> None:
    text = (REPOSITORY / "docs" / "deploying.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(block, "deploying.md", "exec"), names)  # noqa: S102 - our own page
    app = cdk.App(builtin_cloud_formation_validation=False)

    template = template_of(
        names["DeployRoles"](app, "Roles", repository="team/skyferry", environment="prod")
    )

    trusts = [
        one["AssumeRolePolicyDocument"]["Statement"][0]
        for one in resources(template, "AWS::IAM::Role").values()
    ]
    subjects = {
        trust["Condition"]["StringLike"]["token.actions.githubusercontent.com:sub"]
        for trust in trusts
    }
    assert subjects == {"repo:team/skyferry:*", "repo:team/skyferry:environment:prod"}
    assert {trust["Action"] for trust in trusts} == {"sts:AssumeRoleWithWebIdentity"}
    for _, statement in statements(template):
        assert actions(statement) == ["sts:AssumeRole"]
        assert "role/cdk-hnb659fds-" in str(statement["Resource"])
    assert not any(one["Type"].startswith("Custom::") for one in template["Resources"].values())
