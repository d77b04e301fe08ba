"""Upload requests and capabilities in the single table. Their rows end by TTL; the core judges by time."""

from dataclasses import dataclass

from skyferry.adapters import rows
from skyferry.adapters.dynamodb import (
    NEW,
    Condition,
    ConditionFailedError,
    Delete,
    Put,
    Row,
    Table,
    Write,
)
from skyferry.adapters.transfer_table import TransferTable
from skyferry.contract import Table as Names
from skyferry.core.errors import ConflictError, NotFoundError
from skyferry.core.models import Change
from skyferry.core.upload_requests import Capability, UploadRequest


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class RequestTable:
    """Implements core.ports.RequestStore."""

    table: Table
    transfers: TransferTable

    def get(self, owner: str, request_id: str) -> UploadRequest:
        row = self.table.get(rows.partition(owner), rows.request_sort(request_id))
        if row is None:
            raise NotFoundError
        return UploadRequest.model_validate(row)

    def by_token(self, token_hash: str) -> UploadRequest:
        link = self.table.get(rows.link_partition(token_hash), rows.REQUEST_LINK_SORT)
        if link is None:
            raise NotFoundError
        return self.get(link["owner"], link["request_id"])

    def page(self, owner: str, before: str | None, limit: int) -> list[UploadRequest]:
        found = self.table.query(
            rows.partition(owner),
            rows.request_sort(""),
            rows.request_sort(rows.LAST if before is None else before),
            # BETWEEN includes its bounds, and `before` itself may still be there.
            limit=limit + 1,
            newest_first=True,
        )
        page = [UploadRequest.model_validate(row) for row in found]
        return [request for request in page if request.id != before][:limit]

    def create(self, request: UploadRequest) -> None:
        try:
            self.table.write(Put(_request_row(request), NEW), Put(_link_row(request)))
        except ConditionFailedError:
            raise ConflictError("The request is there already.") from None

    def commit(self, before: UploadRequest, after: UploadRequest) -> None:
        links: list[Write] = [Put(_link_row(after))]
        if before.token_hash != after.token_hash:
            old = rows.link_partition(before.token_hash)
            links.append(Delete(old, rows.REQUEST_LINK_SORT))
        try:
            self.table.write(Put(_request_row(after), _unchanged(before)), *links)
        except ConditionFailedError:
            raise ConflictError("The request has changed since it was read.") from None

    def use(
        self, before: UploadRequest, after: UploadRequest, change: Change, capability: Capability
    ) -> None:
        use = Put(_request_row(after), _unchanged(before))
        try:
            self.transfers.create_with(change, use, Put(_capability_row(capability)))
        except (ConditionFailedError, ConflictError):
            self.transfers.withdraw(change)
            raise ConflictError("The request has changed since it was read.") from None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CapabilityTable:
    """Implements core.ports.CapabilityStore."""

    table: Table

    def add(self, capability: Capability) -> None:
        self.table.write(Put(_capability_row(capability)))

    def get(self, token_hash: str) -> Capability:
        row = self.table.get(rows.link_partition(token_hash), rows.CAPABILITY_SORT)
        if row is None:
            raise NotFoundError
        return Capability.model_validate(row)


def _unchanged(before: UploadRequest) -> Condition:
    return Condition("version = :version", values={":version": before.version})


def _request_row(request: UploadRequest) -> Row:
    return {
        Names.PARTITION_KEY: rows.partition(request.owner),
        Names.SORT_KEY: rows.request_sort(request.id),
        Names.TTL: int(request.purge_at.timestamp()),
        **rows.plain(request),
    }


def _link_row(request: UploadRequest) -> Row:
    return {
        Names.PARTITION_KEY: rows.link_partition(request.token_hash),
        Names.SORT_KEY: rows.REQUEST_LINK_SORT,
        Names.TTL: int(request.purge_at.timestamp()),
        "owner": request.owner,
        "request_id": request.id,
    }


def _capability_row(capability: Capability) -> Row:
    return {
        Names.PARTITION_KEY: rows.link_partition(capability.token_hash),
        Names.SORT_KEY: rows.CAPABILITY_SORT,
        Names.TTL: int(capability.expires_at.timestamp()),
        **rows.plain(capability),
    }
