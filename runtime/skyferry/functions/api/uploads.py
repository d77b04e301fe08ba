"""Operations on one file's bytes."""

from http import HTTPStatus

from skyferry.contract import SCOPE_READ, SCOPE_WRITE
from skyferry.core import commands, limits
from skyferry.core.errors import (
    NotFoundError,
    SizeLimitError,
    StateError,
    UploadIncompleteError,
)
from skyferry.core.models import PartRequest, Principal
from skyferry.functions.api import schemas
from skyferry.functions.api.app import App
from skyferry.functions.api.call import Call
from skyferry.functions.api.http import NoBody, NoQuery, Response
from skyferry.functions.api.operation import FILE, Operation


def _place(app: App, call: Call[commands.Command, NoQuery]) -> tuple[Principal, str, str]:
    return *call.place(app), call.path("file_id")


def open_upload(app: App, call: Call[NoBody, NoQuery]) -> Response:
    upload = app.uploading.open(*_place(app, call))
    instructions = schemas.upload_instructions(upload)
    return Response.of(instructions, HTTPStatus.CREATED, {"Location": call.request.path})


def sign_parts(app: App, call: Call[commands.SignParts, NoQuery]) -> Response:
    wanted = [PartRequest(**dict(part)) for part in call.body.parts]
    expires_at = app.clock() + limits.seconds(limits.UPLOAD_URL_LIFE)
    urls = app.uploading.sign(*_place(app, call), wanted)
    parts = [schemas.PartUrl(**dict(url)) for url in urls]
    return Response.of(schemas.PartUrls(parts=parts, expires_at=expires_at))


def list_parts(app: App, call: Call[NoBody, NoQuery]) -> Response:
    stored = app.uploading.parts(*_place(app, call))
    data = [schemas.StoredPart(number=p.number, size=p.size, etag=p.etag) for p in stored]
    return Response.of(schemas.PartPage(data=data, next_cursor=None))


def complete_upload(app: App, call: Call[NoBody, NoQuery]) -> Response:
    file = app.uploading.complete(*_place(app, call))
    # The transfer, or what the holder of a capability sees of it.
    whole = call.request.path.partition("/files/")[0]
    headers = {"Location": whole, "Retry-After": "1"}
    return Response.of(schemas.File.of(file), HTTPStatus.ACCEPTED, headers)


def abort_upload(app: App, call: Call[NoBody, NoQuery]) -> Response:
    app.uploading.abort(*_place(app, call))
    return Response(HTTPStatus.NO_CONTENT)


OPERATIONS = (
    Operation(
        id="openUpload",
        method="POST",
        path=FILE + "/upload",
        summary="How to upload the file: one POST, or parts.",
        run=open_upload,
        scope=SCOPE_WRITE,
        success=HTTPStatus.CREATED,
        answer=schemas.UploadInstructions,
        answer_headers=("Location",),
        errors=(NotFoundError, StateError),
    ),
    Operation(
        id="abortUpload",
        method="DELETE",
        path=FILE + "/upload",
        summary="Forget the parts sent so far.",
        run=abort_upload,
        scope=SCOPE_WRITE,
        success=HTTPStatus.NO_CONTENT,
        errors=(NotFoundError, StateError),
    ),
    Operation(
        id="signParts",
        method="POST",
        path=FILE + "/upload/parts",
        summary="URLs for up to 100 parts; each takes exactly the size asked for.",
        run=sign_parts,
        scope=SCOPE_WRITE,
        answer=schemas.PartUrls,
        body=commands.SignParts,
        errors=(NotFoundError, StateError, SizeLimitError),
    ),
    Operation(
        id="listParts",
        method="GET",
        path=FILE + "/upload/parts",
        summary="The parts that have arrived, to resume from.",
        run=list_parts,
        scope=SCOPE_READ,
        answer=schemas.PartPage,
        errors=(NotFoundError,),
    ),
    Operation(
        id="completeUpload",
        method="POST",
        path=FILE + "/upload/complete",
        summary="The bytes are all there; safe to repeat.",
        run=complete_upload,
        scope=SCOPE_WRITE,
        success=HTTPStatus.ACCEPTED,
        answer=schemas.File,
        answer_headers=("Location", "Retry-After"),
        errors=(NotFoundError, StateError, UploadIncompleteError, SizeLimitError),
    ),
)
