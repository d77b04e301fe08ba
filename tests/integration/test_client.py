"""The `skyferry` command as a person runs it: its own process, the deployed API, the stand-in issuer."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.settings import Settings
from local.standins.grants import CLIENT_SECRET
from tests.integration.conftest import Inbox

PASSWORD = "correct-horse"
_COMMAND = Path(sys.executable).with_name("skyferry")


class Skyferry:
    """The command with a home of its own, signed in as nobody at first."""

    def __init__(self, home: Path, api_url: str) -> None:
        self.home = home
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "XDG_STATE_HOME": str(home / "state"),
            "XDG_CONFIG_HOME": str(home / "config"),
            "SKYFERRY_API_URL": api_url,
            "NO_PROXY": "127.0.0.1",
        }

    def run(self, *arguments: object, exit_code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [_COMMAND, *map(str, arguments)],
            env=self.environment,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == exit_code, f"{arguments}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
        return done

    def json(self, *arguments: object, exit_code: int = 0) -> Any:
        return json.loads(self.run(*arguments, "--json", exit_code=exit_code).stdout)

    def until(self, wanted: Callable[[Any], bool], *arguments: object) -> Any:
        """The answer of a command, once it is as wanted."""
        deadline = time.monotonic() + 60
        while not wanted(found := self.json(*arguments)):
            assert time.monotonic() < deadline, found
            time.sleep(1)
        return found


@pytest.fixture
def skyferry(tmp_path: Path, cloud: Any, token: Callable[..., str], subject: str) -> Skyferry:
    """Signed in by a token in the environment, with an address that can be told of downloads."""
    command = Skyferry(tmp_path, cloud.api_url)
    command.environment["SKYFERRY_TOKEN"] = token(subject, email=f"{subject}@example.com")
    return command


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """A small file, and one that goes in parts."""
    small, large = tmp_path / "small.txt", tmp_path / "large.bin"
    small.write_bytes(b"hello")
    large.write_bytes(os.urandom(17 * 1024 * 1024))
    return [small, large]


def link_in(mail: dict[str, Any]) -> str:
    found = re.search(r"http\S+/t/[\w-]+", mail["text"])
    assert found is not None
    return found.group()


def test_a_transfer_from_send_to_verify(
    skyferry: Skyferry, files: list[Path], inbox: Inbox, recipient: str, tmp_path: Path
) -> None:
    options = ["--password", PASSWORD, "--tag", "case=42", "--notify-downloads", "--title", "Plans"]
    sent = skyferry.json("send", *files, "--to", recipient, *options, "--expires-in", "3d")
    transfer_id = sent["id"]
    assert sent["status"] == "ready"
    assert sent["tags"] == {"case": "42"}
    assert [one["id"] for one in skyferry.json("list", "--tag", "case=42")] == [transfer_id]

    link = link_in(inbox.wait_for(recipient))
    stranger = Skyferry(tmp_path / "stranger", skyferry.environment["SKYFERRY_API_URL"])
    stranger.home.mkdir()
    stranger.run("receive", link, exit_code=3)
    stranger.run("receive", link, "--password", "wrong", exit_code=3)
    stranger.run("receive", link, "--password", PASSWORD, "--output", "out")
    for file in files:
        assert (stranger.home / "out" / file.name).read_bytes() == file.read_bytes()

    own = skyferry.json("file", "download", transfer_id, "--output", "own")
    assert {each["problem"] for each in own} == {None}
    skyferry.until(
        lambda people: people[0]["status"] == "downloaded", "recipient", "list", transfer_id
    )

    verdict = skyferry.json("verify", transfer_id)
    assert (verdict["intact"], verdict["signature"]) == (True, "valid")
    saved = tmp_path / "saved.json"
    saved.write_text(json.dumps(verdict))
    assert "not checked" in skyferry.run("verify", saved).stdout
    verdict["events"][2]["at"] = "2020-01-01T00:00:00.000Z"
    saved.write_text(json.dumps(verdict))
    assert "event 3:" in skyferry.run("verify", saved, exit_code=1).stdout


def test_a_transfer_is_changed_and_ended(
    skyferry: Skyferry, files: list[Path], inbox: Inbox, recipient: str
) -> None:
    transfer_id = skyferry.json("send", files[0], "--to", recipient)["id"]
    link = link_in(inbox.wait_for(recipient))
    edited = skyferry.json("transfer", "edit", transfer_id, "--title", "New", "--max-downloads", 1)
    assert (edited["title"], edited["max_downloads"]) == ("New", 1)
    cleared = skyferry.json("transfer", "edit", transfer_id, "--clear", "max_downloads")
    assert cleared["max_downloads"] is None

    added = skyferry.json("recipient", "add", transfer_id, f"second-{recipient}", "--locale", "de")
    inbox.wait_for(f"second-{recipient}")
    skyferry.run("recipient", "resend", transfer_id, added["id"])
    skyferry.run("recipient", "remove", transfer_id, added["id"])

    skyferry.run("transfer", "delete", transfer_id)
    skyferry.run("status", transfer_id, exit_code=4)
    skyferry.run("link", "show", link, exit_code=4)
    assert skyferry.json("transfer", "restore", transfer_id)["status"] == "ready"
    assert skyferry.json("link", "show", link)["title"] == "New"
    skyferry.run("file", "add", transfer_id, files[1], exit_code=5)
    assert skyferry.json("usage")["transfers"] == 1


def test_files_for_somebody_who_asked(
    skyferry: Skyferry, files: list[Path], tmp_path: Path
) -> None:
    asked = skyferry.json("request", "create", "--title", "Plans", "--password", PASSWORD)
    stranger = Skyferry(tmp_path / "stranger", "http://127.0.0.1:1/v1")
    stranger.home.mkdir()
    stranger.run("upload", asked["url"], *files, exit_code=3)
    sent = stranger.json("upload", asked["url"], *files, "--password", PASSWORD, "--name", "Bob")
    skyferry.until(lambda found: found["status"] == "ready", "transfer", "show", sent["id"])
    skyferry.run("file", "download", sent["id"], "--output", "got")
    assert (skyferry.home / "got" / "large.bin").read_bytes() == files[1].read_bytes()
    skyferry.run("request", "revoke", asked["id"])
    stranger.run("upload", asked["url"], files[0], "--password", PASSWORD, exit_code=4)


def test_a_webhook_from_create_to_delete(skyferry: Skyferry, subject: str) -> None:
    url = f"{Settings.load().standins_url}/hooks/{subject}"
    made = skyferry.json("webhook", "create", url, "--event", "transfer.ready")
    assert made["secret"].startswith("whsec_")
    assert skyferry.json("webhook", "show", made["id"])["secret"] is None
    skyferry.run("webhook", "test", made["id"])
    (delivery,) = skyferry.until(
        lambda found: found and found[0]["status"] == "delivered",
        "webhook",
        "deliveries",
        made["id"],
    )
    skyferry.run("webhook", "redeliver", made["id"], delivery["id"])
    assert skyferry.json("webhook", "edit", made["id"], "--disable")["enabled"] is False
    skyferry.run("webhook", "delete", made["id"])
    skyferry.run("webhook", "show", made["id"], exit_code=4)


def test_a_person_signs_in_on_a_page(skyferry: Skyferry, subject: str) -> None:
    issuer = Settings.load().standins_url
    del skyferry.environment["SKYFERRY_TOKEN"]
    skyferry.run("list", exit_code=3)
    for key, value in {
        "issuer": issuer,
        "client_id": "cli",
        "scopes": "transfers:read transfers:write",
    }.items():
        skyferry.run("config", "set", key, value)
    with subprocess.Popen(
        [_COMMAND, "login"], env=skyferry.environment, stderr=subprocess.PIPE, text=True
    ) as login:
        assert login.stderr is not None
        told = login.stderr.readline() + login.stderr.readline()
        code = told.split()[-1]
        form = {"user_code": code, "subject": subject}
        httpx.post(f"{issuer}/device", data=form, trust_env=False, timeout=30).raise_for_status()
        assert login.wait(30) == 0
    assert skyferry.json("whoami")["subject"] == subject
    assert skyferry.json("list") == []
    kept = skyferry.home / "state" / "skyferry" / "tokens.json"
    tokens = json.loads(kept.read_text())
    tokens["default"]["expires_at"] = 1
    kept.write_text(json.dumps(tokens))
    assert skyferry.json("list") == []
    assert json.loads(kept.read_text()) != tokens, "the token was renewed"
    skyferry.run("logout")
    skyferry.run("list", exit_code=3)


def test_a_program_signs_in_by_its_secret(skyferry: Skyferry, subject: str) -> None:
    del skyferry.environment["SKYFERRY_TOKEN"]
    skyferry.environment |= {
        "SKYFERRY_ISSUER": Settings.load().standins_url,
        "SKYFERRY_CLIENT_ID": subject,
        "SKYFERRY_SCOPES": "transfers:read",
        "SKYFERRY_CLIENT_SECRET": "wrong",
    }
    skyferry.run("login", "--client-credentials", exit_code=3)
    skyferry.environment["SKYFERRY_CLIENT_SECRET"] = CLIENT_SECRET
    skyferry.run("login", "--client-credentials")
    assert skyferry.json("limits")["part_window"] == 100
    skyferry.run("webhook", "create", "https://example.com/hook", exit_code=3)


def test_the_feed_is_followed(skyferry: Skyferry, files: list[Path], recipient: str) -> None:
    transfer_id = skyferry.json("send", files[0], "--to", recipient)["id"]
    with subprocess.Popen(
        [_COMMAND, "feed", "--follow", "--json"],
        env=skyferry.environment | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Whoever runs the tests in the background has told them to ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as feed:
        assert feed.stdout is not None
        # Events appear with the delay that the API promises.
        first = json.loads(feed.stdout.readline())
        feed.send_signal(signal.SIGINT)
        assert feed.wait(10) == 130
    assert (first["transfer_id"], first["type"]) == (transfer_id, "transfer.created")
