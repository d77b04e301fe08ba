"""Operations about the caller's own account: what it uses, what it may."""

from datetime import timedelta

from skyferry.contract import SCOPE_READ
from skyferry.core import limits
from skyferry.functions.api import account_schemas as schemas
from skyferry.functions.api.app import App
from skyferry.functions.api.call import Call
from skyferry.functions.api.http import NoBody, NoQuery, Response
from skyferry.functions.api.operation import Operation


def get_usage(app: App, call: Call[NoBody, NoQuery]) -> Response:
    now = app.clock()
    usage, quotas = app.usage.read(call.principal.owner, now), app.quotas
    tomorrow = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    held = usage.held
    return Response.of(
        schemas.Usage(
            transfers=held.transfers,
            bytes=schemas.Bytes(
                used=held.bytes - held.reserved, reserved=held.reserved, limit=quotas.bytes
            ),
            files=schemas.Counted(used=held.files, limit=quotas.files),
            mails=schemas.Daily(used=usage.mails, limit=quotas.mails_per_day, resets_at=tomorrow),
            downloaded_bytes=held.downloaded,
        )
    )


def get_limits(app: App, call: Call[NoBody, NoQuery]) -> Response:  # noqa: ARG001
    quotas = app.quotas
    return Response.of(
        schemas.Limits(
            file_bytes=app.sending.max_file_size,
            hashed_file_bytes=limits.MAX_HASHED_FILE_SIZE,
            files_per_transfer=limits.MAX_FILES,
            recipients_per_transfer=limits.MAX_RECIPIENTS,
            title_characters=limits.MAX_TITLE,
            message_characters=limits.MAX_MESSAGE,
            tags=limits.MAX_TAGS,
            min_expiry_seconds=limits.MIN_EXPIRY,
            max_expiry_seconds=limits.MAX_EXPIRY,
            default_expiry_seconds=limits.DEFAULT_EXPIRY,
            body_bytes=limits.MAX_BODY,
            multipart_from_bytes=limits.MULTIPART_FROM,
            part_window=limits.PART_WINDOW,
            upload_url_seconds=limits.UPLOAD_URL_LIFE,
            download_url_seconds=limits.DOWNLOAD_URL_LIFE,
            quota_bytes=quotas.bytes,
            quota_files=quotas.files,
            mails_per_day=quotas.mails_per_day,
            requests_per_minute=quotas.requests_per_minute,
        )
    )


OPERATIONS = (
    Operation(
        id="getUsage",
        method="GET",
        path="/usage",
        summary="What you use of your quotas. A transfer counts until it is purged.",
        run=get_usage,
        scope=SCOPE_READ,
        answer=schemas.Usage,
    ),
    Operation(
        id="getLimits",
        method="GET",
        path="/limits",
        summary="What is allowed here: sizes in bytes, durations in seconds.",
        run=get_limits,
        scope=SCOPE_READ,
        answer=schemas.Limits,
    ),
)
