"""The matrix of every call of AWS and every fault, in a form that is short enough for each change; `make faults` runs all."""

import pytest

from tests.faults import matrix, written_calls
from tests.faults.aws_calls import Site
from tests.faults.kinds import KINDS

_SAMPLE = 12


def test_every_call_of_aws_in_the_adapters_is_in_the_matrix() -> None:
    written = set(written_calls.calls())

    assert len(written) >= 15
    assert written - matrix.lines() == set(), "a journey in tests/faults/journeys.py must make it"


def test_every_function_that_calls_aws_and_every_operation_of_the_api_is_in_the_matrix() -> None:
    from skyferry.functions.api.operations import OPERATIONS

    callers = {site.caller for site in matrix.sites()}
    workers = {
        "dispatch_outbox",
        "process_upload",
        "send_email",
        "email_feedback",
        "deliver_webhook",
    }
    without_aws = {"getHealth", "getOpenapi"}

    assert callers == {op.id for op in OPERATIONS} - without_aws | workers | {
        "sweep",
        "pause_sending",
    }


@pytest.mark.parametrize("number", range(_SAMPLE))
def test_a_fault_at_a_call_leaves_what_a_run_without_it_leaves(number: int) -> None:
    cells = list(matrix.cells())
    cell = cells[number * len(cells) // _SAMPLE]

    assert matrix.broken(cell) == [], str(cell)


@pytest.mark.parametrize("kind", KINDS)
def test_a_mail_whose_fate_nobody_knows_is_never_sent_twice(kind: str) -> None:
    site = Site("send_email", "Mailer.send", "sesv2.SendEmail")

    assert matrix.broken(matrix.Cell(matrix.sites()[site], site, kind)) == []
