"""The API: nothing public by accident, every error a problem document."""

import copy
import json
from typing import Any

import aws_cdk as cdk
import pytest
from skyferry.contract import ANSWER_HEADERS
from skyferry_cdk import ApiAlarms, ApiAuth, Invocation, RestApi, Throttle
from skyferry_cdk.gateway_responses import PROBLEMS
from skyferry_cdk.service_settings import PUBLIC_OPERATIONS

from tests.infra.infra_support import (
    REPOSITORY,
    SMALL_API,
    Json,
    any_function,
    nagged_stack,
    only,
    resources,
    small_stack,
    template_of,
)


def _api(stack: cdk.Stack, document: Json = SMALL_API, **props: Any) -> RestApi:
    handler = any_function(stack, "Handler", Invocation.SYNC)
    authorizer = any_function(stack, "Authorizer", Invocation.SYNC)
    return RestApi(
        stack,
        "Api",
        **{
            "openapi": document,
            "handlers": handler,
            "auth": ApiAuth.oidc(authorizer),
            "public_operations": ["getHealth"],
            **props,
        },
    )


def _body(stack: cdk.Stack) -> Json:
    body: Json = only(template_of(stack), "AWS::ApiGateway::RestApi")["Body"]
    return body


@pytest.mark.parametrize("security", [None, [], [{}], [{"oauth": ["write"]}, {}]])
def test_operation_without_authentication_is_refused_unless_listed_as_public(
    security: list[Json] | None,
) -> None:
    document = copy.deepcopy(SMALL_API)
    operation = document["paths"]["/things"]["post"]
    operation.pop("security")
    if security is not None:
        operation["security"] = security
    with pytest.raises(ValueError, match=r"Test/Api: operation createThing \(POST /things\)"):
        _api(small_stack(), document)


def test_public_list_may_not_name_what_is_not_there() -> None:
    with pytest.raises(ValueError, match="public_operations: getHeath is not in the document"):
        _api(small_stack(), public_operations=["getHealth", "getHeath"])


def test_every_mistake_is_reported_at_once() -> None:
    stack = small_stack()
    worker = any_function(stack, "Worker", Invocation.QUEUE)
    with pytest.raises(ValueError, match="Test/Api") as caught:
        _api(
            stack,
            handlers={"createThing": worker},
            operation_throttles={"gone": Throttle()},
            auth=ApiAuth.oidc(any_function(stack, "Auth", Invocation.SYNC), cache_seconds=4000),
        )
    for word in ("nothing answers getHealth", "worker is not a function for synchronous calls",
                 "operation_throttles: gone", "cache_seconds 4000"):  # fmt: skip
        assert word in str(caught.value)


def test_a_team_can_peel_one_operation_off_to_a_function_of_its_own() -> None:
    stack = small_stack()
    special = any_function(stack, "Special", Invocation.SYNC)
    general = any_function(stack, "General", Invocation.SYNC)
    _api(stack, handlers={"createThing": special, "getHealth": general})
    body = _body(stack)
    uri = body["paths"]["/things"]["post"]["x-amazon-apigateway-integration"]["uri"]
    assert "SpecialLive" in str(uri)


def test_protected_operations_ask_the_cached_authorizer_and_public_ones_nobody() -> None:
    stack = small_stack()
    _api(stack)
    body = _body(stack)
    assert body["paths"]["/things"]["post"]["security"] == [{"oauth": []}]
    assert body["paths"]["/health"]["get"]["security"] == []
    authorizer = body["components"]["securitySchemes"]["oauth"]["x-amazon-apigateway-authorizer"]
    assert authorizer["type"] == "request"
    assert authorizer["identitySource"] == "method.request.header.Authorization"
    assert authorizer["authorizerResultTtlInSeconds"] == 60
    assert "AuthorizerLive" in str(authorizer["authorizerUri"])


def test_only_this_api_may_invoke_the_functions() -> None:
    stack = small_stack()
    _api(stack)
    permissions = resources(template_of(stack), "AWS::Lambda::Permission").values()
    tails = sorted(one["SourceArn"]["Fn::Join"][1][-1] for one in permissions)
    assert tails == ["/authorizers/*", "/v1/*/*"]
    assert all("Live" in str(one["FunctionName"]) for one in permissions)


