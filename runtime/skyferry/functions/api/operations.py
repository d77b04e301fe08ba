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
from skyferry.functions.api import links, members, schemas, service, transfers, uploads
from skyferry.functions.api.app import App, Call
from skyferry.functions.api.http import JSON, MERGE_PATCH, NoBody, NoQuery, Query, Response
from skyferry.functions.api.problems import PreconditionFailedError, PreconditionRequiredError


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
    media_type: str = JSON
    #: Prefix of the id of what the operation creates.
    creates: str = "tr"
    query: type[Query] = NoQuery
    idempotency: Idempotency = Idempotency.NONE
    #: Errors of its own, besides those that every operation of its kind can answer.
    errors: Sequence[type[SkyferryError]] = ()
    html: bool = field(default=False)


_TRANSFER = "/transfers/{transfer_id}"
_FILE = _TRANSFER + "/files/{file_id}"
_RECIPIENT = _TRANSFER + "/recipients/{recipient_id}"
_PRECONDITIONS = (PreconditionRequiredError, PreconditionFailedError)

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
        id="editTransfer",
        method="PATCH",
        path=_TRANSFER,
        summary="Change title, message, expiry or download cap.",
        run=transfers.edit_transfer,
        scope=SCOPE_WRITE,
        answer=schemas.Transfer,
        answer_headers=("ETag",),
        body=commands.PatchTransfer,
        media_type=MERGE_PATCH,
        errors=(NotFoundError, StateError, *_PRECONDITIONS),
    ),
    Operation(
        id="restoreTransfer",
        method="POST",
        path=_TRANSFER + "/restore",
        summary="Undo a deletion, until the transfer is purged.",
        run=transfers.restore_transfer,
        scope=SCOPE_WRITE,
        answer=schemas.Transfer,
        answer_headers=("ETag",),
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
        id="listFiles",
        method="GET",
        path=_TRANSFER + "/files",
        summary="The files of a transfer.",
        run=members.list_files,
        scope=SCOPE_READ,
        answer=schemas.FilePage,
        answer_headers=("Link",),
        query=transfers.PageQuery,
        errors=(NotFoundError,),
    ),
    Operation(
        id="addFile",
        method="POST",
        path=_TRANSFER + "/files",
        summary="Add a file while the transfer is draft or uploading.",
        run=members.add_file,
        scope=SCOPE_WRITE,
        success=HTTPStatus.CREATED,
        answer=schemas.CreatedFile,
        answer_headers=("Location", "ETag"),
        body=commands.NewFile,
        creates="fl",
        idempotency=Idempotency.ACCEPTED,
        errors=(NotFoundError, StateError),
    ),
    Operation(
        id="getFile",
        method="GET",
        path=_FILE,
        summary="A file.",
        run=members.get_file,
        scope=SCOPE_READ,
        answer=schemas.File,
        errors=(NotFoundError,),
    ),
    Operation(
        id="editFile",
        method="PATCH",
        path=_FILE,
        summary="Change a file's display name or folder.",
        run=members.edit_file,
        scope=SCOPE_WRITE,
        answer=schemas.File,
        answer_headers=("ETag",),
        body=commands.PatchFile,
        media_type=MERGE_PATCH,
        errors=(NotFoundError, StateError, *_PRECONDITIONS),
    ),
    Operation(
        id="removeFile",
        method="DELETE",
        path=_FILE,
        summary="Remove a file while the transfer is draft or uploading.",
        run=members.remove_file,
        scope=SCOPE_WRITE,
        success=HTTPStatus.NO_CONTENT,
        errors=(NotFoundError, StateError),
    ),
    Operation(
        id="listRecipients",
        method="GET",
        path=_TRANSFER + "/recipients",
        summary="The recipients, each with a timeline.",
        run=members.list_recipients,
        scope=SCOPE_READ,
        answer=schemas.RecipientPage,
        answer_headers=("Link",),
        query=transfers.PageQuery,
        errors=(NotFoundError,),
    ),
    Operation(
        id="addRecipient",
        method="POST",
        path=_TRANSFER + "/recipients",
        summary="Add a recipient; of a ready transfer the mail goes out at once.",
        run=members.add_recipient,
        scope=SCOPE_WRITE,
        success=HTTPStatus.CREATED,
        answer=schemas.Recipient,
        answer_headers=("Location",),
        body=commands.NewRecipient,
        creates="rc",
        idempotency=Idempotency.ACCEPTED,
        errors=(NotFoundError, StateError),
    ),
    Operation(
        id="removeRecipient",
        method="DELETE",
        path=_RECIPIENT,
        summary="Remove a recipient; the link ends at once.",
        run=members.remove_recipient,
        scope=SCOPE_WRITE,
        success=HTTPStatus.NO_CONTENT,
        errors=(NotFoundError, StateError),
    ),
    Operation(
        id="resend",
        method="POST",
        path=_RECIPIENT + "/resend",
        summary="Send a recipient another mail, with a link of its own.",
        run=members.resend,
        scope=SCOPE_WRITE,
        success=HTTPStatus.ACCEPTED,
        answer=schemas.Recipient,
        answer_headers=("Location", "Retry-After"),
        creates="rs",
        idempotency=Idempotency.REQUIRED,
        errors=(NotFoundError, StateError),
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
