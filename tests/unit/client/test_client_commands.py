"""Every command once, against a service that answers by its published examples."""

import json
import logging
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from pathlib import Path

import httpx
import pytest
import typer.main
from skyferry_client.cli import app
from typer.testing import Result

from tests.unit.client.fake_skyferry import FakeSkyferry
from tests.unit.client.fake_wire import LINK, TOKEN, problem
from tests.unit.client.published import answered_by_examples

#: Commands that do not speak to the API; tests/unit/ops has them.
OPERATORS = {each.name for each in entry_points(group="skyferry.commands")}
Run = Callable[..., Result]
REQUEST_LINK = LINK.replace("/t/", "/r/")

#: Arguments of each command, and what it asks of the service at last.
COMMANDS: dict[str, tuple[str, str]] = {
    "list --status ready --tag k=v --title x --limit 3": ("GET", "/transfers"),
    "status tr_1": ("GET", "/transfers/tr_1/recipients"),
    "transfer show tr_1": ("GET", "/transfers/tr_1/recipients"),
    "transfer edit tr_1 --title x --tag a=b": ("PATCH", "/transfers/tr_1"),
    "transfer finalize tr_1": ("POST", "/transfers/tr_1/finalize"),
    "transfer delete tr_1": ("DELETE", "/transfers/tr_1"),
    "transfer restore tr_1": ("POST", "/transfers/tr_1/restore"),
    "transfer events tr_1": ("GET", "/transfers/tr_1/events"),
    "transfer receipt tr_1": ("GET", "/transfers/tr_1/receipt"),
    "transfer upload-token tr_1": ("POST", "/transfers/tr_1/upload-token"),
    "file list tr_1": ("GET", "/transfers/tr_1/files"),
    "file show tr_1 fl_1": ("GET", "/transfers/tr_1/files/fl_1"),
    "file rename tr_1 fl_1 --name x": ("PATCH", "/transfers/tr_1/files/fl_1"),
    "file remove tr_1 fl_1": ("DELETE", "/transfers/tr_1/files/fl_1"),
    "file abort tr_1 fl_1": ("DELETE", "/transfers/tr_1/files/fl_1/upload"),
    "recipient list tr_1": ("GET", "/transfers/tr_1/recipients"),
    "recipient add tr_1 bob@example.com --name Bob": ("POST", "/transfers/tr_1/recipients"),
    "recipient remove tr_1 rc_1": ("DELETE", "/transfers/tr_1/recipients/rc_1"),
    "recipient resend tr_1 rc_1": ("POST", "/transfers/tr_1/recipients/rc_1/resend"),
    "request create --title x --max-files 2 --type image/* --expires-in 3d": ("POST", "/requests"),
    "request list": ("GET", "/requests"),
    "request show rq_1": ("GET", "/requests/rq_1"),
    "request edit rq_1 --max-uses 5 --clear password": ("PATCH", "/requests/rq_1"),
    "request revoke rq_1": ("DELETE", "/requests/rq_1"),
    "webhook create https://example.com/hook --event transfer.ready": ("POST", "/webhooks"),
    "webhook list": ("GET", "/webhooks"),
    "webhook show wh_1": ("GET", "/webhooks/wh_1"),
    "webhook edit wh_1 --disable": ("PATCH", "/webhooks/wh_1"),
    "webhook delete wh_1": ("DELETE", "/webhooks/wh_1"),
    "webhook test wh_1": ("POST", "/webhooks/wh_1/test"),
    "webhook deliveries wh_1": ("GET", "/webhooks/wh_1/deliveries"),
    "webhook redeliver wh_1 dl_1": ("POST", "/webhooks/wh_1/deliveries/dl_1/redeliver"),
    "feed --after ev_1": ("GET", "/events"),
    "usage": ("GET", "/usage"),
    "limits": ("GET", "/limits"),
    "suppression list": ("GET", "/suppressions"),
    "suppression show bob@example.com": ("GET", "/suppressions/bob@example.com"),
    "suppression lift bob@example.com": ("DELETE", "/suppressions/bob@example.com"),
    f"link show {LINK}": ("GET", "/t/link-token-0123456789"),
    f"link unlock {LINK} --password x": ("POST", "/t/link-token-0123456789/unlock"),
    f"link unsubscribe {LINK}": ("POST", "/t/link-token-0123456789/unsubscribe"),
    f"link unsubscribe {LINK} --check": ("GET", "/t/link-token-0123456789/unsubscribe"),
}
#: Tested on their own, since they do more than ask.
ELSEWHERE = {
    "send", "receive", "upload", "file add", "file download", "verify", "login", "logout", "whoami",
    "config show", "config set",
}  # fmt: skip


def names() -> Iterator[str]:
    """All commands there are."""
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        if name in OPERATORS:
            continue
        below = getattr(command, "commands", None)
        yield from [name] if below is None else (f"{name} {each}" for each in below)


@pytest.fixture
def examples(cloud: FakeSkyferry) -> FakeSkyferry:
    cloud.faults.append(answered_by_examples)
    return cloud


def test_every_command_is_tested_here_or_elsewhere() -> None:
    tested = {
        name for name in names() if any(f"{line} ".startswith(f"{name} ") for line in COMMANDS)
    }
    assert set(names()) - tested == ELSEWHERE


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_asks_the_service_and_shows_its_answer(
    run: Run, examples: FakeSkyferry, line: str
) -> None:
    result = run(*line.split())
    assert result.exit_code == 0, result.output
    last = examples.requests[-1]
    assert (last.method, last.url.path.removeprefix("/v1")) == COMMANDS[line]
    assert result.stdout.strip()
    assert result.stderr == ""
    assert "namespace" not in result.stdout
    assert "datetime" not in result.stdout
    assert TOKEN not in result.output


