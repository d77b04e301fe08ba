"""The command line: words, exit codes, and what it must not print."""

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from typer.testing import Result

from tests.unit.client.fake_skyferry import FakeSkyferry
from tests.unit.client.fake_wire import API, LINK, TOKEN, problem

Run = Callable[..., Result]


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ((), ["send", "receive", "list", "status", "130 interrupted"]),
        (("send",), ["FILE", "--to EMAIL", "--expires-in", "--max-downloads", "--no-wait"]),
        (("receive",), ["LINK", "--output", "--force"]),
        (("list",), ["--json", "SKYFERRY_API_URL", "SKYFERRY_TOKEN"]),
        (("status",), ["TRANSFER_ID", "--json"]),
    ],
)
def test_help_names_what_there_is(run: Run, command: tuple[str, ...], words: list[str]) -> None:
    result = run(*command, "--help")
    assert result.exit_code == 0
    assert [word for word in words if word not in result.output] == []
    assert TOKEN not in result.output


def test_the_version_is_told(run: Run) -> None:
    assert run("--version").output.startswith("skyferry-client")


def test_a_send_is_reported(run: Run, big: Path) -> None:
    result = run("send", big, "--to", "bob@example.com,eve@example.com", "--title", "Plans")
    assert result.exit_code == 0
    assert result.stdout == "tr_1 ready\n"
    assert "send big.bin (9.0 kB)" in result.stderr


def test_a_send_is_reported_as_json(run: Run, cloud: FakeSkyferry, big: Path) -> None:
    result = run(
        "send",
        big,
        "--to",
        "bob@example.com",
        "--expires-in",
        "7d",
        "--max-downloads",
        "3",
        "--json",
    )
    answer = json.loads(result.stdout)
    assert (answer["id"], answer["status"], answer["max_downloads"]) == ("tr_1", "ready", 3)
    assert json.loads(cloud.requests[0].content)["expires_in"] == 604800
    assert "upload" not in answer["files"][0], "signed URLs are secrets"


def test_without_waiting_the_send_ends_at_finalize(
    run: Run, cloud: FakeSkyferry, big: Path
) -> None:
    result = run("send", big, "--to", "bob@example.com", "--no-wait")
    assert result.stdout == "tr_1 scanning\n"
    assert cloud.requests[-1].url.path.endswith("/finalize")


def test_a_blocked_transfer_is_exit_1(run: Run, cloud: FakeSkyferry, big: Path) -> None:
    cloud.verdict = "infected"
    result = run("send", big, "--to", "bob@example.com")
    assert result.exit_code == 1
    assert "big.bin is infected" in result.stderr
    assert "again to continue" not in result.stderr


def test_ctrl_c_is_exit_130_and_says_how_to_go_on(run: Run, cloud: FakeSkyferry, big: Path) -> None:
    def interrupt(request: httpx.Request) -> httpx.Response | None:
        if request.url.path.endswith("/upload/parts") and request.method == "POST":
            raise KeyboardInterrupt
        return None

    cloud.faults.append(interrupt)
    result = run("send", big, "--to", "bob@example.com")
    assert result.exit_code == 130
    assert "Interrupted. Run the same command again to continue" in result.stderr

    cloud.faults.clear()
    result = run("send", big, "--to", "bob@example.com")
    assert (result.exit_code, result.stdout) == (0, "tr_1 ready\n")
    assert "resuming transfer tr_1" in result.stderr


