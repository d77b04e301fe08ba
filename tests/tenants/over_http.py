"""The same machine on the laptop cloud: the real gateway and authorizer, tokens of the local issuer, mails that are
sent. Each request is judged once nothing is under way any more, so runs are slow and few."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

import boto3
import httpx
from skyferry.adapters import rows
from skyferry.functions.authorizer.tokens import owner

from local.cloud import Cloud
from local.settings import Settings
from tests.integration.conftest import aws_connection
from tests.tenants.driver import Answer, Ask, State, Tenant, content_of

T = TypeVar("T")
Item = Mapping[str, Any]
_SCOPES = "transfers:read transfers:write admin"
#: Rows that follow in the background: what was queued, sent and tried again.
_BACKGROUND = ("OUTBOX#", "MAIL#", "DELIVERY#", "LINK")
_PATIENCE = 60.0


class OverHttp:
    def __init__(self) -> None:
        found = Cloud.read(Settings.load().cloud_file)
        if found is None:
            raise RuntimeError("The laptop cloud is not up. Start it with `make up`.")
        self._cloud: Cloud = found
        connection = aws_connection(found)
        self._dynamodb = boto3.client("dynamodb", **connection)
        self._s3 = boto3.client("s3", **connection)
        self._http = httpx.Client(base_url=found.api_url, trust_env=False, timeout=30)
        self._tokens: dict[str, str] = {}
        self._tenants: list[Tenant] = []

    def tenant(self, subject: str, email: str) -> Tenant:
        form = {"subject": subject, "scope": _SCOPES, "email": email}
        answer = httpx.post(self._cloud.token_url, data=form, trust_env=False, timeout=10)
        self._tokens[subject] = str(answer.raise_for_status().json()["access_token"])
        issuer = self._cloud.token_url.rpartition("/")[0]
        tenant = Tenant(subject, owner(issuer, subject), email)
        self._tenants.append(tenant)
        return tenant

    def ask(self, ask: Ask) -> Answer:
        headers = dict(ask.headers)
        if ask.caller is not None:
            headers["Authorization"] = f"Bearer {self._tokens[ask.caller.subject]}"
        path = {name: quote(value, safe="") for name, value in ask.path.items()}
        answer = self._http.request(
            ask.method,
            ask.route.format(**path),
            params=dict(ask.query),
            headers=headers,
            content=ask.body,
        )
        shown = {name.title(): value for name, value in answer.headers.items()}
        return Answer(answer.status_code, shown, answer.text)

    def mailed(self, tenant: Tenant, transfer: Mapping[str, Any]) -> str:
        upload = transfer["files"][0]["upload"]
        files = {"file": ("x", content_of(transfer))}
        sent = httpx.post(
            upload["url"], data=upload["fields"], files=files, trust_env=False, timeout=30
        )
        sent.raise_for_status()
        path = f"/transfers/{transfer['id']}"
        headers = {
            "Authorization": f"Bearer {self._tokens[tenant.subject]}",
            "Idempotency-Key": f"final-{transfer['id']}",
        }
        self._http.post(f"{path}/finalize", headers=headers).raise_for_status()
        address = transfer["recipients"][0]["email"]
        _until(lambda: self._delivered(path, headers))
        mail = _until(lambda: self._mail(address))
        return str(mail["text"]).partition("/v1/t/")[2].split()[0]

    def _delivered(self, path: str, headers: dict[str, str]) -> bool:
        return '"delivered"' in self._http.get(f"{path}/recipients", headers=headers).text

    def _mail(self, address: str) -> dict[str, Any] | None:
        inbox = httpx.get(self._cloud.inbox_url, trust_env=False, timeout=10).json()
        return next((mail for mail in inbox if address in mail["to"]), None)

    def state(self) -> State:
        """What two looks have found alike."""
        looked = [json.dumps(sorted(self._look().items()), default=str)]

        def settled() -> dict[tuple[str, str], object] | None:
            found = self._look()
            looked.append(json.dumps(sorted(found.items()), default=str))
            return found if looked[-1] == looked[-2] else None

        return _until(settled)

    def _look(self) -> dict[tuple[str, str], object]:
        owners = [tenant.owner for tenant in self._tenants]
        own = [item for owner_ in owners for item in self._rows(rows.partition(owner_))]
        named = sorted({place for item in own for place in _elsewhere(item)})
        found: dict[tuple[str, str], object] = {
            (item["pk"]["S"], item["sk"]["S"]): item
            for item in [*own, *(item for place in named for item in self._rows(place))]
            if not item["sk"]["S"].startswith(_BACKGROUND)
        }
        return found | {("object", key): etag for key, etag in self._objects(owners)}

    def _rows(self, partition: str) -> Iterator[Item]:
        for page in self._dynamodb.get_paginator("query").paginate(
            TableName=self._cloud.table_name,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": partition}},
        ):
            yield from page["Items"]

    def _objects(self, owners: list[str]) -> Iterator[tuple[str, str]]:
        pages = self._s3.get_paginator("list_objects_v2")
        for owner_ in owners:
            for prefix in (f"inbox/{owner_}/", f"files/{owner_}/"):
                for page in pages.paginate(Bucket=self._cloud.bucket_name, Prefix=prefix):
                    for entry in page.get("Contents", []):
                        yield entry["Key"], entry["ETag"]

    def close(self) -> None:
        self._http.close()


def _elsewhere(item: Item) -> Iterator[str]:
    """Partitions outside the owner's that a row of theirs names: of an upload request's link, of an address that wants
    no more mail. The row of an upload token is named nowhere, and is written once."""
    kind, _, name = item["sk"]["S"].partition("#")
    if kind == "REQUEST":
        yield rows.link_partition(item["token_hash"]["S"])
    if kind == "SUPPRESSION":
        yield rows.suppression_partition(name)


def _until(found: Callable[[], T | None]) -> T:
    deadline = time.monotonic() + _PATIENCE
    while (value := found()) is None or value is False:
        if time.monotonic() > deadline:
            raise TimeoutError(f"Not within {_PATIENCE:.0f} s.")
        time.sleep(0.2)
    return value
