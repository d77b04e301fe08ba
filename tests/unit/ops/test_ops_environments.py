"""`skyferry env`: what somebody sees who is about to deploy."""

import json
from pathlib import Path

import jsonschema
import pytest
from skyferry_client.cli import app
from typer.testing import CliRunner, Result

ROOT = Path(__file__).parents[3]
SMALL = """
[tags]
owner = "me"
cost_center = "none"
[auth]
issuer = "https://login.example.com"
audience = "skyferry"
[mail]
sender_address = "a@example.com"
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["env", *arguments])


def written(folder: Path, text: str) -> str:
    path = folder / "x.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_right_file_says_what_it_comes_to() -> None:
    done = run("check", "prod", "--file", str(ROOT / "config/prod.toml"))

    assert done.exit_code == 0
    assert done.output == (
        "prod can be deployed: production, data is kept when its stacks are deleted.\n"
    )


def test_all_mistakes_are_told_on_stderr(tmp_path: Path) -> None:
    done = run("check", "dev", "--file", written(tmp_path, f"colour = 1\nscan = 2\n{SMALL}"))

    assert done.exit_code == 2
    assert done.stdout == ""
    assert "colour = 1: there is no such key" in done.stderr
    assert "scan = 2" in done.stderr


def test_what_a_file_does_not_say_is_marked_as_default(tmp_path: Path) -> None:
    done = run("show", "dev", "--file", written(tmp_path, f"log_retention_days = 7\n{SMALL}"))

    lines = done.output.splitlines()
    assert "log_retention_days = 7" in lines
    assert "functions.memory_mb = 512  # default" in lines
    assert 'tags.owner = "me"' in lines


def test_show_prints_one_json_document(tmp_path: Path) -> None:
    done = run("show", "dev", "--json", "--file", written(tmp_path, SMALL))

    assert json.loads(done.output)["functions"]["memory_mb"] == 512


def test_the_schema_is_one() -> None:
    schema = json.loads(run("schema").output)

    jsonschema.Draft202012Validator.check_schema(schema)
    assert "name" not in schema["properties"]


def test_without_the_constructs_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError("No module", name="aws_cdk")

    monkeypatch.setattr("skyferry_ops.environments.importlib.import_module", missing)

    done = run("check", "prod")

    assert done.exit_code == 1
    assert "This needs aws_cdk: pip install 'skyferry[deploy]'" in done.stderr
