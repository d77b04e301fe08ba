"""What stands before an API: the web firewall, a domain, clients' keys."""

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from skyferry_cdk import (
    ApiAuth,
    ApiDomain,
    ClientPlan,
    Invocation,
    RestApi,
    Throttle,
    Waf,
)

from tests.infra.infra_support import (
    Json,
    any_function,
    only,
    resources,
    small_stack,
    template_of,
)

Templates = Callable[[str], dict[str, Json]]
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Small", "version": "1"},
    "paths": {
        "/things": {"get": {"operationId": "getThings", "security": [{"oauth": ["read"]}]}},
        "/health": {"get": {"operationId": "getHealth", "security": []}},
    },
}


def api(stack: cdk.Stack, **options: Any) -> RestApi:
    return RestApi(
        stack,
        "Api",
        openapi=DOCUMENT,
        handlers=any_function(stack, "Handler", Invocation.SYNC),
        auth=ApiAuth.oidc(any_function(stack, "Authorizer", Invocation.SYNC)),
        public_operations=["getHealth"],
        **options,
    )


def kinds(template: Json) -> set[str]:
    return {one["Type"] for one in template["Resources"].values()}


def everything(templates: Templates, kind: str) -> list[Json]:
    return [
        one for template in templates("all").values() for one in resources(template, kind).values()
    ]


# The web firewall


def rules(template: Json) -> dict[str, Json]:
    return {rule["Name"]: rule for rule in only(template, "AWS::WAFv2::WebACL")["Rules"]}


def test_managed_rules_and_a_rate_guard_the_stage(templates: Templates) -> None:
    service = templates("all")["service"]
    assert list(rules(service)) == [
        "AWSManagedRulesAmazonIpReputationList",
        "AWSManagedRulesCommonRuleSet",
        "AWSManagedRulesKnownBadInputsRuleSet",
        "RatePerAddress",
    ]
    limit = rules(service)["RatePerAddress"]["Statement"]["RateBasedStatement"]
    assert (limit["Limit"], limit["EvaluationWindowSec"]) == (2000, 300)
    assert rules(service)["RatePerAddress"]["Action"] == {"Block": {}}
    association = only(service, "AWS::WAFv2::WebACLAssociation")
    assert "/stages/" in str(association["ResourceArn"])


def test_bodies_above_8_kb_are_counted_not_refused(templates: Templates) -> None:
    group = rules(templates("all")["service"])["AWSManagedRulesCommonRuleSet"]
    overrides = group["Statement"]["ManagedRuleGroupStatement"]["RuleActionOverrides"]
    assert overrides == [{"Name": "SizeRestrictions_BODY", "ActionToUse": {"Count": {}}}]
    assert group["OverrideAction"] == {"None": {}}


def test_count_mode_blocks_nothing() -> None:
    stack = small_stack()
    api(stack, waf=Waf.managed(count_only=True))
    for rule in rules(template_of(stack)).values():
        assert rule.get("OverrideAction", rule.get("Action")) == {"Count": {}}


def test_the_firewalls_log_holds_no_token(templates: Templates) -> None:
    logging = only(templates("all")["service"], "AWS::WAFv2::LoggingConfiguration")
    redacted = logging["RedactedFields"]
    assert {"UriPath": {}} in redacted
    headers = {one["SingleHeader"]["Name"] for one in redacted if "SingleHeader" in one}
    assert headers == {"authorization", "cookie", "skyferry-session", "x-api-key"}
    assert ":*" not in str(logging["LogDestinationConfigs"])


def test_the_firewalls_log_group_has_the_name_waf_asks_for(templates: Templates) -> None:
    names = [
        one["LogGroupName"]
        for one in resources(templates("all")["service"], "AWS::Logs::LogGroup").values()
        if "LogGroupName" in one
    ]
    assert len(names) == 1
    assert names[0].startswith("aws-waf-logs-")


def test_an_existing_web_acl_is_associated_and_left_alone() -> None:
    stack = small_stack()
    arn = "arn:aws:wafv2:eu-central-1:111122223333:regional/webacl/theirs/1"
    api(stack, waf=Waf.existing(arn))
    template = template_of(stack)
    assert only(template, "AWS::WAFv2::WebACLAssociation")["WebACLArn"] == arn
    assert "AWS::WAFv2::WebACL" not in kinds(template)


