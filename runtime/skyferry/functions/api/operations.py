"""Every operation of the API, in one table: routes, scopes, bodies, answers and the OpenAPI document
come from here and from nowhere else."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel

from skyferry.contract import SCOPE_READ, SCOPE_WRITE
from skyferry.core import commands
from skyferry.core.commands import Command
from skyferry.core.errors import (
    DeletedError,
    DownloadLimitError,
    ExpiredError,
    NotFoundError,
    ScanPendingError,
    SizeLimitError,
    SkyferryError,
    StateError,
    UploadIncompleteError,
)
from skyferry.functions.api import links, schemas, service, transfers, uploads
from skyferry.functions.api.app import App, Call
from skyferry.functions.api.http import NoBody, NoQuery, Query, Response


class Idempotency(Enum):
    NONE = "none"
    ACCEPTED = "accepted"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    id: str
    method: str
    path: str
    summary: str
    run: Callable[[App, Call[Any, Any]], Response]
    #: The scope a token needs; None: anybody may call it.
    scope: str | None
    success: HTTPStatus = HTTPStatus.OK
    answer: type[BaseModel] | None = None
    answer_headers: Sequence[str] = ()
    body: type[Command] = NoBody
    query: type[Query] = NoQuery
    idempotency: Idempotency = Idempotency.NONE
    #: Errors of its own, besides those that every operation of its kind can answer.
    errors: Sequence[type[SkyferryError]] = ()
    html: bool = field(default=False)


_TRANSFER = "/transfers/{transfer_id}"
_FILE = _TRANSFER + "/files/{file_id}"

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        id="createTransfer",
        method="POST",
        path="/transfers",
        summary="Create a transfer; the answer says how to upload each file.",
        run=transfers.create_transfer,
        scope=SCOPE_WRITE,
        success=HTTPStatus.CREATED,
        answer=schemas.CreatedTransfer,
        answer_headers=("Location", "ETag"),
        body=commands.NewTransfer,
        idempotency=Idempotency.ACCEPTED,
    ),
    Operation(
        id="listTransfers",
        method="GET",
        path="/transfers",
        summary="Your transfers, newest first.",
        run=transfers.list_transfers,
        scope=SCOPE_READ,
        answer=schemas.TransferPage,
        answer_headers=("Link",),
        query=transfers.TransfersQuery,
    ),
    Operation(
        id="getTransfer",
        method="GET",
        path=_TRANSFER,
        summary="A transfer with its files and recipients.",
        run=transfers.get_transfer,
        scope=SCOPE_READ,
        answer=schemas.Transfer,
        answer_headers=("ETag", "Retry-After"),
        errors=(NotFoundError,),
    ),
    Operation(
        id="deleteTransfer",
        method="DELETE",
        path=_TRANSFER,
        summary="Take a transfer back: links end at once, bytes after seven days.",
        run=transfers.delete_transfer,
        scope=SCOPE_WRITE,
        success=HTTPStatus.NO_CONTENT,
        errors=(NotFoundError,),
    ),
    Operation(
        id="finalizeTransfer",
        method="POST",
        path=_TRANSFER + "/finalize",
        summary="Close the file list; mails go out once every file is clean.",
        run=transfers.finalize_transfer,
        scope=SCOPE_WRITE,
        success=HTTPStatus.ACCEPTED,
        answer=schemas.Transfer,
        answer_headers=("Location", "ETag", "Retry-After"),
        idempotency=Idempotency.REQUIRED,
        errors=(NotFoundError, StateError, UploadIncompleteError),
    ),
    Operation(
        id="openUpload",
        method="POST",
        path=_FILE + "/upload",
        summary="How to upload the file: one POST, or parts.",
        run=uploads.open_upload,
        scope=SCOPE_WRITE,
        success=HTTPStatus.CREATED,
        answer=schemas.UploadInstructions,
        answer_headers=("Location",),
        errors=(NotFoundError, StateError),
    ),
    Operation(
        id="abortUpload",
        method="DELETE",
        path=_FILE + "/upload",
        summary="Forget the parts sent so far.",
        run=uploads.abort_upload,
        scope=SCOPE_WRITE,
        success=HTTPStatus.NO_CONTENT,
        errors=(NotFoundError, StateError),
    ),
    Operation(
        id="signParts",
        method="POST",
        path=_FILE + "/upload/parts",
        summary="URLs for up to 100 parts; each takes exactly the size asked for.",
        run=uploads.sign_parts,
        scope=SCOPE_WRITE,
        answer=schemas.PartUrls,
        body=commands.SignParts,
        errors=(NotFoundError, StateError, SizeLimitError),
    ),
    Operation(
        id="listParts",
        method="GET",
        path=_FILE + "/upload/parts",
        summary="The parts that have arrived, to resume from.",
        run=uploads.list_parts,
        scope=SCOPE_READ,
        answer=schemas.PartPage,
        errors=(NotFoundError,),
    ),
    Operation(
        id="completeUpload",
        method="POST",
        path=_FILE + "/upload/complete",
        summary="The bytes are all there; safe to repeat.",
        run=uploads.complete_upload,
        scope=SCOPE_WRITE,
        success=HTTPStatus.ACCEPTED,
        answer=schemas.File,
        answer_headers=("Location", "Retry-After"),
        errors=(NotFoundError, StateError, UploadIncompleteError, SizeLimitError),
    ),
    Operation(
        id="createDownload",
        method="POST",
        path=_FILE + "/downloads",
        summary="A download URL for the sender, good for five minutes.",
        run=uploads.create_download,
        scope=SCOPE_READ,
        success=HTTPStatus.CREATED,
        answer=schemas.Download,
        answer_headers=("Location",),
        errors=(NotFoundError, StateError, ScanPendingError, ExpiredError),
    ),
    Operation(
        id="listRecipients",
        method="GET",
        path=_TRANSFER + "/recipients",
        summary="The recipients, each with a timeline.",
        run=transfers.list_recipients,
        scope=SCOPE_READ,
        answer=schemas.RecipientPage,
        errors=(NotFoundError,),
    ),
    Operation(
        id="listEvents",
        method="GET",
        path=_TRANSFER + "/events",
        summary="The hash-chained log of the transfer, oldest first.",
        run=transfers.list_events,
        scope=SCOPE_READ,
        answer=schemas.EventPage,
        answer_headers=("Link",),
        query=transfers.PageQuery,
        errors=(NotFoundError,),
    ),
    Operation(
        id="viewLink",
        method="GET",
        path="/t/{token}",
        summary="What a link leads to, as a page or as JSON; looking consumes nothing.",
        run=links.view_link,
        scope=None,
        answer=schemas.LinkView,
        errors=(NotFoundError, ExpiredError, DeletedError, DownloadLimitError),
        html=True,
    ),
    Operation(
        id="createLinkDownload",
        method="POST",
        path="/t/{token}/files/{file_id}/download",
        summary="A download URL for a recipient, good for five minutes; counts as one download.",
        run=links.create_link_download,
        scope=None,
        success=HTTPStatus.CREATED,
        answer=schemas.Download,
        answer_headers=("Location",),
        errors=(NotFoundError, ExpiredError, DeletedError, DownloadLimitError),
        html=True,
    ),
    Operation(
        id="getHealth",
        method="GET",
        path="/healthz",
        summary="Whether the API answers.",
        run=service.get_health,
        scope=None,
        answer=schemas.Health,
    ),
    Operation(
        id="getOpenapi",
        method="GET",
        path="/openapi.json",
        summary="This document.",
        run=service.get_openapi,
        scope=None,
    ),
)

#: GET operations answer HEAD as well.
ROUTES: dict[tuple[str, str], Operation] = {
    **{("HEAD", op.path): op for op in OPERATIONS if op.method == "GET"},
    **{(op.method, op.path): op for op in OPERATIONS},
}
