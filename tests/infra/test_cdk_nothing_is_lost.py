"""In every environment: whatever can fail for good has a place to wait, and somebody who hears of it."""

from collections.abc import Callable, Iterator

import pytest

from tests.infra.infra_support import Json, only, resources

Templates = Callable[[str], dict[str, Json]]
ENVIRONMENTS = ("local", "dev", "staging", "prod", "all")

every_environment = pytest.mark.parametrize("name", ENVIRONMENTS)


def _all(templates: Templates, name: str, kind: str) -> Iterator[tuple[str, Json]]:
    for template in templates(name).values():
        yield from resources(template, kind).items()


def _dead_letter_queues(templates: Templates, name: str) -> set[str]:
    """Queues that others give their failures to."""
    used = str(
        [
            one
            for template in templates(name).values()
            for one in template["Resources"].values()
            if one["Type"] != "AWS::CloudWatch::Alarm"
        ]
    )
    return {
        queue
        for queue, properties in _all(templates, name, "AWS::SQS::Queue")
        if "RedrivePolicy" not in properties and queue in used
    }  # fmt: skip


@every_environment
def test_every_queue_has_a_dead_letter_queue_or_is_one(templates: Templates, name: str) -> None:
    dead = _dead_letter_queues(templates, name)
    assert dead
    for queue, properties in _all(templates, name, "AWS::SQS::Queue"):
        assert "RedrivePolicy" in properties or queue in dead, queue


@every_environment
def test_every_target_of_a_rule_has_a_dead_letter_queue(templates: Templates, name: str) -> None:
    rules = dict(_all(templates, name, "AWS::Events::Rule"))
    assert rules
    for rule, properties in rules.items():
        for target in properties["Targets"]:
            assert "Arn" in target["DeadLetterConfig"], rule


@every_environment
def test_every_stream_and_asynchronous_function_has_a_failure_destination(
    templates: Templates, name: str
) -> None:
    asynchronous = list(_all(templates, name, "AWS::Lambda::EventInvokeConfig"))
    assert len(asynchronous) == 2
    for config, properties in asynchronous:
        assert properties["DestinationConfig"]["OnFailure"]["Destination"], config
    (stream,) = [
        one
        for _, one in _all(templates, name, "AWS::Lambda::EventSourceMapping")
        if "StartingPosition" in one
    ]
    assert stream["DestinationConfig"]["OnFailure"]["Destination"]


@every_environment
def test_every_dead_letter_queue_rings_and_rings_until_it_is_empty(
    templates: Templates, name: str
) -> None:
    watched = {
        alarm["Dimensions"][0]["Value"]["Fn::GetAtt"][0]: alarm
        for _, alarm in _all(templates, name, "AWS::CloudWatch::Alarm")
        if alarm.get("MetricName") == "ApproximateNumberOfMessagesVisible"
    }
    assert set(watched) == _dead_letter_queues(templates, name)
    for queue, alarm in watched.items():
        assert (alarm["Threshold"], alarm["Statistic"]) == (1, "Maximum"), queue
        assert alarm["TreatMissingData"] == "ignore", queue


@every_environment
def test_every_alarm_acts_and_looks_at_more_than_one_bad_minute_or_says_why(
    templates: Templates, name: str
) -> None:
    at_once = {
        "ApproximateNumberOfMessagesVisible",
        "Reputation.BounceRate",
        "Reputation.ComplaintRate",
        "ScansTimedOut",
    }
    for alarm, properties in _all(templates, name, "AWS::CloudWatch::Alarm"):
        assert properties["AlarmActions"], alarm
        if properties.get("MetricName") not in at_once:
            assert properties["DatapointsToAlarm"] == 2, alarm
            assert properties["EvaluationPeriods"] == 3, alarm
            assert properties["TreatMissingData"] == "notBreaching", alarm


@every_environment
def test_a_customers_dead_receiver_gets_nobody_up(templates: Templates, name: str) -> None:
    (alarm,) = [
        properties
        for logical_id, properties in _all(templates, name, "AWS::CloudWatch::Alarm")
        if "DeliverWebhook" in logical_id and "DeadLetters" in logical_id
    ]
    assert "Ticket" in str(alarm["AlarmActions"])


@every_environment
def test_mail_waits_two_weeks_while_sending_is_paused(templates: Templates, name: str) -> None:
    (queue,) = [
        properties
        for logical_id, properties in _all(templates, name, "AWS::SQS::Queue")
        if logical_id.startswith("ServiceSendEmailWorkerQueue")
    ]
    assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600


@every_environment
def test_a_bad_reputation_stops_the_worker_of_the_mail_queue_alone(
    templates: Templates, name: str
) -> None:
    (rule,) = [
        properties
        for _, properties in _all(templates, name, "AWS::Events::Rule")
        if properties.get("EventPattern", {}).get("source") == ["aws.cloudwatch"]
    ]
    assert "PauseSending" in str(rule["Targets"])
    statements = [
        statement
        for _, policy in _all(templates, name, "AWS::IAM::Policy")
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Action"] == "lambda:UpdateEventSourceMapping"
    ]
    (statement,) = statements
    assert "SendEmailWorkerMapping" in str(statement["Resource"])


@every_environment
def test_every_dashboard_can_be_read_in_a_minute(templates: Templates, name: str) -> None:
    body = str(only(templates(name)["service"], "AWS::CloudWatch::Dashboard")["DashboardBody"])
    for title in ("API", "Functions", "Queues", "Mail and storage", "Business"):
        assert title in body