def test_api_is_regional_logged_traced_and_throttled() -> None:
    stack = small_stack()
    _api(
        stack,
        throttle=Throttle(rate=7, burst=9),
        operation_throttles={"createThing": Throttle(rate=1, burst=2)},
    )
    template = template_of(stack)
    assert only(template, "AWS::ApiGateway::RestApi")["EndpointConfiguration"] == {
        "Types": ["REGIONAL"]
    }
    stage = only(template, "AWS::ApiGateway::Stage")
    assert stage["TracingEnabled"] is True
    assert "owner" in stage["AccessLogSetting"]["Format"]
    assert "$context.path" not in stage["AccessLogSetting"]["Format"], "a path can hold a token"
    by_method = {one["HttpMethod"]: one for one in stage["MethodSettings"]}
    assert by_method["*"]["ThrottlingRateLimit"] == 7
    assert by_method["*"]["DataTraceEnabled"] is False
    assert by_method["POST"]["ThrottlingBurstLimit"] == 2
    assert by_method["POST"]["ResourcePath"] == "/~1things"
    assert not resources(template, "AWS::ApiGateway::Account")


@pytest.fixture(scope="module")
def gateway_responses() -> dict[str, Json]:
    """Response type → its resource's properties."""
    stack = small_stack()
    _api(stack, cors_origins=["https://example.com"])
    found = resources(template_of(stack), "AWS::ApiGateway::GatewayResponse")
    return {one["ResponseType"]: one for one in found.values()}


@pytest.mark.parametrize("kind", PROBLEMS)
def test_every_error_of_the_gateway_is_a_problem_document(
    gateway_responses: dict[str, Json], kind: str
) -> None:
    response = gateway_responses[kind]
    headers = response["ResponseParameters"]
    document = json.loads(response["ResponseTemplates"]["application/json"])
    assert set(document) == {
        "type", "title", "status", "detail", "instance", "code", "request_id", "message",
    }  # fmt: skip
    assert str(document["status"]) == response["StatusCode"]
    assert document["type"].endswith(f"/{document['code']}")
    prefix = "gatewayresponse.header."
    assert headers[f"{prefix}Content-Type"] == "'application/problem+json'"
    for name, value in ANSWER_HEADERS.items():
        assert headers[f"{prefix}{name}"] == f"'{value}'"
    assert headers[f"{prefix}Access-Control-Allow-Origin"] == "'https://example.com'"
    assert (f"{prefix}WWW-Authenticate" in headers) == (document["status"] == 401)
    assert (f"{prefix}Retry-After" in headers) == (document["status"] in {429, 503, 504})


def test_types_and_codes_of_the_gateways_errors_are_those_agreed() -> None:
    assert {kind: (one.status, one.code) for kind, one in PROBLEMS.items()}.items() >= {
        "UNAUTHORIZED": (401, "unauthorized"),
        "ACCESS_DENIED": (403, "forbidden"),
        "MISSING_AUTHENTICATION_TOKEN": (404, "not-found"),
        "REQUEST_TOO_LARGE": (413, "size-limit"),
        "UNSUPPORTED_MEDIA_TYPE": (415, "unsupported-media-type"),
        "THROTTLED": (429, "too-many-requests"),
        "AUTHORIZER_FAILURE": (503, "unavailable"),
        "INTEGRATION_TIMEOUT": (504, "unavailable"),
        "DEFAULT_5XX": (500, "internal"),
    }.items()


def test_changed_error_makes_a_new_deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    def deployment() -> str:
        stack = small_stack()
        _api(stack)
        (logical_id,) = resources(template_of(stack), "AWS::ApiGateway::Deployment")
        return logical_id

    before = deployment()
    assert deployment() == before
    monkeypatch.setitem(PROBLEMS, "THROTTLED", PROBLEMS["THROTTLED"]._replace(detail="Slower."))
    assert deployment() != before


def test_wrong_methods_are_answered_405_with_allow_and_unknown_paths_404() -> None:
    stack = small_stack()
    _api(stack, cors_origins=["https://example.com"])
    paths = _body(stack)["paths"]
    refusal = paths["/things"]["x-amazon-apigateway-any-method"]
    integration = refusal["x-amazon-apigateway-integration"]
    answer = integration["responses"]["default"]
    assert integration["type"] == "mock"
    assert integration["passthroughBehavior"] == "never"
    assert answer["statusCode"] == "405"
    assert answer["responseParameters"]["method.response.header.Allow"] == "'POST, OPTIONS'"
    for name, value in ANSWER_HEADERS.items():
        assert answer["responseParameters"][f"method.response.header.{name}"] == f"'{value}'"
    assert json.loads(answer["responseTemplates"]["application/json"])["code"] == (
        "method-not-allowed"
    )
    for path in ("/", "/{proxy+}"):
        nowhere = paths[path]["x-amazon-apigateway-any-method"]["x-amazon-apigateway-integration"]
        assert nowhere["responses"]["default"]["statusCode"] == "404"


