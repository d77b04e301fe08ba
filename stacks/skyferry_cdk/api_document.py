"""The document API Gateway imports: our OpenAPI plus integrations, authorizer and answers for wrong methods."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from skyferry.contract import ANSWER_HEADERS

from skyferry_cdk.gateway_responses import NOTHING_HERE, Problem, problem_body
from skyferry_cdk.openapi_gateway import HTTP_METHODS, Json, to_gateway

AUTHORIZER: Final = "oauth"
CLIENT_KEY: Final = "client_key"
_VALIDATOR: Final = "all"
_ANY: Final = "x-amazon-apigateway-any-method"
_MOCK_TYPES: Final = (
    "application/json",
    "application/octet-stream",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "text/plain",
)
_ALLOWED_HEADERS: Final = (
    "Authorization,Content-Type,Idempotency-Key,If-Match,If-None-Match,Skyferry-Session,X-Api-Key"
)
_EXPOSED_HEADERS: Final = "ETag,Idempotency-Replayed,Link,Location,RateLimit,RateLimit-Policy,Retry-After,WWW-Authenticate"
_PREFLIGHT_SECONDS: Final = 600


def operations(document: Mapping[str, Any]) -> list[tuple[str, str, Json]]:
    """Path, method and operation of everything the document describes."""
    return [
        (path, method, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in HTTP_METHODS
    ]


def unprotected(document: Mapping[str, Any], public: Collection[str]) -> list[str]:
    """Operations anybody may call although they are not on the public list, and the list's own mistakes.

    An OpenAPI body blinds the linters to missing authentication, so this check stands in for them.
    """
    everywhere = document.get("security", [])
    problems = []
    seen = set()
    for path, method, operation in operations(document):
        name = operation.get("operationId", f"{method.upper()} {path}")
        seen.add(name)
        security = operation.get("security", everywhere)
        # An empty requirement among others means that authentication is optional, so it is none.
        if (not security or {} in security) and name not in public:
            problems.append(
                f"operation {name} ({method.upper()} {path}) has no security and is not public"
            )
    problems.extend(
        f"public_operations: {name} is not in the document" for name in sorted(set(public) - seen)
    )
    return problems


def gateway_document(
    document: Mapping[str, Any],
    *,
    integrations: Mapping[tuple[str, str], str],
    authorizer_uri: str,
    authorizer_cache_seconds: int,
    cors_origins: Sequence[str],
    mocks: bool,
    validate: bool,
    client_keys: bool,
) -> Json:
    """The finished document. `integrations` maps (path, method) to the function's invocation address."""
    body = to_gateway(document, bodies=validate)
    if validate:
        body["x-amazon-apigateway-request-validators"] = {
            _VALIDATOR: {"validateRequestBody": True, "validateRequestParameters": True}
        }
        body["x-amazon-apigateway-request-validator"] = _VALIDATOR
    everywhere = document.get("security", [])
    for path, method, operation in operations(document):
        target = body["paths"][path][method]
        if not validate:
            _leave_to_the_handler(target)
        target["x-amazon-apigateway-integration"] = {
            "type": "aws_proxy",
            "httpMethod": "POST",
            "uri": integrations[path, method],
            "passthroughBehavior": "when_no_match",
        }
        # Scopes stay with the handler: a Lambda authorizer's requirement carries none.
        protected = bool(operation.get("security", everywhere))
        needed: Json = {AUTHORIZER: [], CLIENT_KEY: []} if client_keys else {AUTHORIZER: []}
        target["security"] = [needed] if protected else []
    body["components"]["securitySchemes"] = {
        AUTHORIZER: {
            "type": "apiKey",
            "name": "Authorization",
            "in": "header",
            "x-amazon-apigateway-authtype": "custom",
            "x-amazon-apigateway-authorizer": {
                "type": "request",
                "identitySource": "method.request.header.Authorization",
                "authorizerUri": authorizer_uri,
                "authorizerResultTtlInSeconds": authorizer_cache_seconds,
            },
        }
    }
    if client_keys:
        body["components"]["securitySchemes"][CLIENT_KEY] = {
            "type": "apiKey",
            "name": "x-api-key",
            "in": "header",
        }
    if mocks:
        _add_mocks(body["paths"], cors_origins)
    return body


