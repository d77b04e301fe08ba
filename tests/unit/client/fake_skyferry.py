"""A Skyferry API and its file store in memory, behind one function from request to answer.

It keeps the contract's rules that the client leans on (idempotency, exact sizes, expiring URLs, ranges)
and counts what it was asked.
"""

import hashlib
import json
import re
import threading
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.unit.client.fake_wire import (
    LINK_TOKEN,
    PART_SIZE,
    STORE,
    TIME,
    TOKEN,
    Fault,
    StoredFile,
    problem,
    sha256,
    store_error,
)


@dataclass
class FakeSkyferry:
    """`handle` is the network. `polls` is how often a transfer is seen scanning before its verdict."""

    polls: int = 1
    verdict: str = "clean"
    faults: list[Fault] = field(default_factory=list)
    requests: list[httpx.Request] = field(default_factory=list)
    files: dict[str, StoredFile] = field(default_factory=dict)
    transfer: dict[str, Any] | None = None
    created: dict[str, dict[str, Any]] = field(default_factory=dict)
    link_files: list[dict[str, Any]] = field(default_factory=list)
    objects: dict[str, bytes] = field(default_factory=dict)
    forms: list[list[str]] = field(default_factory=list)
    part_puts: list[int] = field(default_factory=list)
    sign_calls: list[list[int]] = field(default_factory=list)
    downloads: int = 0
    #: URLs carry the generation in which they were signed; those below `oldest` are refused.
    generation: int = 1
    oldest: int = 1
    lock: threading.RLock = field(default_factory=threading.RLock)

    def handle(self, request: httpx.Request) -> httpx.Response:
        request.read()
        with self.lock:
            self.requests.append(request)
            for fault in self.faults:
                answer = fault(request)
                if answer is not None:
                    return answer
            if str(request.url).startswith(STORE):
                return self._store(request)
            return self._api(request)

    def count(self, method: str, ending: str) -> int:
        """How often a path that matches the pattern to its end was asked for."""
        return sum(
            r.method == method and re.search(ending + "$", r.url.path) is not None
            for r in self.requests
        )

    def expire_urls(self) -> None:
        self.generation += 1
        self.oldest = self.generation

    def offer(self, name: str, content: bytes, **more: Any) -> None:
        """Put a file behind the link."""
        file_id = f"fl_{len(self.link_files)}"
        self.objects[file_id] = content
        listed = {
            "id": file_id,
            "name": name,
            "path": None,
            "size": len(content),
            "content_type": "text/plain",
            "sha256": sha256(content),
            "crc64nvme": None,
        }
        self.link_files.append({**listed, **more})

    # The API

    def _api(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/v1")
        if path.startswith("/t/"):
            return self._link(request, path)
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return problem(401, "unauthorized", "A valid access token is needed.")
        if path == "/transfers":
            return self._create(request) if request.method == "POST" else self._list(request)
        if self.transfer is None or path.split("/")[2] != self.transfer["id"]:
            return problem(404, "not-found", "There is nothing here.")
        if match := re.fullmatch(r"/transfers/[^/]+/files/([^/]+)/upload(.*)", path):
            return self._upload(request, self.files[match[1]], match[2])
        if path.endswith("/finalize"):
            return self._finalize(request)
        if path.endswith("/recipients"):
            return self._recipients()
        return self._get()

    def _create(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        key = request.headers["idempotency-key"]
        if key in self.created:
            assert self.transfer is not None
            return httpx.Response(201, json=self.created[key])
        number = len(self.created) + 1
        self.files = {
            f"fl_{number}_{index}": StoredFile(declared, f"fl_{number}_{index}")
            for index, declared in enumerate(body["files"])
        }
        self.transfer = {
            "id": f"tr_{number}",
            "status": "draft",
            "title": body.get("title"),
            "message": body.get("message"),
            "sender": "Alice",
            "created_at": TIME,
            "updated_at": TIME,
            "expires_at": TIME,
            "finalized_at": None,
            "ready_at": None,
            "max_downloads": body.get("max_downloads"),
            "download_count": 0,
            "file_count": len(body["files"]),
            "total_size": sum(f["size"] for f in body["files"]),
            "recipient_count": len(body["recipients"]),
            "version": 1,
            "password_protected": "password" in body,
            "tags": body.get("tags", {}),
            "notify": {"downloads": False, "problems": True, "reminder": False},
            "request_id": None,
            "a_field_of_tomorrow": {"x": 1},
            "recipients": [
                {
                    "id": f"rc_{i}",
                    "email": r["email"],
                    "name": None,
                    "locale": "en",
                    "status": "sent",
                }
                for i, r in enumerate(body["recipients"])
            ],
        }
        answer = self._transfer_json()
        for each in answer["files"]:
            each["upload"] = self._instructions(self.files[each["id"]])
        self.created[key] = answer
        return httpx.Response(201, json=answer)

    def _transfer_json(self) -> dict[str, Any]:
        # Not in the order of the request: the contract promises none.
        files = [file.to_json() for file in reversed(self.files.values())]
        return {**(self.transfer or {}), "files": files}

    def _get(self) -> httpx.Response:
        assert self.transfer is not None
        if self.transfer["status"] == "scanning":
            self.polls -= 1
            if self.polls < 0:
                self.transfer["status"] = "ready" if self.verdict == "clean" else "blocked"
                for file in self.files.values():
                    file.status = self.verdict
                    if self.verdict != "clean":
                        file.reason = {
                            "code": "malware-detected",
                            "detail": "EICAR-Test-File found.",
                        }
        return httpx.Response(200, json=self._transfer_json(), headers={"retry-after": "3"})

    def _list(self, request: httpx.Request) -> httpx.Response:
        first = "cursor" not in request.url.params
        page = [self._transfer_json()] if self.transfer else []
        return httpx.Response(200, json={"data": page, "next_cursor": "more" if first else None})

    def _recipients(self) -> httpx.Response:
        assert self.transfer is not None
        timeline = [{"status": "sent", "at": TIME}]
        data = [{**recipient, "timeline": timeline} for recipient in self.transfer["recipients"]]
        return httpx.Response(200, json={"data": data, "next_cursor": None})

    def _instructions(self, file: StoredFile) -> dict[str, Any]:
        if file.multipart:
            count = -(-int(file.declared["size"]) // PART_SIZE)
            return {
                "mode": "multipart",
                "part_size": PART_SIZE,
                "part_count": count,
                "expires_at": TIME,
            }
        fields = {"key": f"inbox/{file.id}", "policy": str(self.generation), "x-amz-signature": "s"}
        return {"mode": "post", "url": f"{STORE}/bucket", "fields": fields, "expires_at": TIME}

    def _upload(self, request: httpx.Request, file: StoredFile, rest: str) -> httpx.Response:
        assert self.transfer is not None
        self.transfer["status"] = "uploading"
        if rest == "":
            return httpx.Response(201, json=self._instructions(file))
        if rest == "/complete":
            return self._complete(file)
        if request.method == "GET":
            held = [{"number": n, "size": len(c), "etag": "e"} for n, c in file.parts.items()]
            return httpx.Response(200, json={"data": held, "next_cursor": None})
        wanted = json.loads(request.content)["parts"]
        self.sign_calls.append([part["number"] for part in wanted])
        signed = [
            {
                "number": part["number"],
                "url": f"{STORE}/part/{file.id}/{part['number']}?generation={self.generation}",
                "headers": {"content-length": str(part["size"])},
            }
            for part in wanted
        ]
        return httpx.Response(200, json={"parts": signed, "expires_at": TIME})

    def _complete(self, file: StoredFile) -> httpx.Response:
        if file.multipart:
            file.content = b"".join(file.parts[number] for number in sorted(file.parts))
        if file.content is None or len(file.content) != file.declared["size"]:
            return problem(409, "upload-incomplete", "Bytes are missing.")
        file.status = "uploaded"
        return httpx.Response(202, json=file.to_json())

    def _finalize(self, request: httpx.Request) -> httpx.Response:
        assert self.transfer is not None
        assert request.headers["idempotency-key"]
        if any(file.status == "pending" for file in self.files.values()):
            return problem(409, "upload-incomplete", "Bytes are missing.")
        self.transfer["status"] = "scanning"
        return httpx.Response(202, json=self._transfer_json(), headers={"retry-after": "2"})

    def _link(self, request: httpx.Request, path: str) -> httpx.Response:
        assert "authorization" not in request.headers
        if path == f"/t/{LINK_TOKEN}":
            view = {
                "password_required": False,
                "title": "Plans",
                "message": None,
                "sender": "Alice",
                "expires_at": TIME,
                "status": "ready",
                "downloads_left": None,
                "files": self.link_files,
            }
            return httpx.Response(200, json=view)
        match = re.fullmatch(rf"/t/{LINK_TOKEN}/files/(fl_\d+)/download", path)
        if match is None:
            return problem(404, "not-found", "There is nothing here.")
        self.downloads += 1
        listed = next(file for file in self.link_files if file["id"] == match[1])
        url = f"{STORE}/object/{match[1]}?generation={self.generation}"
        return httpx.Response(
            201,
            json={
                "url": url,
                "expires_at": TIME,
                "size": listed["size"],
                "sha256": listed["sha256"],
            },
        )

    # The file store

    def _store(self, request: httpx.Request) -> httpx.Response:
        assert "authorization" not in request.headers, "the token must not reach the file store"
        if request.method == "POST":
            return self._form(request)
        if int(request.url.params["generation"]) < self.oldest:
            return store_error(403, "AccessDenied", "Request has expired")
        _, kind, file_id, *number = request.url.path.split("/")
        if kind == "object":
            return self._object(request, self.objects[file_id])
        assert "transfer-encoding" not in request.headers
        assert request.headers["content-length"] == str(len(request.content))
        self.part_puts.append(int(number[0]))
        self.files[file_id].parts[int(number[0])] = request.content
        return httpx.Response(200, headers={"etag": '"e"'})

    def _form(self, request: httpx.Request) -> httpx.Response:
        boundary = request.headers["content-type"].partition("boundary=")[2].encode()
        fields: dict[str, bytes] = {}
        for chunk in request.content.split(b"--" + boundary)[1:-1]:
            head, _, value = chunk.partition(b"\r\n\r\n")
            match = re.search(rb' name="([^"]+)"', head)
            assert match is not None
            fields[match[1].decode()] = value.removesuffix(b"\r\n")
        if int(fields["policy"]) < self.oldest:
            return store_error(403, "AccessDenied", "Invalid according to Policy: Policy expired.")
        self.forms.append(list(fields))
        self.files[fields["key"].decode().removeprefix("inbox/")].content = fields["file"]
        return httpx.Response(204)

    def _object(self, request: httpx.Request, content: bytes) -> httpx.Response:
        etag = f'"{hashlib.sha256(content).hexdigest()}"'
        wanted = request.headers.get("range")
        if wanted is None or request.headers.get("if-range", etag) != etag:
            return httpx.Response(200, content=content, headers={"etag": etag})
        start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        span = f"bytes {start}-{len(content) - 1}/{len(content)}"
        return httpx.Response(
            206, content=content[start:], headers={"etag": etag, "content-range": span}
        )
