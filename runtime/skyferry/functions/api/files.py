"""Operations on the files of a transfer."""

from http import HTTPStatus

from skyferry.contract import SCOPE_READ, SCOPE_WRITE
from skyferry.core import commands
from skyferry.core.errors import (
    ExpiredError,
    MalwareError,
    NotFoundError,
    QuotaExceededError,
    ScanPendingError,
    StateError,
)
from skyferry.core.models import File
from skyferry.functions.api import schemas
from skyferry.functions.api.app import App
from skyferry.functions.api.call import Call
from skyferry.functions.api.http import MERGE_PATCH, NoBody, NoQuery, Response, content_tag
from skyferry.functions.api.operation import FILE, PRECONDITIONS, TRANSFER, Idempotency, Operation
from skyferry.functions.api.paging import PageQuery, paged
from skyferry.functions.api.transfers import location


def list_files(app: App, call: Call[NoBody, PageQuery]) -> Response:
    contents = app.sending.get(call.principal, call.path("transfer_id"))
    page, cursor, headers = paged(app, call, "files", contents.files)
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


def create_download(app: App, call: Call[NoBody, NoQuery]) -> Response:
    file, url = app.sending.download(call.principal, call.path("transfer_id"), call.path("file_id"))
    return Response.of(
        schemas.Download.of(file, url), HTTPStatus.CREATED, {"Location": call.request.path}
    )


OPERATIONS = (
    Operation(
        id="listFiles",
        method="GET",
        path=TRANSFER + "/files",
        summary="The files of a transfer.",
        run=list_files,
        scope=SCOPE_READ,
        answer=schemas.FilePage,
        answer_headers=("Link",),
        query=PageQuery,
        errors=(NotFoundError,),
    ),
    Operation(
        id="addFile",
        method="POST",
        path=TRANSFER + "/files",
        summary="Add a file while the transfer is draft or uploading.",
        run=add_file,
        scope=SCOPE_WRITE,
        success=HTTPStatus.CREATED,
        answer=schemas.CreatedFile,
        answer_headers=("Location", "ETag"),
        body=commands.NewFile,
        creates="fl",
        idempotency=Idempotency.ACCEPTED,
        errors=(NotFoundError, StateError, QuotaExceededError),
    ),
    Operation(
        id="getFile",
        method="GET",
        path=FILE,
        summary="A file.",
        run=get_file,
        scope=SCOPE_READ,
        answer=schemas.File,
        errors=(NotFoundError,),
    ),
    Operation(
        id="editFile",
        method="PATCH",
        path=FILE,
        summary="Change a file's display name or folder.",
        run=edit_file,
        scope=SCOPE_WRITE,
        answer=schemas.File,
        answer_headers=("ETag",),
        body=commands.PatchFile,
        media_types=(MERGE_PATCH,),
        errors=(NotFoundError, StateError, *PRECONDITIONS),
    ),
    Operation(
        id="removeFile",
        method="DELETE",
        path=FILE,
        summary="Remove a file while the transfer is draft or uploading.",
        run=remove_file,
        scope=SCOPE_WRITE,
        success=HTTPStatus.NO_CONTENT,
        errors=(NotFoundError, StateError),
    ),
    Operation(
        id="createDownload",
        method="POST",
        path=FILE + "/downloads",
        summary="A download URL for the sender, good for five minutes.",
        run=create_download,
        scope=SCOPE_READ,
        success=HTTPStatus.CREATED,
        answer=schemas.Download,
        answer_headers=("Location",),
        errors=(NotFoundError, StateError, ScanPendingError, ExpiredError, MalwareError),
    ),
)
