"""GitHubRoles: what the workflows of one repository may do with one environment, without any stored credentials."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from skyferry_cdk.nag import acknowledge, acknowledge_wildcard

_ISSUER: Final = "token.actions.githubusercontent.com"
_AUDIENCE: Final = "sts.amazonaws.com"
_READ_ONLY: Final = "ReadOnlyAccess"
#: Of ReadOnlyAccess, what shows contents instead of settings.
_CONTENTS: Final = (
    "dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:GetRecords", "dynamodb:PartiQLSelect",
    "dynamodb:Query", "dynamodb:Scan", "kms:Decrypt", "logs:FilterLogEvents", "logs:GetLogEvents",
    "logs:GetLogRecord", "logs:GetQueryResults", "logs:StartLiveTail", "logs:StartQuery",
    "s3:GetObject", "s3:GetObjectVersion", "secretsmanager:GetSecretValue", "sqs:ReceiveMessage",
    "ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath",
)  # fmt: skip


class GitHubRoles(Construct):
    """Three roles that GitHub's own tokens open (OIDC), each for one kind of job and nobody else's repository:

    - `deploy`, for jobs in the GitHub environment of the same name: the roles of `cdk bootstrap` that deploy;
    - `diff`, for pull requests: the templates of `stacks`, nothing else;
    - `drift`, for jobs in the GitHub environment `<environment>-drift`: all settings, and nobody's data.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - the name every construct uses
        *,
        repository: str,
        environment: str,
        stacks: Sequence[str],
        provider: iam.IOidcProvider | None = None,
        bootstrap_qualifier: str = "hnb659fds",
    ) -> None:
        super().__init__(scope, id)
        self._check(repository, environment, stacks)
        self._repository = repository
        self._provider = provider or iam.OidcProviderNative(
            self, "Provider", url=f"https://{_ISSUER}", client_ids=[_AUDIENCE]
        )
        self._stacks = [
            self._arn("cloudformation", f"stack/{name}/*", region=cdk.Stack.of(self).region)
            for name in stacks
        ]
        self.deploy = self._role("Deploy", f"environment:{environment}")
        self.diff = self._role("Diff", "pull_request")
        self.drift = self._role("Drift", f"environment:{environment}-drift")
        self._allow_deployment(bootstrap_qualifier)
        self._allow_stacks(
            self.diff, ["cloudformation:DescribeStacks", "cloudformation:GetTemplate"]
        )
        self._allow_looking()

    @property
    def provider(self) -> iam.IOidcProvider:
        """One for each account: give it to the roles of the account's other environments."""
        return self._provider

    @property
    def roles(self) -> Mapping[str, iam.Role]:
        """By the names that the workflows' variables have."""
        return {
            "AWS_DEPLOY_ROLE": self.deploy,
            "AWS_DIFF_ROLE": self.diff,
            "AWS_DRIFT_ROLE": self.drift,
        }

    def _check(self, repository: str, environment: str, stacks: Sequence[str]) -> None:
        problems = []
        # A `*` would open the roles to others; StringEquals does not expand it, so it would also open nothing.
        if not cdk.Token.is_unresolved(repository) and not re.fullmatch(
            r"[\w.-]+/[\w.-]+", repository, re.ASCII
        ):
            problems.append(f"repository: {repository!r} is not `owner/name`")
        if not cdk.Token.is_unresolved(environment) and not re.fullmatch(
            r"[\w.-]+", environment, re.ASCII
        ):
            problems.append(f"environment: {environment!r} is not a name without spaces")
        if not stacks:
            problems.append("stacks: name at least one")
        problems += [f"stacks: {name!r} is a pattern" for name in stacks if "*" in name]
        if problems:
            raise ValueError(f"{self.node.path}: " + "; ".join(problems))

    def _role(self, name: str, subject: str) -> iam.Role:
        return iam.Role(
            self,
            name,
            assumed_by=iam.WebIdentityPrincipal(
                self._provider.oidc_provider_arn,
                {
                    "StringEquals": {
                        f"{_ISSUER}:aud": _AUDIENCE,
                        f"{_ISSUER}:sub": f"repo:{self._repository}:{subject}",
                    }
                },
            ),
        )

    def _arn(self, service: str, resource: str, *, region: str = "") -> str:
        stack = cdk.Stack.of(self)
        return f"arn:{stack.partition}:{service}:{region}:{stack.account}:{resource}"

    def _allow_deployment(self, qualifier: str) -> None:
        stack = cdk.Stack.of(self)
        place = f"{stack.account}-{stack.region}"
        self.deploy.add_to_policy(
            iam.PolicyStatement(
                actions=["sts:AssumeRole"],
                resources=[
                    self._arn("iam", f"role/cdk-{qualifier}-{kind}-role-{place}")
                    for kind in ("deploy", "file-publishing", "lookup")
                ],
            )
        )

    def _allow_stacks(self, role: iam.Role, actions: Sequence[str]) -> None:
        role.add_to_policy(iam.PolicyStatement(actions=[*actions], resources=self._stacks))
        for resource in self._stacks:
            acknowledge_wildcard(role, resource, "The end of a stack's ARN is a random id.")

    def _allow_looking(self) -> None:
        policy = iam.ManagedPolicy.from_aws_managed_policy_name(_READ_ONLY)
        self.drift.add_managed_policy(policy)
        acknowledge(
            self.drift,
            {
                f"AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{_READ_ONLY}]": (
                    "CloudFormation reads every resource with the caller's permissions; contents are denied."
                )
            },
        )
        self._allow_stacks(self.drift, ["cloudformation:DetectStackDrift"])
        self.drift.add_to_policy(
            iam.PolicyStatement(effect=iam.Effect.DENY, actions=[*_CONTENTS], resources=["*"])
        )
