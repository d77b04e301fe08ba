"""Operations on one file's bytes."""

from http import HTTPStatus

from skyferry.core import commands, limits
from skyferry.core.models import PartRequest
from skyferry.functions.api import schemas
from skyferry.functions.api.app import App, Call
from skyferry.functions.api.http import NoBody, NoQuery, Response


def _place(call: Call[commands.Command, NoQuery]) -> tuple[str, str]:
    return call.path("transfer_id"), call.path("file_id")


def open_upload(app: App, call: Call[NoBody, NoQuery]) -> Response:
    upload = app.uploading.open(call.principal, *_place(call))
    instructions = schemas.upload_instructions(upload)
    return Response.of(instructions, HTTPStatus.CREATED, {"Location": call.request.path})


def sign_parts(app: App, call: Call[commands.SignParts, NoQuery]) -> Response:
    wanted = [PartRequest(**dict(part)) for part in call.body.parts]
    expires_at = app.clock() + limits.seconds(limits.UPLOAD_URL_LIFE)
    urls = app.uploading.sign(call.principal, *_place(call), wanted)
    parts = [schemas.PartUrl(**dict(url)) for url in urls]
    return Response.of(schemas.PartUrls(parts=parts, expires_at=expires_at))


def list_parts(app: App, call: Call[NoBody, NoQuery]) -> Response:
    stored = app.uploading.parts(call.principal, *_place(call))
    data = [schemas.StoredPart(number=p.number, size=p.size, etag=p.etag) for p in stored]
    return Response.of(schemas.PartPage(data=data, next_cursor=None))


def complete_upload(app: App, call: Call[NoBody, NoQuery]) -> Response:
    file = app.uploading.complete(call.principal, *_place(call))
    headers = {"Location": f"/v1/transfers/{file.transfer_id}", "Retry-After": "1"}
    return Response.of(schemas.File.of(file), HTTPStatus.ACCEPTED, headers)


def abort_upload(app: App, call: Call[NoBody, NoQuery]) -> Response:
    app.uploading.abort(call.principal, *_place(call))
    return Response(HTTPStatus.NO_CONTENT)


def create_download(app: App, call: Call[NoBody, NoQuery]) -> Response:
    file, url = app.sending.download(call.principal, *_place(call))
    return Response.of(
        schemas.Download.of(file, url), HTTPStatus.CREATED, {"Location": call.request.path}
    )