def test_every_header_a_mock_sets_is_declared_in_its_response() -> None:
    stack = small_stack()
    _api(stack, cors_origins=["https://a.example", "https://b.example"])
    for item in _body(stack)["paths"].values():
        for method in ("options", "x-amazon-apigateway-any-method"):
            if method in item:
                answer = item[method]["x-amazon-apigateway-integration"]["responses"]["default"]
                declared = item[method]["responses"][answer["statusCode"]]["headers"]
                used = {one.rpartition(".")[2] for one in answer["responseParameters"]}
                assert used == set(declared)


def test_preflight_answers_one_of_several_origins_and_never_a_foreign_one() -> None:
    stack = small_stack()
    _api(stack, cors_origins=["https://a.example", "https://b.example"])
    answer = _body(stack)["paths"]["/things"]["options"]["x-amazon-apigateway-integration"][
        "responses"
    ]["default"]
    headers = answer["responseParameters"]
    assert headers["method.response.header.Access-Control-Allow-Methods"] == "'POST,OPTIONS'"
    assert headers["method.response.header.Access-Control-Allow-Origin"] == "'https://a.example'"
    assert '$origin == "https://b.example"' in answer["responseTemplates"]["application/json"]


def test_mocks_can_be_left_to_somebody_else() -> None:
    stack = small_stack()
    _api(stack, answer_unknown_routes=False)
    assert set(_body(stack)["paths"]) == {"/things", "/health"}


def test_bodies_are_the_handlers_business_unless_asked_for() -> None:
    stack = small_stack()
    _api(stack)
    assert "requestBody" not in _body(stack)["paths"]["/things"]["post"]
    other = small_stack()
    _api(other, validate_at_edge=True)
    body = _body(other)
    assert body["x-amazon-apigateway-request-validator"] == "all"
    assert set(body["components"]["schemas"]) == {"NewThing", "Part"}


@pytest.mark.parametrize("validated", [False, True])
def test_gateway_is_told_only_what_it_needs_to_pass_a_request_on(validated: bool) -> None:
    document = copy.deepcopy(SMALL_API)
    operation = document["paths"]["/things"]["post"]
    operation["responses"] = {"201": {"description": "Made"}, "409": {"description": "There"}}
    operation["parameters"] = [
        {"name": name, "in": place, "required": place == "path", "schema": {"type": "string"}}
        for name, place in (("thing", "path"), ("limit", "query"), ("If-Match", "header"))
    ]
    stack = small_stack()
    _api(stack, document, validate_at_edge=validated)
    found = _body(stack)["paths"]["/things"]["post"]
    told = {one["name"] for one in found["parameters"]}
    assert told == ({"thing", "limit", "If-Match"} if validated else {"thing"})
    assert list(found["responses"]) == (["201", "409"] if validated else ["201"])


def test_account_wide_logging_role_is_made_only_on_request() -> None:
    stack = nagged_stack()
    _api(stack, manage_account_logging_role=True)
    assert resources(template_of(stack), "AWS::ApiGateway::Account")
    app = stack.node.root
    assert isinstance(app, cdk.App)
    app.synth()


def test_latency_alarm_is_made_where_a_threshold_is_given() -> None:
    api = _api(small_stack(), alarms=ApiAlarms(p99_latency=cdk.Duration.seconds(3)))
    assert set(api.alarms()) == {"server-errors", "latency"}


def test_our_own_api_is_converted_whole_and_only_its_public_part_is_open() -> None:
    document = json.loads((REPOSITORY / "openapi.json").read_text())
    stack = small_stack()
    _api(stack, document, public_operations=PUBLIC_OPERATIONS, validate_at_edge=True)
    body = _body(stack)
    for path, item in document["paths"].items():
        for method, operation in item.items():
            found = body["paths"][path][method]
            assert "x-amazon-apigateway-integration" in found
            public = operation["operationId"] in PUBLIC_OPERATIONS
            assert found["security"] == ([] if public else [{"oauth": []}])
    text = json.dumps(body)
    for keyword in ('"const"', '"anyOf"', '"examples"', '"null"', '"prefixItems"'):
        assert keyword not in text
