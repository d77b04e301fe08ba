"""Results on stdout for people: tables, facts and lines."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from skyferry_client.account_models import Suppression
from skyferry_client.documents import Done, Line, TransferDetails, moment
from skyferry_client.event_models import Event
from skyferry_client.link_models import LinkFile
from skyferry_client.models import (
    File,
    Notify,
    Reason,
    RecipientHistory,
    TimelineEntry,
    TransferSummary,
)
from skyferry_client.request_models import UploadedFile, UploadRequest
from skyferry_client.text import printable, size_text
from skyferry_client.webhook_models import Delivery, Webhook

#: The columns of a list, by attribute; a record on its own shows all that it has.
_COLUMNS: Mapping[type, Mapping[str, str]] = {
    TransferSummary: {
        "id": "ID",
        "status": "STATUS",
        "title": "TITLE",
        "file_count": "FILES",
        "total_size": "SIZE",
        "recipient_count": "TO",
        "created_at": "CREATED",
        "expires_at": "EXPIRES",
    },
    File: {"id": "ID", "name": "NAME", "path": "FOLDER", "size": "SIZE", "status": "STATUS"},
    Event: {
        "id": "ID",
        "seq": "SEQ",
        "at": "AT",
        "transfer_id": "TRANSFER",
        "type": "TYPE",
        "data": "DATA",
    },
    UploadRequest: {
        "id": "ID",
        "status": "STATUS",
        "title": "TITLE",
        "use_count": "USES",
        "max_uses": "OF",
        "expires_at": "EXPIRES",
    },
    Webhook: {"id": "ID", "enabled": "ENABLED", "url": "URL", "events": "EVENTS"},
    Delivery: {
        "id": "ID",
        "event_type": "EVENT",
        "status": "STATUS",
        "attempts": "ATTEMPTS",
        "response_status": "ANSWER",
        "error": "ERROR",
        "updated_at": "UPDATED",
    },
    Suppression: {"email": "EMAIL", "reason": "REASON", "at": "AT"},
}
#: There to be copied: never cut.
_WHOLE = {"ID", "AT", "TRANSFER", "CREATED", "EXPIRES", "UPDATED"}
_SIZES = {"size", "total_size", "max_bytes", "downloaded_bytes"}


def stdout() -> Console:
    """In a pipe there is no screen to fit into: every row is one line, as wide as it is."""
    console = Console()
    return console if console.is_terminal else Console(width=10_000)


def print_result(result: object) -> None:
    match result:
        case Line(text=text):
            if text:
                typer.echo(printable(text))
        case Done():
            typer.echo(printable(f"{result.subject} {result.done}"))
        case TransferDetails():
            _print_transfer(stdout(), result)
        case list():
            _print_list(stdout(), result)
        case Mapping():
            _print_facts(stdout(), result)
        case RecipientHistory():
            facts = {**_attributes(result.recipient), "timeline": result.timeline}
            _print_facts(stdout(), facts)
        case _:
            _print_facts(stdout(), _attributes(result))


def event_line(event: Event) -> str:
    data = _cell("data", event.data)
    return printable(f"{event.id} {moment(event.at)} {event.transfer_id} {event.type} {data}")


def _print_list(console: Console, records: Sequence[object]) -> None:
    """Nothing at all for an empty list: there is nothing to say of it."""
    if not records:
        return
    if isinstance(records[0], RecipientHistory):
        _print_people(console, [each for each in records if isinstance(each, RecipientHistory)])
        return
    columns = _COLUMNS[type(records[0])]
    table = _table(*columns.values())
    for record in records:
        _row(table, *(_cell(name, getattr(record, name)) for name in columns))
    console.print(table)


def _print_facts(console: Console, facts: Mapping[str, object]) -> None:
    """One fact a line, so that a value can be copied or cut out; what is not known is left out."""
    shown = {
        name.removesuffix("_at").replace("_", " "): _cell(name, value)
        for name, value in facts.items()
        if value is not None and value not in ((), {}, "")
    }
    width = max(map(len, shown), default=0)
    for name, text in shown.items():
        below = "\n" + " " * (width + 2)
        line = Text(f"{name:{width}}  {printable(text).replace(chr(10), below)}")
        console.print(line, soft_wrap=True)


def _print_transfer(console: Console, details: TransferDetails) -> None:
    summary = details.transfer.summary
    limit = f" of {summary.max_downloads}" if summary.max_downloads is not None else ""
    _print_facts(
        console,
        {
            "transfer": summary.id,
            "status": summary.status,
            "title": summary.title,
            "created": summary.created_at,
            "expires": summary.expires_at,
            "downloads": f"{summary.download_count}{limit}",
            "password": "yes" if summary.password_protected else None,
            "tags": summary.tags,
        },
    )
    files = _table("ID", "FILE", "SIZE", "STATUS", "REASON")
    for file in details.transfer.files:
        name = f"{file.path}/{file.name}" if file.path else file.name
        _row(files, file.id, name, size_text(file.size), file.status, _cell("reason", file.reason))
    console.print(files)
    known = {each.recipient.id: each for each in details.recipients}
    people = [
        known.get(each.id, RecipientHistory(each, ())) for each in details.transfer.recipients
    ]
    _print_people(console, people)


def _print_people(console: Console, people: Iterable[RecipientHistory]) -> None:
    table = _table("ID", "RECIPIENT", "STATUS", "REASON", "TIMELINE")
    for each in people:
        who = each.recipient
        reason, timeline = _cell("reason", who.reason), _cell("timeline", each.timeline)
        _row(table, who.id, who.email, who.status, reason, timeline)
    console.print(table)


def _attributes(record: Any) -> dict[str, object]:  # noqa: ANN401 - any of our records
    return {field.name: getattr(record, field.name) for field in fields(record)}


def _cell(name: str, value: object) -> str:
    """A value as text; the name tells sizes from other numbers."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int() if name in _SIZES or name.startswith("bytes_") or name.endswith("_bytes"):
            return size_text(value)
        case datetime():
            return moment(value)
        case tuple():
            return _joined(value)
        case Mapping():
            return " ".join(f"{key}={each}" for key, each in value.items())
    return _record(value)


def _joined(values: tuple[object, ...]) -> str:
    lines = any(isinstance(value, TimelineEntry | LinkFile | UploadedFile) for value in values)
    return ("\n" if lines else ", ").join(_cell("", value) for value in values)


def _record(value: object) -> str:
    match value:
        case Reason():
            return value.detail
        case TimelineEntry():
            return f"{moment(value.at)} {value.status}"
        case LinkFile() | UploadedFile():
            return f"{value.id} {value.name} ({size_text(value.size)})"
        case Notify():
            return ", ".join(name for name, wanted in _attributes(value).items() if wanted)
    return str(value)


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, no_wrap=column in _WHOLE, overflow="fold")
    return table


def _row(table: Table, *cells: str) -> None:
    """Cells are text as it is: what a sender wrote is no markup and steers no terminal."""
    table.add_row(*(Text(printable(cell)) for cell in cells))
