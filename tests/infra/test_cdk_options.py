"""Every option of an environment: what it makes, and that nothing of it is there when it is off."""

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Match, Template
from infra_support import (
    Json,
    actions,
    any_function,
    only,
    resources,
    small_stack,
    statements,
    template_of,
)
from skyferry.contract import Function
from skyferry_cdk import (
    AlarmTopics,
    ApiAuth,
    ApiDomain,
    ApplicationSignals,
    ClientPlan,
    EncryptionKey,
    FileBucket,
    FunctionAlarms,
    Invocation,
    MonthlyBudget,
    NightlyBackup,
    QueueWorker,
    RestApi,
    Rollout,
    Throttle,
    TransferTable,
    VpcPlacement,
    Waf,
    WarmStart,
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
#: Types that only an option brings.
OPTIONAL = {
    "AWS::Backup::BackupPlan",
    "AWS::Budgets::Budget",
    "AWS::CodeDeploy::DeploymentGroup",
    "AWS::WAFv2::WebACL",
    "AWS::WAFv2::WebACLAssociation",
    "AWS::ApiGateway::DomainName",
    "AWS::ApiGateway::UsagePlan",
    "AWS::ApiGateway::ApiKey",
    "AWS::Route53::RecordSet",
    "AWS::EC2::VPCEndpoint",
    "AWS::EC2::SecurityGroup",
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


@pytest.mark.parametrize("kind", sorted(OPTIONAL))
def test_an_option_is_there_when_it_is_on_and_not_when_it_is_off(
    templates: Templates, kind: str
) -> None:
    assert everything(templates, kind)
    assert kind not in kinds(templates("dev")["data"]) | kinds(templates("dev")["service"])


# Customer-managed encryption


def test_one_rotated_key_encrypts_and_is_retained(templates: Templates) -> None:
    data = Template.from_json(templates("all")["data"])
    data.has_resource(
        "AWS::KMS::Key",
        {
            "Properties": Match.object_like({"EnableKeyRotation": True}),
            "DeletionPolicy": "Retain",
        },
    )


def test_table_bucket_queues_topics_and_logs_are_under_the_key(templates: Templates) -> None:
    table = everything(templates, "AWS::DynamoDB::GlobalTable")[0]
    assert table["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS"}
    assert "KMSMasterKeyId" in table["Replicas"][0]["SSESpecification"]
    bucket = everything(templates, "AWS::S3::Bucket")[0]
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert rule["BucketKeyEnabled"] is True
    for kind, key in (
        ("AWS::SQS::Queue", "KmsMasterKeyId"),
        ("AWS::SNS::Topic", "KmsMasterKeyId"),
        ("AWS::Logs::LogGroup", "KmsKeyId"),
    ):
        found = everything(templates, kind)
        assert found
        assert all(key in one for one in found), kind


def test_services_that_write_may_use_the_key_for_this_account_only() -> None:
    stack = small_stack()
    EncryptionKey(stack, "Key")
    Template.from_stack(stack).has_resource_properties(
        "AWS::KMS::Key",
        {
            "KeyPolicy": {
                "Statement": Match.array_with(
                    [
                        {
                            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                            "Condition": {
                                "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
                            },
                            "Effect": "Allow",
                            "Principal": {
                                "Service": [
                                    f"{name}.amazonaws.com"
                                    for name in ("budgets", "cloudwatch", "events", "s3", "sns")
                                ]
                            },
                            "Resource": "*",
                        }
                    ]
                )
            }
        },
    )


def test_log_groups_of_this_account_may_use_the_key() -> None:
    stack = small_stack()
    EncryptionKey(stack, "Key")
    policy = only(template_of(stack), "AWS::KMS::Key")["KeyPolicy"]
    (logs,) = (one for one in policy["Statement"] if "ArnLike" in one.get("Condition", {}))
    assert all("*" not in action for action in logs["Action"])
    assert "AWS::AccountId" in str(logs["Condition"])


@pytest.mark.parametrize(
    ("grant", "needed"),
    [
        (lambda table, one: table.grant_read(one), {"kms:Decrypt", "kms:DescribeKey"}),
        (
            lambda table, one: table.grant_read_write(one),
            {
                "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey",
                "kms:ReEncryptFrom", "kms:ReEncryptTo",
            },
        ),
        (lambda table, one: table.grant_query_due(one), {"kms:Decrypt", "kms:DescribeKey"}),
    ],
)  # fmt: skip
def test_a_grant_of_the_table_brings_its_key(
    grant: Callable[[TransferTable, Any], object], needed: set[str]
) -> None:
    stack = small_stack()
    table = TransferTable(stack, "Table", encryption_key=EncryptionKey(stack, "Key").key)
    grant(table, any_function(stack))
    assert _key_actions(stack) == needed


@pytest.mark.parametrize(
    ("grant", "needed"),
    [
        (lambda bucket, one: bucket.grant_upload(one, "inbox/"), {"kms:Decrypt", "kms:GenerateDataKey"}),
        (lambda bucket, one: bucket.grant_download(one, "inbox/"), {"kms:Decrypt"}),
        (lambda bucket, one: bucket.grant_delete(one, "inbox/"), set()),
    ],
)  # fmt: skip
def test_a_grant_of_the_bucket_brings_its_key(
    grant: Callable[[FileBucket, Any], object], needed: set[str]
) -> None:
    stack = small_stack()
    bucket = FileBucket(stack, "Files", encryption_key=EncryptionKey(stack, "Key").key)
    grant(bucket, any_function(stack))
    assert _key_actions(stack, "Work") == needed


def _key_actions(stack: cdk.Stack, of: str = "") -> set[str]:
    return {
        action
        for name, statement in statements(template_of(stack))
        for action in actions(statement)
        if action.startswith("kms:") and name.startswith(of)
    }


def test_a_queue_brings_its_key_to_sender_and_worker() -> None:
    stack = small_stack()
    function, sender = any_function(stack), any_function(stack, "Sender")
    key = EncryptionKey(stack, "Key").key
    QueueWorker(stack, "Worker", function=function, encryption_key=key).grant_send(sender)
    assert _key_actions(stack, "Work") == {"kms:Decrypt"}
    assert _key_actions(stack, "Sender") == {"kms:Decrypt", "kms:GenerateDataKey"}


def test_the_malware_scan_may_decrypt_through_s3_only() -> None:
    stack = small_stack()
    FileBucket(stack, "Files", encryption_key=EncryptionKey(stack, "Key").key)
    (statement,) = (
        one for _, one in statements(template_of(stack)) if "kms:Decrypt" in actions(one)
    )
    assert list(statement["Condition"]["StringLike"]) == ["kms:ViaService"]


def test_an_imported_key_is_taken_as_it_is() -> None:
    stack = small_stack()
    arn = "arn:aws:kms:eu-central-1:111122223333:key/1234"
    key = kms.Key.from_key_arn(stack, "Theirs", arn)
    TransferTable(stack, "Table", encryption_key=key).grant_read(any_function(stack))
    AlarmTopics(stack, "Topics", encryption_key=key)
    assert arn in str(template_of(stack))
    assert not resources(template_of(stack), "AWS::KMS::Key")


def test_without_a_key_nothing_speaks_of_kms() -> None:
    stack = small_stack()
    table, bucket = TransferTable(stack, "Table"), FileBucket(stack, "Files")
    table.grant_read_write(any_function(stack))
    bucket.grant_upload(any_function(stack, "Other"), "inbox/")
    assert _key_actions(stack) == set()


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
    address = functions(templates)["send_email"]["Environment"]["Variables"]["PUBLIC_BASE_URL"]
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


# Where and how functions run


def functions(templates: Templates, name: str = "all") -> dict[str, Json]:
    return {
        one["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]: one
        for one in resources(templates(name)["service"], "AWS::Lambda::Function").values()
    }


@pytest.mark.parametrize("name", [name.value for name in Function])
def test_every_function_runs_in_the_network(templates: Templates, name: str) -> None:
    placed = functions(templates)[name]["VpcConfig"]
    assert placed["SubnetIds"] == ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
    assert len(placed["SecurityGroupIds"]) == 1
    assert "VpcConfig" not in functions(templates, "dev")[name]


def test_gateway_endpoints_for_s3_and_dynamodb(templates: Templates) -> None:
    endpoints = everything(templates, "AWS::EC2::VPCEndpoint")
    assert {one["VpcEndpointType"] for one in endpoints} == {"Gateway"}
    assert len(endpoints) == 2
    for one in endpoints:
        assert one["RouteTableIds"] == ["rtb-0123456789abcdef0", "rtb-0123456789abcdef1"]


def test_a_function_in_a_network_may_make_its_interfaces() -> None:
    stack = small_stack()
    vpc = ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-1",
        availability_zones=["a"],
        private_subnet_ids=["subnet-1"],
        private_subnet_route_table_ids=["rtb-1"],
    )
    group = ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-1")
    any_function(stack, vpc=VpcPlacement(vpc=vpc, security_groups=[group]))
    template = template_of(stack)
    allowed = {action for _, one in statements(template) for action in actions(one)}
    assert {action for action in allowed if action.startswith("ec2:")} == {
        "ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses",
    }  # fmt: skip
    assert only(template, "AWS::Lambda::Function")["VpcConfig"]["SecurityGroupIds"] == ["sg-1"]


@pytest.mark.parametrize("name", [name.value for name in Function])
def test_only_functions_a_caller_waits_for_have_snapshots(templates: Templates, name: str) -> None:
    waited_for = name in {"api", "authorizer"}
    found = functions(templates)[name].get("SnapStart")
    assert found == ({"ApplyOn": "PublishedVersions"} if waited_for else None)


def test_environments_are_kept_ready_on_the_alias() -> None:
    stack = small_stack()
    any_function(stack, warm_start=WarmStart(provisioned_concurrency=3))
    alias = only(template_of(stack), "AWS::Lambda::Alias")
    assert alias["ProvisionedConcurrencyConfig"] == {"ProvisionedConcurrentExecutions": 3}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"warm_start": WarmStart(provisioned_concurrency=1, snap_start=True)}, "exclude each other"),
        ({"warm_start": WarmStart(provisioned_concurrency=0)}, "0 is less than 1"),
        ({"reserved_concurrency": -1}, "reserved_concurrency: -1 is less than 0"),
        (
            {"warm_start": WarmStart(provisioned_concurrency=5), "reserved_concurrency": 4},
            "more than the reserved_concurrency of 4",
        ),
        (
            {"warm_start": WarmStart(snap_start=True), "runtime": lambda_.Runtime.PYTHON_3_11},
            "python3.11 has no SnapStart",
        ),
    ],
)  # fmt: skip
def test_a_start_that_cannot_be_is_refused(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=f"^Test/Work: .*{told}"):
        any_function(small_stack(), **options)


