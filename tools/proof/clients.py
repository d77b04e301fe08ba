"""Clients of two senders at once, each of whom notes what it asked, when, and what it heard."""

import random
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import httpx
from skyferry.core.models import TransferStatus

from tests.promises.linearizability import NEVER, Call
from tests.promises.model import (
    Act,
    Deleted,
    Downloaded,
    Finalized,
    FoundIncomplete,
    FoundUsedUp,
    Missed,
    Renamed,
    Saw,
    State,
    Uploaded,
)

_CREATED_AT_MOST = 40
#: Asked again, with the same key: in progress, or nobody knows.
_TRIES = 60


@dataclass(frozen=True, slots=True)
class Made:
    """A transfer that its sender knows of."""

    id: str
    first: State
    file_id: str
    content: bytes
    form: dict[str, Any]
    address: str


@dataclass(slots=True)
class Sender:
    """What the clients of one sender share."""

    subject: str
    made: dict[str, Made] = field(default_factory=dict)
    histories: dict[str, list[Call]] = field(default_factory=dict)
    #: The last version that somebody saw.
    versions: dict[str, tuple[int, str]] = field(default_factory=dict)
    downloads: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    heard: Counter[str] = field(default_factory=Counter)
    lock: Lock = field(default_factory=Lock)

    def begin(self, made: Made) -> None:
        with self.lock:
            self.histories[made.id] = []
            self.made[made.id] = made

    def note(self, transfer_id: str, call: Call) -> None:
        with self.lock:
            self.histories[transfer_id].append(call)

    def some(self, rng: random.Random) -> Made | None:
        with self.lock:
            # The youngest are the busiest, so that their clients meet.
            youngest = list(self.made.values())[-6:]
        return rng.choice(youngest) if youngest else None


