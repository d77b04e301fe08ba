"""Programs that know nothing of us: a generated client, curl, a download manager."""

import hashlib
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.cloud import Cloud
from local.settings import ROOT
from tests.integration.conftest import TokenFor
from tests.integration.sender import Sender, described, path

MIB = 1024 * 1024
_TOOLS = ROOT / ".local" / "contract-venv" / "bin"


def _run(*command: str | Path, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        [str(each) for each in command],
        cwd=cwd,
        env={"PATH": f"{_TOOLS}:{os.environ['PATH']}", "HOME": str(cwd), **environment},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def _installed(name: str, hint: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.fail(f"{name} is missing. {hint}")
    return found


def test_a_client_generated_from_the_document_sends_and_receives(
    cloud: Cloud, token: TokenFor, subject: str, tmp_path: Path
) -> None:
    if not (_TOOLS / "openapi-python-client").exists():
        pytest.fail("The generator is missing. Install it with `make contract-tools`.")
    _run(
        _TOOLS / "openapi-python-client",
        "generate",
        f"--path={ROOT / 'openapi.json'}",
        "--meta=none",
        f"--output-path={tmp_path / 'skyferry_generated'}",
        cwd=tmp_path,
    )
    (tmp_path / "machine.txt").write_bytes(content := os.urandom(50_000))
    script = Path(__file__).parent / "generated" / "roundtrip.py"

    told = _run(
        _TOOLS / "python",
        script,
        cloud.api_url,
        token(subject),
        tmp_path / "machine.txt",
        cwd=tmp_path,
        PYTHONPATH=str(tmp_path),
    )

    assert told.strip() == hashlib.sha256(content).hexdigest()


def test_curl_uploads_parts_and_resumes_a_download(api: httpx.Client, tmp_path: Path) -> None:
    sender, content = Sender(api), os.urandom(21 * MIB)
    sizes = (8 * MIB, 8 * MIB, 5 * MIB)
    transfer = sender.create([described(content, "film.mov")])
    file, start = transfer["files"][0], 0
    for part in sender.sign(transfer, file, *sizes):
        size = sizes[part["number"] - 1]
        (tmp_path / "part").write_bytes(content[start : start + size])
        start += size
        headers = [f"-H{name}: {value}" for name, value in part["headers"].items()]
        _run("curl", "--fail", "--silent", "-T", "part", *headers, part["url"], cwd=tmp_path)
    assert api.post(f"{path(transfer, file)}/upload/complete").status_code == 202
    assert sender.finalize(transfer).status_code == 202
    sender.until(transfer, "ready")

    # A download that broke off after a third.
    (tmp_path / "film.mov").write_bytes(content[: 7 * MIB])
    url = _download_url(api, transfer)
    _run("curl", "--fail", "--silent", "-C", "-", "-o", "film.mov", url, cwd=tmp_path)

    assert _sha256(tmp_path / "film.mov") == hashlib.sha256(content).hexdigest()


def test_a_download_manager_goes_on_with_a_fresh_url(api: httpx.Client, tmp_path: Path) -> None:
    """aria2, killed in the middle of several connections, and started again with another URL of the same
    file: URLs last five minutes, downloads may not."""
    aria2 = _installed("aria2c", "Install it with `make browser`.")
    content = os.urandom(24 * MIB)
    transfer = Sender(api).send(content)
    command = [aria2, "--quiet", "--continue", "--split=4", "--min-split-size=1M", "--out=file"]
    # Written every second, so that a kill loses little; slowed down, so that there is a middle.
    slow = [*command, "--auto-save-interval=1", "--max-overall-download-limit=6M"]
    running = subprocess.Popen([*slow, _download_url(api, transfer)], cwd=tmp_path)
    try:
        deadline = time.monotonic() + 60
        while not (tmp_path / "file.aria2").exists() or _on_disk(tmp_path / "file") < 4 * MIB:
            assert running.poll() is None, "it ended before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.1)
        time.sleep(1.5)
    finally:
        running.kill()
        running.wait()
    assert _sha256(tmp_path / "file") != hashlib.sha256(content).hexdigest()

    _run(*command, _download_url(api, transfer), cwd=tmp_path)

    assert _sha256(tmp_path / "file") == hashlib.sha256(content).hexdigest()
    assert not (tmp_path / "file.aria2").exists()


def _download_url(api: httpx.Client, transfer: dict[str, Any]) -> str:
    answer = api.post(f"{path(transfer, transfer['files'][0])}/downloads")
    assert answer.status_code == 201, answer.text
    return str(answer.json()["url"])


def _on_disk(file: Path) -> int:
    """Bytes that are really there; the file has its full length from the start."""
    return file.stat().st_blocks * 512 if file.exists() else 0


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
