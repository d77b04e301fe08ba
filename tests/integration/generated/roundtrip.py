"""Run in an environment that knows nothing of Skyferry but a client generated from its document: one
transfer's whole life. Arguments: the API's URL, an access token, the file to send. Prints the SHA-256 of what came back."""

import base64
import hashlib
import importlib
import pkgutil
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import httpx
import skyferry_generated
from skyferry_generated import AuthenticatedClient, models

#: Where the document sorts operations by tags, so does the generator.
MODULES = {
    found.name.rpartition(".")[2]: found.name
    for found in pkgutil.walk_packages(skyferry_generated.__path__, "skyferry_generated.")
}


def ask(client: AuthenticatedClient, operation: str, status: int, *ids: str, **options: Any) -> Any:
    answer = importlib.import_module(MODULES[operation]).sync_detailed(
        *ids, client=client, **options
    )
    if answer.status_code != status:
        sys.exit(f"{operation}: {answer.status_code}, not {status}: {answer.content!r}")
    return answer.parsed


def main(url: str, token: str, path: str) -> None:
    content = Path(path).read_bytes()
    # What the document does not name is an error: an answer that it does is not.
    client = AuthenticatedClient(base_url=url, token=token, raise_on_unexpected_status=True)
    file = models.NewFile(
        name="machine.txt",
        size=len(content),
        content_type="text/plain",
        sha256=base64.b64encode(hashlib.sha256(content).digest()).decode(),
    )
    new = models.NewTransfer(title="Generated", files=[file])
    made = ask(client, "create_transfer", 201, body=new, idempotency_key=uuid.uuid4().hex)
    upload = made.files[0].upload
    form, sent = upload.fields.to_dict(), {"file": ("x", content)}
    httpx.post(upload.url, data=form, files=sent, trust_env=False, timeout=30).raise_for_status()
    ask(client, "finalize_transfer", 202, made.id, idempotency_key=uuid.uuid4().hex)
    deadline = time.monotonic() + 60
    while (now := ask(client, "get_transfer", 200, made.id)).status != "ready":
        if time.monotonic() > deadline:
            sys.exit(f"It is {now.status} after a minute.")
        time.sleep(0.3)
    listed = ask(client, "list_transfers", 200, limit=100)
    if [each.id for each in listed.data] != [made.id]:
        sys.exit(f"Listed: {listed}")
    download = ask(client, "create_download", 201, made.id, made.files[0].id)
    received = httpx.get(download.url, trust_env=False, timeout=30).raise_for_status().content
    ask(client, "delete_transfer", 204, made.id)
    gone = ask(client, "get_transfer", 404, made.id)
    if gone.code != "not-found":
        sys.exit(f"A deleted transfer answers {gone}")
    print(hashlib.sha256(received).hexdigest())  # noqa: T201 - what the test reads


if __name__ == "__main__":
    main(*sys.argv[1:])
