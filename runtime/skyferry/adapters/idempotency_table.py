"""Idempotency keys in the single table, for 24 hours each."""

import gzip
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from skyferry.adapters import rows
from skyferry.adapters.dynamodb import NEW, Condition, ConditionFailedError, Put, Row, Table
from skyferry.contract import Table as Names
from skyferry.core import limits
from skyferry.core.errors import (
    ConflictError,
    IdempotencyInProgressError,
    IdempotencyMismatchError,
)
from skyferry.core.idempotency import Answer, Claim, IdempotencyScope
from skyferry.core.models import format_time
from skyferry.core.ports import Clock


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class IdempotencyTable:
    """Implements core.ports.IdempotencyStore."""

    table: Table
    clock: Clock

    def begin(self, scope: IdempotencyScope, payload_hash: str, resource_id: str) -> Claim | Answer:
        now = self.clock()
        row = self.table.get(*_key(scope))
        if row is None:
            condition = NEW
        elif row[Names.TTL] <= int(now.timestamp()):
            condition = Condition("#ttl = :ttl", {"#ttl": "ttl"}, {":ttl": row[Names.TTL]})
        else:
            if row["payload_hash"] != payload_hash:
                raise IdempotencyMismatchError(
                    "This Idempotency-Key was used before with another request."
                )
            if "answer" in row:
                return Answer.model_validate(json.loads(gzip.decompress(row["answer"])))
            if row["lease_until"] > format_time(now):
                raise _in_progress()
            resource_id = row["resource_id"]
            condition = Condition("lease_until = :lease", values={":lease": row["lease_until"]})
        claim = Claim(
            scope=scope,
            payload_hash=payload_hash,
            resource_id=resource_id,
            lease_until=now + limits.seconds(limits.IDEMPOTENCY_LEASE),
        )
        try:
            self.table.write(Put(_row(claim, now), condition))
        except (ConditionFailedError, ConflictError):
            raise _in_progress() from None
        return claim

    def finish(self, claim: Claim, answer: Answer) -> None:
        row = _row(claim, self.clock())
        row["answer"] = gzip.compress(answer.model_dump_json().encode(), mtime=0)
        try:
            self.table.write(Put(row, _mine(claim)), patient=True)
        except ConditionFailedError:
            # The lease ran out and somebody else answers: both answers speak of the same resource.
            return

    def release(self, claim: Claim) -> None:
        now = self.clock()
        try:
            ended = claim.replace(lease_until=now)
            self.table.write(Put(_row(ended, now), _mine(claim)), patient=True)
        except ConditionFailedError:
            return


def _in_progress() -> IdempotencyInProgressError:
    return IdempotencyInProgressError(
        "The first request with this Idempotency-Key is still running."
    )


def _key(scope: IdempotencyScope) -> tuple[str, str]:
    digest = hashlib.sha256(scope.key.encode()).hexdigest()
    return rows.partition(scope.owner), f"IDEMPOTENCY#{scope.operation}#{digest}"


def _mine(claim: Claim) -> Condition:
    return Condition("lease_until = :lease", values={":lease": format_time(claim.lease_until)})


def _row(claim: Claim, now: datetime) -> Row:
    pk, sk = _key(claim.scope)
    return {
        Names.PARTITION_KEY: pk,
        Names.SORT_KEY: sk,
        "payload_hash": claim.payload_hash,
        "resource_id": claim.resource_id,
        "lease_until": format_time(claim.lease_until),
        Names.TTL: int(now.timestamp()) + limits.IDEMPOTENCY_LIFE,
    }