def _leave_to_the_handler(operation: Json) -> None:
    """Without what a proxy integration passes on undeclared. The gateway would make a resource of each answer; with
    the parameters they were a sixth of a template that may have a megabyte."""
    answers = operation["responses"]
    operation["responses"] = {status: answers[status] for status in list(answers)[:1]}
    if "parameters" in operation:
        operation["parameters"] = [one for one in operation["parameters"] if one["in"] == "path"]


def _add_mocks(paths: Json, cors_origins: Sequence[str]) -> None:
    for item in paths.values():
        methods = sorted(method.upper() for method in item)
        if cors_origins and "options" not in item:
            item["options"] = _preflight([*methods, "OPTIONS"], cors_origins)
            methods.append("OPTIONS")
        item[_ANY] = _refusal(
            Problem(405, "method-not-allowed", "This method is not allowed here."),
            {"Allow": ", ".join(methods)},
            cors_origins,
        )
    nowhere = Problem(404, "not-found", NOTHING_HERE)
    for path in ("/", "/{proxy+}"):
        paths.setdefault(path, {})[_ANY] = _refusal(nowhere, {}, cors_origins)
    paths["/{proxy+}"][_ANY]["parameters"] = [
        {"name": "proxy", "in": "path", "required": True, "schema": {"type": "string"}}
    ]


def _refusal(problem: Problem, headers: Mapping[str, str], cors_origins: Sequence[str]) -> Json:
    return _mock(
        problem.status,
        {
            **ANSWER_HEADERS,
            "Content-Type": "application/problem+json",
            **headers,
            **(
                {"Access-Control-Allow-Origin": origin_of_errors(cors_origins)}
                if cors_origins
                else {}
            ),
        },
        problem_body(problem),
    )


def _preflight(methods: Sequence[str], cors_origins: Sequence[str]) -> Json:
    headers = {
        "Access-Control-Allow-Origin": cors_origins[0],
        "Access-Control-Allow-Methods": ",".join(methods),
        "Access-Control-Allow-Headers": _ALLOWED_HEADERS,
        "Access-Control-Expose-Headers": _EXPOSED_HEADERS,
        "Access-Control-Max-Age": str(_PREFLIGHT_SECONDS),
        "Vary": "Origin",
    }
    return _mock(204, headers, _choose_origin(cors_origins))


def _choose_origin(origins: Sequence[str]) -> str:
    """VTL that answers the caller's own origin when it is one of several allowed ones."""
    if len(origins) == 1:
        return ""
    tests = " || ".join(f"$origin == {json.dumps(origin)}" for origin in origins)
    return (
        "#set($origin = $input.params().header.get('origin'))"
        f"#if({tests})"
        "#set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)"
        "#end"
    )


def origin_of_errors(origins: Sequence[str]) -> str:
    """Error documents hold nothing of a caller's, and the gateway cannot choose among several origins."""
    return origins[0] if len(origins) == 1 else "*"


def _mock(status: int, headers: Mapping[str, str], template: str) -> Json:
    return {
        "security": [],
        "responses": {
            str(status): {
                "description": "",
                "headers": {name: {"schema": {"type": "string"}} for name in headers},
            }
        },
        "x-amazon-apigateway-integration": {
            "type": "mock",
            # Any other type would reach the mock unmapped and end as a 500; `never` answers 415.
            "passthroughBehavior": "never",
            "requestTemplates": dict.fromkeys(_MOCK_TYPES, json.dumps({"statusCode": status})),
            "responses": {
                "default": {
                    "statusCode": str(status),
                    "responseParameters": {
                        f"method.response.header.{name}": f"'{value}'"
                        for name, value in headers.items()
                    },
                    "responseTemplates": {"application/json": template},
                }
            },
        },
    }
