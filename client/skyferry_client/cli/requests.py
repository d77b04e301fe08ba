"""`skyferry request …`: links by which others send you files."""

from typing import Annotated

import typer

from skyferry_client.cli.command import command, new_app
from skyferry_client.cli.run import Run
from skyferry_client.cli.values import (
    ExpiresAt,
    ExpiresIn,
    Message,
    Password,
    Title,
    changes,
    lifetime,
    new_password,
)
from skyferry_client.documents import Done
from skyferry_client.requests import NewRequest

request = new_app("request", "Upload requests: links by which others send you files.")
RequestId = Annotated[str, typer.Argument(metavar="REQUEST_ID")]
MaxFiles = Annotated[int | None, typer.Option(min=1, help="Files in one upload.")]
MaxBytes = Annotated[int | None, typer.Option(min=1, help="Bytes in one upload.")]
MaxUses = Annotated[int | None, typer.Option(min=1, help="How many uploads.")]
AllowedTypes = Annotated[
    list[str] | None, typer.Option("--type", help="A content type, as image/*. Repeatable.")
]
_CLEARABLE = ("title", "message", "max_files", "max_bytes", "max_uses", "password")


@command(request, "create")
def create(
    run: Run,
    title: Title = None,
    message: Message = None,
    max_files: MaxFiles = None,
    max_bytes: MaxBytes = None,
    max_uses: MaxUses = None,
    allowed_types: AllowedTypes = None,
    password: Password = None,
    expires_in: ExpiresIn = None,
) -> object:
    """Ask for files. The link is shown once, and never again."""
    return run.client.create_request(
        NewRequest(
            title,
            message,
            max_files,
            max_bytes,
            tuple(allowed_types or ()),
            max_uses,
            new_password(password),
            lifetime(expires_in),
        )
    )


@command(request, "list")
def list_requests(run: Run) -> object:
    """Your upload requests."""
    return list(run.client.iter_requests())


@command(request, "show")
def show(run: Run, request_id: RequestId) -> object:
    """One upload request."""
    return run.client.get_request(request_id)


@command(request, "edit")
def edit(
    run: Run,
    request_id: RequestId,
    title: Title = None,
    message: Message = None,
    max_files: MaxFiles = None,
    max_bytes: MaxBytes = None,
    max_uses: MaxUses = None,
    allowed_types: AllowedTypes = None,
    password: Password = None,
    expires_at: ExpiresAt = None,
    clear: Annotated[
        list[str] | None, typer.Option(help=f"Take away: {', '.join(_CLEARABLE)}. Repeatable.")
    ] = None,
) -> object:
    """Change an upload request."""
    given = {
        "title": title,
        "message": message,
        "max_files": max_files,
        "max_bytes": max_bytes,
        "max_uses": max_uses,
        "allowed_types": allowed_types or None,
        "password": new_password(password),
        "expires_at": expires_at,
    }
    return run.client.edit_request(request_id, changes(given, clear, _CLEARABLE))


@command(request, "revoke")
def revoke(run: Run, request_id: RequestId) -> object:
    """End an upload request; its link ends at once."""
    run.client.revoke_request(request_id)
    return Done(request_id, "revoked")
