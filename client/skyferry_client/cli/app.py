"""The root of the `skyferry` command."""

from importlib.metadata import EntryPoint, entry_points
from typing import Annotated

import typer

from skyferry_client.cli import (
    account,
    config,
    events,
    files,
    links,
    login,
    recipients,
    requests,
    send,
    transfers,
    verify,
    webhooks,
)
from skyferry_client.cli.command import new_app
from skyferry_client.cli.exit_codes import HELP
from skyferry_client.transport import user_agent


def _loaded(extension: EntryPoint) -> typer.Typer:
    """Its commands, or a word on what has to be installed for them."""
    try:
        loaded: typer.Typer = extension.load()
    except ModuleNotFoundError as error:
        missing = error.name
        loaded = typer.Typer(name=extension.name, help="Not installed.", rich_markup_mode=None)

        @loaded.callback(invoke_without_command=True)
        def _say_what_is_missing() -> None:
            typer.echo(f"This needs {missing}: pip install 'skyferry[ops]'", err=True)
            raise typer.Exit(1)

    return loaded


app = new_app(
    "skyferry", f"Send files, and receive them by a link.\n\n{HELP}\n\nResults go to stdout."
)
for area in (send, transfers, links, account, events, login, verify):
    area.add_to(app)
for group in (
    transfers.transfer,
    files.file,
    recipients.recipient,
    requests.request,
    webhooks.webhook,
    links.link,
    account.suppression,
    config.config,
):
    app.add_typer(group)
# Commands of those who deploy and operate the service come from elsewhere: this package speaks HTTP only.
for extension in entry_points(group="skyferry.commands"):
    app.add_typer(_loaded(extension))


def main() -> None:
    """Entry point of the `skyferry` command."""
    app()


@app.callback(invoke_without_command=True)
def _common(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        typer.echo(user_agent())
        raise typer.Exit
