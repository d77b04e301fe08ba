"""Uploads whose events get lost, doubled and shuffled: nothing is lost, no mail is doubled, all ends soon."""

import hashlib
import math
import os
import time
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from skyferry.core.models import format_time

from tools.proof.claim import Outcome
from tools.proof.laptop import Laptop
from tools.proof.relay import Relay

_FILES = 8
#: Of one sender, so that no limit of theirs is in the way.
_TRANSFERS = 10
_AT_ONCE = 4
_PATIENCE = 60.0


@dataclass(frozen=True)
class Sent:
    """A transfer, and the bytes by file id."""

    id: str
    recipient: str
    contents: dict[str, bytes]


def show(size: int) -> Outcome:
    laptop = Laptop.running()
    dead = laptop.dead_letters()
    senders = [
        f"proof-{uuid.uuid4().hex[:12]}" for _ in range(math.ceil(size / _FILES / _TRANSFERS))
    ]
    with Relay(laptop) as relay, ThreadPoolExecutor(_AT_ONCE) as pool:
        sent = dict(zip(senders, pool.map(lambda one: _send(laptop, one), senders), strict=True))
        _until(lambda: relay.is_quiet() and laptop.is_idle())
    seconds = _until(lambda: _wake_and_see(laptop, senders))
    broken = _broken(laptop, sent)
    if seconds > _PATIENCE:
        broken.append(f"after {seconds:.0f} s not all had ended")
    if laptop.dead_letters() != dead:
        broken.append(f"dead letters: {laptop.dead_letters()}, {dead} before")
    uploads = len(senders) * _TRANSFERS * _FILES
    if relay.seen["events"] < uploads:
        broken.append(f"only {relay.seen['events']} events came by, so nothing was shown")
    figures = (
        f"{uploads:,} uploads, {relay.seen['events']:,} events, {relay.seen['doubled']} doubled, {relay.seen['lost']} lost, "
        f"all shuffled: all ready {seconds:.0f} s after healing, one mail to each of {len(senders) * _TRANSFERS} recipients"
    )
    return Outcome(figures, tuple(broken))


def _send(laptop: Laptop, subject: str) -> list[Sent]:
    with laptop.api(subject) as api:
        return [_send_one(api, f"{subject}-{number}@example.com") for number in range(_TRANSFERS)]


def _send_one(api: httpx.Client, recipient: str) -> Sent:
    contents = [os.urandom(1000 + 100 * number) for number in range(_FILES)]
    files = [
        {"name": f"{number}.bin", "size": len(content), "content_type": "application/octet-stream"}
        for number, content in enumerate(contents)
    ]
    body = {"files": files, "recipients": [{"email": recipient}]}
    transfer = api.post("/transfers", json=body).raise_for_status().json()
    for file, content in zip(transfer["files"], contents, strict=True):
        form = file["upload"]
        httpx.post(
            form["url"], data=form["fields"], files={"file": content}, trust_env=False, timeout=60
        ).raise_for_status()
    key = {"Idempotency-Key": uuid.uuid4().hex}
    api.post(f"/transfers/{transfer['id']}/finalize", headers=key).raise_for_status()
    ids = [file["id"] for file in transfer["files"]]
    return Sent(transfer["id"], recipient, dict(zip(ids, contents, strict=True)))


def _until(done: Callable[[], bool]) -> float:
    """Seconds; gives up after twice the patience."""
    begun = time.monotonic()
    while not done() and time.monotonic() - begun < 2 * _PATIENCE:
        time.sleep(1)
    return time.monotonic() - begun


def _wake_and_see(laptop: Laptop, senders: list[str]) -> bool:
    """Whether all are ready. What is not is due at once: the sweep comes for it in ten minutes otherwise."""
    waiting = [
        transfer["id"]
        for sender in senders
        for transfer in _listed(laptop, sender)
        if transfer["status"] != "ready"
    ]
    if waiting and laptop.is_idle():
        _make_due(laptop, waiting)
        laptop.client("lambda").invoke(
            FunctionName=laptop.function("ServiceSweepFunction"), Payload=b"{}"
        )
    return not waiting


def _listed(laptop: Laptop, sender: str) -> list[dict[str, Any]]:
    with laptop.api(sender) as api:
        listed: list[dict[str, Any]] = (
            api.get("/transfers?limit=100").raise_for_status().json()["data"]
        )
    return listed


def _make_due(laptop: Laptop, transfers: list[str]) -> None:
    dynamodb = laptop.client("dynamodb")
    past = format_time(datetime.now(UTC) - timedelta(minutes=1))
    for row in laptop.rows_of(transfers):
        dynamodb.update_item(
            TableName=laptop.cloud.table_name,
            Key={"pk": row["pk"], "sk": row["sk"]},
            UpdateExpression="SET due_at = :past",
            ExpressionAttributeValues={":past": {"S": past}},
        )


def _broken(laptop: Laptop, sent: dict[str, list[Sent]]) -> list[str]:
    mails = Counter(address for mail in laptop.mails() for address in mail["to"])
    broken = []
    for sender, transfers in sent.items():
        with laptop.api(sender) as api:
            for transfer in transfers:
                found = [address for address in mails.elements() if transfer.recipient in address]
                if len(found) != 1:
                    broken.append(f"{len(found)} mails to {transfer.recipient}")
                broken += _wrong_bytes(api, transfer)
    return broken


def _wrong_bytes(api: httpx.Client, transfer: Sent) -> list[str]:
    wrong = []
    for file_id, content in transfer.contents.items():
        answer = api.post(f"/transfers/{transfer.id}/files/{file_id}/downloads")
        got = (
            httpx.get(answer.json()["url"], trust_env=False, timeout=60).content
            if answer.is_success
            else b""
        )
        if hashlib.sha256(got).digest() != hashlib.sha256(content).digest():
            wrong.append(f"{transfer.id}: {file_id} has other bytes ({answer.status_code})")
    return wrong
