"""The `skyferry` command, killed in the middle of an upload and started again."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from skyferry.functions.authorizer.tokens import owner

from local.cloud import Cloud
from local.settings import Settings
from tests.integration.conftest import Inbox, TokenFor

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

SIZE = 320 * 1024 * 1024
#: Killed as soon as so many parts have arrived.
ENOUGH = 4


@pytest.fixture
def command(cloud: Cloud, token: TokenFor, subject: str, tmp_path: Path) -> dict[str, Any]:
    """How to start the command: its environment, and a state folder of its own."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "SKYFERRY_API_URL": cloud.api_url,
        "SKYFERRY_TOKEN": token(subject),
    }
    return {"env": environment, "cwd": tmp_path, "text": True}


def skyferry(*arguments: str) -> list[str]:
    return [str(Path(sys.executable).with_name("skyferry")), *arguments]


def arrived(s3: "S3Client", cloud: Cloud, subject: str) -> list[int]:
    """How many parts of each open upload of the user are there."""
    mine = f"inbox/{owner(Settings.load().standins_url, subject)}/"
    uploads = s3.list_multipart_uploads(Bucket=cloud.bucket_name).get("Uploads", [])
    return [
        len(
            s3.list_parts(
                Bucket=cloud.bucket_name, Key=upload["Key"], UploadId=upload["UploadId"]
            ).get("Parts", [])
        )
        for upload in uploads
        if upload["Key"].startswith(mine)
    ]


def test_a_killed_send_goes_on_with_the_missing_parts_only(
    api: httpx.Client,
    inbox: Inbox,
    recipient: str,
    cloud: Cloud,
    s3: "S3Client",
    command: dict[str, Any],
    subject: str,
    tmp_path: Path,
) -> None:
    (tmp_path / "large.bin").write_bytes(os.urandom(1024 * 1024) * (SIZE // 1024 // 1024))
    send = skyferry("send", "large.bin", "--to", recipient, "--parallel", "1")
    running = subprocess.Popen(send, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, **command)
    try:
        deadline = time.monotonic() + 60
        while max(arrived(s3, cloud, subject), default=0) < ENOUGH:
            assert running.poll() is None, "it ended before it could be killed"
            assert time.monotonic() < deadline
    finally:
        running.send_signal(signal.SIGKILL)
        running.wait()
    (there,) = arrived(s3, cloud, subject)
    assert ENOUGH <= there < SIZE // (8 * 1024 * 1024)

    again = subprocess.run(send, capture_output=True, timeout=120, check=False, **command)

    assert again.returncode == 0, again.stdout + again.stderr
    said = re.search(r"(\d+) of (\d+) parts", again.stdout + again.stderr)
    assert said, again.stdout + again.stderr
    # A part that was under way when the process died may have arrived a moment later.
    assert there <= int(said.group(1)) <= there + 1
    (transfer,) = api.get("/transfers").json()["data"]
    assert transfer["status"] == "ready"
    link = re.search(r"http\S+/v1/t/\S+", inbox.wait_for(recipient)["text"])
    assert link

    received = subprocess.run(
        skyferry("receive", link.group(0), "--output", "received"),
        capture_output=True,
        timeout=120,
        check=False,
        **command,
    )

    assert received.returncode == 0, received.stdout + received.stderr
    sent, got = tmp_path / "large.bin", tmp_path / "received" / "large.bin"
    assert got.read_bytes() == sent.read_bytes()
