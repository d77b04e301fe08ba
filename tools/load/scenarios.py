"""What people do, for Locust. Each is a sender of their own, with a token of their own. Loaded in Locust's environment."""

import os
import uuid
from typing import Any

from locust import HttpUser, between, tag, task
from locust.clients import HttpSession

_BLOCK = os.urandom(1024 * 1024)
_PART = 8 * len(_BLOCK)


class Sender(HttpUser):
    """Names in the report are routes: a thousand transfers are one line."""

    host = os.environ["API_URL"]
    wait_time = between(0, 0.5)

    def on_start(self) -> None:
        #: A signed URL takes no token beside its signature.
        self.storage = HttpSession(
            base_url=self.host, request_event=self.environment.events.request, user=self
        )
        form = {"subject": f"load-{uuid.uuid4().hex}", "scope": "transfers:read transfers:write"}
        answer = self.storage.post(os.environ["TOKEN_URL"], data=form, name="a token")
        self.client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    @tag("small", "mixed")
    @task(6)
    def send_a_small_file(self) -> None:
        """100 kB in one POST, to one recipient."""
        content = _BLOCK[:100_000]
        transfer = self._create(len(content))
        form = transfer["files"][0]["upload"]
        self.storage.post(
            form["url"], data=form["fields"], files={"file": content}, name="S3: POST of a file"
        )
        self._finalize(transfer)

    @tag("multipart", "mixed")
    @task(1)
    def send_a_large_file(self) -> None:
        """32 MiB in four parts."""
        parts = [{"number": number, "size": _PART} for number in range(1, 5)]
        transfer = self._create(len(parts) * _PART)
        place = f"/transfers/{transfer['id']}/files/{transfer['files'][0]['id']}/upload"
        signed = self.client.post(f"{place}/parts", json={"parts": parts}, name="signParts")
        for part in signed.json()["parts"]:
            self.storage.put(
                part["url"], data=_BLOCK * 8, headers=part["headers"], name="S3: PUT of a part"
            )
        self.client.post(f"{place}/complete", name="completeUpload")
        self._finalize(transfer)

    @tag("list", "mixed")
    @task(12)
    def look(self) -> None:
        """What a page with a list of transfers asks for."""
        listed = self.client.get("/transfers?limit=20", name="listTransfers").json()["data"]
        for transfer in listed[:3]:
            self.client.get(f"/transfers/{transfer['id']}", name="getTransfer")
        self.client.get("/usage", name="getUsage")

    def _create(self, size: int) -> dict[str, Any]:
        body = {
            "files": [{"name": "a.bin", "size": size, "content_type": "application/octet-stream"}],
            "recipients": [{"email": f"{uuid.uuid4().hex}@example.com"}],
        }
        answer = self.client.post("/transfers", json=body, name="createTransfer")
        answer.raise_for_status()
        created: dict[str, Any] = answer.json()
        return created

    def _finalize(self, transfer: dict[str, Any]) -> None:
        key = {"Idempotency-Key": uuid.uuid4().hex}
        self.client.post(
            f"/transfers/{transfer['id']}/finalize", headers=key, name="finalizeTransfer"
        )
