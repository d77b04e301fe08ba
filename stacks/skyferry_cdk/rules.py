"""SkyferryRules: the project's own rules over synthesised templates, for every app that adds the plugin."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import aws_cdk as cdk
import jsii
from constructs import IConstruct

Json = Mapping[str, Any]

_HTTP_METHODS: Final = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
_ANY_METHOD: Final = "x-amazon-apigateway-any-method"
_INTEGRATION: Final = "x-amazon-apigateway-integration"
_VISIBLE: Final = "ApproximateNumberOfMessagesVisible"
_FAILURE_TARGETS: Final = ("deadLetterTargetArn", "DeadLetterConfig", "OnFailure")


class _Finding(NamedTuple):
    """The resource and the place in it."""

    logical_id: str
    location: str


@dataclass(frozen=True, slots=True)
class _Rule:
    id: str
    description: str
    fix: str
    find: Callable[[Json], Iterator[_Finding]]


@jsii.implements(cdk.IPolicyValidationPlugin)
class SkyferryRules:
    """Add it to an app: `cdk.Validations.of(app).add_plugins(SkyferryRules())`. A violation stops synthesis.

    - `API1`: an operation of a REST API without authentication that `public_operations` (operation
      ids, or `GET /path` where there is none) does not name.
    - `SQS1`: a queue a function works off without a dead-letter queue.
    - `SQS2`: a dead-letter queue or failure destination without an alarm on its visible messages.
    - `IAM1`: an allowed action with a wildcard.
    - `TAG1`: a taggable resource without one of `required_tags` (none by default).
    """

    def __init__(
        self, *, public_operations: Collection[str] = (), required_tags: Collection[str] = ()
    ) -> None:
        self._required_tags = frozenset(required_tags)
        public = frozenset(public_operations)
        self._rules = (
            _Rule(
                "API1",
                "Anybody may call this operation.",
                "Give it security, or name it in public_operations.",
                lambda template: _open_operations(template, public),
            ),
            _Rule(
                "SQS1",
                "What this queue's function cannot do is tried again until it expires, then lost.",
                "Give the queue a redrive policy.",
                _queues_without_dead_letters,
            ),
            _Rule(
                "SQS2",
                "Nobody learns that failed work waits here.",
                f"Alarm on {_VISIBLE} of this queue.",
                _unwatched_dead_letters,
            ),
            _Rule(
                "IAM1",
                "The policy allows actions nobody has read.",
                "Name the actions.",
                _wildcard_actions,
            ),
        )

    @property
    def name(self) -> str:
        """As the validation report calls the plugin."""
        return "Skyferry"

    @property
    def version(self) -> str:
        """Of the rules."""
        return "1.0.0"

    @property
    def rule_ids(self) -> list[str]:
        """Everything that is looked for."""
        return [*(rule.id for rule in self._rules), "TAG1"]

    def validate(self, context: cdk.IPolicyValidationContext) -> cdk.PolicyValidationPluginReport:
        """Called by the CDK with the synthesised templates."""
        violations = [
            violation
            for path in context.template_paths
            for violation in self._violations(path, json.loads(Path(path).read_bytes()))
        ]
        if self._required_tags:
            violations += _untagged(context.app_construct, self._required_tags)
        return cdk.PolicyValidationPluginReport(success=not violations, violations=violations)

    def _violations(self, path: str, template: Json) -> Iterator[cdk.PolicyViolation]:
        for rule in self._rules:
            found = list(rule.find(template))
            if found:
                yield cdk.PolicyViolation(
                    rule_name=rule.id,
                    description=rule.description,
                    fix=rule.fix,
                    violating_resources=[
                        cdk.PolicyViolatingResource(
                            resource_logical_id=one.logical_id,
                            template_path=path,
                            locations=[one.location],
                        )
                        for one in found
                    ],
                )


def _of_kind(template: Json, *kinds: str) -> Iterator[tuple[str, Json]]:
    for name, resource in template.get("Resources", {}).items():
        if resource["Type"] in kinds:
            yield name, resource.get("Properties", {})


def _open_operations(template: Json, public: Collection[str]) -> Iterator[_Finding]:
    for name, properties in _of_kind(template, "AWS::ApiGateway::RestApi"):
        document = properties.get("Body", {})
        everywhere = document.get("security", [])
        for path, item in document.get("paths", {}).items():
            for method, operation in item.items():
                if method not in _HTTP_METHODS | {_ANY_METHOD} or _answers_itself(operation):
                    continue
                security = operation.get("security", everywhere)
                known = {operation.get("operationId"), f"{method.upper()} {path}"}
                if (not security or {} in security) and not known & set(public):
                    yield _Finding(name, f"Properties/Body/paths/{path}/{method}")
    for name, properties in _of_kind(template, "AWS::ApiGateway::Method"):
        mock = properties.get("Integration", {}).get("Type") == "MOCK"
        if properties.get("AuthorizationType", "NONE") == "NONE" and not mock:
            yield _Finding(name, "Properties/AuthorizationType")


def _answers_itself(operation: Json) -> bool:
    """A mock integration reaches no code of ours."""
    return bool(operation.get(_INTEGRATION, {}).get("type") == "mock")


def _queues_without_dead_letters(template: Json) -> Iterator[_Finding]:
    fed = {
        _referred(properties.get("EventSourceArn"))
        for _, properties in _of_kind(template, "AWS::Lambda::EventSourceMapping")
    }
    for name, properties in _of_kind(template, "AWS::SQS::Queue"):
        if name in fed and "RedrivePolicy" not in properties:
            yield _Finding(name, "Properties/RedrivePolicy")


def _unwatched_dead_letters(template: Json) -> Iterator[_Finding]:
    watched = {
        _referred(dimension["Value"])
        for _, alarm in _of_kind(template, "AWS::CloudWatch::Alarm")
        for metric in _metrics(alarm)
        if metric.get("MetricName") == _VISIBLE
        for dimension in metric.get("Dimensions", ())
    }
    failures = {
        _referred(target) for target in _values_at(template.get("Resources", {}), *_FAILURE_TARGETS)
    }
    for name, _ in _of_kind(template, "AWS::SQS::Queue"):
        if name in failures - watched:
            yield _Finding(name, "Properties")


def _metrics(alarm: Json) -> Iterator[Json]:
    yield alarm
    for query in alarm.get("Metrics", ()):
        yield query.get("MetricStat", {}).get("Metric", {})


def _wildcard_actions(template: Json) -> Iterator[_Finding]:
    """Of identities; a resource's own policy (a key's, a bucket's) speaks of that resource alone."""
    for name, resource in template.get("Resources", {}).items():
        if not resource["Type"].startswith("AWS::IAM::"):
            continue
        for statement in _statements(resource.get("Properties", {})):
            actions = statement.get("Action", [])
            wide = [each for each in [actions, *actions] if isinstance(each, str) and "*" in each]
            if statement.get("Effect") == "Allow" and wide:
                yield _Finding(name, f"Action {wide[0]}")