def test_a_firewall_without_a_rate_has_no_such_rule() -> None:
    stack = small_stack()
    api(stack, waf=Waf.managed(rate_per_address=None))
    assert "RatePerAddress" not in rules(template_of(stack))


def test_an_impossible_rate_is_refused() -> None:
    with pytest.raises(ValueError, match=r"Test/Api/WebAcl: rate_per_address: 9 is outside 10"):
        api(small_stack(), waf=Waf.managed(rate_per_address=9))


# A domain


def test_the_api_answers_under_its_name_alone(templates: Templates) -> None:
    service = templates("all")["service"]
    name = only(service, "AWS::ApiGateway::DomainName")
    assert (name["DomainName"], name["SecurityPolicy"]) == ("transfer.example.com", "TLS_1_2")
    assert name["EndpointConfiguration"]["Types"] == ["REGIONAL"]
    assert only(service, "AWS::ApiGateway::RestApi")["DisableExecuteApiEndpoint"] is True
    assert only(service, "AWS::ApiGateway::BasePathMapping")["BasePath"] == "v1"


def test_alias_records_are_written_into_the_zone(templates: Templates) -> None:
    records = everything(templates, "AWS::Route53::RecordSet")
    alias = [one for one in records if one["Type"] in {"A", "AAAA"}]
    assert {one["Type"] for one in alias} == {"A", "AAAA"}
    assert {one["Name"] for one in alias} == {"transfer.example.com."}


def test_links_in_mails_name_the_domain(templates: Templates) -> None:
    (address,) = [
        variables["PUBLIC_BASE_URL"]
        for one in everything(templates, "AWS::Lambda::Function")
        if (variables := one["Environment"]["Variables"])["POWERTOOLS_SERVICE_NAME"] == "send_email"
    ]
    (name,) = resources(templates("all")["service"], "AWS::ApiGateway::DomainName")
    assert address == {"Fn::Join": ["", ["https://", {"Ref": name}, "/v1"]]}


def test_without_a_zone_the_target_is_told() -> None:
    stack = small_stack()
    made = api(stack, domain=ApiDomain(name="t.example.com", certificate_arn="arn:aws:acm:x"))
    assert made.domain is not None
    assert "RegionalDomainName" in str(stack.resolve(made.domain.target))
    assert "AWS::Route53::RecordSet" not in kinds(template_of(stack))


def test_half_a_zone_is_refused() -> None:
    domain = ApiDomain(name="t.example.com", certificate_arn="arn:aws:acm:x", hosted_zone_id="Z1")
    with pytest.raises(ValueError, match="Test/Api/Domain: hosted_zone_id and hosted_zone_name"):
        api(small_stack(), domain=domain)


def test_without_a_domain_the_apis_own_address_stays() -> None:
    stack = small_stack()
    assert api(stack).domain is None
    assert "DisableExecuteApiEndpoint" not in only(template_of(stack), "AWS::ApiGateway::RestApi")


# Client keys


def test_client_keys_come_beside_the_token_never_instead() -> None:
    stack = small_stack()
    api(stack, client_plan=ClientPlan(clients=["Reports"], throttle=Throttle(rate=5, burst=10)))
    template = template_of(stack)
    paths = only(template, "AWS::ApiGateway::RestApi")["Body"]["paths"]
    assert paths["/things"]["get"]["security"] == [{"oauth": [], "client_key": []}]
    assert paths["/health"]["get"]["security"] == []
    plan = only(template, "AWS::ApiGateway::UsagePlan")
    assert plan["Throttle"] == {"RateLimit": 5, "BurstLimit": 10}
    assert only(template, "AWS::ApiGateway::ApiKey")["Description"] == "Reports"


def test_a_monthly_quota_of_a_client() -> None:
    stack = small_stack()
    api(stack, client_plan=ClientPlan(clients=["Reports"], requests_per_month=1000))
    quota = only(template_of(stack), "AWS::ApiGateway::UsagePlan")["Quota"]
    assert quota == {"Limit": 1000, "Period": "MONTH"}
