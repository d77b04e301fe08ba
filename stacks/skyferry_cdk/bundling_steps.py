"""The steps of building a Lambda asset: install, tidy, compile (see `botocore_trimming` for a fourth). Plain files and subprocesses, no CDK."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Final

_PLATFORMS: Final = {"arm64": "aarch64-manylinux_2_28", "x86_64": "x86_64-manylinux_2_28"}
_INSTALLER_FILES: Final = ("INSTALLER", "RECORD", "REQUESTED", "direct_url.json", "uv_cache.json")
#: Seconds one step may take before it counts as hanging.
_PATIENCE: Final = 300


class BundlingError(RuntimeError):
    """A Lambda asset could not be built; the message says which step and why."""


def install(requirements: Path, output: Path, *, python: str, architecture: str) -> None:
    """Install the locked wheels for the target platform: hashes checked, nothing built, nothing added."""
    output.mkdir(parents=True, exist_ok=True)
    if not any(_is_requirement(line) for line in requirements.read_text().splitlines()):
        return
    _run(
        str(_uv()), "pip", "install", "--quiet", "--no-config", "--link-mode", "copy",
        # uv needs some interpreter, of any version; it would look on PATH, or download one.
        "--python", sys.executable,
        "--require-hashes", "--no-deps", "--only-binary", ":all:",
        "--python-version", python, "--python-platform", _PLATFORMS[architecture],
        "--target", str(output), "--requirements", str(requirements),
    )  # fmt: skip


def drop_installer_traces(output: Path) -> None:
    """Remove what differs between machines or is never imported."""
    shutil.rmtree(output / "bin", ignore_errors=True)
    (output / ".lock").unlink(missing_ok=True)
    for folder in output.glob("*.dist-info"):
        for name in _INSTALLER_FILES:
            (folder / name).unlink(missing_ok=True)


def write_bytecode(output: Path, compiler: Path) -> None:
    """Compile with the target's interpreter, checked by source hash.

    CDK's zip dates every file 1980, so bytecode checked by time stamp would be thrown away on each cold start.
    """
    for stale in output.rglob("__pycache__"):
        shutil.rmtree(stale)
    _run(
        str(compiler), "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "checked-hash",
        "-s", str(output), "-p", "/var/task", str(output),
        environment={"PYTHONHASHSEED": "0"},
    )  # fmt: skip


@cache
def find_python(version: str) -> Path | None:
    """An interpreter of exactly this minor version: the running one, or one on PATH that really runs."""
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return Path(sys.executable)
    found = shutil.which(f"python{version}")
    if found is None:
        return None
    probe = subprocess.run(  # noqa: S603 - an interpreter from PATH, fixed arguments
        [found, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
        capture_output=True, text=True, check=False, timeout=_PATIENCE,
    )  # fmt: skip
    # A version manager's shim may be on PATH without that version behind it.
    return Path(found) if probe.returncode == 0 and probe.stdout.strip() == version else None


def _is_requirement(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith(("#", "-"))


def _uv() -> Path:
    """uv beside the running interpreter, else on PATH."""
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.is_file() else shutil.which("uv")
    if found is None:
        raise BundlingError("uv is needed to build Lambda assets: pip install uv")
    return Path(found)


def _run(*command: str, environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(  # noqa: S603 - our own command line, no shell
        command,
        capture_output=True, text=True, check=False, timeout=_PATIENCE,
        env={**os.environ, **(environment or {})},
    )  # fmt: skip
    if done.returncode != 0:
        raise BundlingError(f"{' '.join(command[:3])} failed:\n{done.stdout}{done.stderr}".rstrip())
