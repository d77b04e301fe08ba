"""What a failed message is about, in ids alone: a body may hold a link, an address or a subject line."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

#: Names of values that identify and open nothing.
_IDS: Final = (
    "owner",
    "transfer_id",
    "recipient_id",
    "file_id",
    "kind",
    "webhook_id",
    "delivery_id",
)


def summary(body: str) -> dict[str, str]:
    """Ids and kinds found in a body; `unreadable` alone for what is none of ours."""
    try:
        content = json.loads(body)
    except ValueError:
        content = None
    if not isinstance(content, Mapping):
        return {"unreadable": f"{len(body)} characters"}
    found = dict(_of_event(content))
    found |= {name: str(content[name]) for name in _IDS if content.get(name)}
    return found or {"unreadable": f"{len(body)} characters"}


def _of_event(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Of EventBridge's envelope, SES's tags, a stream's position, a function's failed invocation."""
    if kind := content.get("detail-type"):
        yield "event", str(kind)
    detail = content.get("detail")
    if isinstance(detail, Mapping):
        yield from _of_detail(detail)
    if batch := content.get("DDBStreamBatchInfo"):
        yield "event", "records of the table's stream"
        yield "from", str(batch.get("startSequenceNumber"))
    context = content.get("requestContext")
    if isinstance(context, Mapping) and context.get("condition"):
        yield "reason", str(context["condition"])


def _of_detail(detail: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    key = _at(detail, "object", "key") or _at(detail, "s3ObjectDetails", "objectKey")
    if isinstance(key, str):
        for name, value in zip(
            ("owner", "transfer_id", "file_id"), key.split("/")[1:], strict=False
        ):
            yield name, value
    if verdict := _at(detail, "scanResultDetails", "scanResultStatus"):
        yield "verdict", str(verdict)
    tags = _at(detail, "mail", "tags")
    if isinstance(tags, Mapping):
        for name in _IDS:
            if values := tags.get(name):
                yield name, str(values[0])


def _at(content: Any, *path: str) -> Any:  # noqa: ANN401 - any JSON
    for name in path:
        content = content.get(name) if isinstance(content, Mapping) else None
    return content
