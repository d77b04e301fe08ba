"""Results on stdout: tables for people, JSON for programs."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from skyferry_client.models import RecipientHistory, Transfer, TransferSummary
from skyferry_client.requests import Json
from skyferry_client.text import printable, size_text


def moment(value: datetime) -> str:
    return value.isoformat(timespec="seconds").replace("+00:00", "Z")


def stdout() -> Console:
    """In a pipe there is no screen to fit into: every row is one line, as wide as it is."""
    console = Console()
    return console if console.is_terminal else Console(width=10_000)


def json_text(value: object) -> str:
    """ASCII, so that it is safe to show on a terminal as well."""
    return json.dumps(value, indent=2, default=_plain)


def summary_json(summary: TransferSummary) -> Json:
    return asdict(summary)


def transfer_json(transfer: Transfer, recipients: Iterable[RecipientHistory] = ()) -> Json:
    """As the API writes it, without upload instructions: they hold signed URLs."""
    timelines = {each.recipient.id: each.timeline for each in recipients}
    return {
        **asdict(transfer.summary),
        "files": [
            {key: value for key, value in asdict(file).items() if key != "upload"}
            for file in transfer.files
        ],
        "recipients": [
            {
                **asdict(recipient),
                "timeline": [asdict(entry) for entry in timelines.get(recipient.id, ())],
            }
            for recipient in transfer.recipients
        ],
    }


def print_transfers(console: Console, transfers: Iterable[TransferSummary]) -> None:
    table = _table("ID", "STATUS", "TITLE", "FILES", "SIZE", "TO", "CREATED", "EXPIRES")
    for each in transfers:
        _row(
            table,
            each.id,
            each.status,
            each.title or "",
            str(each.file_count),
            size_text(each.total_size),
            str(each.recipient_count),
            moment(each.created_at),
            moment(each.expires_at),
        )
    console.print(table)


def print_transfer(
    console: Console, transfer: Transfer, recipients: Iterable[RecipientHistory]
) -> None:
    summary = transfer.summary
    facts = Table.grid(padding=(0, 2))
    _row(facts, "transfer", summary.id)
    _row(facts, "status", summary.status)
    if summary.title:
        _row(facts, "title", summary.title)
    _row(facts, "created", moment(summary.created_at))
    _row(facts, "expires", moment(summary.expires_at))
    limit = f" of {summary.max_downloads}" if summary.max_downloads is not None else ""
    _row(facts, "downloads", f"{summary.download_count}{limit}")
    console.print(facts)
    files = _table("FILE", "SIZE", "STATUS", "REASON")
    for file in transfer.files:
        name = f"{file.path}/{file.name}" if file.path else file.name
        _row(
            files,
            name,
            size_text(file.size),
            file.status,
            file.reason.detail if file.reason else "",
        )
    console.print(files)
    people = _table("RECIPIENT", "STATUS", "TIMELINE")
    for each in recipients:
        timeline = "\n".join(f"{moment(entry.at)} {entry.status}" for entry in each.timeline)
        _row(people, each.recipient.email, each.recipient.status, timeline)
    console.print(people)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return moment(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in columns:
        # Ids and times are there to be copied: they are never cut.
        table.add_column(column, no_wrap=column in {"ID", "CREATED", "EXPIRES"}, overflow="fold")
    return table


def _row(table: Table, *cells: str) -> None:
    """Cells are text as it is: what a sender wrote is no markup and steers no terminal."""
    table.add_row(*(Text(printable(cell)) for cell in cells))