def test_reserved_concurrency_is_of_the_named_function_alone(templates: Templates) -> None:
    reserved = {
        name: one.get("ReservedConcurrentExecutions") for name, one in functions(templates).items()
    }
    assert reserved.pop("api") == 50
    assert set(reserved.values()) == {None}


def test_application_signals_bring_layer_wrapper_and_their_log_streams() -> None:
    stack = small_stack()
    arn = "arn:aws:lambda:eu-central-1:615299751070:layer:AWSOpenTelemetryDistroPython:16"
    any_function(stack, application_signals=ApplicationSignals(layer_arn=arn))
    template = template_of(stack)
    function = only(template, "AWS::Lambda::Function")
    assert function["Layers"] == [arn]
    assert function["Environment"]["Variables"]["AWS_LAMBDA_EXEC_WRAPPER"] == "/opt/otel-instrument"
    assert "application-signals/data" in str(list(statements(template)))


def test_the_permission_boundary_is_on_every_role(templates: Templates) -> None:
    roles = everything(templates, "AWS::IAM::Role")
    assert len(roles) > len(Function)
    assert all("policy/team-boundary" in str(one["PermissionsBoundary"]) for one in roles)


# New versions


def test_every_functions_new_version_gets_a_part_of_the_traffic_first(
    templates: Templates,
) -> None:
    groups = everything(templates, "AWS::CodeDeploy::DeploymentGroup")
    assert len(groups) == len(Function)
    for group in groups:
        assert group["DeploymentConfigName"] == "CodeDeployDefault.LambdaCanary10Percent5Minutes"
        assert group["AutoRollbackConfiguration"] == {
            "Enabled": True,
            "Events": [
                "DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_REQUEST", "DEPLOYMENT_STOP_ON_ALARM",
            ],
        }  # fmt: skip
        assert group["AlarmConfiguration"]["Enabled"] is True
        assert group["AlarmConfiguration"]["Alarms"]
    aliases = [
        one
        for one in templates("all")["service"]["Resources"].values()
        if one["Type"] == "AWS::Lambda::Alias"
    ]
    assert all("CodeDeployLambdaAliasUpdate" in one["UpdatePolicy"] for one in aliases)
    assert len(everything(templates, "AWS::CodeDeploy::Application")) == 1


