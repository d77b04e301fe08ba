"""`skyferry list`, `status` and `transfer …`."""

import itertools
from typing import Annotated

import typer

from skyferry_client.calls.transfers import TransferFilter
from skyferry_client.cli.command import command, new_app
from skyferry_client.cli.run import Run
from skyferry_client.cli.values import (
    ExpiresAt,
    Message,
    Password,
    Tags,
    Title,
    TransferId,
    changes,
    new_password,
    tag_filter,
    tags,
)
from skyferry_client.documents import Done, TransferDetails

transfer = new_app("transfer", "One transfer: look at it, change it, end it.")
_CLEARABLE = ("title", "message", "max_downloads", "password", "tags")


def add_to(app: typer.Typer) -> None:
    command(app, "list")(list_transfers)
    command(app, "status")(show)


def list_transfers(
    run: Run,
    status: Annotated[str | None, typer.Option(help="Only those with this status.")] = None,
    tag: Annotated[str | None, typer.Option(help="Only those with this tag, KEY=VALUE.")] = None,
    title: Annotated[str | None, typer.Option(help="Only titles that begin like this.")] = None,
    created_after: Annotated[str | None, typer.Option(help="A time, RFC 3339.")] = None,
    created_before: Annotated[str | None, typer.Option(help="A time, RFC 3339.")] = None,
    expires_before: Annotated[str | None, typer.Option(help="A time, RFC 3339.")] = None,
    updated_since: Annotated[
        str | None, typer.Option(help="Changed since this time, least recently changed first.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 25,
) -> object:
    """Your transfers."""
    wanted = TransferFilter(
        status, tag_filter(tag), title, created_after, created_before, expires_before, updated_since
    )
    return list(itertools.islice(run.client.iter_transfers(wanted), limit))


@command(transfer, "show")
def show(run: Run, transfer_id: TransferId) -> object:
    """A transfer's files, and what happened to each recipient's mail."""
    found = run.client.get_transfer(transfer_id)
    return TransferDetails(found, tuple(run.client.iter_recipients(transfer_id)))


@command(transfer, "edit")
def edit(
    run: Run,
    transfer_id: TransferId,
    title: Title = None,
    message: Message = None,
    expires_at: ExpiresAt = None,
    max_downloads: Annotated[int | None, typer.Option(min=1)] = None,
    password: Password = None,
    tag: Tags = None,
    clear: Annotated[
        list[str] | None, typer.Option(help=f"Take away: {', '.join(_CLEARABLE)}. Repeatable.")
    ] = None,
) -> object:
    """Change a transfer."""
    given = {
        "title": title,
        "message": message,
        "expires_at": expires_at,
        "max_downloads": max_downloads,
        "password": new_password(password),
        "tags": tags(tag) or None,
    }
    patch = changes(given, clear, _CLEARABLE)
    return TransferDetails(run.client.edit_transfer(transfer_id, patch))


@command(transfer, "finalize")
def finalize(run: Run, transfer_id: TransferId) -> object:
    """Close the file list; the mails go out when every file is found clean."""
    return TransferDetails(run.client.finalize_transfer(transfer_id))


@command(transfer, "delete")
def delete(run: Run, transfer_id: TransferId) -> object:
    """End a transfer; its links end at once. Until it is purged it can be restored."""
    run.client.delete_transfer(transfer_id)
    return Done(transfer_id, "deleted")


@command(transfer, "restore")
def restore(run: Run, transfer_id: TransferId) -> object:
    """Undo a delete."""
    return TransferDetails(run.client.restore_transfer(transfer_id))


@command(transfer, "events")
def events(run: Run, transfer_id: TransferId) -> object:
    """The hash-chained log of a transfer; `skyferry verify` checks it."""
    return list(run.client.iter_events(transfer_id))


@command(transfer, "receipt")
def receipt(run: Run, transfer_id: TransferId) -> object:
    """Signed proof of what became of a transfer; `skyferry verify` checks it."""
    return run.client.get_receipt(transfer_id)


@command(transfer, "upload-token")
def upload_token(run: Run, transfer_id: TransferId) -> object:
    """An address by which a program without your token uploads into this transfer. It is a secret."""
    return run.client.create_upload_token(transfer_id)
