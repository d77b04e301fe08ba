"""The core's use cases in memory; what came of them is written to moto at once. Call by call it took longer than
most tests that begin with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from skyferry.adapters.dynamodb import Add, Delete, Put, Row, Table, Write
from skyferry.adapters.transfer_table import TransferTable
from skyferry.contract import Table as Names
from skyferry.core.models import Change
from skyferry.core.ports import FileStore, TransferStore
from skyferry.core.sending import Sending
from skyferry.core.verifying import Verifying
from skyferry.shared import clients, clock, ids

from tests.support.aws import Aws
from tests.support.fake_files import FakeFiles
from tests.support.fakes import FakeTransfers


@dataclass(frozen=True)
class _Rows(Table):
    """The rows that a new table would have. They are never read: the use cases remember what they wrote."""

    rows: dict[tuple[str, str], Row] = field(default_factory=dict)
    sums: dict[tuple[str, str], Add] = field(default_factory=dict)

    def write(self, *writes: Write, patient: bool = False) -> None:
        for write in writes:
            match write:
                case Put(row=row):
                    self.put_all([row])
                case Delete(pk=pk, sk=sk):
                    self.delete_all([(pk, sk)])
                case Add():
                    before = self.sums.get((write.pk, write.sk))
                    numbers = _sum(before.numbers if before else {}, write.numbers)
                    self.sums[write.pk, write.sk] = Add(write.pk, write.sk, numbers, {}, write.also)
                case _:
                    raise NotImplementedError(write)

    def put_all(self, rows: Sequence[Row]) -> None:
        self.rows.update(((row[Names.PARTITION_KEY], row[Names.SORT_KEY]), row) for row in rows)

    def delete_all(self, keys: Sequence[tuple[str, str]]) -> None:
        for key in keys:
            del self.rows[key]


def _sum(some: Mapping[str, int], others: Mapping[str, int]) -> dict[str, int]:
    return {name: some.get(name, 0) + others.get(name, 0) for name in {*some, *others}}


@dataclass
class _Remembered(FakeTransfers):
    table: TransferTable = field(kw_only=True)

    def create(self, change: Change) -> bool:
        self.table.create(change)
        return super().create(change)

    def commit(self, change: Change) -> None:
        self.table.commit(change)
        super().commit(change)


def use_cases(transfers: TransferStore, store: FileStore) -> tuple[Sending, Verifying]:
    sending = Sending(transfers, store, clock.now, ids.new_id)
    verifying = Verifying(
        sending,
        transfers,
        store,
        lambda head, content_type: None,
        clock.now,
        ids.new_id,
        gated=True,
    )
    return sending, verifying


class Ahead:
    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._table = _Rows(aws.table.client, aws.table.name)
        self.files = FakeFiles()
        transfers = _Remembered(table=TransferTable(self._table))
        self.sending, self.verifying = use_cases(transfers, self.files)

    def land(self) -> None:
        """Everything written, beside what is there."""
        self._aws.table.write(
            *(Put(row) for row in self._table.rows.values()), *self._table.sums.values()
        )
        for key, content in self.files.objects.items():
            clients.s3().put_object(Bucket=self._aws.bucket, Key=key, Body=content)
