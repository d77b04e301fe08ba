"""What the machine must have, and what is said when it has not."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from local.checks import check_node_version, check_tools
from local.problems import LaptopCloudError

ROOT = Path(__file__).resolve().parents[3]
PREFLIGHT = ROOT / "local" / "preflight.sh"


@pytest.mark.parametrize("version", ["v18.19.0", "v8.0.0", "", "nonsense"])
def test_an_old_or_unknown_node_is_refused(version: str) -> None:
    with pytest.raises(LaptopCloudError, match="version 20 or newer"):
        check_node_version(version)


@pytest.mark.parametrize("version", ["v20.0.0", "v24.1.2", "v100.0.0"])
def test_a_new_enough_node_passes(version: str) -> None:
    check_node_version(version)


def test_missing_node_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(LaptopCloudError, match=r"Node\.js is missing"):
        check_tools(ROOT)


def _tool(folder: Path, name: str, answer: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{answer}\n")
    path.chmod(0o755)


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder with a good Python, Node.js and npm, and nothing else on the path."""
    _tool(tmp_path, "python3", "exit 0")
    _tool(tmp_path, "node", "echo v22.1.0")
    _tool(tmp_path, "npm", "exit 0")
    return tmp_path


def _preflight(tools: Path) -> subprocess.CompletedProcess[str]:
    shell = shutil.which("sh")
    assert shell is not None
    return subprocess.run(
        [shell, str(PREFLIGHT)],
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
        check=False,
        cwd=os.sep,
    )


def test_preflight_passes_in_silence(tools: Path) -> None:
    result = _preflight(tools)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("name", "said"),
    [("python3", "python3 is missing"), ("node", "Node.js is missing"), ("npm", "npm is missing")],
)
def test_preflight_names_a_missing_tool(tools: Path, name: str, said: str) -> None:
    (tools / name).unlink()
    result = _preflight(tools)
    assert result.returncode == 1
    assert said in result.stderr


@pytest.mark.parametrize(
    ("name", "answer", "said"),
    [
        (
            "python3",
            '[ "$1" = --version ] && echo "Python 3.9.2"',
            "Python 3.9.2 is too old",
        ),
        ("python3", "exit 127", "python3 does not run"),
        ("node", "echo v18.20.1", "Node.js v18.20.1 is too old"),
        ("node", "echo nonsense", "is too old"),
    ],
)
def test_preflight_refuses_an_old_tool(tools: Path, name: str, answer: str, said: str) -> None:
    _tool(tools, name, answer)
    result = _preflight(tools)
    assert result.returncode == 1
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_an_old_python_is_told_so_without_a_traceback() -> None:
    """The entry point imports nothing of ours, and has no new syntax, before its check."""
    lines = (ROOT / "local" / "__main__.py").read_text().splitlines()
    imports = [line for line in lines if line.startswith(("import", "from"))]
    assert imports == ["import sys", "from local.cli import main"]
    assert lines.index(imports[1]) > next(
        number for number, line in enumerate(lines) if line.startswith("if sys.version_info")
    )
