"""Results as JSON documents, by the names of our records, which are the API's."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime

from skyferry_client.event_models import Event
from skyferry_client.models import RecipientHistory, Transfer


@dataclass(frozen=True, slots=True)
class Done:
    """That something was done, where there is nothing else to show."""

    subject: str
    done: str


@dataclass(frozen=True, slots=True)
class Line:
    """`text` for a person, `document` for a program."""

    text: str
    document: object


@dataclass(frozen=True, slots=True)
class TransferDetails:
    """A transfer and, where they were asked for, its recipients' timelines."""

    transfer: Transfer
    recipients: tuple[RecipientHistory, ...] = ()


def moment(value: datetime) -> str:
    return value.isoformat(timespec="seconds").replace("+00:00", "Z")


def time_text(seconds: int) -> str:
    """Of seconds since 1970."""
    return moment(datetime.fromtimestamp(seconds, UTC))


def json_text(document: object) -> str:
    """ASCII, so that it is safe to show on a terminal as well."""
    return json.dumps(document, indent=2)


def to_json(result: object) -> object:
    match result:
        case Line():
            return to_json(result.document)
        case TransferDetails():
            return _details(result)
        case Event():
            return result.document
        case RecipientHistory():
            return {**_fields(result.recipient), "timeline": to_json(result.timeline)}
        case datetime():
            return moment(result)
        case list() | tuple():
            return [to_json(each) for each in result]
        case Mapping():
            return {str(key): to_json(value) for key, value in result.items()}
    return _fields(result) if is_dataclass(result) else result


def _details(details: TransferDetails) -> dict[str, object]:
    timelines = {each.recipient.id: each.timeline for each in details.recipients}
    recipients = details.transfer.recipients
    return {
        **_fields(details.transfer.summary),
        "files": to_json(details.transfer.files),
        "recipients": [
            {**_fields(each), "timeline": to_json(timelines.get(each.id, ()))}
            for each in recipients
        ],
    }


def _fields(record: object) -> dict[str, object]:
    """Upload instructions are left out: they hold signed URLs."""
    if not is_dataclass(record):
        raise TypeError(f"{type(record).__name__} has no JSON form")
    names = (field.name for field in fields(record) if field.name != "upload")
    return {name: to_json(getattr(record, name)) for name in names}