def _statements(properties: Json) -> Iterator[Json]:
    for document in _values_at(properties, "PolicyDocument", "AssumeRolePolicyDocument"):
        found = document.get("Statement", [])
        yield from [found] if isinstance(found, Mapping) else found


def _values_at(value: Any, *keys: str) -> Iterator[Any]:  # noqa: ANN401 - any JSON
    """What stands at one of the keys, wherever the key is. Once over the whole, which has an API's document in it."""
    if isinstance(value, dict):
        for name, one in value.items():
            if name in keys:
                yield one
            yield from _values_at(one, *keys)
    elif isinstance(value, list):
        for one in value:
            yield from _values_at(one, *keys)


def _referred(value: Any) -> str | None:  # noqa: ANN401 - any JSON
    """The logical id a reference names; of a failure target the one inside it."""
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            return name
        case {"Arn": inner} | {"Destination": inner} | {"TargetArn": inner}:
            return _referred(inner)
    return None


def _untagged(app: IConstruct, required: Collection[str]) -> list[cdk.PolicyViolation]:
    missing: dict[str, list[str]] = {}
    for node in app.node.find_all():
        if not isinstance(node, cdk.CfnResource):
            continue
        manager = cdk.TagManager.of(node)
        if manager is not None:
            for tag in sorted(set(required) - set(manager.tag_values())):
                missing.setdefault(tag, []).append(node.node.path)
    return [
        cdk.PolicyViolation(
            rule_name="TAG1",
            description=f"Nobody knows whose this is or who pays: the tag {tag} is missing.",
            fix="Tag the stage, and give each stack its tags.",
            violating_resources=[
                cdk.PolicyViolatingResource(construct_path=path, locations=["Properties/Tags"])
                for path in paths
            ],
        )
        for tag, paths in missing.items()
    ]
