"""All that was ever said or answered in one run: whose it is, and where it may be shown."""

import json
import re
import secrets
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tests.tenants.driver import Answer, Tenant

#: Shown by every link of its tenant: the name, and the owner's id in the keys of files.
ANYWHERE = "*"

_ID = re.compile(r"\b(tr|fl|rc|rq|wh|ev|dl)_[0-9a-z]{26,64}\b")
_LINK = re.compile(r"/(t|r|u)/([A-Za-z0-9_-]{43})(?![A-Za-z0-9_-])")
_KEY = re.compile(r"inbox/[a-z2-7]{26}/tr_[0-9a-z]{26}/fl_[0-9a-z]{26,64}")
_UPLOAD = re.compile(r"\buploadId[=\": ]+([A-Za-z0-9._~-]{20,})")
_KINDS = {
    "tr": "transfer_id",
    "fl": "file_id",
    "rc": "recipient_id",
    "rq": "request_id",
    "wh": "webhook_id",
    "ev": "after",
    "dl": "delivery_id",
}
_FIELDS = {"next_cursor": "cursor", "session": "session", "secret": "secret"}
#: Places of their own.
_ROOTS = {"transfer_id", "request_id", "webhook_id"}
#: What of an account only its owner is ever shown, whatever link of theirs somebody has.
_OWNERS_ONLY = {
    "recipient_id",
    "request_id",
    "webhook_id",
    "delivery_id",
    "after",
    "cursor",
    "secret",
}


@dataclass(frozen=True)
class Value:
    """Something that can be sent: an id, a token, an address. `place`: the transfer, the request or the webhook it
    belongs to; `shown`: where besides to its owner, None nowhere."""

    text: str
    kind: str
    tenant: Tenant
    place: str | None
    shown: str | None = None


@dataclass
class Knowledge:
    #: By text; whatever is in here is somebody's secret.
    values: dict[str, Value] = field(default_factory=dict)
    pools: dict[str, list[Value]] = field(default_factory=lambda: defaultdict(list))

    def learn(self, value: Value) -> None:
        if value.text not in self.values:
            self.values[value.text] = value
            self.pools[value.kind].append(value)

    def learn_from(self, answer: Answer, tenant: Tenant, place: str | None) -> None:
        """Whatever of an answer nobody knew before belongs to the tenant it speaks of."""
        whole = "\n".join([answer.body, *answer.headers.values()])
        place = place or place_of(answer.body)
        for kind, text in _harvest(whole):
            if text in _examples():
                continue
            own = text if kind in _ROOTS else place
            shown = None if kind in _OWNERS_ONLY else own
            self.learn(Value(text, kind, tenant, own, shown))


@cache
def _examples() -> str:
    """The API's document has ids in its examples, which are nobody's."""
    return (Path(__file__).parents[2] / "openapi.json").read_text(encoding="utf-8")


def mark() -> str:
    """Never the same, and in no answer by chance."""
    return f"mk{secrets.token_hex(8)}"


def place_of(body: str) -> str | None:
    """The transfer or the request that a create has made."""
    try:
        made: Any = json.loads(body)
    except ValueError:
        return None
    if not isinstance(made, dict):
        return None
    made = made.get("transfer", made)
    return str(made["id"]) if str(made.get("id", ""))[:3] in {"tr_", "rq_", "wh_"} else None


def _harvest(text: str) -> Iterator[tuple[str, str]]:
    for found in _ID.finditer(text):
        yield _KINDS[found[1]], found[0]
    for found in _LINK.finditer(text):
        yield f"{found[1]}-token", found[2]
    for found in _KEY.finditer(text):
        yield "key", found[0]
    for found in _UPLOAD.finditer(unquote(text)):
        yield "upload_id", found[1]
    for name, kind in _FIELDS.items():
        for found in re.finditer(rf'"{name}": ?"([^"]{{16,}})"', text):
            yield kind, found[1]
