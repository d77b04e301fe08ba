"""Whoever scans, somebody hears of files that were not scanned."""

from collections.abc import Callable

import pytest

from tests.infra.infra_support import Json, only, resources

Templates = Callable[[str], dict[str, Json]]


@pytest.mark.parametrize("name", ["local", "dev", "prod", "all"])
def test_results_that_never_came_are_a_ticket_of_this_environment_alone(
    templates: Templates, name: str
) -> None:
    (alarm,) = [
        alarm
        for alarm in resources(templates(name)["service"], "AWS::CloudWatch::Alarm").values()
        if alarm.get("MetricName") == "ScansTimedOut"
    ]
    functions = resources(templates(name)["service"], "AWS::Lambda::Function").values()
    (environment,) = {
        one["Environment"]["Variables"]["SKYFERRY_ENVIRONMENT"]
        for one in functions
        if "SKYFERRY_ENVIRONMENT" in one["Environment"]["Variables"]
    }
    assert {one["Name"]: one["Value"] for one in alarm["Dimensions"]} == {
        "environment": environment,
        "service": "sweep",
    }
    assert (alarm["Namespace"], alarm["Threshold"], alarm["Statistic"]) == ("Skyferry", 1, "Sum")
    assert "Ticket" in str(alarm["AlarmActions"])
    assert alarm["AlarmDescription"].endswith("scan-trouble.md")


def test_what_guardduty_says_goes_to_the_ticket_topic_or_waits_in_a_queue_of_its_own(
    templates: Templates,
) -> None:
    service = templates("prod")["service"]
    (rule,) = [
        rule
        for rule in resources(service, "AWS::Events::Rule").values()
        if "anything-but" in str(rule.get("EventPattern"))
    ]
    (target,) = rule["Targets"]
    assert "Ticket" in str(target["Arn"])
    assert target["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0].startswith("ServiceScanTrouble")
    assert "ScanTroubleDeadLetterQueueUrl" in service["Outputs"]


def test_a_scanner_of_ones_own_has_the_alarm_and_no_rule_of_guardduty(
    templates: Templates,
) -> None:
    service = templates("local")["service"]
    rules = resources(service, "AWS::Events::Rule").values()
    assert [one for one in rules if "anything-but" in str(one.get("EventPattern"))] == []
    assert "ScanTroubleDeadLetterQueueUrl" not in service["Outputs"]


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_the_dashboard_shows_the_business_of_its_own_environment(
    templates: Templates, name: str
) -> None:
    body = str(only(templates(name)["service"], "AWS::CloudWatch::Dashboard")["DashboardBody"])
    searches = body.count('Namespace=\\\\"Skyferry\\\\"')
    assert searches > 10
    assert body.count(f'environment=\\\\"{name}\\\\"') == searches