@pytest.mark.parametrize("line", COMMANDS)
def test_with_json_stdout_is_one_document(run: Run, examples: FakeSkyferry, line: str) -> None:
    result = run(*line.split(), "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)
    assert result.stderr == ""
    assert "X-Amz-Signature" not in result.stdout


@pytest.mark.parametrize("line", COMMANDS)
def test_a_refusal_is_told_in_words_and_as_the_problem_document(
    run: Run, cloud: FakeSkyferry, line: str
) -> None:
    errors = [{"pointer": "/title", "code": "too-long", "detail": "At most 200 characters."}]
    cloud.faults.append(lambda _: problem(400, "malformed", "1 field is wrong.", errors=errors))
    result = run(*line.split())
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(
        "skyferry: 1 field is wrong. (400 malformed)\n  /title: At most"
    )
    assert "Traceback" not in result.output
    document = json.loads(run(*line.split(), "--json").stdout)
    assert (document["code"], document["errors"]) == ("malformed", errors)


@pytest.mark.parametrize(
    ("status", "code", "exit_code"),
    [
        (400, "malformed", 1),
        (401, "unauthorized", 3),
        (403, "forbidden", 3),
        (404, "not-found", 4),
        (409, "state", 5),
        (410, "expired", 4),
        (412, "precondition-failed", 5),
        (413, "quota-exceeded", 6),
        (415, "type-not-allowed", 1),
        (422, "checksum-mismatch", 1),
        (429, "too-many-requests", 6),
        (500, "internal", 7),
        (503, "unavailable", 7),
        (499, "unheard-of", 1),
    ],
)
def test_exit_codes_tell_what_to_do(
    run: Run, cloud: FakeSkyferry, status: int, code: str, exit_code: int
) -> None:
    cloud.faults.append(lambda _: problem(status, code))
    assert run("usage").exit_code == exit_code


def test_a_service_that_does_not_answer_is_unavailable(run: Run, cloud: FakeSkyferry) -> None:
    def down(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("[Errno 111] Connection refused")

    cloud.faults.append(down)
    result = run("usage", "--json")
    assert result.exit_code == 7
    assert "Connection refused" in json.loads(result.stdout)["detail"]


def test_exit_codes_are_in_the_help(run: Run) -> None:
    text = " ".join(run("--help").output.split())
    for code in ("0 done", "3 not authorised", "4 not found", "6 limit", "7 unavailable", "130"):
        assert code in text


@pytest.mark.parametrize(
    "line",
    [
        "transfer edit tr_1",
        "transfer edit tr_1 --clear status",
        "transfer edit tr_1 --tag nonsense",
        "transfer edit tr_1 --tag =x",
        "list --tag nonsense",
        "webhook edit wh_1",
        "file rename tr_1 fl_1",
        f"upload {LINK} file",
        f"link show {REQUEST_LINK}",
        "transfer show",
        "request create --max-files 0",
    ],
)
def test_wrong_usage_asks_nothing(run: Run, examples: FakeSkyferry, line: str) -> None:
    result = run(*line.split())
    assert result.exit_code == 2
    assert examples.requests == []


def test_what_is_cleared_is_sent_as_null(run: Run, examples: FakeSkyferry) -> None:
    run("transfer", "edit", "tr_1", "--clear", "password", "--clear", "tags", "--title", "New")
    body = json.loads(examples.requests[-1].content)
    assert body == {"title": "New", "password": None, "tags": None}
    run("file", "rename", "tr_1", "fl_1", "--folder", "")
    assert json.loads(examples.requests[-1].content) == {"path": None}


def test_an_id_that_is_a_path_reaches_nothing_else(run: Run, examples: FakeSkyferry) -> None:
    assert run("transfer", "delete", "..").exit_code == 1
    assert examples.requests == []


def test_verbose_tells_requests_without_secrets(
    run: Run, examples: FakeSkyferry, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    log = logging.getLogger("skyferry_client")
    try:
        result = run("link", "unlock", LINK, "--password", "hush", "--verbose")
        told = result.output + capfd.readouterr().err
    finally:
        log.handlers, log.level = [], logging.NOTSET
    assert "POST /t/…/unlock: 200" in told
    for secret in ("link-token-0123456789", "hush"):
        assert secret not in told


def test_an_empty_list_is_nothing_for_people_and_a_list_for_programs(
    run: Run, cloud: FakeSkyferry
) -> None:
    cloud.faults.append(lambda _: httpx.Response(200, json={"data": [], "next_cursor": None}))
    assert run("webhook", "list").stdout == ""
    assert json.loads(run("webhook", "list", "--json").stdout) == []


def test_the_feed_is_followed_from_the_last_event_on(
    run: Run, examples: FakeSkyferry, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = iter([None])

    def pause(_: float) -> None:
        if next(rounds, "over") == "over":
            raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", pause)
    result = run("feed", "--follow", "--json")
    assert result.exit_code == 130
    documents = [json.loads(line) for line in result.stdout.splitlines()]
    first, second = (request.url.params for request in examples.requests)
    assert "after" not in first
    assert second["after"] == documents[len(documents) // 2 - 1]["id"]
