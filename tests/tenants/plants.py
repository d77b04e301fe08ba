"""Bugs of the kind the machine is for, planted one at a time: it must find each."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from itsdangerous import URLSafeSerializer
from skyferry.adapters import idempotency_table, rows
from skyferry.adapters.dynamodb import Row, Table
from skyferry.adapters.suppression_table import SuppressionTable
from skyferry.adapters.transfer_table import TransferTable
from skyferry.core.errors import ForbiddenError, NotFoundError
from skyferry.core.models import File
from skyferry.core.suppressions import Suppression
from skyferry.functions.api.cursors import Cursors
from skyferry.functions.api.sessions import SignedSessions

Plant = Callable[[pytest.MonkeyPatch], None]


def _anywhere(table: Table, sort: str) -> Iterator[Row]:
    """Rows of that sort key, whoever has them."""
    client: Any = table.client
    for pk in list(client.partitions):
        if pk.startswith("T#") and (row := table.get(pk, sort)) is not None:
            yield row


def reads_a_foreign_partition(patch: pytest.MonkeyPatch) -> None:
    def get(self: TransferTable, owner: str, sort: str) -> Row:
        for row in _anywhere(self.table, sort):
            return row
        raise NotFoundError

    patch.setattr(TransferTable, "_get", get)


def tells_foreign_from_unknown(patch: pytest.MonkeyPatch) -> None:
    def get(self: TransferTable, owner: str, sort: str) -> Row:
        for row in _anywhere(self.table, sort):
            if row["owner"] == owner:
                return row
            raise ForbiddenError("This is somebody else's.")
        raise NotFoundError

    patch.setattr(TransferTable, "_get", get)


def cursor_of_any_owner(patch: pytest.MonkeyPatch) -> None:
    def serializer(self: Cursors, scope: tuple[str | None, ...]) -> URLSafeSerializer:
        return URLSafeSerializer(self.key(), salt="\x00".join(part or "" for part in scope[1:]))

    patch.setattr(Cursors, "_serializer", serializer)


def idempotency_key_of_everybody(patch: pytest.MonkeyPatch) -> None:
    key = idempotency_table._key
    patch.setattr(idempotency_table, "_key", lambda scope: (rows.partition("all"), key(scope)[1]))


def capability_for_every_transfer(patch: pytest.MonkeyPatch) -> None:
    """Of the same owner: what a link leads to is not compared with what is asked for."""

    def file(self: TransferTable, owner: str, transfer_id: str, file_id: str) -> File:
        for row in self.table.query(rows.partition(owner), "CONTENT#", "CONTENT#~"):
            if row["id"] == file_id:
                return File.model_validate(row)
        raise NotFoundError

    patch.setattr(TransferTable, "file", file)


def session_for_every_link(patch: pytest.MonkeyPatch) -> None:
    def serializer(self: SignedSessions, link: str, password_hash: str) -> URLSafeSerializer:
        return URLSafeSerializer(self.key(), salt="session")

    patch.setattr(SignedSessions, "_serializer", serializer)


def suppressions_of_everybody(patch: pytest.MonkeyPatch) -> None:
    def page(self: SuppressionTable, owner: str, after: str, limit: int) -> list[Any]:
        client: Any = self.table.client
        found = [
            row
            for pk in list(client.partitions)
            for row in self.table.query(pk, "SUPPRESSION#", "SUPPRESSION#~")
        ]
        return [Suppression.model_validate(row) for row in found][:limit]

    patch.setattr(SuppressionTable, "page", page)


_CREATES = {"createTransfer", "createRequest", "createWebhook", "listTransfers"}
_BY_LINK = {"openFileUpload", "listFileParts", "removeUploadFile", "getFile"}
#: Each with words of the finding, and the operations by which it is found within seconds; by all of them it takes
#: up to two hundred runs.
PLANTS: tuple[tuple[Plant, str, set[str]], ...] = (
    (reads_a_foreign_partition, "a foreign value answers", set()),
    (tells_foreign_from_unknown, "a foreign value answers .*somebody else", set()),
    (cursor_of_any_owner, "a foreign value answers .*200", {"listTransfers", "listRequests"}),
    (idempotency_key_of_everybody, "another's Idempotency-Key counts|the answer has", _CREATES),
    (
        capability_for_every_transfer,
        "a foreign value answers|the answer has|not behind the link",
        _BY_LINK,
    ),
    (session_for_every_link, "a foreign value answers", {"viewLink", "createLinkDownload"}),
    (suppressions_of_everybody, "the answer has email", {"listSuppressions", "listTransfers"}),
)
