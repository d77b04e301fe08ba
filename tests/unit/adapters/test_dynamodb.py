from typing import Any

import pytest
from botocore.exceptions import ClientError
from skyferry.adapters import rows
from skyferry.adapters.dynamodb import (
    NEW,
    Condition,
    ConditionFailedError,
    Delete,
    Put,
    Table,
    decode,
    encode,
)
from skyferry.adapters.idempotency_table import IdempotencyTable
from skyferry.adapters.mail_table import MailTable
from skyferry.adapters.signing_key import SigningKey
from skyferry.core import limits
from skyferry.core.errors import ConflictError, IdempotencyInProgressError, UnavailableError
from skyferry.core.idempotency import Answer, Claim, IdempotencyScope
from skyferry.core.models import Mail, MailStatus, TransferStatus

from tests.support.aws import Aws
from tests.support.builders import HOSTILE_NAME, NOW, OWNER
from tests.support.fakes import FakeClock


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        False,
        0,
        -7,
        10**20,
        "",
        HOSTILE_NAME,
        b"\0\xff",
        [],
        [1, "a", None],
        {"a": {"b": [1]}},
    ],
)
def test_values_come_back_as_they_went(value: object) -> None:
    assert decode(encode(value)) == value
    assert type(decode(encode(value))) is type(value)


def test_a_float_has_no_place_in_a_row() -> None:
    with pytest.raises(TypeError, match="float"):
        encode(1.5)


def test_a_write_is_all_or_nothing(aws: Aws) -> None:
    row = {"pk": "a", "sk": "1", "n": 1}
    aws.table.write(Put(row, NEW))

    with pytest.raises(ConditionFailedError):
        aws.table.write(Put({"pk": "a", "sk": "2"}), Put(row, NEW))

    assert aws.table.get("a", "1") == row
    assert aws.table.get("a", "2") is None


def test_a_delete_keeps_its_condition(aws: Aws) -> None:
    aws.table.write(Put({"pk": "a", "sk": "1", "n": 1}))
    wrong = Condition("#n = :n", {"#n": "n"}, {":n": 2})

    with pytest.raises(ConditionFailedError):
        aws.table.write(Delete("a", "1", wrong))
    aws.table.write(Delete("a", "1"))

    assert aws.table.get("a", "1") is None


def test_more_rows_than_a_batch_takes_are_written_and_deleted(aws: Aws) -> None:
    made = [{"pk": "a", "sk": f"{number:03d}"} for number in range(60)]
    aws.table.put_all(made)
    assert list(aws.table.query("a", "0", "~")) == made

    aws.table.delete_all([("a", row["sk"]) for row in made])
    assert list(aws.table.query("a", "0", "~")) == []


