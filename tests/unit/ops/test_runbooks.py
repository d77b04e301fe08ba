"""A runbook is read at night: every command in it, and in the pages for operators, exists, with its options."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
from skyferry_client.cli import app

DOCS = Path(__file__).parents[3] / "docs"
RUNBOOKS = [*sorted((DOCS / "runbooks").glob("*.md")), DOCS / "deploying.md", DOCS / "operating.md"]
COMMAND = re.compile(r"(?:^|`)(skyferry [a-z][^`\n]*)", re.MULTILINE)


def _commands() -> list[tuple[str, str]]:
    return [
        (page.stem, line.strip())
        for page in RUNBOOKS
        for line in COMMAND.findall(page.read_text(encoding="utf-8"))
    ]


def test_every_link_leads_to_a_page() -> None:
    for page in RUNBOOKS:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), (page.name, target)


def test_runbooks_name_commands() -> None:
    assert {"dlq", "ops"} <= {line.split()[1] for _, line in _commands()}


@pytest.mark.parametrize(("page", "line"), _commands())
def test_the_command_of_a_runbook_exists(page: str, line: str) -> None:
    words = shlex.split(line.split("|")[0])[1:]
    found: Any = typer.main.get_command(app)
    while (below := getattr(found, "commands", None)) is not None:
        found = below[words.pop(0)]
    known = {option for one in found.params for option in one.opts}
    assert {word for word in words if word.startswith("--")} <= known
