"""Events that S3, GuardDuty and SES never sent, given to the deployed functions as their queues would: no state
changes. And the bucket, which opens to nobody without a signature."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3
import httpx
import pytest

from local.cloud import Cloud
from local.scanner.index import EICAR
from tests.integration.attacks.conftest import Person
from tests.integration.conftest import aws_connection
from tests.integration.own_stack import own_function
from tests.integration.sender import Sender, described, path

SCANNED = "GuardDuty Malware Protection Object Scan Result"


@dataclass(frozen=True)
class Functions:
    cloud: Cloud

    def give(self, part: str, event: dict[str, Any]) -> bool:
        """Whether the function took the message; else it comes again, and then lies in the dead letters."""
        record = {
            "messageId": uuid.uuid4().hex,
            "receiptHandle": "x",
            "body": json.dumps(event),
            "attributes": {"ApproximateReceiveCount": "1"},
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:x",
            "awsRegion": "us-east-1",
        }
        payload = json.dumps({"Records": [record]}).encode()
        client: Any = boto3.client("lambda", **aws_connection(self.cloud))
        name = own_function(self.cloud, part)
        answer = client.invoke(FunctionName=name, Qualifier="live", Payload=payload)
        assert "FunctionError" not in answer, answer["Payload"].read()
        failed: list[Any] = json.loads(answer["Payload"].read())["batchItemFailures"]
        return failed == []


@pytest.fixture(scope="module")
def functions(cloud: Cloud) -> Functions:
    return Functions(cloud)


def created(bucket: str, key: str, **extra: Any) -> dict[str, Any]:
    return {"detail-type": "Object Created", "detail": {"bucket": {"name": bucket}, "object": {"key": key}}, **extra}  # fmt: skip


def scanned(bucket: str, key: str, verdict: str, etag: str = "x") -> dict[str, Any]:
    place = {"bucketName": bucket, "objectKey": key, "eTag": etag}
    detail = {"s3ObjectDetails": place, "scanResultDetails": {"scanResultStatus": verdict}}
    return {"detail-type": SCANNED, "detail": detail}


@dataclass(frozen=True)
class Infected:
    transfer: dict[str, Any]
    key: str


@pytest.fixture(scope="module")
def infected(victim: Person) -> Infected:
    sender = Sender(victim.api)
    transfer = sender.create([described(EICAR)])
    key = transfer["files"][0]["upload"]["fields"]["key"]
    sender.upload(transfer, 0, EICAR)
    return Infected(sender.until(transfer, "blocked"), key)


EventOf = Callable[[str, str], dict[str, Any]]

#: By bucket and inbox key: the event, and whether it is of a kind that the function reads at all.
FORGED: dict[str, tuple[EventOf, bool]] = {
    "a clean verdict": (lambda b, k: scanned(b, k, "NO_THREATS_FOUND"), True),
    "a clean verdict of another bucket": (lambda _, k: scanned("evil", k, "NO_THREATS_FOUND"), False),
    "a clean verdict on what is released": (lambda b, k: scanned(b, k.replace("inbox/", "files/"), "NO_THREATS_FOUND"), True),
    "a verdict nobody knows": (lambda b, k: scanned(b, k, "CLEAN"), False),
    "an upload again": (lambda b, k: created(b, k), True),
    "an upload in another bucket": (lambda _, k: created("evil", k), False),
    "an upload of a path upwards": (lambda b, k: created(b, f"{k}/../../x"), True),
    "200 KB more than an event has": (lambda b, k: created(b, k, extra="x" * 200_000), True),
    "another kind of event": (lambda b, k: created(b, k) | {"detail-type": "Object Restored"}, False),
    "no event at all": (lambda b, k: {"transfer": k, "status": "ready"}, False),
}  # fmt: skip


@pytest.mark.parametrize("kind", FORGED)
def test_a_forged_event_neither_clears_nor_releases(
    functions: Functions, cloud: Cloud, victim: Person, infected: Infected, kind: str
) -> None:
    make, readable = FORGED[kind]
    before = Sender(victim.api).get(infected.transfer)
    assert before["files"][0]["status"] == "infected"

    taken = functions.give("ProcessUpload", make(cloud.bucket_name, infected.key))

    assert taken is readable
    assert Sender(victim.api).get(infected.transfer) == before
    download = victim.api.post(f"{path(before, before['files'][0])}/downloads")
    assert (download.status_code, download.json()["code"]) == (403, "malware-detected")


def test_a_forged_verdict_takes_no_clean_file_away(
    functions: Functions, cloud: Cloud, victim: Person
) -> None:
    """A forged alarm would be as good as deleting."""
    key = _key(cloud, victim)
    before = victim.state()

    for place in (key, key.replace("files/", "inbox/")):
        for verdict in ("THREATS_FOUND", "FAILED"):
            functions.give("ProcessUpload", scanned(cloud.bucket_name, place, verdict))

    assert victim.state() == before
    made = victim.api.post(f"{path(victim.transfer, victim.transfer['files'][0])}/downloads")
    assert httpx.get(made.json()["url"], trust_env=False, timeout=30).content == b"hello"


def _key(cloud: Cloud, person: Person) -> str:
    made = person.api.post(f"{path(person.transfer, person.transfer['files'][0])}/downloads")
    return httpx.URL(made.json()["url"]).path.removeprefix(f"/{cloud.bucket_name}/")


def _feedback(person: Person, kind: str, **changes: Any) -> dict[str, Any]:
    """SES's event on the mail to the victim's recipient, but for the id of the message."""
    owner = person.transfer["files"][0].get("owner", "")
    tags = {
        "owner": [owner],
        "transfer_id": [person.transfer["id"]],
        "recipient_id": [person.transfer["recipients"][0]["id"]],
        "kind": ["available"],
        **changes,
    }
    bounce = {"bounceType": "Permanent", "bounceSubType": "General"}
    mail = {"messageId": "never-sent", "tags": tags}
    return {"detail": {"eventType": kind, "mail": mail, "bounce": bounce}}


@pytest.mark.parametrize("kind", ["Bounce", "Complaint", "Reject", "Delivery"])
def test_feedback_on_a_mail_that_was_never_sent_changes_nothing(
    functions: Functions, cloud: Cloud, victim: Person, kind: str
) -> None:
    """It would suppress the address: nobody could write to it any more."""
    owner = _key(cloud, victim).split("/")[1]
    before = victim.state()

    assert functions.give("EmailFeedback", _feedback(victim, kind, owner=[owner]))
    assert functions.give("EmailFeedback", _feedback(victim, kind, owner=["somebody"]))
    assert functions.give(
        "EmailFeedback", {"detail": {"eventType": kind, "mail": {"messageId": "x"}}}
    )

    assert victim.state() == before
    assert victim.api.get("/suppressions").json()["data"] == []


DOORS: dict[str, dict[str, Any]] = {
    "an object put, tagged as clean": {
        "method": "PUT",
        "content": b"x",
        "headers": {"x-amz-tagging": "GuardDutyMalwareScanStatus=NO_THREATS_FOUND"},
    },
    "an object tagged": {"method": "PUT", "params": {"tagging": ""}, "content": b"<Tagging/>"},
    "an object read": {"method": "GET"},
    "an object deleted": {"method": "DELETE"},
}


@pytest.mark.parametrize("door", DOORS)
def test_the_bucket_opens_to_nobody_without_a_signature(
    cloud: Cloud, victim: Person, door: str
) -> None:
    key = _key(cloud, victim)
    url = f"{cloud.aws_endpoint_url}/{cloud.bucket_name}/{key}"
    before = victim.state()

    answer = httpx.request(url=url, **DOORS[door], trust_env=False, timeout=30)

    assert answer.status_code == 403, answer.text
    assert victim.state() == before
    made = victim.api.post(f"{path(victim.transfer, victim.transfer['files'][0])}/downloads")
    assert httpx.get(made.json()["url"], trust_env=False, timeout=30).content == b"hello"
