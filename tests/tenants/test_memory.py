"""The table in memory answers as moto's, whatever is written to it."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from skyferry.adapters.dynamodb import (
    NEW,
    Add,
    Check,
    Condition,
    ConditionFailedError,
    Delete,
    Put,
    Row,
    Table,
    Write,
)

from tests.support.aws import moto_aws
from tests.tenants.memory_table import MemoryTable

_PARTITIONS = st.sampled_from(["T#a", "T#b"])
_SORTS = st.sampled_from(["A", "A#1", "B"])
_NUMBERS = st.integers(0, 3)
_CONDITIONS = st.one_of(
    st.just(NEW),
    st.just(Condition("attribute_exists(pk)")),
    st.builds(lambda n: Condition("version = :v", values={":v": n}), _NUMBERS),
    st.builds(lambda n: Condition("#s = :s AND version = :v", {"#s": "status"}, {":s": "x", ":v": n}), _NUMBERS),
    st.just(Condition("attribute_not_exists(pk) OR #s = :s", {"#s": "status"}, {":s": "y"})),
    st.just(Condition("#s IN (:a, :b)", {"#s": "status"}, {":a": "x", ":b": "z"})),
)  # fmt: skip


def _row(pk: str, sk: str, version: int, status: str) -> Row:
    return {
        "pk": pk,
        "sk": sk,
        "version": version,
        "status": status,
        "feed_pk": f"F#{status}",
        "feed_sk": f"{version}#{sk}",
    }


_ROWS = st.builds(_row, _PARTITIONS, _SORTS, _NUMBERS, st.sampled_from("xyz"))
_WRITES = st.one_of(
    st.builds(Put, _ROWS, st.none() | _CONDITIONS),
    st.builds(Delete, _PARTITIONS, _SORTS, st.none() | _CONDITIONS),
    st.builds(Check, _PARTITIONS, _SORTS, _CONDITIONS),
    st.builds(
        Add,
        _PARTITIONS,
        st.just("USAGE"),
        st.fixed_dictionaries({"bytes": st.integers(-2, 2), "files": st.integers(-2, 2)}),
        st.sampled_from([{}, {"bytes": 2}, {"bytes": 1, "files": 1}]),
        st.none() | st.just({"ttl": 7}),
    ),
)


def _answer(table: Table, writes: list[Write]) -> int | None:
    try:
        table.write(*writes)
    except ConditionFailedError as error:
        return error.first
    return None


def _everything(table: Table) -> list[list[Row]]:
    return [
        *(list(table.query(pk, " ", "~", newest_first=True)) for pk in ("T#a", "T#b")),
        *(list(table.query(pk, "A", "A#1", limit=1)) for pk in ("T#a", "T#b")),
        *(
            sorted(table.feed(f"F#{status}", "0", "2~", 10), key=lambda row: (row["pk"], row["sk"]))
            for status in "xyz"
        ),
    ]


def _apart(writes: list[Write]) -> bool:
    """DynamoDB refuses a transaction that names a row twice."""
    keys = [
        (each.row["pk"], each.row["sk"]) if isinstance(each, Put) else (each.pk, each.sk)
        for each in writes
    ]
    return len(set(keys)) == len(keys)


@settings(
    max_examples=25,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(st.lists(st.lists(_WRITES, min_size=1, max_size=3).filter(_apart), max_size=8))
def test_the_table_in_memory_answers_as_moto_does(transactions: list[list[Write]]) -> None:
    memory = Table(MemoryTable(), "table")  # type: ignore[arg-type]
    with moto_aws() as aws:
        for writes in transactions:
            assert _answer(memory, writes) == _answer(aws.table, writes)
        assert _everything(memory) == _everything(aws.table)


def test_counts_and_batches_are_those_of_moto() -> None:
    memory = Table(MemoryTable(), "table")  # type: ignore[arg-type]
    rows = [_row("T#a", sk, 1, "x") for sk in ("A", "B")]
    with moto_aws() as aws:
        for table in (memory, aws.table):
            assert [table.count("C#1", "W", 1, limit=2, ttl=9) for _ in range(3)] == [1, 2, None]
            table.put_all(rows)
            table.delete_all([("T#a", "A"), ("T#a", "never")])
        assert _everything(memory) == _everything(aws.table)
        assert memory.get("C#1", "W") == aws.table.get("C#1", "W") == {
            "pk": "C#1", "sk": "W", "count": 2, "ttl": 9,
        }  # fmt: skip


def test_a_query_it_does_not_know_is_refused() -> None:
    with pytest.raises(NotImplementedError):
        list(Table(MemoryTable(), "table").due("shard", "until", 1))  # type: ignore[arg-type]
