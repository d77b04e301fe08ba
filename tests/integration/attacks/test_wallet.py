"""Denial of wallet: what costs the operator money is bounded for each tenant, and strangers cost nothing."""

import hashlib
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import httpx
import pytest
from skyferry.functions.authorizer.tokens import owner

from local.cloud import Cloud
from local.settings import Settings
from tests.integration.attacks.conftest import Person
from tests.integration.conftest import aws_connection
from tests.integration.own_stack import own
from tests.integration.sender import Sender, path

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_STRANGERS = 300


def _answered(cloud: Cloud, since: int) -> int:
    """How often the function behind the API has run."""
    logs = boto3.client("logs", **aws_connection(cloud))
    groups = logs.get_paginator("describe_log_groups").paginate()
    names = (each["logGroupName"] for page in groups for each in page["logGroups"])
    group = own(names, "ServiceApiLog")
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=since)
    return sum('"answered"' in event["message"] for page in pages for event in page["events"])


# It counts what everybody asks for.
@pytest.mark.alone
def test_strangers_cost_nothing_behind_the_gateway(
    cloud: Cloud, victim: Person, public: httpx.Client
) -> None:
    before = victim.state()
    began = int(time.time() * 1000)

    asked = [
        ("GET", "/transfers"),
        ("DELETE", f"/transfers/{victim.transfer['id']}"),
        ("POST", "/webhooks"),
    ]
    for number in range(_STRANGERS):
        assert public.request(*asked[number % len(asked)]).status_code == 401

    assert _answered(cloud, began) == 0
    assert victim.state() == before
    Sender(victim.api).wait(lambda: _answered(cloud, began) > 0, timeout=20)


@pytest.fixture
def spent(cloud: Cloud, dynamodb: "DynamoDBClient", attacker: Person) -> Iterator[None]:
    """The attacker has asked as often as they may, in the minute that begins and the next: of this one, processes
    may hold requests that they took in advance."""
    subject = owner(Settings.load().standins_url, attacker.subject)
    name = hashlib.sha256(f"requests#{subject}".encode()).hexdigest()
    limit = attacker.api.get("/limits").json()["requests_per_minute"]
    begun = int(datetime.now(UTC).timestamp()) // 60 * 60 + 60
    keys = [{"pk": {"S": f"C#{name}"}, "sk": {"S": f"WINDOW#{begun + n * 60}"}} for n in range(2)]
    for key in keys:
        row: Any = {**key, "count": {"N": str(limit)}}
        dynamodb.put_item(TableName=cloud.table_name, Item=row)
    time.sleep(max(0, begun - time.time()))
    yield
    for key in keys:
        dynamodb.delete_item(TableName=cloud.table_name, Key=key)


def test_a_flood_ends_for_its_own_tenant_alone(
    spent: None, attacker: Person, victim: Person
) -> None:
    refused = [attacker.api.get("/transfers"), attacker.api.post("/transfers", json={})]

    for answer in refused:
        assert (answer.status_code, answer.json()["code"]) == (429, "too-many-requests")
        assert 0 < int(answer.headers["retry-after"]) <= 60
        assert ";r=0;" in answer.headers["ratelimit"]
    assert victim.api.get("/transfers").status_code == 200
    # What somebody without an account may do does not count against whose link it is.
    assert victim.api.get(f"/t/{attacker.link}").status_code == 200


def test_bytes_are_counted_when_they_are_promised(api: httpx.Client) -> None:
    """Nothing was uploaded; what is reserved is gone all the same."""
    limits = api.get("/limits").json()
    size = limits["file_bytes"]
    largest = {"name": "a", "size": size, "content_type": "a/b"}
    fit = limits["quota_bytes"] // size
    for count in (fit // 2, fit - fit // 2):
        made = api.post("/transfers", json={"files": [largest] * count})
        assert made.status_code == 201, made.text
    before = api.get("/usage").json()

    created = api.post("/transfers", json={"files": [largest]})
    added = api.post(f"/transfers/{made.json()['id']}/files", json=largest)

    for answer in (created, added):
        assert (answer.status_code, answer.json()["code"]) == (413, "quota-exceeded")
    assert api.get("/usage").json() == before
    small = api.post("/transfers", json={"files": [{**largest, "size": 1}]})
    assert small.status_code == 201


def test_one_address_gets_one_mail_however_it_is_written(api: httpx.Client) -> None:
    written = ("grace@example.com", "Grace@example.com", "grace@EXAMPLE.com", "grace@example.com")

    made = Sender(api).create([], *written)
    again = api.post(f"/transfers/{made['id']}/recipients", json={"email": "GRACE@example.com"})

    assert [each["email"] for each in made["recipients"]] == [written[0]]
    assert (again.status_code, again.json()["code"]) == (409, "state")
    other = api.post(f"/transfers/{made['id']}/recipients", json={"email": "ada@example.com"})
    assert other.status_code == 201


def test_recipients_added_one_by_one_are_as_bounded(api: httpx.Client) -> None:
    made = Sender(api).create([], *(f"r{number}@example.com" for number in range(49)))
    place = f"/transfers/{made['id']}/recipients"

    assert api.post(place, json={"email": "r49@example.com"}).status_code == 201
    answer = api.post(place, json={"email": "r50@example.com"})

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert len(Sender(api).get(made)["recipients"]) == 50


def test_webhooks_are_bounded(api: httpx.Client) -> None:
    urls = [f"https://hooks.example.com/{number}" for number in range(11)]

    answers = [api.post("/webhooks", json={"url": url}) for url in urls]

    assert [answer.status_code for answer in answers] == [201] * 10 + [409]
    assert len(api.get("/webhooks").json()["data"]) == 10


@pytest.mark.parametrize(
    "parts",
    [
        [{"number": 10_001, "size": 1}],
        [{"number": 0, "size": 1}],
        [{"number": 1, "size": 5 * 1024**3 + 1}],
        [{"number": 1, "size": 0}],
        [{"number": 1, "size": 1}, {"number": 1, "size": 2}],
        [{"number": number, "size": 1} for number in range(1, 102)],
        [],
    ],
    ids=["part 10,001", "part 0", "above 5 GiB", "of nothing", "twice", "101 parts", "no part"],
)
def test_a_licence_to_upload_is_not_given_beyond_what_s3_takes(
    api: httpx.Client, parts: list[dict[str, int]]
) -> None:
    sender = Sender(api)
    file = {"name": "a", "size": 17 * 1024**2, "content_type": "a/b"}
    transfer = sender.create([file])
    place = f"{path(transfer, transfer['files'][0])}/upload/parts"

    answer = api.post(place, json={"parts": parts})

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    right = api.post(place, json={"parts": [{"number": 1, "size": 17 * 1024**2}]})
    assert right.status_code == 200
    assert api.delete(f"/transfers/{transfer['id']}").status_code == 204