def test_without_it_the_alias_moves_at_once(templates: Templates) -> None:
    assert not resources(templates("dev")["service"], "AWS::CodeDeploy::DeploymentGroup")


def test_a_rollout_that_nothing_could_bring_back_is_refused() -> None:
    stack = small_stack()
    silent = FunctionAlarms(errors=None, throttles=None)
    with pytest.raises(ValueError, match="Test/Work: a rollout without alarms"):
        any_function(stack, rollout=Rollout(stack, "Rollout"), alarms=silent)


# Backup and budget


def test_the_table_is_backed_up_every_night_and_kept(templates: Templates) -> None:
    (plan,) = everything(templates, "AWS::Backup::BackupPlan")
    (rule,) = plan["BackupPlan"]["BackupPlanRule"]
    assert rule["Lifecycle"] == {"DeleteAfterDays": 90}
    assert rule["ScheduleExpression"] == "cron(0 3 * * ? *)"
    (selection,) = everything(templates, "AWS::Backup::BackupSelection")
    assert "Table710B521B" in str(selection["BackupSelection"]["Resources"])
    data = Template.from_json(templates("all")["data"])
    data.has_resource("AWS::Backup::BackupVault", {"DeletionPolicy": "Retain"})


@pytest.mark.parametrize(
    ("options", "told"),
    [({"tables": []}, "name at least one"), ({"keep_days": 0}, "keep_days: 0 is less than 1")],
)
def test_a_backup_of_nothing_is_refused(options: dict[str, Any], told: str) -> None:
    stack = small_stack()
    tables: list[dynamodb.ITable] = [TransferTable(stack, "Table").table]
    with pytest.raises(ValueError, match=f"^Test/Backup: .*{told}"):
        NightlyBackup(stack, "Backup", **{"tables": tables, **options})


