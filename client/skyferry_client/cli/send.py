"""`skyferry send`."""

from typing import Annotated

import typer

from skyferry_client.cli.command import command
from skyferry_client.cli.run import Run
from skyferry_client.cli.values import (
    ExpiresIn,
    Files,
    Message,
    Parallel,
    Password,
    Tags,
    Title,
    addresses,
    duration,
    lifetime,
    new_password,
    tags,
)
from skyferry_client.documents import Line, TransferDetails
from skyferry_client.private_files import state_folder
from skyferry_client.resume import SendRequest, StateStore
from skyferry_client.send import Sender
from skyferry_client.source import collect
from skyferry_client.upload import Uploader


def add_to(app: typer.Typer) -> None:
    command(app, "send")(send)


def send(
    run: Run,
    files: Files,
    to: Annotated[
        list[str], typer.Option(metavar="EMAIL", help="A recipient; repeat it for more.")
    ],
    title: Title = None,
    message: Message = None,
    expires_in: ExpiresIn = None,
    max_downloads: Annotated[
        int | None, typer.Option(min=1, help="How often files may be downloaded.")
    ] = None,
    password: Password = None,
    tag: Tags = None,
    notify_downloads: Annotated[
        bool, typer.Option("--notify-downloads", help="Mail me about each first download.")
    ] = False,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Wait until the files are found clean.")
    ] = True,
    wait_for: Annotated[str, typer.Option(help="The longest wait.")] = "15m",
    parallel: Parallel = 4,
) -> object:
    """Upload files and have each recipient mailed a link.

    If it is interrupted, the same command continues where it stopped.
    """
    longest, lives = duration(wait_for, "--wait-for"), lifetime(expires_in)
    request = SendRequest(
        collect(files),
        addresses(to),
        title,
        message,
        lives,
        max_downloads,
        new_password(password),
        tuple(tags(tag).items()),
        notify_downloads,
    )
    progress = run.reporter()
    uploader = Uploader(run.storage(), progress, workers=parallel)
    store = StateStore(state_folder() / "sends")
    sender = Sender(run.client, uploader, progress, store, request)
    run.resumable = lambda: sender.resumable
    transfer = sender.send(wait_for=longest if wait else None)
    return Line(f"{transfer.id} {transfer.status}", TransferDetails(transfer))
