"""Operations on what is in a transfer: its files and its recipients."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import TypeVar

from skyferry.core import commands
from skyferry.core.models import File, Recipient
from skyferry.functions.api import schemas
from skyferry.functions.api.app import App, Call
from skyferry.functions.api.http import NoBody, NoQuery, Response, content_tag
from skyferry.functions.api.transfers import PageQuery, location, next_link

M = TypeVar("M", File, Recipient)


def _paged(
    app: App, call: Call[NoBody, PageQuery], name: str, members: Sequence[M]
) -> tuple[list[M], str | None, dict[str, str]]:
    """A page of members by id, the cursor of the next one, and the headers that say so."""
    scope = (call.principal.owner, name, call.path("transfer_id"))
    after = app.cursors.read(call.query.cursor, *scope) or ""
    left = sorted((each for each in members if each.id > after), key=lambda each: each.id)
    page = left[: call.query.limit]
    cursor = app.cursors.make(page[-1].id, *scope) if len(left) > len(page) else None
    return page, cursor, next_link(call.request.path, call.query.limit, cursor)


def list_files(app: App, call: Call[NoBody, PageQuery]) -> Response:
    contents = app.sending.get(call.principal, call.path("transfer_id"))
    page, cursor, headers = _paged(app, call, "files", contents.files)
    data = [schemas.File.of(file) for file in page]
    return Response.of(schemas.FilePage(data=data, next_cursor=cursor), headers=headers)


def add_file(app: App, call: Call[commands.NewFile, NoQuery]) -> Response:
    transfer, file = app.editing.add_file(
        call.principal, call.path("transfer_id"), call.body, call.resource_id
    )
    upload = schemas.upload_instructions(app.uploading.instructions(transfer, file))
    headers = {"Location": f"{location(transfer.id)}/files/{file.id}", "ETag": _tag(file)}
    return Response.of(schemas.CreatedFile.opened(file, upload), HTTPStatus.CREATED, headers)


def _tag(file: File) -> str:
    return content_tag(schemas.File.of(file).model_dump_json())


def get_file(app: App, call: Call[NoBody, NoQuery]) -> Response:
    file = app.editing.file(call.principal, call.path("transfer_id"), call.path("file_id"))
    return Response.of(schemas.File.of(file), headers={"ETag": _tag(file)})


def edit_file(app: App, call: Call[commands.PatchFile, NoQuery]) -> Response:
    file = app.editing.rename_file(
        call.principal,
        call.path("transfer_id"),
        call.path("file_id"),
        call.body,
        lambda current: call.require_match(_tag(current)),
    )
    return Response.of(schemas.File.of(file), headers={"ETag": _tag(file)})


def remove_file(app: App, call: Call[NoBody, NoQuery]) -> Response:
    app.editing.remove_file(call.principal, call.path("transfer_id"), call.path("file_id"))
    return Response(HTTPStatus.NO_CONTENT)


def list_recipients(app: App, call: Call[NoBody, PageQuery]) -> Response:
    recipients = app.sending.recipients(call.principal, call.path("transfer_id"))
    page, cursor, headers = _paged(app, call, "recipients", recipients)
    data = [schemas.Recipient.with_timeline(recipient) for recipient in page]
    return Response.of(schemas.RecipientPage(data=data, next_cursor=cursor), headers=headers)


def add_recipient(app: App, call: Call[commands.NewRecipient, NoQuery]) -> Response:
    transfer_id = call.path("transfer_id")
    recipient = app.editing.add_recipient(call.principal, transfer_id, call.body, call.resource_id)
    headers = {"Location": f"{location(transfer_id)}/recipients"}
    answer = schemas.Recipient.with_timeline(recipient)
    return Response.of(answer, HTTPStatus.CREATED, headers)


def remove_recipient(app: App, call: Call[NoBody, NoQuery]) -> Response:
    app.editing.remove_recipient(
        call.principal, call.path("transfer_id"), call.path("recipient_id")
    )
    return Response(HTTPStatus.NO_CONTENT)


def resend(app: App, call: Call[NoBody, NoQuery]) -> Response:
    transfer_id = call.path("transfer_id")
    recipient = app.editing.resend(
        call.principal, transfer_id, call.path("recipient_id"), call.resource_id
    )
    headers = {"Location": f"{location(transfer_id)}/recipients", "Retry-After": "1"}
    answer = schemas.Recipient.with_timeline(recipient)
    return Response.of(answer, HTTPStatus.ACCEPTED, headers)
