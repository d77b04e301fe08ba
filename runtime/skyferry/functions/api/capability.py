"""Operations of somebody who has no account but a capability: upload into one transfer, and finalize it."""

from http import HTTPStatus

from skyferry.contract import SCOPE_WRITE
from skyferry.core import commands
from skyferry.core.errors import (
    DeletedError,
    ExpiredError,
    NotFoundError,
    QuotaExceededError,
    SizeLimitError,
    StateError,
    TypeNotAllowedError,
    UploadIncompleteError,
)
from skyferry.functions.api import request_schemas, schemas, uploads
from skyferry.functions.api.app import App
from skyferry.functions.api.call import Call
from skyferry.functions.api.http import NoBody, NoQuery, Response
from skyferry.functions.api.operation import TRANSFER, Idempotency, Operation

UPLOAD = "/u/{token}"
_FILE = UPLOAD + "/files/{file_id}"
GONE = (NotFoundError, ExpiredError, DeletedError)


def create_upload_token(app: App, call: Call[NoBody, NoQuery]) -> Response:
    token, capability = app.capabilities.grant(call.principal, call.path("transfer_id"))
    url = app.link(call.request, "/u", token)
    answer = request_schemas.UploadLink(url=url, expires_at=capability.expires_at)
    return Response.of(answer, HTTPStatus.CREATED, {"Location": url})


def view_upload(app: App, call: Call[NoBody, NoQuery]) -> Response:
    return Response.of(
        request_schemas.UploadStatus.of(app.sending.get(*call.place(app)), app.clock())
    )


def add_upload_file(app: App, call: Call[commands.NewFile, NoQuery]) -> Response:
    transfer, file = app.capabilities.add_file(call.path("token"), call.body, call.resource_id)
    upload = schemas.upload_instructions(app.uploading.instructions(transfer, file))
    whole = call.request.path.partition("/files")[0]
    return Response.of(
        schemas.CreatedFile.opened(file, upload), HTTPStatus.CREATED, {"Location": whole}
    )


def remove_upload_file(app: App, call: Call[NoBody, NoQuery]) -> Response:
    app.editing.remove_file(*call.place(app), call.path("file_id"))
    return Response(HTTPStatus.NO_CONTENT)


def finalize_upload(app: App, call: Call[NoBody, NoQuery]) -> Response:
    contents = app.sending.finalize(*call.place(app))
    whole = call.request.path.removesuffix("/finalize")
    return Response.of(
        request_schemas.UploadStatus.of(contents, app.clock()),
        HTTPStatus.ACCEPTED,
        {"Location": whole, "Retry-After": "1"},
    )


OPERATIONS = (
    Operation(
        id="createUploadToken",
        method="POST",
        path=TRANSFER + "/upload-token",
        summary="A capability to upload into this transfer, for a page in a browser.",
        run=create_upload_token,
        scope=SCOPE_WRITE,
        success=HTTPStatus.CREATED,
        answer=request_schemas.UploadLink,
        answer_headers=("Location",),
        errors=(NotFoundError, StateError),
    ),
    Operation(
        id="viewUpload",
        method="GET",
        path=UPLOAD,
        summary="How far the upload is.",
        run=view_upload,
        scope=None,
        answer=request_schemas.UploadStatus,
        errors=GONE,
    ),
    Operation(
        id="addUploadFile",
        method="POST",
        path=UPLOAD + "/files",
        summary="Register a file, within what was asked for.",
        run=add_upload_file,
        scope=None,
        success=HTTPStatus.CREATED,
        answer=schemas.CreatedFile,
        answer_headers=("Location",),
        body=commands.NewFile,
        creates="fl",
        idempotency=Idempotency.ACCEPTED,
        errors=(*GONE, StateError, SizeLimitError, TypeNotAllowedError, QuotaExceededError),
    ),
    Operation(
        id="removeUploadFile",
        method="DELETE",
        path=_FILE,
        summary="Take a file out again, as long as the transfer is not finalized.",
        run=remove_upload_file,
        scope=None,
        success=HTTPStatus.NO_CONTENT,
        errors=(*GONE, StateError),
    ),
    Operation(
        id="openFileUpload",
        method="POST",
        path=_FILE + "/upload",
        summary="How to upload the file: one POST, or parts.",
        run=uploads.open_upload,
        scope=None,
        success=HTTPStatus.CREATED,
        answer=schemas.UploadInstructions,
        answer_headers=("Location",),
        errors=(*GONE, StateError),
    ),
    Operation(
        id="signFileParts",
        method="POST",
        path=_FILE + "/upload/parts",
        summary="URLs for up to 100 parts; each takes exactly the size asked for.",
        run=uploads.sign_parts,
        scope=None,
        answer=schemas.PartUrls,
        body=commands.SignParts,
        errors=(*GONE, StateError, SizeLimitError),
    ),
    Operation(
        id="listFileParts",
        method="GET",
        path=_FILE + "/upload/parts",
        summary="The parts that have arrived, to resume from.",
        run=uploads.list_parts,
        scope=None,
        answer=schemas.PartPage,
        errors=GONE,
    ),
    Operation(
        id="completeFileUpload",
        method="POST",
        path=_FILE + "/upload/complete",
        summary="The bytes are all there; safe to repeat.",
        run=uploads.complete_upload,
        scope=None,
        success=HTTPStatus.ACCEPTED,
        answer=schemas.File,
        answer_headers=("Location", "Retry-After"),
        errors=(*GONE, StateError, UploadIncompleteError, SizeLimitError),
    ),
    Operation(
        id="finalizeUpload",
        method="POST",
        path=UPLOAD + "/finalize",
        # Repeating it changes nothing, and a page that knows nothing of our headers must be able to call it.
        summary="Close the file list. An Idempotency-Key is not needed: repeating it changes nothing.",
        run=finalize_upload,
        scope=None,
        success=HTTPStatus.ACCEPTED,
        answer=request_schemas.UploadStatus,
        answer_headers=("Location", "Retry-After"),
        idempotency=Idempotency.ACCEPTED,
        errors=(*GONE, StateError, UploadIncompleteError),
    ),
)
