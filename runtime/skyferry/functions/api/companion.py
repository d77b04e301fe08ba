"""The companion contract of Uppy's AwsS3 plugin, with `/u/{token}` as `companionEndpoint`. Every success is
a 200 without a top-level `error`, as Uppy wants it."""

import re
from http import HTTPStatus
from typing import Annotated, Any

from pydantic import Field, model_validator

from skyferry.core import companion_commands as commands
from skyferry.core import limits
from skyferry.core.companion import Described
from skyferry.core.errors import (
    NotFoundError,
    QuotaExceededError,
    SizeLimitError,
    SizeUnknownError,
    StateError,
    TypeNotAllowedError,
    UploadIncompleteError,
)
from skyferry.functions.api import request_schemas as schemas
from skyferry.functions.api.app import App
from skyferry.functions.api.call import Call
from skyferry.functions.api.capability import GONE, UPLOAD
from skyferry.functions.api.http import NoBody, NoQuery, Query, Response
from skyferry.functions.api.operation import Operation

_MULTIPART = UPLOAD + "/s3/multipart"
_SESSION = _MULTIPART + "/{upload_id}"
#: The store's ids are longer than ours.
_UPLOAD_ID = re.compile(r"[A-Za-z0-9._~-]{1,1024}")
_NUMBER = re.compile(r"[1-9][0-9]{0,4}")
_METADATA = re.compile(r"metadata\[(.{1,100})\]", re.DOTALL)


class ParamsQuery(Query):
    filename: Annotated[str, Field(min_length=1, max_length=limits.MAX_NAME)]
    type: Annotated[str, Field(max_length=limits.MAX_NAME)] = ""
    metadata: Annotated[
        dict[Annotated[str, Field(min_length=1)], str],
        Field(
            max_length=100,
            description="`metadata[file_id]`: a registered file; else `metadata[size]`, the exact size.",
        ),
    ] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _gather_metadata(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Uppy sends all it knows of a file, each as `metadata[name]`."""
        gathered: dict[str, Any] = {}
        for name, value in given.items():
            if found := _METADATA.fullmatch(name):
                gathered.setdefault("metadata", {})[found[1]] = value
            else:
                gathered[name] = value
        return gathered


class SessionQuery(Query):
    key: Annotated[str, Field(max_length=1024)]


def get_params(app: App, call: Call[NoBody, ParamsQuery]) -> Response:
    query = call.query
    described = Described(query.filename, query.type, query.metadata, "/query/metadata[{name}]")
    form = app.companion.post(call.path("token"), described)
    return Response.of(
        schemas.CompanionForm(url=form.url, fields=form.fields, expires=limits.UPLOAD_URL_LIFE)
    )


def create_multipart(app: App, call: Call[commands.CompanionUpload, NoQuery]) -> Response:
    body = call.body
    described = Described(body.filename, body.type, body.metadata, "/metadata/{name}")
    file = app.companion.start(call.path("token"), described)
    return Response.of(
        schemas.CompanionSession(
            key=file.inbox_key, uploadId=file.upload_id or "", bucket=app.companion.store.bucket
        )
    )


def _session(call: Call[Any, SessionQuery]) -> tuple[str, str, str]:
    return call.path("token"), call.query.key, call.path("upload_id", _UPLOAD_ID)


def sign_part(app: App, call: Call[NoBody, SessionQuery]) -> Response:
    number = int(call.path("part_number", _NUMBER))
    if number > limits.MAX_PARTS:
        raise NotFoundError
    part = app.companion.sign(*_session(call), number)
    return Response.of(schemas.CompanionUrl(url=part.url, expires=limits.UPLOAD_URL_LIFE))


def list_multipart(app: App, call: Call[NoBody, SessionQuery]) -> Response:
    parts = [
        schemas.CompanionStoredPart(PartNumber=part.number, ETag=part.etag, Size=part.size)
        for part in app.companion.parts(*_session(call))
    ]
    return Response.of(schemas.CompanionStoredParts(parts))


def complete_multipart(app: App, call: Call[commands.CompanionParts, SessionQuery]) -> Response:
    file = app.companion.complete(*_session(call))
    bucket = app.companion.store.bucket
    # Nobody can fetch it by that name: what is uploaded is read through download URLs only.
    location = f"s3://{bucket}/{file.inbox_key}"
    return Response.of(
        schemas.CompanionObject(location=location, key=file.inbox_key, bucket=bucket)
    )


def abort_multipart(app: App, call: Call[NoBody, SessionQuery]) -> Response:
    app.companion.abort(*_session(call))
    return Response.of(schemas.CompanionNothing())


_FILE_ERRORS = (
    *GONE,
    StateError,
    SizeLimitError,
    SizeUnknownError,
    TypeNotAllowedError,
    QuotaExceededError,
)

OPERATIONS = (
    Operation(
        id="companionParams",
        method="GET",
        path=UPLOAD + "/s3/params",
        summary="Uppy: a form for one file, of exactly its size.",
        run=get_params,
        scope=None,
        answer=schemas.CompanionForm,
        query=ParamsQuery,
        errors=_FILE_ERRORS,
    ),
    Operation(
        id="companionCreateMultipart",
        method="POST",
        path=_MULTIPART,
        summary="Uppy: a file that goes in parts.",
        run=create_multipart,
        scope=None,
        success=HTTPStatus.OK,
        answer=schemas.CompanionSession,
        body=commands.CompanionUpload,
        errors=_FILE_ERRORS,
    ),
    Operation(
        id="companionListParts",
        method="GET",
        path=_SESSION,
        summary="Uppy: the parts that have arrived.",
        run=list_multipart,
        scope=None,
        answer=schemas.CompanionStoredParts,
        query=SessionQuery,
        errors=GONE,
    ),
    Operation(
        id="companionAbort",
        method="DELETE",
        path=_SESSION,
        summary="Uppy: forget the parts.",
        run=abort_multipart,
        scope=None,
        answer=schemas.CompanionNothing,
        query=SessionQuery,
        errors=(*GONE, StateError),
    ),
    Operation(
        id="companionSignPart",
        method="GET",
        path=_SESSION + "/{part_number}",
        summary="Uppy: a URL for one part. It binds no length; the sum is checked while parts come.",
        run=sign_part,
        scope=None,
        answer=schemas.CompanionUrl,
        query=SessionQuery,
        errors=(*GONE, StateError, SizeLimitError),
    ),
    Operation(
        id="companionComplete",
        method="POST",
        path=_SESSION + "/complete",
        summary="Uppy: the parts are all there; safe to repeat.",
        run=complete_multipart,
        scope=None,
        answer=schemas.CompanionObject,
        body=commands.CompanionParts,
        max_body=limits.MAX_COMPLETE_BODY,
        query=SessionQuery,
        errors=(*GONE, StateError, UploadIncompleteError, SizeLimitError),
    ),
)
