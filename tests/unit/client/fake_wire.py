"""The words of the fake cloud: addresses, errors in both dialects, and a file as it is stored."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

API = "https://api.example.test/v1"
STORE = "https://store.example.test"
TOKEN = "secret-token"
LINK_TOKEN = "link-token-0123456789"
LINK = f"{API}/t/{LINK_TOKEN}"
TIME = "2030-01-01T00:00:00.000Z"
MULTIPART_FROM = 4_000
PART_SIZE = 1_000

#: Looks at a request first; answers in the server's place, or lets it through with None.
Fault = Callable[[httpx.Request], httpx.Response | None]


def sha256(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def problem(status: int, code: str, detail: str = "No.", **more: Any) -> httpx.Response:
    headers = {"content-type": "application/problem+json", **more.pop("headers", {})}
    body = {
        "type": f"https://skyferry.dev/problems/{code}",
        "title": "Title",
        "status": status,
        "detail": detail,
        "instance": "/x",
        "code": code,
        "request_id": "req-1",
        "message": detail,
        **more,
    }
    return httpx.Response(status, json=body, headers=headers)


def store_error(status: int, code: str, message: str = "No.") -> httpx.Response:
    return httpx.Response(
        status, text=f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    )


@dataclass
class StoredFile:
    declared: dict[str, Any]
    id: str
    status: str = "pending"
    reason: dict[str, str] | None = None
    content: bytes | None = None
    parts: dict[int, bytes] = field(default_factory=dict)

    @property
    def multipart(self) -> bool:
        return int(self.declared["size"]) >= MULTIPART_FROM

    def to_json(self) -> dict[str, Any]:
        nothing = {"path": None, "sha256": None, "crc64nvme": None}
        return {
            **nothing,
            **self.declared,
            "id": self.id,
            "status": self.status,
            "reason": self.reason,
        }


def at_part(number: int, act: Callable[[], httpx.Response | None]) -> Fault:
    """A fault when the part is sent, the first time only."""
    left = [1]

    def fault(request: httpx.Request) -> httpx.Response | None:
        if request.method == "PUT" and request.url.path.endswith(f"/{number}") and left:
            left.pop()
            return act()
        return None

    return fault


def files_below(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
