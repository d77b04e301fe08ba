"""Helpers of the infrastructure tests: small apps, templates, and what makes a snapshot stable."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Template
from cdk_nag import AwsSolutionsChecks
from constructs import Construct
from skyferry_cdk import Invocation, ServiceFunction

Json = dict[str, Any]

REPOSITORY = Path(__file__).parents[2]
FLAGS: Json = json.loads((REPOSITORY / "cdk.json").read_text())["context"]
NO_BUNDLING: Json = {"aws:cdk:bundling-stacks": []}
INLINE = lambda_.Code.from_inline("def handler(event, context): ...")


#: What the tests of an API begin with: one operation behind a token, one that is public.
SMALL_API: Json = {
    "openapi": "3.1.0",
    "info": {"title": "Small", "version": "1"},
    "servers": [{"url": "/v1"}],
    "paths": {
        "/things": {
            "post": {
                "operationId": "createThing",
                "tags": ["things"],
                "security": [{"oauth": ["write"]}],
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/New_Thing"}}
                    },
                },
                "responses": {"201": {"description": "Made"}},
            },
        },
        "/health": {"get": {"operationId": "getHealth", "security": []}},
    },
    "components": {
        "schemas": {
            "New_Thing": {
                "title": "New_Thing",
                "type": "object",
                "additionalProperties": False,
                "required": ["name"],
                "properties": {
                    "name": {"type": "string", "minLength": 1, "title": "Name"},
                    "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
                    "kind": {"const": "plain"},
                    "size": {"type": "integer", "exclusiveMinimum": 0, "maximum": 5.0},
                    "part": {"$ref": "#/components/schemas/Part"},
                    "either": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
                    "maybe": {"type": ["string", "null"]},
                },
            },
            "Part": {"type": "array", "items": {"type": "number", "examples": [1.5]}},
            "Answer": {"type": "object"},
        }
    },
}


def small_stack(*, flags: Mapping[str, Any] = FLAGS) -> cdk.Stack:
    """A stack in an app of its own, without an account, without bundling, without the validator."""
    app = cdk.App(context={**flags, **NO_BUNDLING}, builtin_cloud_formation_validation=False)
    return cdk.Stack(app, "Test")


def nagged_stack() -> cdk.Stack:
    """A small stack whose app refuses to synthesise with an open cdk-nag finding."""
    stack = small_stack()
    cdk.Validations.of(stack.node.root).add_plugins(AwsSolutionsChecks(stack.node.root))
    return stack


def any_function(
    stack: Construct, name: str = "Work", invocation: Invocation = Invocation.QUEUE, **props: Any
) -> ServiceFunction:
    """A function with inline code, so that no asset hash enters a template."""
    return ServiceFunction(
        stack,
        name,
        **{
            "code": INLINE,
            "handler": "index.handler",
            "service": name.lower(),
            "invocation": invocation,
            **props,
        },
    )


def template_of(stack: cdk.Stack) -> Json:
    """The stack's template as plain JSON."""
    return dict(Template.from_stack(stack).to_json())


def resources(template: Mapping[str, Any], kind: str) -> dict[str, Json]:
    """Logical id → properties of all resources of one type."""
    return {
        name: one.get("Properties", {})
        for name, one in template["Resources"].items()
        if one["Type"] == kind
    }


def only(template: Mapping[str, Any], kind: str) -> Json:
    """The properties of the single resource of this type."""
    (found,) = resources(template, kind).values()
    return found


def statements(template: Mapping[str, Any]) -> Iterator[tuple[str, Json]]:
    """Policy's logical id and each of its statements."""
    for kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        for name, policy in resources(template, kind).items():
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement


def actions(statement: Mapping[str, Any]) -> list[str]:
    """The statement's actions as a list, whichever way it is written."""
    found = statement["Action"]
    return [found] if isinstance(found, str) else list(found)


_HASH = re.compile(r"[0-9a-f]{64}")
_TAIL = re.compile(r"((?:CurrentVersion|Deployment)[0-9a-fA-F]{8})[0-9a-f]{32}")


def stable(value: Any) -> Any:
    """Without what an edited handler or API document changes: asset hashes, version and deployment ids."""
    match value:
        case dict():
            return {
                stable(key): "<openapi>" if key == "Body" and "openapi" in one else stable(one)
                for key, one in value.items()
            }
        case list():
            return [stable(one) for one in value]
        case str():
            return _TAIL.sub(r"\1<hash>", _HASH.sub("<hash>", value))
        case _:
            return value
