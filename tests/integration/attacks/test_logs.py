"""Whoever reads the logs learns no secret: all that the deployed functions and the gateway logged is searched."""

import time
from typing import Any

import boto3
import httpx

from local.cloud import Cloud
from tests.integration.attacks.conftest import Person
from tests.integration.conftest import Inbox, aws_connection
from tests.integration.own_stack import STACK
from tests.integration.sender import Sender, token_in

PASSWORD = "correct horse battery staple"


def _logged(cloud: Cloud, since: int) -> str:
    logs = boto3.client("logs", **aws_connection(cloud))
    lines = list[str]()
    own = logs.describe_log_groups(logGroupNamePrefix=f"/aws/cloudformation/{STACK}")
    for group in own["logGroups"]:
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=group["logGroupName"], startTime=since
        )
        lines += [event["message"] for page in pages for event in page["events"]]
    return "\n".join(lines)


def test_no_secret_of_a_transfer_is_in_any_log(
    cloud: Cloud, attacker: Person, public: httpx.Client, inbox: Inbox, recipient: str
) -> None:
    began = int(time.time() * 1000)
    sender = Sender(attacker.api)
    words: dict[str, Any] = {"title": "a-secret-title", "message": "a-secret-message"}
    transfer = sender.send(b"secret-bytes", recipient, password=PASSWORD, **words)
    link = token_in(inbox.wait_for(recipient))
    file = transfer["files"][0]["id"]
    assert public.post(f"/t/{link}/unlock", json={"password": "a-wrong-guess"}).status_code == 403
    session = public.post(f"/t/{link}/unlock", json={"password": PASSWORD}).json()["session"]
    shown = {"Skyferry-Session": session}
    download = public.post(f"/t/{link}/files/{file}/download", headers=shown).json()["url"]
    assert public.get(f"/t/{link}x").status_code == 404
    assert attacker.api.post("/transfers", json={"colour": "a-secret-colour"}).status_code == 400

    # The transfer's own id is no secret: that it is there says that the search would find the rest.
    sender.wait(lambda: file in _logged(cloud, began), timeout=20)
    logged = _logged(cloud, began)

    secrets = {
        "access token": attacker.token,
        "link": link,
        "session": session,
        "password": PASSWORD,
        "guess": "a-wrong-guess",
        "address": recipient,
        "title": words["title"],
        "message": words["message"],
        "body": "a-secret-colour",
        "bytes": "secret-bytes",
        "signature": httpx.URL(download).params["X-Amz-Signature"],
        "any signature": "X-Amz-Signature=",
        "any token": "Bearer ey",
    }
    assert [name for name, secret in secrets.items() if secret in logged] == []
