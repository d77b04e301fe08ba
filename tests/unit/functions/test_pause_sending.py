"""Too many bounces or complaints: the worker that sends mail is stopped, whatever the alarm is called."""

import logging
from typing import Any

import pytest
from botocore.stub import Stubber
from pydantic import ValidationError
from skyferry.core.errors import UnavailableError
from skyferry.functions.pause_sending import index
from skyferry.shared import clients

from tests.support.aws import Aws
from tests.support.builders import HOSTILE_NAME
from tests.support.events import Context

STOP = {"UUID": "0b5ca0f2-9b0a-4f5a-9a45-6d1f1a6a5e11", "Enabled": False}


def change(name: str) -> dict[str, Any]:
    return {
        "source": "aws.cloudwatch",
        "detail-type": "CloudWatch Alarm State Change",
        "detail": {"alarmName": name, "state": {"value": "ALARM"}},
    }


def test_the_worker_of_the_mail_queue_is_stopped(
    aws: Aws, context: Context, caplog: pytest.LogCaptureFixture
) -> None:
    with Stubber(clients.lambda_()) as stub, caplog.at_level(logging.WARNING):
        stub.add_response("update_event_source_mapping", {"State": "Disabling"}, STOP)
        index.handler(change(HOSTILE_NAME), context)  # type: ignore[arg-type]

        stub.assert_no_pending_responses()
    assert "sending paused" in caplog.text


def test_a_fault_is_an_error_so_that_lambda_tries_again(aws: Aws, context: Context) -> None:
    with Stubber(clients.lambda_()) as stub:
        stub.add_client_error(
            "update_event_source_mapping", "TooManyRequestsException", http_status_code=429
        )

        with pytest.raises(UnavailableError):
            index.handler(change("bounces"), context)  # type: ignore[arg-type]


@pytest.mark.parametrize("event", [{}, {"detail": {}}, {"detail": {"alarmName": None}}])
def test_an_event_of_another_kind_stops_nothing(
    aws: Aws, context: Context, event: dict[str, Any]
) -> None:
    with Stubber(clients.lambda_()), pytest.raises(ValidationError):
        index.handler(event, context)  # type: ignore[arg-type]
