"""The `skyferry` command. Exit codes: 0 done · 1 refused by the service, or failed · 2 wrong usage ·
130 interrupted. Results go to stdout, everything else to stderr."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

import typer
from rich.console import Console

from skyferry_client.client import Client
from skyferry_client.download import Received, Receiver
from skyferry_client.errors import ApiError, SkyferryError
from skyferry_client.models import LinkView
from skyferry_client.output import (
    json_text,
    moment,
    print_transfer,
    print_transfers,
    stdout,
    summary_json,
    transfer_json,
)
from skyferry_client.progress import reporter
from skyferry_client.resume import SendRequest, StateStore, default_folder
from skyferry_client.send import Sender
from skyferry_client.source import collect
from skyferry_client.storage import Storage
from skyferry_client.text import printable, seconds, size_text
from skyferry_client.transport import user_agent
from skyferry_client.upload import Uploader

_FAILED = 1
_INTERRUPTED = 130
_LINK = re.compile(r"(https?://[^?#\s]+)/t/([A-Za-z0-9._~-]+)/?(?:[?#]\S*)?")
_GONE = {
    "expired": "This link has expired.",
    "deleted": "The sender has taken this transfer back.",
    "download-limit": "The downloads of this transfer are used up.",
    "not-found": "There is nothing behind this link. Was it copied completely?",
}

app = typer.Typer(
    name="skyferry",
    help="Send files, and receive them by a link.\n\n"
    "Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 130 interrupted.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    # A traceback with local variables would show the token.
    pretty_exceptions_enable=False,
)

ApiUrl = Annotated[
    str,
    typer.Option("--api-url", envvar="SKYFERRY_API_URL", help="The API, as https://host/v1."),
]
Token = Annotated[
    str,
    typer.Option(
        "--token",
        envvar="SKYFERRY_TOKEN",
        help="The access token; rather set the variable, which no other user sees.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


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


@app.command()
def send(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Files or folders.")],
    to: Annotated[
        list[str], typer.Option(metavar="EMAIL", help="A recipient; repeat it for more.")
    ],
    api_url: ApiUrl,
    token: Token,
    title: Annotated[str | None, typer.Option(help="Shown to the recipients.")] = None,
    message: Annotated[str | None, typer.Option(help="Shown to the recipients.")] = None,
    expires_in: Annotated[
        str | None, typer.Option(help="30m, 12h, 7d …; the service has a default.")
    ] = None,
    max_downloads: Annotated[
        int | None, typer.Option(min=1, help="How often files may be downloaded.")
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Wait until the files are found clean.")
    ] = True,
    wait_for: Annotated[str, typer.Option(help="The longest wait.")] = "15m",
    parallel: Annotated[int, typer.Option(min=1, max=32, help="Uploads side by side.")] = 4,
    as_json: AsJson = False,
) -> None:
    """Upload files and have each recipient mailed a link.

    If it is interrupted, the same command continues where it stopped.
    """
    lifetime = None if expires_in is None else _seconds(expires_in, "--expires-in")
    longest = _seconds(wait_for, "--wait-for")
    with _exit_codes() as run, _client(api_url, token) as client, Storage() as storage:
        request = SendRequest(
            collect(files), _addresses(to), title, message, lifetime, max_downloads
        )
        progress = reporter(run.console)
        uploader = Uploader(client, storage, progress, workers=parallel)
        sender = Sender(client, uploader, progress, StateStore(default_folder()), request)
        run.resumable = lambda: sender.resumable
        transfer = sender.send(wait_for=longest if wait else None)
        typer.echo(
            json_text(transfer_json(transfer)) if as_json else f"{transfer.id} {transfer.status}"
        )


@app.command()
def receive(
    link: Annotated[str, typer.Argument(metavar="LINK", help="The link from the mail.")],
    output: Annotated[Path, typer.Option(help="The folder to put the files in.")] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Replace files that exist.")] = False,
) -> None:
    """Download the files of a link and check that they are whole.

    If it is interrupted, the same command continues where it stopped.
    """
    match = _LINK.fullmatch(link.strip())
    if match is None:
        raise typer.BadParameter("is not a link of the form https://host/v1/t/…", param_hint="LINK")
    # The link is the permission: the access token has no business at a host that a mail names.
    with _exit_codes(_GONE) as run, _client(match[1], None) as client, Storage() as storage:
        view = client.view_link(match[2])
        progress = reporter(run.console)
        progress.note(_introduction(view))
        run.resumable = lambda: True
        receiver = Receiver(client, storage, progress, force=force)
        _report(run, receiver.receive(match[2], view, output))


@app.command("list")
def list_transfers(
    api_url: ApiUrl,
    token: Token,
    status: Annotated[str | None, typer.Option(help="Only those with this status.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 25,
    as_json: AsJson = False,
) -> None:
    """Your transfers."""
    with _exit_codes(), _client(api_url, token) as client:
        transfers = list(islice(client.iter_transfers(status=status), limit))
        if as_json:
            typer.echo(json_text([summary_json(each) for each in transfers]))
        else:
            print_transfers(stdout(), transfers)


@app.command()
def status(
    transfer_id: Annotated[str, typer.Argument(metavar="TRANSFER_ID")],
    api_url: ApiUrl,
    token: Token,
    as_json: AsJson = False,
) -> None:
    """A transfer's files, and what happened to each recipient's mail."""
    with _exit_codes(), _client(api_url, token) as client:
        transfer = client.get_transfer(transfer_id)
        recipients = list(client.iter_recipients(transfer_id))
        if as_json:
            typer.echo(json_text(transfer_json(transfer, recipients)))
        else:
            print_transfer(stdout(), transfer, recipients)


@dataclass(slots=True)
class _Run:
    """A command under way: where it speaks to the person, and whether repeating it would go on."""

    console: Console
    resumable: Callable[[], bool]

    def say(self, text: str, style: str = "") -> None:
        self.console.print(
            printable(text), style=style, markup=False, highlight=False, soft_wrap=True
        )

    def fail(self, text: str) -> typer.Exit:
        self.say(text, style="red")
        if self.resumable():
            self.say("Run the same command again to continue; what has arrived is kept.")
        return typer.Exit(_FAILED)


@contextmanager
def _exit_codes(gone: Mapping[str, str] = MappingProxyType({})) -> Iterator[_Run]:
    """The one place where errors become words and exit codes. `gone`: words for codes after which there
    is nothing to continue."""
    run = _Run(Console(stderr=True), lambda: False)
    try:
        yield run
    except KeyboardInterrupt:
        hint = " Run the same command again to continue; what has arrived is kept."
        run.say("Interrupted." + (hint if run.resumable() else ""))
        raise typer.Exit(_INTERRUPTED) from None
    except ApiError as error:
        if error.code in gone:
            run.resumable = lambda: False
        raise run.fail(gone.get(error.code, f"error: {error}")) from None
    except SkyferryError as error:
        raise run.fail(f"error: {error}") from None


def _client(api_url: str, token: str | None) -> Client:
    try:
        return Client(api_url, token)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _addresses(values: list[str]) -> tuple[str, ...]:
    """In the order given, each once; one option may hold several, separated by commas."""
    given = (part.strip() for value in values for part in value.split(","))
    return tuple(dict.fromkeys(part for part in given if part))


def _seconds(duration: str, option: str) -> int:
    try:
        return seconds(duration)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None


def _introduction(link: LinkView) -> str:
    size = size_text(sum(file.size for file in link.files))
    sender = f" from {link.sender}" if link.sender else ""
    title = f": {link.title}" if link.title else ""
    count = "1 file" if len(link.files) == 1 else f"{len(link.files)} files"
    return f"{count}, {size}{sender}, until {moment(link.expires_at)}{title}"


def _report(run: _Run, results: list[Received]) -> None:
    for result in results:
        if result.problem is None:
            typer.echo(printable(str(result.target)))
    problems = [f"error: {result.problem}" for result in results if result.problem is not None]
    if problems:
        run.say("\n".join(problems), style="red")
        raise typer.Exit(_FAILED)
