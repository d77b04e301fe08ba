"""A sender as a test needs one: plain HTTP, every answer checked."""

import base64
import hashlib
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

PART = 8 * 1024 * 1024


def sha256(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def described(content: bytes, name: str = "a.txt", **changes: Any) -> dict[str, Any]:
    """A file as the API wants it declared."""
    return {
        "name": name,
        "size": len(content),
        "content_type": "application/octet-stream",
        "sha256": sha256(content),
        **changes,
    }


@dataclass
class Sender:
    api: httpx.Client

    def create(
        self, files: list[dict[str, Any]], *recipients: str, **fields: Any
    ) -> dict[str, Any]:
        body = {"files": files, "recipients": [{"email": email} for email in recipients], **fields}
        answer = self.api.post("/transfers", json=body)
        assert answer.status_code == 201, answer.text
        transfer: dict[str, Any] = answer.json()
        return transfer

    def post(self, upload: dict[str, Any], content: bytes, **fields: str) -> httpx.Response:
        """Fill in the form; `fields` overrides what the API gave."""
        form = {**upload["fields"], **fields}
        return httpx.post(
            upload["url"], data=form, files={"file": ("x", content)}, trust_env=False, timeout=60
        )

    def sign(
        self, transfer: dict[str, Any], file: dict[str, Any], *sizes: int
    ) -> list[dict[str, Any]]:
        parts = [{"number": number, "size": size} for number, size in enumerate(sizes, start=1)]
        answer = self.api.post(f"{path(transfer, file)}/upload/parts", json={"parts": parts})
        assert answer.status_code == 200, answer.text
        signed: list[dict[str, Any]] = answer.json()["parts"]
        return signed

    def put(self, part: dict[str, Any], content: bytes) -> httpx.Response:
        # The true length, which is not the signed one where a test sends too much.
        headers = {**part["headers"], "Content-Length": str(len(content))}
        return httpx.put(part["url"], content=content, headers=headers, trust_env=False, timeout=60)

    def upload(self, transfer: dict[str, Any], index: int, content: bytes) -> None:
        """The whole file, the way its instructions say."""
        file = transfer["files"][index]
        if file["upload"]["mode"] == "post":
            answer = self.post(file["upload"], content)
            assert answer.status_code == 204, answer.text
            return
        chunks = [content[start : start + PART] for start in range(0, len(content), PART)]
        for part, chunk in zip(self.sign(transfer, file, *map(len, chunks)), chunks, strict=True):
            assert self.put(part, chunk).status_code == 200
        done = self.api.post(f"{path(transfer, file)}/upload/complete")
        assert done.status_code == 202, done.text

    def finalize(self, transfer: dict[str, Any]) -> httpx.Response:
        key = {"Idempotency-Key": uuid.uuid4().hex}
        return self.api.post(f"/transfers/{transfer['id']}/finalize", headers=key)

    def get(self, transfer: dict[str, Any]) -> dict[str, Any]:
        current: dict[str, Any] = self.api.get(f"/transfers/{transfer['id']}").json()
        return current

    def until(
        self, transfer: dict[str, Any], *statuses: str, timeout: float = 60
    ) -> dict[str, Any]:
        """The transfer once it has one of these statuses; fails when that takes too long."""
        deadline = time.monotonic() + timeout
        while (current := self.get(transfer))["status"] not in statuses:
            if time.monotonic() > deadline:
                pytest.fail(
                    f"{current['status']}, not {statuses}, after {timeout:.0f} s: {current}"
                )
            time.sleep(0.3)
        return current

    def wait(self, condition: Callable[[], bool], timeout: float = 60) -> None:
        deadline = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.3)

    def send(self, content: bytes, *recipients: str, **fields: Any) -> dict[str, Any]:
        """A transfer of one file that is ready."""
        transfer = self.create([described(content)], *recipients, **fields)
        self.upload(transfer, 0, content)
        assert self.finalize(transfer).status_code == 202
        return self.until(transfer, "ready")


def path(transfer: dict[str, Any], file: dict[str, Any]) -> str:
    return f"/transfers/{transfer['id']}/files/{file['id']}"


def token_in(mail: dict[str, Any]) -> str:
    """The link token in a mail's text."""
    rest: str = mail["text"].partition("/v1/t/")[2]
    return rest.split()[0]
