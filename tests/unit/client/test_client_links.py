"""Links behind a password, uploads for somebody else, and the files of one's own transfer."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import Result

from tests.unit.client.fake_skyferry import FakeSkyferry
from tests.unit.client.fake_wire import API, LINK, LINK_TOKEN, TIME, StoredFile, problem

Run = Callable[..., Result]
PASSWORD = "hush-hush"


class Lock:
    """A password in front of the fake cloud's link; sessions end when `ended` says so."""

    def __init__(self) -> None:
        self.sessions = 0
        self.oldest = 1
        self.tries: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response | None:
        path = request.url.path.removeprefix("/v1")
        if not path.startswith("/t/"):
            return None
        if path.endswith("/unlock"):
            return self._unlock(request)
        session = request.headers.get("skyferry-session", "session-0").removeprefix("session-")
        if int(session) >= self.oldest:
            return None
        if path == f"/t/{LINK_TOKEN}":
            return httpx.Response(200, json={"password_required": True})
        return problem(403, "password-required")

    def _unlock(self, request: httpx.Request) -> httpx.Response:
        self.tries.append(json.loads(request.content)["password"])
        if self.tries[-1] != PASSWORD:
            return problem(403, "wrong-password", "This password is wrong.")
        self.sessions += 1
        answer = {"session": f"session-{self.sessions}", "expires_at": TIME}
        return httpx.Response(200, json=answer)


@pytest.fixture
def lock(cloud: FakeSkyferry) -> Lock:
    lock = Lock()
    cloud.faults.append(lock)
    cloud.offer("a.txt", b"hello")
    return lock


def test_a_password_opens_the_link(run: Run, lock: Lock, out: Path) -> None:
    result = run("receive", LINK, "--output", out, "--password", PASSWORD)
    assert result.exit_code == 0, result.output
    assert (out / "a.txt").read_bytes() == b"hello"
    assert PASSWORD not in result.output


def test_a_session_that_is_over_is_renewed(
    run: Run, lock: Lock, out: Path, cloud: FakeSkyferry
) -> None:
    def end_it(request: httpx.Request) -> httpx.Response | None:
        if request.url.path.endswith("/download") and lock.sessions == 1:
            lock.oldest = 2
        return None

    cloud.faults.insert(0, end_it)
    assert run("receive", LINK, "--output", out, "--password", PASSWORD).exit_code == 0
    assert lock.tries == [PASSWORD, PASSWORD]


def test_a_wrong_password_is_tried_once(run: Run, lock: Lock, out: Path) -> None:
    result = run("receive", LINK, "--output", out, "--password", "guess")
    assert result.exit_code == 3
    assert "This password is wrong." in result.stderr
    assert lock.tries == ["guess"]


def test_without_a_terminal_a_missing_password_is_told(run: Run, lock: Lock) -> None:
    result = run("receive", LINK)
    assert result.exit_code == 3
    assert "--password, or SKYFERRY_LINK_PASSWORD" in result.stderr
    assert lock.tries == []


