"""Ada and Bob, and what each of them has sent and asked for: identities and tokens to fuzz with."""

import json
import re
import time
import uuid
from pathlib import Path
from typing import Any

import httpx

from local.cloud import Cloud

_PEERS = ("ada", "bob")


def prepare(cloud: Cloud, folder: Path) -> None:
    """Writes `auth.json`, the peers' access tokens, and `tokens.txt`, tokens of links."""
    run = uuid.uuid4().hex[:8]
    identities, tokens = [], []
    for peer in _PEERS:
        header = f"Bearer {_access_token(cloud, f'{peer}-{run}')}"
        identities.append(
            {"name": peer, "fixedHeaders": [{"name": "Authorization", "value": header}]}
        )
        with httpx.Client(
            base_url=cloud.api_url, headers={"Authorization": header}, trust_env=False, timeout=60
        ) as api:
            tokens += _tokens(api, cloud, f"{peer}-{run}-friend@example.com")
    (folder / "auth.json").write_text(json.dumps({"auth": identities}), encoding="utf-8")
    (folder / "tokens.txt").write_text("\n".join(map(json.dumps, tokens)), encoding="utf-8")


def _access_token(cloud: Cloud, subject: str) -> str:
    form = {
        "subject": subject,
        "scope": "transfers:read transfers:write",
        "email": f"{subject}@example.com",
    }
    answer = httpx.post(cloud.token_url, data=form, trust_env=False, timeout=10)
    return str(answer.raise_for_status().json()["access_token"])


def _tokens(api: httpx.Client, cloud: Cloud, friend: str) -> list[str]:
    """Of a link, an upload request and an upload."""
    content = b"Hello"
    file = {"name": "a.txt", "size": len(content), "content_type": "text/plain"}
    sent = _post(api, "/transfers", {"recipients": [{"email": friend}], "files": [file]})
    form = sent["files"][0]["upload"]
    upload = {"data": form["fields"], "files": {"file": ("x", content)}}
    httpx.post(form["url"], **upload, trust_env=False, timeout=30).raise_for_status()
    _post(api, f"/transfers/{sent['id']}/finalize", {})
    draft = _post(api, "/transfers", {"files": [file]})
    return [
        _link_token(cloud, friend),
        str(_post(api, "/requests", {})["url"]).rpartition("/")[2],
        str(_post(api, f"/transfers/{draft['id']}/upload-token", {})["url"]).rpartition("/")[2],
    ]


def _post(api: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = api.post(path, json=body, headers={"Idempotency-Key": uuid.uuid4().hex})
    made: dict[str, Any] = answer.raise_for_status().json()
    return made


def _link_token(cloud: Cloud, address: str) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        mails = httpx.get(cloud.inbox_url, trust_env=False, timeout=10).json()
        texts = [mail["text"] for mail in mails if any(address in to for to in mail["to"])]
        if texts and (found := re.search(r"/t/([A-Za-z0-9_-]+)", texts[0])):
            return found[1]
        time.sleep(0.2)
    raise TimeoutError(f"No mail to {address} within a minute.")
