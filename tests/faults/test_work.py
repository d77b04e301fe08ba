"""What operations ask of the table: as the page says, never a Scan, and no more reads for more rows."""

from functools import cache

import pytest
from skyferry.functions.api.operations import OPERATIONS

from tests.faults.journeys import SMALL
from tests.faults.service import Service, running
from tools import work

counted = cache(work.counted)
FEW, MANY = 2, 9


def test_the_committed_page_is_current() -> None:
    assert work.PAGE.read_text(encoding="utf-8") == work.page(counted()), "run `make work`"


def test_operations_read_rows_by_key_and_never_search_for_them() -> None:
    asked = counted()

    assert asked.keys() == {operation.id for operation in OPERATIONS}
    assert set().union(*(one.others for one in asked.values())) == set(), "a Scan, say"
    assert asked["getTransfer"].reads > 0


def _populated(service: Service, rows: int) -> None:
    """So many of everything that can be listed."""
    files = [{**SMALL, "name": f"{number}.txt"} for number in range(rows)]
    to = [{"email": f"r{number}@example.com"} for number in range(rows)]
    transfer = service.ask("createTransfer", body={"title": "t", "files": files, "recipients": to})
    for number in range(rows):
        body = {"title": f"{number}", "files": [SMALL], "recipients": to[:1]}
        service.ask("createTransfer", body=body)
        service.ask("createRequest", body={"title": f"{number}"})
        service.ask("createWebhook", body={"url": f"https://hooks.example.com/{number}"})
    place = {"transfer_id": transfer["id"]}
    for operation in ("getTransfer", "listFiles", "listRecipients", "listEvents"):
        service.ask(operation, **place)
    for operation in ("listTransfers", "listRequests", "listWebhooks", "listOwnerEvents"):
        service.ask(operation)


@cache
def _reads(rows: int) -> dict[str, int]:
    calls = work.Counted()
    with running(calls) as service:
        _populated(service, rows)
    return {name: works[-1].reads for name, works in calls.work.items()}


@pytest.mark.parametrize(
    "operation",
    [
        "getTransfer",
        "listFiles",
        "listRecipients",
        "listEvents",
        "listTransfers",
        "listRequests",
        "listWebhooks",
        "listOwnerEvents",
    ],
)
def test_more_rows_are_no_more_reads(operation: str) -> None:
    assert _reads(MANY)[operation] == _reads(FEW)[operation] > 0
