"""Every option of an environment: what it makes, and that nothing of it is there when it is off."""

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Template
from skyferry.contract import Function
from skyferry_cdk import (
    ApplicationSignals,
    FunctionAlarms,
    MonthlyBudget,
    NightlyBackup,
    Rollout,
    TransferTable,
    VpcPlacement,
    WarmStart,
)

from tests.infra.infra_support import (
    Json,
    actions,
    any_function,
    only,
    resources,
    small_stack,
    statements,
    template_of,
)

Templates = Callable[[str], dict[str, Json]]
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
