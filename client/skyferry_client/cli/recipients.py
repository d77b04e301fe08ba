"""`skyferry recipient …`."""

from typing import Annotated

import typer

from skyferry_client.cli.command import command, new_app
from skyferry_client.cli.run import Run
from skyferry_client.cli.values import TransferId
from skyferry_client.documents import Done
from skyferry_client.requests import NewRecipient

recipient = new_app("recipient", "The recipients of a transfer.")
RecipientId = Annotated[str, typer.Argument(metavar="RECIPIENT_ID")]


@command(recipient, "list")
def list_recipients(run: Run, transfer_id: TransferId) -> object:
    """Recipients, and what happened to each one's mail and link."""
    return list(run.client.iter_recipients(transfer_id))


@command(recipient, "add")
def add(
    run: Run,
    transfer_id: TransferId,
    email: Annotated[str, typer.Argument(metavar="EMAIL")],
    name: Annotated[str | None, typer.Option(help="How the mail addresses them.")] = None,
    locale: Annotated[
        str | None, typer.Option(help="The language of the mail, as de or en.")
    ] = None,
) -> object:
    """One more recipient; where the transfer is ready, the mail goes out at once."""
    return run.client.add_recipient(transfer_id, NewRecipient(email, name, locale))


@command(recipient, "remove")
def remove(run: Run, transfer_id: TransferId, recipient_id: RecipientId) -> object:
    """End a recipient's links at once."""
    run.client.remove_recipient(transfer_id, recipient_id)
    return Done(recipient_id, "removed")


@command(recipient, "resend")
def resend(
    run: Run,
    transfer_id: TransferId,
    recipient_id: RecipientId,
    key: Annotated[
        str | None,
        typer.Option(
            "--idempotency-key", help="Within 24 hours, the same key sends no second mail."
        ),
    ] = None,
) -> object:
    """Another mail with another link."""
    return run.client.resend(transfer_id, recipient_id, idempotency_key=key)
