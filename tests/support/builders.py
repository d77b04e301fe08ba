"""Values for tests. The defaults are hostile on purpose: what breaks on them breaks in production."""

from datetime import UTC, datetime, timedelta
from typing import Any

from skyferry.core.models import File, FileStatus, Principal, Recipient, Transfer, TransferStatus
from skyferry.core.webhooks import EventType, Webhook

NOW = datetime(2026, 11, 23, 12, 0, 0, 123000, tzinfo=UTC)
OWNER = "abcdefghijklmnopqrstuvwxyz"
OTHER_OWNER = "zzzzzzzzzzzzzzzzzzzzzzzzzz"
HOSTILE_NAME = "Résumé \"'<img src=x onerror=1>; ${jndi:x} {{7*7}} 日本.txt"
HOSTILE_TEXT = "<script>alert(1)</script>\n{{ 7*7 }} %s \u202fß"
SENDER_EMAIL = "ada@sender.example"
TRANSFER_ID = "tr_0000000000000000000000test"


def any_principal(**changes: Any) -> Principal:
    values: dict[str, Any] = {
        "owner": OWNER,
        "scopes": frozenset({"transfers:read", "transfers:write"}),
        "name": "Ada Lovelace",
    }
    return Principal(**(values | changes))


def any_transfer(**changes: Any) -> Transfer:
    values: dict[str, Any] = {
        "id": TRANSFER_ID,
        "owner": OWNER,
        "status": TransferStatus.UPLOADING,
        "title": HOSTILE_NAME,
        "message": HOSTILE_TEXT,
        "sender": "Ada Lovelace",
        "created_at": NOW,
        "updated_at": NOW,
        "expires_at": NOW + timedelta(days=7),
        "purge_at": NOW + timedelta(days=14),
        "file_count": 1,
        "total_size": 5,
        "recipient_count": 1,
    }
    return Transfer(**(values | changes))


def any_file(**changes: Any) -> File:
    values: dict[str, Any] = {
        "id": "fl_000000000000000000000test0",
        "transfer_id": TRANSFER_ID,
        "owner": OWNER,
        "name": HOSTILE_NAME,
        "path": "Ünï/…",
        "size": 5,
        "content_type": "text/plain",
        "status": FileStatus.PENDING,
        "changed_at": NOW,
    }
    return File(**(values | changes))


def any_recipient(**changes: Any) -> Recipient:
    values: dict[str, Any] = {
        "id": "rc_000000000000000000000test0",
        "transfer_id": TRANSFER_ID,
        "owner": OWNER,
        "email": "o'brien+files@sub.example.com",
        "name": 'Dr. "O\'Brien" <b>',
    }
    return Recipient(**(values | changes))


def any_webhook(**changes: Any) -> Webhook:
    values: dict[str, Any] = {
        "id": "wh_000000000000000000000test0",
        "url": "https://hooks.example.com/a?b=%20c",
        "events": tuple(EventType),
        "description": HOSTILE_NAME,
        "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=",
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Webhook(**(values | changes))
