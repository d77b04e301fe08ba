"""A transfer that was mailed, and the recipient's side of the API with the link in the mail."""

import re
from typing import Any

import pytest
from skyferry.functions.api import index
from skyferry.functions.send_email import index as send_email
from skyferry.shared import clients

from tests.support.aws import Aws
from tests.support.events import Context, api_event, sqs_event
from tests.support.journey import Journey


class Mailed:
    """A transfer that was mailed, and the link in the mail."""

    def __init__(self, aws: Aws, context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
        self.context = context
        self.journey = Journey(aws)
        self.contents = self.journey.ready()
        sent: list[dict[str, Any]] = []

        class Ses:
            def send_email(self, **call: Any) -> dict[str, str]:
                sent.append(call)
                return {"MessageId": "ses-1"}

        monkeypatch.setattr(clients, "sesv2", Ses)
        job = self.journey.job(self.contents).model_dump()
        send_email.handler(sqs_event(job), context)  # type: ignore[arg-type]
        text = sent[0]["Content"]["Simple"]["Body"]["Text"]["Data"]
        self.token = re.search(r"/t/(\S+)", text).group(1)  # type: ignore[union-attr]
        self.file_id = self.contents.files[0].id

    def view(self, method: str = "GET", token: str = "", **headers: str) -> dict[str, Any]:
        path = f"/t/{token or self.token}"
        return self._call(method, path, "/t/{token}", headers)

    def download(self, file_id: str = "", **headers: str) -> dict[str, Any]:
        path = f"/t/{self.token}/files/{file_id or self.file_id}/download"
        return self._call("POST", path, "/t/{token}/files/{file_id}/download", headers)

    def unlock(self, body: Any, token: str = "", **headers: str) -> dict[str, Any]:
        path = f"/t/{token or self.token}/unlock"
        return self._call("POST", path, "/t/{token}/unlock", headers, body)

    def _call(
        self, method: str, path: str, resource: str, headers: dict[str, str], body: Any = None
    ) -> dict[str, Any]:
        event = api_event(method, path, resource=resource, owner=None, headers=headers, body=body)
        return index.handler(event, self.context)  # type: ignore[arg-type]
