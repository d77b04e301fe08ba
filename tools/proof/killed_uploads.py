"""The `skyferry` command, killed with SIGKILL in the middle of an upload and started again."""

import hashlib
import math
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from pathlib import Path

from tools.proof.claim import Outcome
from tools.proof.laptop import Laptop

_MIB = 1024 * 1024
_PART = 8 * _MIB
_LARGEST = 200
_PARTS = re.compile(r"(\d+) of (\d+) parts")


def show(size: int) -> Outcome:
    """`size` uploads, of 1 to 200 MiB each."""
    laptop = Laptop.running()
    rng = random.Random()  # noqa: S311 - sizes and moments, no secret
    seen: Counter[str] = Counter()
    broken: list[str] = []
    while seen["killed"] < size:
        mebibytes = rng.randint(1, _LARGEST)
        with tempfile.TemporaryDirectory(prefix="skyferry-proof-") as folder:
            killed = _Killed(laptop, Path(folder), mebibytes)
            broken += [f"upload of {mebibytes} MiB: {what}" for what in killed.run(rng)]
            seen += killed.seen
    figures = (
        f"{size} uploads killed, {seen['with parts']} of them with parts there ({seen['parts kept']} parts): "
        f"{seen['resumed']} resumed, {seen['sent again']} finished parts sent again, {seen['visible']} partly visible, "
        f"{seen['orphans']} orphans"
    )
    return Outcome(figures, tuple(broken))


class _Killed:
    """One upload: begun, killed, looked at, begun again, looked at."""

    def __init__(self, laptop: Laptop, folder: Path, mebibytes: int) -> None:
        self.laptop = laptop
        self.folder = folder
        self.seen: Counter[str] = Counter()
        self.subject = f"killed-{uuid.uuid4().hex[:12]}"
        self.s3 = laptop.client("s3")
        self.size = mebibytes * _MIB
        block = os.urandom(_MIB)
        with (folder / "large.bin").open("wb") as file:
            for number in range(mebibytes):
                file.write(number.to_bytes(4, "big") + block[4:])
        self.api = laptop.api(self.subject)
        self._transfers: set[str] = set()
        self._all_parts = math.ceil(self.size / _PART)

    def run(self, rng: random.Random) -> list[str]:
        """Nothing when it was done before it could be killed: that one does not count."""
        with self.api:
            if not self._kill(rng.randint(0, self.size // _PART), rng.uniform(0, 0.1)):
                return []
            self.seen["killed"] += 1
            return self._look_at_what_is_left() + self._resume()

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "XDG_STATE_HOME": str(self.folder / "state"),
            "SKYFERRY_API_URL": self.laptop.cloud.api_url,
            "SKYFERRY_TOKEN": self.laptop.token(self.subject),
        }

    def _command(self) -> list[str]:
        command = [str(Path(sys.executable).with_name("skyferry")), "send", "large.bin"]
        return [*command, "--to", f"{self.subject}@example.com"]

    def _kill(self, after_parts: int, and_seconds: float) -> bool:
        running = subprocess.Popen(
            self._command(),
            env=self._environment(),
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while running.poll() is None and self._parts() < after_parts:
            time.sleep(0.05)
        time.sleep(and_seconds)
        running.send_signal(signal.SIGKILL)
        return running.wait() == -signal.SIGKILL

    def _look_at_what_is_left(self) -> list[str]:
        """A file is there as a whole or not at all."""
        self.kept = self._parts()
        self.seen["with parts"] += bool(self.kept)
        self.seen["parts kept"] += self.kept
        broken = []
        for key, size in self._objects().items():
            if size != self.size:
                self.seen["visible"] += 1
                broken.append(f"{key} is visible with {size} of {self.size} bytes")
        return broken

    def _resume(self) -> list[str]:
        done = subprocess.run(
            self._command(),
            env=self._environment(),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if done.returncode != 0:
            return [f"not resumed: {done.stdout}{done.stderr}"]
        self.seen["resumed"] += 1
        broken = []
        said = _PARTS.search(done.stdout + done.stderr)
        # Of a file whose parts were all there and put together, nothing is said: it is done.
        silent = self.kept if self.kept == self._all_parts else 0
        # Parts that were under way when the process died may have arrived a moment later.
        if self.kept > (int(said.group(1)) if said else silent):
            self.seen["sent again"] += 1
            broken.append(f"{self.kept} parts were there, it went on with {said and said.group(1)}")
        ready = self.api.get("/transfers").json()["data"]
        if [transfer["status"] for transfer in ready] != ["ready"]:
            broken.append(f"not one ready transfer: {ready}")
        if self._parts() or len(objects := self._objects()) != 1:
            self.seen["orphans"] += 1
            broken.append("parts or objects are left over")
        elif not self._is_whole(next(iter(objects))):
            broken.append("the stored bytes are others")
        return broken

    def _is_whole(self, key: str) -> bool:
        digest = hashlib.sha256()
        body = self.s3.get_object(Bucket=self.laptop.cloud.bucket_name, Key=key)["Body"]
        for chunk in iter(lambda: body.read(_MIB), b""):
            digest.update(chunk)
        sent = hashlib.sha256((self.folder / "large.bin").read_bytes())
        return digest.digest() == sent.digest()

    def _mine(self) -> set[str]:
        if not self._transfers:
            listed = self.api.get("/transfers").json()["data"]
            self._transfers = {transfer["id"] for transfer in listed}
        return self._transfers

    def _objects(self) -> dict[str, int]:
        mine = self._mine()
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.laptop.cloud.bucket_name
        )
        entries = [entry for page in pages for entry in page.get("Contents", [])]
        return {
            entry["Key"]: entry["Size"] for entry in entries if entry["Key"].split("/")[2] in mine
        }

    def _parts(self) -> int:
        """Of uploads of this sender that are open."""
        mine = self._mine()
        uploads = self.s3.list_multipart_uploads(Bucket=self.laptop.cloud.bucket_name)
        return sum(
            self._parts_of(upload)
            for upload in uploads.get("Uploads", [])
            if upload["Key"].split("/")[2] in mine
        )

    def _parts_of(self, upload: dict[str, str]) -> int:
        place = {"Bucket": self.laptop.cloud.bucket_name, "Key": upload["Key"]}
        try:
            return len(self.s3.list_parts(**place, UploadId=upload["UploadId"]).get("Parts", []))
        except self.s3.exceptions.NoSuchUpload:
            return 0  # Completed just now.