class Client:
    def __init__(
        self,
        api: httpx.Client,
        sender: Sender,
        other: Sender,
        link: Callable[[str], str | None],
    ) -> None:
        self._api = api
        self._sender = sender
        self._other = other
        self._link = link
        self._rng = random.Random()  # noqa: S311 - a life, no secret
        self._uploaded: set[str] = set()

    def live(self, acts: int) -> None:
        """Does so many things."""
        choices = {
            self._create: 3,
            self._upload: 5,
            self._finalize: 4,
            self._look: 6,
            self._list: 1,
            self._rename: 6,
            self._download: 6,
            self._delete: 1,
            self._reach_over: 1,
        }
        for _ in range(acts):
            self._rng.choices(list(choices), list(choices.values()))[0]()

    def _create(self) -> None:
        """With the same key until somebody answers."""
        if len(self._sender.made) >= _CREATED_AT_MOST:
            return
        content = self._rng.randbytes(self._rng.randint(1, 4000))
        address = f"{self._sender.subject}-{uuid.uuid4().hex[:12]}@example.com"
        cap = self._rng.choice([None, 1, 2])
        body = {
            "title": "new",
            "files": [
                {"name": "a", "size": len(content), "content_type": "application/octet-stream"}
            ],
            "recipients": [{"email": address}],
            "max_downloads": cap,
        }
        key = {"Idempotency-Key": uuid.uuid4().hex}
        for _ in range(_TRIES):
            answer = self._ask("POST", "/transfers", json=body, headers=key)
            if answer is not None and answer.status_code == 201:
                made = answer.json()
                (file,) = made["files"]
                first = State("new", cap, made["version"])
                self._sender.begin(
                    Made(made["id"], first, file["id"], content, file["upload"], address)
                )
                return
            time.sleep(self._rng.uniform(0.1, 2))
        self._wrong(f"a create was never answered ({_TRIES} tries)")

    def _upload(self) -> None:
        made = self._some()
        if made is None or made.id in self._uploaded:
            return
        asked = time.monotonic()
        try:
            answer = httpx.post(
                made.form["url"],
                data=made.form["fields"],
                files={"file": ("x", made.content)},
                trust_env=False,
                timeout=60,
            )
        except httpx.TransportError:
            answer = None
        if answer is not None and answer.is_success:
            self._uploaded.add(made.id)
            self._note(made, asked, Uploaded())
        else:
            self._note(made, asked, Uploaded(), heard=NEVER)

    def _finalize(self) -> None:
        made = self._some()
        if made is None:
            return
        asked = time.monotonic()
        key = {"Idempotency-Key": uuid.uuid4().hex}
        answer = self._ask("POST", f"/transfers/{made.id}/finalize", headers=key)
        if answer is None:
            self._note(made, asked, Finalized(), heard=NEVER)
        elif answer.status_code == 202:
            self._note(made, asked, Finalized())
        elif _code(answer) == "upload-incomplete":
            self._note(made, asked, FoundIncomplete())
        else:
            self._missed(made, asked, answer)

    def _look(self) -> None:
        made = self._some()
        if made is None:
            return
        asked = time.monotonic()
        answer = self._ask("GET", f"/transfers/{made.id}")
        if answer is not None and answer.status_code == 200:
            self._saw(made, asked, answer.json())
            self._sender.versions[made.id] = (answer.json()["version"], answer.headers["ETag"])
        elif answer is not None:
            self._missed(made, asked, answer)

    def _list(self) -> None:
        with self._sender.lock:
            known = list(self._sender.made.values())
        asked = time.monotonic()
        answer = self._ask("GET", "/transfers", params={"limit": 100})
        if answer is None or answer.status_code != 200:
            return
        listed = {one["id"]: one for one in answer.json()["data"]}
        for made in known:
            if made.id in listed:
                self._saw(made, asked, listed[made.id])
            else:
                self._note(made, asked, Missed())

    def _rename(self) -> None:
        made = self._some()
        if made is None or made.id not in self._sender.versions:
            return
        seen, etag = self._sender.versions[made.id]
        title = uuid.uuid4().hex[:8]
        asked = time.monotonic()
        answer = self._ask(
            "PATCH",
            f"/transfers/{made.id}",
            json={"title": title},
            headers={"If-Match": etag, "Content-Type": "application/merge-patch+json"},
        )
        if answer is None:
            self._note(made, asked, Renamed(title, seen, None), heard=NEVER)
        elif answer.status_code == 200:
            version = answer.json()["version"]
            self._note(made, asked, Renamed(title, seen, version))
            self._sender.versions[made.id] = (version, answer.headers["ETag"])
        elif answer.status_code != 412:
            self._missed(made, asked, answer)

    def _download(self) -> None:
        made = self._some()
        link = made and self._link(made.address)
        if not made or not link:
            return
        asked = time.monotonic()
        answer = self._ask("POST", f"/t/{link}/files/{made.file_id}/download")
        if answer is None:
            self._note(made, asked, Downloaded(), heard=NEVER)
        elif answer.status_code == 201:
            self._note(made, asked, Downloaded())
            self._sender.downloads.append(made.id)
            self._fetch(made, answer.json()["url"])
        elif _code(answer) == "download-limit":
            self._note(made, asked, FoundUsedUp())
        else:
            self._missed(made, asked, answer)

    def _fetch(self, made: Made, url: str) -> None:
        try:
            answer = httpx.get(url, trust_env=False, timeout=60)
        except httpx.TransportError:
            return
        if answer.is_success and answer.content != made.content:
            self._wrong(f"{made.id} has other bytes")

    def _delete(self) -> None:
        made = self._some()
        if made is None:
            return
        asked = time.monotonic()
        answer = self._ask("DELETE", f"/transfers/{made.id}")
        if answer is None:
            self._note(made, asked, Deleted(), heard=NEVER)
        elif answer.status_code == 204:
            self._note(made, asked, Deleted())
        else:
            self._missed(made, asked, answer)

    def _reach_over(self) -> None:
        """For what is another sender's."""
        foreign = self._other.some(self._rng)
        if foreign is None:
            return
        answer = self._ask("GET", f"/transfers/{foreign.id}")
        if answer is not None and answer.status_code != 404:
            self._wrong(f"somebody else's {foreign.id} answers {answer.status_code}")

    def _some(self) -> Made | None:
        return self._sender.some(self._rng)

    def _ask(self, method: str, path: str, **request: Any) -> httpx.Response | None:  # noqa: ANN401 - httpx's
        """None where nobody can know what was done: no answer, or one that says so."""
        try:
            answer = self._api.request(method, path, **request)
        except httpx.TransportError:
            self._sender.heard["none"] += 1
            return None
        self._sender.heard[str(answer.status_code)] += 1
        if answer.status_code == 503 and "Retry-After" not in answer.headers:
            self._wrong(f"503 without Retry-After: {method} {path}")
        return None if answer.status_code >= 500 else answer

    def _note(self, made: Made, asked: float, act: Act, heard: float | None = None) -> None:
        self._sender.note(made.id, Call(asked, heard or time.monotonic(), act))

    def _saw(self, made: Made, asked: float, shown: dict[str, Any]) -> None:
        act = Saw(shown["title"], shown["version"], TransferStatus(shown["status"]))
        self._note(made, asked, act)

    def _missed(self, made: Made, asked: float, answer: httpx.Response) -> None:
        if _code(answer) in {"not-found", "deleted"}:
            self._note(made, asked, Missed())
        else:
            self._wrong(f"{answer.request.method} {answer.request.url.path}: {answer.text}")

    def _wrong(self, what: str) -> None:
        self._sender.wrong.append(what)


def _code(answer: httpx.Response) -> str:
    return str(answer.json().get("code", "")) if answer.content else ""
