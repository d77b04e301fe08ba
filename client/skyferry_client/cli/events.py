"""`skyferry feed`."""

import json
import time
from typing import Annotated

import typer

from skyferry_client.cli.command import command
from skyferry_client.cli.run import Run
from skyferry_client.documents import to_json
from skyferry_client.output import event_line

_PAUSE = 5.0


def add_to(app: typer.Typer) -> None:
    command(app, "feed")(feed)


def feed(
    run: Run,
    after: Annotated[
        str | None, typer.Option(metavar="EVENT_ID", help="From behind this event on.")
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Wait for more; --json is then a document a line.")
    ] = False,
) -> object:
    """What happened to all your transfers, oldest first, up to 35 seconds ago."""
    if not follow:
        return list(run.client.iter_feed(after))
    while True:
        for event in run.client.iter_feed(after):
            typer.echo(json.dumps(to_json(event)) if run.as_json else event_line(event))
            after = event.id
        time.sleep(_PAUSE)