class Answers:
    """A client that gives these answers in turn; an exception is raised."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.calls: list[dict[str, Any]] = []

    def __getattr__(self, name: str) -> Any:
        def call(**parameters: Any) -> Any:
            self.calls.append(parameters)
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("skyferry.adapters.dynamodb.time.sleep", lambda seconds: None)


def cancelled(*codes: str) -> ClientError:
    response: Any = {
        "Error": {"Code": "TransactionCanceledException", "Message": ""},
        "CancellationReasons": [{"Code": code} for code in codes],
    }
    return ClientError(response, "TransactWriteItems")


def plain(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": ""}}, "Operation")


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (cancelled("None", "ConditionalCheckFailed"), ConditionFailedError),
        (cancelled("TransactionConflict", "ConditionalCheckFailed"), ConditionFailedError),
        (cancelled("TransactionConflict"), ConflictError),
        (plain("TransactionConflictException"), ConflictError),
        (plain("TransactionInProgressException"), ConflictError),
        (cancelled("ThrottlingError"), UnavailableError),
        (plain("ProvisionedThroughputExceededException"), UnavailableError),
        (plain("InternalServerError"), UnavailableError),
        (plain("AccessDeniedException"), ClientError),
    ],
)
def test_each_failure_of_a_write_is_told_apart(error: ClientError, raised: type[Exception]) -> None:
    table = Table(Answers(error), "t")  # type: ignore[arg-type]

    with pytest.raises(raised):
        table.write(Put({"pk": "a", "sk": "b"}))


def test_a_patient_write_waits_for_another_transaction() -> None:
    conflict = cancelled("TransactionConflict")
    table = Table(Answers(conflict, conflict, {}), "t")  # type: ignore[arg-type]

    table.write(Put({"pk": "a", "sk": "b"}), patient=True)

    with pytest.raises(ConflictError):
        Table(Answers(*[conflict] * 20), "t").write(Put({"pk": "a", "sk": "b"}), patient=True)  # type: ignore[arg-type]


def test_unprocessed_rows_are_written_again_and_not_for_ever() -> None:
    left: dict[str, Any] = {"UnprocessedItems": {"t": [{"PutRequest": {"Item": {}}}]}}
    client = Answers(left, {})
    Table(client, "t").put_all([{"pk": "a", "sk": "b"}])  # type: ignore[arg-type]
    assert client.calls[1]["RequestItems"]["t"] == left["UnprocessedItems"]["t"]

    with pytest.raises(UnavailableError):
        Table(Answers(*[left] * 5), "t").put_all([{"pk": "a", "sk": "b"}])  # type: ignore[arg-type]


def test_a_query_follows_its_pages_and_stops_at_its_limit() -> None:
    def page(*keys: str, more: bool) -> dict[str, Any]:
        items = [{"sk": {"S": key}} for key in keys]
        return {"Items": items, **({"LastEvaluatedKey": {"sk": {"S": keys[-1]}}} if more else {})}

    client = Answers(page("1", "2", more=True), page("3", more=True))
    found = list(Table(client, "t").query("a", "0", "9", limit=3))  # type: ignore[arg-type]

    assert [row["sk"] for row in found] == ["1", "2", "3"]
    assert [call["Limit"] for call in client.calls] == [3, 1]

    client = Answers(page("1", more=True), page("2", more=False))
    assert len(list(Table(client, "t").query("a", "0", "9"))) == 2  # type: ignore[arg-type]


def test_a_claim_that_meets_another_transaction_for_too_long_is_left_to_the_queue() -> None:
    table = Table(Answers(*[cancelled("TransactionConflict")] * 20), "t")  # type: ignore[arg-type]
    mail = Mail(
        owner=OWNER,
        transfer_id="tr",
        recipient_id="rc",
        kind="available",
        email="r@example.com",
        status=MailStatus.CLAIMED,
        claimed_at=NOW,
        token_hash="0" * 64,
    )

    with pytest.raises(ConflictError):
        MailTable(table).claim(mail, {TransferStatus.READY})


SCOPE = IdempotencyScope(owner=OWNER, operation="o", key="k")


def test_of_two_that_begin_at_once_one_is_told_to_wait() -> None:
    table = Table(Answers({}, cancelled("ConditionalCheckFailed")), "t")  # type: ignore[arg-type]

    with pytest.raises(IdempotencyInProgressError):
        IdempotencyTable(table, FakeClock(NOW)).begin(SCOPE, "p", "tr_1")


def test_a_claim_that_was_taken_over_neither_answers_nor_ends(aws: Aws) -> None:
    clock = FakeClock(NOW)
    keys = IdempotencyTable(aws.table, clock)
    first = keys.begin(SCOPE, "p", "tr_1")
    assert isinstance(first, Claim)
    clock.pass_seconds(limits.IDEMPOTENCY_LEASE + 1)
    second = keys.begin(SCOPE, "p", "tr_2")
    assert isinstance(second, Claim)

    keys.finish(first, Answer(status=500, headers={}, body="late"))
    keys.release(first)

    with pytest.raises(IdempotencyInProgressError):
        keys.begin(SCOPE, "p", "tr_3")
    answer = Answer(status=201, headers={}, body="right")
    keys.finish(second, answer)
    assert keys.begin(SCOPE, "p", "tr_4") == answer


def test_every_process_signs_with_the_same_key(aws: Aws) -> None:
    keys = {SigningKey(aws.table).get() for _ in range(3)}

    assert len(keys) == 1
    assert len(keys.pop()) == 32


def test_the_key_that_was_stored_first_counts() -> None:
    stored = {"Item": {"key": {"B": b"theirs"}}}
    table = Table(Answers({}, cancelled("ConditionalCheckFailed"), stored), "t")  # type: ignore[arg-type]

    assert SigningKey(table).get() == b"theirs"


def test_due_rows_are_spread_and_found_again() -> None:
    shards = {rows.due_shard("transfer", f"tr_{number}") for number in range(100)}

    assert shards == set(rows.due_shards("transfer"))
