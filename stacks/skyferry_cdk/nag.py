"""Acknowledged cdk-nag findings: inside the construct that causes them, so that importers inherit the reason."""

import json
from collections.abc import Mapping
from typing import Any, Final

import aws_cdk as cdk
import jsii
from constructs import IConstruct, IValidation

#: Why a resource accepts unencrypted requests, wherever one does.
PLAIN_HTTP: Final = (
    "Plain HTTP was asked for by name (allow_plain_http), for an emulator on loopback."
)


def acknowledge(scope: IConstruct, reasons: Mapping[str, str]) -> None:
    """Accept the findings named by exact id for `scope` and its children only."""
    cdk.Validations.of(scope).acknowledge(
        *(cdk.Acknowledgment(id=rule, reason=reason) for rule, reason in reasons.items())
    )


def acknowledge_wildcard(scope: IConstruct, resource: str, reason: str) -> None:
    """Accept one resource with a wildcard in the policies below `scope`.

    The finding's id spells the resource as the template will, and how a reference to another stack
    is spelled is only known once references are resolved: the id is computed then.
    """
    scope.node.add_validation(_AtSynthesis(scope, resource, reason))


@jsii.implements(IValidation)
class _AtSynthesis:
    """Construct validation runs after references are resolved and before the rules are checked."""

    def __init__(self, scope: IConstruct, resource: str, reason: str) -> None:
        self._scope = scope
        self._resource = resource
        self._reason = reason

    def validate(self) -> list[str]:
        """No error, only the acknowledgement."""
        spelled = _spell(cdk.Stack.of(self._scope).resolve(self._resource))
        acknowledge(self._scope, {f"AwsSolutions-IAM5[Resource::{spelled}]": self._reason})
        return []


def _spell(resolved: Any) -> str:  # noqa: ANN401 - any CloudFormation value
    """A resolved value as cdk-nag writes it in its ids."""
    match resolved:
        case str():
            return resolved
        case {"Ref": name}:
            return f"<{name}>"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name}.{attribute}>"
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(_spell(part) for part in parts)
        case _:
            return json.dumps(resolved, separators=(",", ":"))