def test_ctrl_c_before_there_is_anything_to_resume(
    run: Run, big: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("skyferry_client.send.Sender._hash", interrupt)
    result = run("send", big, "--to", "bob@example.com")
    assert result.exit_code == 130
    assert result.stderr == "Interrupted.\n"


def test_an_api_error_is_exit_1_with_all_it_says(run: Run, cloud: FakeSkyferry, big: Path) -> None:
    errors = [{"pointer": "/title", "code": "too-long", "detail": "at most 200 characters"}]
    cloud.faults.append(lambda _: problem(400, "malformed", "Wrong \x1b[31mbody.", errors=errors))
    result = run("send", big, "--to", "bob@example.com")
    assert result.exit_code == 1
    assert "(400 malformed)" in result.stderr
    assert "/title: at most 200 characters (too-long)" in result.stderr
    assert "request req-1" in result.stderr
    assert "\x1b" not in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("send", "--to", "bob@example.com"),
        ("send", "FILE"),
        ("send", "FILE", "--to", "bob@example.com", "--expires-in", "soon"),
        ("send", "FILE", "--to", "bob@example.com", "--max-downloads", "0"),
        ("list", "--api-url", "nowhere"),
        ("list", "--token", "two words"),
        ("receive", "https://example.test/other/x"),
        ("receive", "ftp://example.test/t/x"),
        ("unknown",),
    ],
)
def test_wrong_usage_is_exit_2(run: Run, cloud: FakeSkyferry, arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert cloud.requests == []
    assert "two words" not in result.output, "a token is never printed"


def test_a_missing_token_is_not_authorised(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SKYFERRY_TOKEN")
    result = run("list", "--api-url", API)
    assert result.exit_code == 3
    assert "skyferry login, or SKYFERRY_TOKEN" in result.stderr


def test_a_wrong_token_is_told_and_not_shown(run: Run) -> None:
    result = run("list", "--token", "wrong-token")
    assert result.exit_code == 3
    assert "401 unauthorized" in result.stderr
    assert "wrong-token" not in result.output


def test_a_link_is_received_without_the_token(
    run: Run, cloud: FakeSkyferry, tmp_path: Path
) -> None:
    cloud.offer("a.txt", b"hello")
    result = run("receive", LINK, "--output", tmp_path)
    assert result.exit_code == 0
    assert (tmp_path / "a.txt").read_bytes() == b"hello"
    assert all("authorization" not in request.headers for request in cloud.requests)


def test_a_damaged_file_is_exit_1(run: Run, cloud: FakeSkyferry, tmp_path: Path) -> None:
    cloud.offer("a.txt", b"hello", sha256="AAAA")
    result = run("receive", LINK, "--output", tmp_path)
    assert result.exit_code == 1
    assert "a.txt arrived damaged" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("code", "words", "exit_code"),
    [
        ("expired", "has expired", 4),
        ("deleted", "taken this transfer back", 4),
        ("download-limit", "used up", 6),
        ("not-found", "copied completely?", 4),
    ],
)
def test_a_link_that_is_over_says_why(
    run: Run, cloud: FakeSkyferry, code: str, words: str, exit_code: int
) -> None:
    cloud.faults.append(lambda _: problem(404 if code == "not-found" else 410, code))
    result = run("receive", LINK)
    assert result.exit_code == exit_code
    assert words in result.stderr


def test_a_link_that_ends_under_way_holds_out_no_hope(
    run: Run, cloud: FakeSkyferry, tmp_path: Path
) -> None:
    cloud.offer("a.txt", b"hello")
    cloud.faults.append(lambda r: problem(410, "download-limit") if r.method == "POST" else None)
    result = run("receive", LINK, "--output", tmp_path)
    assert result.exit_code == 6
    assert "used up" in result.stderr
    assert "again to continue" not in result.stderr


def test_an_interrupted_receive_says_how_to_go_on(
    run: Run, cloud: FakeSkyferry, tmp_path: Path
) -> None:
    def interrupt(request: httpx.Request) -> httpx.Response | None:
        if request.url.path.startswith("/object/"):
            raise KeyboardInterrupt
        return None

    cloud.offer("a.txt", b"hello")
    cloud.faults.append(interrupt)
    result = run("receive", LINK, "--output", tmp_path)
    assert result.exit_code == 130
    assert "again to continue" in result.stderr
    assert not (tmp_path / "a.txt").exists()


def test_transfers_are_listed(run: Run, big: Path) -> None:
    run("send", big, "--to", "bob@example.com", "--title", "[red]Plans\x1b[31m")
    result = run("list", "--limit", "1")
    heading, row = result.stdout.splitlines()
    assert heading.split()[:3] == ["ID", "STATUS", "TITLE"]
    assert "[red]Plans\ufffd[31m" in row
    assert [each["id"] for each in json.loads(run("list", "--json").stdout)] == ["tr_1", "tr_1"]


def test_the_status_shows_files_and_timelines(run: Run, big: Path) -> None:
    run("send", big, "--to", "bob@example.com")
    result = run("status", "tr_1")
    assert "big.bin" in result.stdout
    assert "2030-01-01T00:00:00Z sent" in result.stdout
    answer = json.loads(run("status", "tr_1", "--json").stdout)
    assert answer["recipients"][0]["timeline"] == [{"status": "sent", "at": "2030-01-01T00:00:00Z"}]


@pytest.mark.parametrize("command", [("list",), ("send", "FILE", "--to", "bob@example.com")])
def test_an_address_without_an_api_is_told_as_such(
    run: Run, cloud: FakeSkyferry, big: Path, command: tuple[str, ...]
) -> None:
    cloud.faults.append(lambda _: httpx.Response(404, text="<html>not here"))
    result = run(*(big if word == "FILE" else word for word in command))
    assert result.exit_code == 1
    assert "no Skyferry API at this address; it ends with /v1" in result.stderr


def test_a_connection_that_fails_is_told_in_words(run: Run, cloud: FakeSkyferry) -> None:
    def down(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("[Errno 111] Connection refused")

    cloud.faults.append(down)
    assert ": Connection refused" in run("status", "tr_1").stderr


def test_an_unknown_transfer_is_told(run: Run) -> None:
    result = run("status", "tr_9")
    assert result.exit_code == 4
    assert "There is nothing here. (404 not-found)" in result.stderr
