"""Profiles: what counts before what, and what is said of a file that is wrong."""

import json
import stat
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from skyferry_client.config import Config, ConfigError
from typer.testing import Result

Run = Callable[..., Result]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(tmp_path / "deep" / "config.toml")


def test_without_a_file_nothing_is_set(config: Config) -> None:
    assert config.profile("default", {}).api_url is None


def test_what_was_set_is_read_whatever_it_holds(config: Config) -> None:
    hostile = 'a "b" \\ \n \t é \U0001f600 \x7f'
    config.change("a.b c", "client_id", hostile)
    config.change("default", "api_url", "https://x.example/v1")
    assert config.profile("a.b c", {}).client_id == hostile
    assert config.profile("default", {}).api_url == "https://x.example/v1"
    assert tomllib.loads(config.path.read_text())["profile"]["a.b c"]["client_id"] == hostile
    assert stat.S_IMODE(config.path.stat().st_mode) == 0o600
    config.change("a.b c", "client_id", None)
    assert config.profile("a.b c", {}).client_id is None


def test_the_environment_comes_before_the_file(config: Config) -> None:
    config.change("default", "issuer", "https://file.example")
    environment = {"SKYFERRY_ISSUER": "https://env.example", "SKYFERRY_AUDIENCE": ""}
    assert config.profile("default", environment).issuer == "https://env.example"
    assert config.profile("default", environment).audience is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[", "cannot be read"),
        ("api_url = 'x'", "more than tables"),
        ("[profile.default]\ncolour = 'red'", "no setting 'colour'"),
        ("[profile.default]\napi_url = 5", "profile.default.api_url is not a text"),
        ("[profile]\ndefault = 5", "profile.default is not a table"),
    ],
)
def test_a_wrong_file_is_told_by_file_and_key(config: Config, content: str, words: str) -> None:
    config.path.parent.mkdir()
    config.path.write_text(content)
    with pytest.raises(ConfigError, match=words) as refusal:
        config.profile("default", {})
    assert str(config.path) in str(refusal.value)


def test_unknown_names_are_refused(config: Config) -> None:
    with pytest.raises(ConfigError, match="no profile 'x'"):
        config.profile("x", {})
    with pytest.raises(ConfigError, match="no setting 'token'"):
        config.change("default", "token", "secret")


def test_the_command_sets_and_shows(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SKYFERRY_API_URL")
    assert (
        run("config", "set", "api_url", "https://x.example/v1", "--profile", "work").exit_code == 0
    )
    shown = json.loads(run("config", "show", "--profile", "work", "--json").stdout)
    assert shown["api_url"] == "https://x.example/v1"
    flag = run("config", "show", "--profile", "work", "--json", "--api-url", "https://y.example/v1")
    assert json.loads(flag.stdout)["api_url"] == "https://y.example/v1"
    assert run("config", "set", "colour", "red").exit_code == 2
    assert run("list", "--profile", "absent").exit_code == 2
    assert "give the API's address" in run("list").output