def test_a_password_may_come_from_the_environment(
    run: Run, lock: Lock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SKYFERRY_LINK_PASSWORD", PASSWORD)
    result = run("link", "show", LINK)
    assert "a.txt" in result.stdout
    assert PASSWORD not in run("receive", "--help").output


# Upload for somebody else


class Requested:
    """An upload request; its files go to the fake cloud's store."""

    def __init__(self, cloud: FakeSkyferry) -> None:
        self.cloud = cloud
        self.bodies: list[dict[str, Any]] = []
        self.finalized = 0

    def __call__(self, request: httpx.Request) -> httpx.Response | None:
        path = request.url.path.removeprefix("/v1")
        if path.startswith(("/r/", "/u/")):
            assert "authorization" not in request.headers
        if path == "/r/asked":
            nothing = dict.fromkeys(("message", "max_files", "max_bytes"))
            view = {**nothing, "requester": "Ada", "title": "Corrections", "expires_at": TIME}
            return httpx.Response(200, json={**view, "allowed_types": []})
        if path == "/r/asked/transfers":
            return self._contribute(request)
        if path.startswith("/u/up-token/files/"):
            file_id, _, rest = path.removeprefix("/u/up-token/files/").partition("/upload")
            return self.cloud._upload(request, self.cloud.files[file_id], rest)
        if path == "/u/up-token/finalize":
            self.finalized += 1
            status = {"id": "tr_9", "status": "scanning", "expires_at": TIME, "files": []}
            return httpx.Response(202, json=status)
        return None

    def _contribute(self, request: httpx.Request) -> httpx.Response:
        self.bodies.append(json.loads(request.content))
        self.cloud.transfer = {"status": "draft"}
        self.cloud.files = {
            f"fl_{number}": StoredFile(declared, f"fl_{number}")
            for number, declared in enumerate(self.bodies[-1]["files"])
        }
        files = [
            {**each.to_json(), "upload": self.cloud._instructions(each)}
            for each in reversed(self.cloud.files.values())
        ]
        transfer = {"id": "tr_9", "status": "draft", "files": files}
        upload = {"url": f"{API}/u/up-token", "expires_at": TIME}
        return httpx.Response(201, json={"transfer": transfer, "upload": upload})


@pytest.fixture
def requested(cloud: FakeSkyferry) -> Requested:
    requested = Requested(cloud)
    cloud.faults.append(requested)
    return requested


def test_files_are_sent_to_who_asked_without_an_account(
    run: Run, requested: Requested, cloud: FakeSkyferry, big: Path, tmp_path: Path
) -> None:
    small = tmp_path / "small.txt"
    small.write_bytes(b"hello")
    result = run("upload", f"{API}/r/asked?utm=1", big, small, "--name", "Bob", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["status"] == "scanning"
    assert "up-token" not in result.output
    assert requested.bodies[0]["sender_name"] == "Bob"
    sent = {file.declared["name"]: file.content for file in cloud.files.values()}
    assert sent == {"big.bin": big.read_bytes(), "small.txt": b"hello"}
    assert requested.finalized == 1


def test_what_was_not_asked_for_is_refused_in_words(
    run: Run, requested: Requested, cloud: FakeSkyferry, big: Path
) -> None:
    refusal = problem(415, "type-not-allowed", "Only image/* is asked for.")
    cloud.faults.insert(0, lambda r: refusal if r.url.path.endswith("/transfers") else None)
    result = run("upload", f"{API}/r/asked", big)
    assert result.exit_code == 1
    assert "Only image/* is asked for." in result.stderr


# One's own transfer


def test_files_are_added_to_a_transfer(
    run: Run, cloud: FakeSkyferry, big: Path, tmp_path: Path
) -> None:
    run("send", big, "--to", "bob@example.com", "--no-wait")

    def added(request: httpx.Request) -> httpx.Response | None:
        path = request.url.path.removeprefix("/v1/transfers/tr_1/files")
        if request.method == "POST" and path == "":
            file = StoredFile(json.loads(request.content), "fl_new")
            cloud.files["fl_new"] = file
            answer = {**file.to_json(), "upload": cloud._instructions(file)}
            return httpx.Response(201, json=answer)
        if request.method == "GET" and path == "/fl_new":
            return httpx.Response(200, json=cloud.files["fl_new"].to_json())
        return None

    cloud.faults.append(added)
    more = tmp_path / "more.txt"
    more.write_bytes(b"more")
    result = run("file", "add", "tr_1", more, "--json")
    assert result.exit_code == 0, result.output
    assert [each["status"] for each in json.loads(result.stdout)] == ["uploaded"]
    assert cloud.files["fl_new"].content == b"more"


def test_own_files_are_downloaded_all_or_some(run: Run, cloud: FakeSkyferry, out: Path) -> None:
    cloud.offer("a.txt", b"first")
    cloud.offer("b.txt", b"second")

    def own(request: httpx.Request) -> httpx.Response | None:
        path = request.url.path.removeprefix("/v1/transfers/tr_1/files")
        if path == "":
            files = [{**each, "status": "clean", "reason": None} for each in cloud.link_files]
            return httpx.Response(200, json={"data": files, "next_cursor": None})
        if path.endswith("/downloads"):
            request = httpx.Request("POST", f"{LINK}/files/{path.split('/')[1]}/download")
            return cloud._link(request, request.url.path.removeprefix("/v1"))
        return None

    cloud.faults.append(own)
    assert run("file", "download", "tr_1", "fl_1", "--output", out).exit_code == 0
    assert [path.name for path in out.iterdir()] == ["b.txt"]
    result = run("file", "download", "tr_1", "--output", out, "--json")
    assert (out / "a.txt").read_bytes() == b"first"
    assert {each["path"] for each in json.loads(result.stdout)} == set(map(str, out.iterdir()))
    result = run("file", "download", "tr_1", "fl_9", "--output", out)
    assert (result.exit_code, "has no file fl_9" in result.stderr) == (1, True)


def test_a_send_says_all_it_was_told(run: Run, cloud: FakeSkyferry, big: Path) -> None:
    options = ["--password", PASSWORD, "--tag", "case=42", "--tag", "x=a=b", "--notify-downloads"]
    result = run("send", big, "--to", "bob@example.com", "--expires-in", "3d", *options)
    assert result.exit_code == 0
    body = json.loads(cloud.requests[0].content)
    assert body["password"] == PASSWORD
    assert body["tags"] == {"case": "42", "x": "a=b"}
    assert body["notify"] == {"downloads": True}
    assert body["expires_in"] == 3 * 86400


def test_a_resumed_send_has_the_password_given_now(
    run: Run, cloud: FakeSkyferry, big: Path, tmp_path: Path
) -> None:
    def interrupt(request: httpx.Request) -> httpx.Response | None:
        if request.url.path.endswith("/upload/parts") and request.method == "POST":
            raise KeyboardInterrupt
        return None

    cloud.faults.append(interrupt)
    run("send", big, "--to", "bob@example.com", "--password", "first")
    kept = [path for path in (tmp_path / "state").rglob("*") if path.is_file()]
    assert kept
    assert not any(b"first" in path.read_bytes() for path in kept)
    cloud.faults.clear()
    assert run("send", big, "--to", "bob@example.com", "--password", "second").exit_code == 0
    (patch,) = [each for each in cloud.requests if each.method == "PATCH"]
    assert json.loads(patch.content) == {"password": "second"}