def test_a_budget_warns_of_what_is_spent_and_of_what_will_be(templates: Templates) -> None:
    (budget,) = everything(templates, "AWS::Budgets::Budget")
    assert budget["Budget"]["BudgetLimit"] == {"Amount": 50, "Unit": "USD"}
    assert budget["Budget"]["CostFilters"] == {
        "TagKeyValue": ["user:service$skyferry", "user:env$all"]
    }
    told = [one["Notification"] for one in budget["NotificationsWithSubscribers"]]
    assert [(one["NotificationType"], one["Threshold"]) for one in told] == [
        ("ACTUAL", 80),
        ("FORECASTED", 100),
    ]


def test_a_budget_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="Test/Budget: usd: 0 is not more than 0"):
        MonthlyBudget(small_stack(), "Budget", usd=0, email="a@example.com")


@pytest.mark.parametrize("name", ["dev", "prod", "all"])
def test_every_taggable_resource_says_whose_it_is(
    synthesised: Callable[[str], tuple[cdk.Stage, Any]], name: str
) -> None:
    stage, _ = synthesised(name)
    untagged = [
        node.node.path
        for node in stage.node.find_all()
        if isinstance(node, cdk.CfnResource)
        and (manager := cdk.TagManager.of(node)) is not None
        and not {"service", "env", "owner", "cost-center", "data-class"}
        <= set(manager.tag_values())
    ]
    assert untagged == []


@pytest.mark.parametrize("name", ["dev", "prod", "all"])
def test_a_global_tables_tags_are_with_its_replica(templates: Templates, name: str) -> None:
    (replica,) = only(templates(name)["data"], "AWS::DynamoDB::GlobalTable")["Replicas"]
    assert {"service", "env", "owner"} <= {tag["Key"] for tag in replica["Tags"]}
