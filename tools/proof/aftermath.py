"""What a laptop cloud is left with: worked off as its operators would, and read as the promises want it."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from skyferry.adapters import rows
from skyferry.adapters.dynamodb import Table
from skyferry.adapters.transfer_table import TransferTable
from skyferry.adapters.usage_rows import UsageTable
from skyferry.core.models import Transfer, format_time
from skyferry.core.quotas import Holding
from skyferry_ops.deployment import Worker

from local.scanner.index import EICAR
from tests.promises.invariants import FINAL
from tests.promises.remains import Left, Mailed, Remains
from tools.proof.laptop import Laptop

_DEAD_LETTERS = "_dead_letter"


@dataclass(frozen=True)
class Aftermath:
    """Of what these owners have done."""

    laptop: Laptop
    owners: Sequence[str]

    @cached_property
    def _table(self) -> Table:
        return Table(self.laptop.client("dynamodb"), self.laptop.cloud.table_name)

    def settle(self, patience: float) -> float:
        """Put dead letters back and let the sweep come before its time, until nothing waits any more. Seconds."""
        begun = time.monotonic()
        with self.laptop.operated():
            while time.monotonic() - begun < patience:
                time.sleep(1)
                if self.laptop.is_idle() and not self._redrive() and not self._wake():
                    break
        return time.monotonic() - begun

    def _redrive(self) -> int:
        return sum(map(self.laptop.redrive, self._workers()))

    def _workers(self) -> Iterator[Worker]:
        queues = self.laptop.cloud.queues
        for name, url in queues.items():
            if f"{name}{_DEAD_LETTERS}" in queues:
                yield Worker(name, queues[f"{name}{_DEAD_LETTERS}"], url)

    def _wake(self) -> int:
        """How many rows still wait for something; the sweep finds them at once."""
        due = [row for row in self._rows() if _waits(row)]
        past = format_time(datetime.now(UTC) - timedelta(minutes=1))
        for row in due:
            self.laptop.client("dynamodb").update_item(
                TableName=self.laptop.cloud.table_name,
                Key={"pk": row["pk"], "sk": row["sk"]},
                UpdateExpression="SET due_at = :past",
                # It may have been worked off meanwhile.
                ConditionExpression="attribute_exists(due_at)",
                ExpressionAttributeValues={":past": {"S": past}},
            )
        if due:
            self.laptop.client("lambda").invoke(
                FunctionName=self.laptop.function("ServiceSweepFunction"), Payload=b"{}"
            )
        return len(due)

    def _rows(self) -> Iterator[dict[str, Any]]:
        pages = self.laptop.client("dynamodb").get_paginator("query")
        for owner in self.owners:
            for page in pages.paginate(
                TableName=self.laptop.cloud.table_name,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": {"S": rows.partition(owner)}},
                ConsistentRead=True,
            ):
                yield from page["Items"]

    def transfers(self) -> list[Transfer]:
        table = TransferTable(self._table)
        return [each for owner in self.owners for each in table.page(owner, None, 1000)]

    def remains(self, chosen: dict[str, list[bytes]], downloads: list[str]) -> Remains:
        usage = UsageTable(self._table)
        held = {owner: usage.read(owner, datetime.now(UTC)).held for owner in self.owners}
        transfers = self.transfers()
        ids = {transfer.id for transfer in transfers}
        return Remains(
            transfers=tuple(map(self._left, transfers)),
            objects=dict(self._objects()),
            chosen=chosen,
            is_infected=lambda content: EICAR in content,
            mailed=tuple(
                Mailed(tags["transfer_id"], tags["recipient_id"], tags["kind"])
                for tags in (mail["tags"] for mail in self.laptop.mails())
                if tags.get("transfer_id") in ids
            ),
            waiting={
                "queues": self.laptop.waiting(),
                "outbox": sum(row["sk"]["S"].startswith("OUTBOX#") for row in self._rows()),
            },
            counted={owner: one for owner, one in held.items() if one != Holding()},
            downloads=tuple(downloads),
            deliveries=None,
        )

    def _left(self, transfer: Transfer) -> Left:
        table, where = TransferTable(self._table), (transfer.owner, transfer.id)
        return Left(
            transfer,
            tuple(table.files(*where)),
            tuple(table.recipients(*where)),
            tuple(table.events(*where, 0, 10_000)),
        )

    def _objects(self) -> Iterator[tuple[str, bytes]]:
        s3, bucket = self.laptop.client("s3"), self.laptop.cloud.bucket_name
        for owner in self.owners:
            pages = s3.get_paginator("list_objects_v2").paginate(
                Bucket=bucket, Prefix=f"files/{owner}/"
            )
            for page in pages:
                for entry in page.get("Contents", []):
                    answer = s3.get_object(Bucket=bucket, Key=entry["Key"])
                    yield entry["Key"], answer["Body"].read()


def _waits(row: dict[str, Any]) -> bool:
    """An outbox row, a mail of which nobody knows, a transfer that is under way."""
    kind = row["sk"]["S"].partition("#")[0]
    if kind == "TRANSFER":
        return "finalized_at" in row and row["status"]["S"] not in FINAL
    return kind == "OUTBOX" or (kind == "MAIL" and "due_at" in row)
