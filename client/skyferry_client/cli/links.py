"""`skyferry receive`, `upload` and `link …`: what whoever holds a link can do, without an account."""

from pathlib import Path
from typing import Annotated

import typer

from skyferry_client.cli.command import command, new_app
from skyferry_client.cli.received import told
from skyferry_client.cli.run import Run
from skyferry_client.cli.values import (
    Files,
    Force,
    Link,
    LinkPassword,
    Message,
    Output,
    Parallel,
    link_parts,
)
from skyferry_client.contribute import Contributor
from skyferry_client.documents import Done, Line, moment
from skyferry_client.doors import PasswordNeededError, RequestLink, TransferLink
from skyferry_client.download import Receiver
from skyferry_client.link_models import LinkView
from skyferry_client.source import collect
from skyferry_client.text import size_text
from skyferry_client.upload import Uploader

link = new_app("link", "A link that you were given.")
_GONE = {
    "expired": "This link has expired.",
    "deleted": "The sender has taken this transfer back.",
    "download-limit": "The downloads of this transfer are used up.",
    "not-found": "There is nothing behind this link. Was it copied completely?",
}


def add_to(app: typer.Typer) -> None:
    command(app, "receive", account=False)(receive)
    command(app, "upload", account=False)(upload)


def receive(
    run: Run,
    link: Link,
    output: Output = Path(),
    force: Force = False,
    password: LinkPassword = None,
) -> object:
    """Download the files of a link and check that they are whole.

    If it is interrupted, the same command continues where it stopped.
    """
    door = _transfer_link(run, link, password)
    view = door.view()
    progress = run.reporter()
    progress.note(_introduction(view))
    run.resumable = lambda: True
    receiver = Receiver(door.download, run.storage(), progress, force=force)
    return told(run, receiver.receive(view.files, output))


def upload(
    run: Run,
    link: Link,
    files: Files,
    name: Annotated[str | None, typer.Option(help="Who you are, for the one who asked.")] = None,
    message: Message = None,
    password: LinkPassword = None,
    parallel: Parallel = 4,
) -> object:
    """Send files to somebody who asked for them by a link."""
    api_url, token = link_parts(link, "r")
    sources = collect(files)
    client = run.anonymous(api_url)
    door = RequestLink(client, token, lambda: password or run.ask_password())
    view = door.view()
    progress = run.reporter()
    who = f" for {view.requester}" if view.requester else ""
    progress.note(f"files{who}, until {moment(view.expires_at)}: {view.title or 'no title'}")
    uploader = Uploader(run.storage(), progress, workers=parallel)
    contributor = Contributor(client, uploader, progress)
    status = contributor.contribute(door, sources, name=name, message=message)
    return Line(f"{status.id} {status.status}", status)


@command(link, "show", account=False)
def show(run: Run, link: Link, password: LinkPassword = None) -> object:
    """What a link leads to; looking consumes nothing."""
    return _transfer_link(run, link, password).view()


@command(link, "unlock", account=False)
def unlock(run: Run, link: Link, password: LinkPassword = None) -> object:
    """Give a link's password: a session for a quarter of an hour. It is a secret."""
    api_url, token = link_parts(link, "t")
    run.words = _GONE
    given = password or run.ask_password()
    if not given:
        raise PasswordNeededError
    return run.anonymous(api_url).unlock_link(token, given)


@command(link, "unsubscribe", account=False)
def unsubscribe(
    run: Run,
    link: Link,
    check: Annotated[bool, typer.Option("--check", help="Only say whether it is so.")] = False,
) -> object:
    """No more mail from this sender to the link's address."""
    api_url, token = link_parts(link, "t")
    client = run.anonymous(api_url)
    done = client.is_unsubscribed(token) if check else client.unsubscribe(token)
    return Done("this address", "unsubscribed" if done else "subscribed")


def _transfer_link(run: Run, link: str, password: str | None) -> TransferLink:
    api_url, token = link_parts(link, "t")
    run.words = _GONE
    ask = run.ask_password
    return TransferLink(run.anonymous(api_url), token, lambda: password or ask())


def _introduction(link: LinkView) -> str:
    size = size_text(sum(file.size for file in link.files))
    sender = f" from {link.sender}" if link.sender else ""
    title = f": {link.title}" if link.title else ""
    count = "1 file" if len(link.files) == 1 else f"{len(link.files)} files"
    return f"{count}, {size}{sender}, until {moment(link.expires_at)}{title}"
