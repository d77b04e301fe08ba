"""The first transfer: two files sent with the `skyferry` command and received from the mailed link."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import httpx

from local.cloud import Cloud
from local.problems import LaptopCloudError
from local.progress import Progress

SENDER: Final = "ada"
RECIPIENT: Final = "grace@example.com"
SCOPE: Final = "transfers:read transfers:write"
_MEBIBYTE: Final = 1024 * 1024
_FILES: Final = {"hello.txt": 1_200, "measurements.csv": 40 * _MEBIBYTE}
_LINE: Final = "2026-11-23T09:00:00Z,sensor-{:08d},{:.6f}\n"
_MAIL_SECONDS: Final = 60.0


def first_transfer(cloud: Cloud, progress: Progress) -> str:
    """Send and receive through the whole system; returns the link's web page.

    Raises LaptopCloudError when a command fails, no mail comes or a file has changed.
    """
    with TemporaryDirectory(prefix="skyferry-") as folder:
        sent, received = Path(folder) / "sent", Path(folder) / "received"
        sent.mkdir()
        received.mkdir()
        files = [_made(sent / name, size) for name, size in _FILES.items()]
        environment = _environment(Path(folder), cloud)
        progress.say("\nA first transfer, from ada to grace@example.com:\n")
        with progress.step(f"Send {len(files)} files, {_megabytes(files)} MB") as remark:
            names = [str(file) for file in files]
            command = ["send", *names, "--to", RECIPIENT, "--title", "Hello from Skyferry"]
            transfer = json.loads(_skyferry([*command, "--json"], environment))
            remark(f"transfer {transfer['id']} is {transfer['status']}")
        with progress.step("Wait for the mail") as remark:
            mail = _wait_for_mail(cloud, transfer["id"])
            remark(f"“{mail['subject']}”")
        link = _link(mail["text"], cloud.api_url)
        with progress.step("Receive them from the link in the mail"):
            _skyferry(["receive", link, "--output", str(received)], environment)
        with progress.step("Compare SHA-256") as remark:
            for file in files:
                _compare(file, received)
            remark("identical")
    return link


def token(cloud: Cloud, subject: str = SENDER) -> str:
    """An access token of the laptop cloud's issuer."""
    form = {"subject": subject, "scope": SCOPE}
    answer = httpx.post(cloud.token_url, data=form, trust_env=False)
    return str(answer.raise_for_status().json()["access_token"])


def _made(path: Path, size: int) -> Path:
    """A text file of an exact size, with lines that differ."""
    with path.open("w") as file:
        written = 0
        number = 0
        while written < size:
            line = _LINE.format(number, (number * 2654435761 % 1_000_003) / 1_000)[: size - written]
            written += file.write(line)
            number += 1
    return path


def _environment(folder: Path, cloud: Cloud) -> dict[str, str]:
    """The command's settings; what it remembers between runs goes into the temporary folder."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "XDG_STATE_HOME": str(folder),
        "LANG": "C.UTF-8",
        "SKYFERRY_API_URL": cloud.api_url,
        "SKYFERRY_TOKEN": token(cloud),
    }


def _skyferry(arguments: list[str], environment: Mapping[str, str]) -> str:
    command = shutil.which("skyferry", path=str(Path(sys.executable).parent))
    if command is None:
        raise LaptopCloudError("The `skyferry` command is not installed. Run: make install")
    result = subprocess.run(
        [command, *arguments],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise LaptopCloudError(
            f"`skyferry {arguments[0]}` failed, exit code {result.returncode}:\n{result.stderr}"
        )
    return result.stdout


def _wait_for_mail(cloud: Cloud, transfer_id: str) -> dict[str, str]:
    deadline = time.monotonic() + _MAIL_SECONDS
    while time.monotonic() < deadline:
        for mail in httpx.get(cloud.inbox_url, trust_env=False).raise_for_status().json():
            if mail["tags"].get("transfer_id") == transfer_id:
                return dict(mail)
        time.sleep(0.2)
    raise LaptopCloudError(
        f"No mail arrived within {_MAIL_SECONDS:.0f} s although the transfer is ready."
    )


def _link(text: str, api_url: str) -> str:
    found = re.search(rf"{re.escape(api_url)}/t/[A-Za-z0-9._~-]+", text)
    if found is None:
        raise LaptopCloudError(f"The mail has no link below {api_url}/t/:\n{text}")
    return found[0]


def _compare(file: Path, folder: Path) -> None:
    copies = list(folder.rglob(file.name))
    if len(copies) != 1 or _sha256(copies[0]) != _sha256(file):
        raise LaptopCloudError(f"{file.name} did not arrive as it was sent.")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _megabytes(files: list[Path]) -> str:
    return f"{sum(file.stat().st_size for file in files) / 1_000_000:.0f}"
