"""tests/attacks/catalogue.toml names tests that exist, and SECURITY.md names its rows."""

import re
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
CATALOGUE = ROOT / "tests" / "attacks" / "catalogue.toml"
OWASP = {f"API{number}" for number in range(1, 11)}
CLASSES = {"peer", *OWASP, "url-variant", "jwt", "injection", "wallet", "further"}
ROWS: list[dict[str, Any]] = tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))["attack"]
NAMED = {test for row in ROWS for test in row["tests"]}
#: An id of a row, as SECURITY.md writes it in its tables.
_REFERENCE = re.compile(r"`([a-z0-9]+(?:-[a-z0-9]+)+)`")


@pytest.fixture(scope="module")
def collected() -> set[str]:
    """Every test that the named files have, as pytest would run it, and without its cases. Nothing is run, so
    no cloud is needed."""
    named = {test.partition("::")[0] for test in NAMED}
    attacks = (ROOT / "tests" / "integration" / "attacks").glob("test_*.py")
    files = sorted(named | {str(path.relative_to(ROOT)) for path in attacks})
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, *files], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    found = {line for line in done.stdout.splitlines() if "::" in line}
    return found | {line.partition("[")[0] for line in found}


def test_every_test_that_is_named_exists(collected: set[str]) -> None:
    assert sorted(NAMED - collected) == []


def test_every_attack_is_in_it_once_and_says_what_it_is() -> None:
    fields = {"id", "class", "over", "tried", "expected", "tests"}
    doubled = [name for name, times in Counter(row["id"] for row in ROWS).items() if times > 1]

    assert doubled == []
    for row in ROWS:
        assert set(row) == fields | ({"incident"} if row["class"] == "peer" else set()), row["id"]
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row["id"])
        assert all(row.values()), row["id"]


def test_every_class_has_attacks() -> None:
    assert {row["class"] for row in ROWS} == CLASSES


def test_at_least_eighty_are_plain_http_to_the_laptop_cloud() -> None:
    over = Counter(row["over"] for row in ROWS)

    assert set(over) == {"http", "queue", "function"}
    assert over["http"] >= 80
    for row in ROWS:
        deployed = [test for test in row["tests"] if test.startswith("tests/integration/")]
        assert bool(deployed) is (row["over"] != "function"), row["id"]


def test_security_md_names_rows_that_exist_and_every_incident() -> None:
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    known = {row["id"] for row in ROWS}
    tables = [line for line in text.splitlines() if line.startswith("|")]
    named = {name for line in tables for name in _REFERENCE.findall(line)}

    assert named - known == set()
    assert {row["id"] for row in ROWS if row["class"] == "peer"} - named == set()
    assert {row["class"] for row in ROWS if row["id"] in named} >= OWASP


def test_every_attack_of_the_folder_is_in_the_catalogue(collected: set[str]) -> None:
    """A new test of an attack is no secret."""
    tests = {line for line in collected if line.startswith("tests/integration/attacks/")}
    functions = {line for line in tests if "[" not in line}

    assert functions - {test.partition("[")[0] for test in NAMED} == set()
