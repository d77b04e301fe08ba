"""`skyferry webhook …`."""

from typing import Annotated

import typer

from skyferry_client.cli.command import command, new_app
from skyferry_client.cli.run import Run
from skyferry_client.cli.values import changes
from skyferry_client.documents import Done
from skyferry_client.requests import NewWebhook

webhook = new_app("webhook", "Webhooks: signed messages to your own service.")
WebhookId = Annotated[str, typer.Argument(metavar="WEBHOOK_ID")]
Events = Annotated[
    list[str] | None, typer.Option("--event", help="A type, as transfer.ready. Repeatable.")
]
Description = Annotated[str | None, typer.Option(help="For yourself.")]


@command(webhook, "create")
def create(
    run: Run,
    url: Annotated[str, typer.Argument(metavar="URL", help="Where messages go, https only.")],
    events: Events = None,
    description: Description = None,
) -> object:
    """Make a webhook; without --event for everything. Its secret is shown once, and never again."""
    return run.client.create_webhook(NewWebhook(url, tuple(events or ()), description))


@command(webhook, "list")
def list_webhooks(run: Run) -> object:
    """Your webhooks."""
    return list(run.client.iter_webhooks())


@command(webhook, "show")
def show(run: Run, webhook_id: WebhookId) -> object:
    """One webhook."""
    return run.client.get_webhook(webhook_id)


@command(webhook, "edit")
def edit(
    run: Run,
    webhook_id: WebhookId,
    url: Annotated[str | None, typer.Option(help="Where messages go, https only.")] = None,
    events: Events = None,
    description: Description = None,
    enabled: Annotated[bool | None, typer.Option("--enable/--disable")] = None,
    clear: Annotated[
        list[str] | None, typer.Option(help="Take away: description. Repeatable.")
    ] = None,
) -> object:
    """Change a webhook."""
    given = {
        "url": url,
        "events": events or None,
        "description": description,
        "enabled": enabled,
    }
    return run.client.edit_webhook(webhook_id, changes(given, clear, ("description",)))


@command(webhook, "delete")
def delete(run: Run, webhook_id: WebhookId) -> object:
    """End a webhook."""
    run.client.delete_webhook(webhook_id)
    return Done(webhook_id, "deleted")


@command(webhook, "test")
def test(run: Run, webhook_id: WebhookId) -> object:
    """Send a message that says nothing; `deliveries` shows whether it arrived."""
    return run.client.test_webhook(webhook_id)


@command(webhook, "deliveries")
def deliveries(run: Run, webhook_id: WebhookId) -> object:
    """What was delivered, and how it went."""
    return list(run.client.iter_deliveries(webhook_id))


@command(webhook, "redeliver")
def redeliver(
    run: Run,
    webhook_id: WebhookId,
    delivery_id: Annotated[str, typer.Argument(metavar="DELIVERY_ID")],
) -> object:
    """Deliver a message again."""
    return run.client.redeliver(webhook_id, delivery_id)
