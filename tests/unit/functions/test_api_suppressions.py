"""Addresses that get no mail: the owner's list, and the recipient's one click."""

from typing import Any
from urllib.parse import quote

import pytest
from skyferry.adapters.suppression_table import SuppressionTable
from skyferry.core.delivering import Timeline
from skyferry.core.models import (
    Mail,
    MailJob,
    MailStatus,
    Reason,
    RecipientStatus,
    TransferStatus,
)
from skyferry.core.suppressions import Suppression, SuppressionReason
from skyferry.core.tokens import token_hash
from skyferry.shared import clock, ids

from tests.support.aws import Aws
from tests.support.builders import OTHER_OWNER, OWNER, SENDER_EMAIL, any_principal
from tests.support.journey import Journey
from tests.support.rest import Api, payload

HTML = {"Accept": "text/html,*/*;q=0.8"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ONE_CLICK = "List-Unsubscribe=One-Click"
EMAIL = "o'brien+files@sub.example.com"
TOKEN = "t" * 43
PLACE = "/suppressions/{email}"


@pytest.fixture
def suppressions(aws: Aws) -> SuppressionTable:
    return SuppressionTable(aws.table)


@pytest.fixture
def mailed(aws: Aws) -> Journey:
    """A mail with TOKEN in it went to EMAIL."""
    journey = Journey(aws)
    contents = journey.ready()
    job = journey.job(contents)
    mail = Mail(
        **dict(job),
        email=EMAIL,
        status=MailStatus.CLAIMED,
        claimed_at=clock.now(),
        token_hash=token_hash(TOKEN),
    )
    assert journey.mails.claim(mail, {TransferStatus.READY})
    return journey


def suppress(
    suppressions: SuppressionTable,
    reason: SuppressionReason = SuppressionReason.BOUNCE,
    email: str = EMAIL,
    owner: str = OWNER,
) -> None:
    suppressions.add(Suppression(owner=owner, email=email, reason=reason, at=clock.now()))


def ask(api: Api, method: str, email: str = EMAIL, **options: Any) -> dict[str, Any]:
    return api(method, f"/suppressions/{email}", PLACE, **options)


def unsubscribe(
    api: Api, method: str, body: str | None = None, token: str = TOKEN, **headers: str
) -> dict[str, Any]:
    path, resource = f"/t/{token}/unsubscribe", "/t/{token}/unsubscribe"
    return api(method, path, resource, owner=None, body=body, headers=headers)


def test_one_click_ends_all_mail_to_the_address(
    api: Api, mailed: Journey, suppressions: SuppressionTable
) -> None:
    for _ in range(2):
        answer = unsubscribe(api, "POST", ONE_CLICK, **FORM)
        assert (answer["statusCode"], payload(answer)) == (200, {"unsubscribed": True})

    assert suppressions.is_suppressed(EMAIL)
    assert suppressions.get(OWNER, EMAIL).reason is SuppressionReason.UNSUBSCRIBE


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (None, None),
        ("", "text/plain"),
        ("{", "application/json"),
        (
            "--x\r\nContent-Disposition: form-data; name=x\r\n\r\n1",
            "multipart/form-data; boundary=x",
        ),
        ("x" * 1024, "application/x-www-form-urlencoded"),
    ],
)
def test_any_small_body_will_do(
    api: Api,
    mailed: Journey,
    suppressions: SuppressionTable,
    body: str | None,
    content_type: str | None,
) -> None:
    headers = {"Content-Type": content_type} if content_type else {}

    assert unsubscribe(api, "POST", body, **headers)["statusCode"] == 200
    assert suppressions.is_suppressed(EMAIL)


def test_a_large_body_is_refused_and_changes_nothing(
    api: Api, mailed: Journey, suppressions: SuppressionTable
) -> None:
    answer = unsubscribe(api, "POST", "x" * 1025, **FORM)

    assert answer["statusCode"] == 413
    assert "1024" in payload(answer)["detail"]
    assert not suppressions.is_suppressed(EMAIL)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("headers", [{}, HTML])
def test_looking_changes_nothing(
    api: Api, mailed: Journey, aws: Aws, method: str, headers: dict[str, str]
) -> None:
    before = aws.rows()

    assert unsubscribe(api, method, **headers)["statusCode"] == 200

    assert aws.rows() == before


def test_a_browser_gets_a_form_and_then_a_page_that_says_so(api: Api, mailed: Journey) -> None:
    page = unsubscribe(api, "GET", **HTML)
    assert page["headers"]["Content-Type"].startswith("text/html")
    assert '<form method="post">' in page["body"]
    assert EMAIL not in page["body"]

    after = unsubscribe(api, "POST", "", **HTML, **FORM)

    assert after["statusCode"] == 200
    assert "<form" not in after["body"]
    assert "No more mail" in after["body"]
    assert payload(unsubscribe(api, "GET")) == {"unsubscribed": True}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_link_unsubscribes_nobody(api: Api, mailed: Journey, method: str) -> None:
    assert unsubscribe(api, method, token="x" * 43)["statusCode"] == 404


def test_a_deleted_transfers_link_still_unsubscribes(
    api: Api, mailed: Journey, suppressions: SuppressionTable
) -> None:
    (transfer,) = mailed.transfers.page(OWNER, None, 1)
    mailed.sending.delete(any_principal(), transfer.id)

    assert unsubscribe(api, "POST", ONE_CLICK, **FORM)["statusCode"] == 200
    assert suppressions.is_suppressed(EMAIL)


@pytest.mark.parametrize("written", [EMAIL, EMAIL.upper(), quote(EMAIL, safe="")])
def test_a_bounce_is_shown_and_lifted_by_its_owner(
    api: Api, suppressions: SuppressionTable, written: str
) -> None:
    suppress(suppressions)

    shown = payload(ask(api, "GET", written))
    assert (shown["email"], shown["reason"]) == (EMAIL, "bounce")
    assert ask(api, "DELETE", written)["statusCode"] == 204
    assert ask(api, "GET", written)["statusCode"] == 404
    assert ask(api, "DELETE", written)["statusCode"] == 404
    assert not suppressions.is_suppressed(EMAIL)


def test_a_complaint_is_lifted_by_an_admin_only(api: Api, suppressions: SuppressionTable) -> None:
    suppress(suppressions, SuppressionReason.COMPLAINT)

    refused = ask(api, "DELETE")
    assert (refused["statusCode"], payload(refused)["code"]) == (409, "state")
    assert "admin" in payload(refused)["detail"]
    assert ask(api, "DELETE", scopes="transfers:write admin")["statusCode"] == 204


def test_no_owner_learns_of_anothers_addresses(api: Api, suppressions: SuppressionTable) -> None:
    suppress(suppressions, owner=OTHER_OWNER)

    assert payload(api("GET", "/suppressions", "/suppressions"))["data"] == []
    foreign, unknown = ask(api, "GET"), ask(api, "GET", "nobody@example.com")
    assert foreign["statusCode"] == unknown["statusCode"] == 404
    assert ask(api, "DELETE")["statusCode"] == 404
    assert suppressions.is_suppressed(EMAIL)


@pytest.mark.parametrize("email", ["x", "a@b", "..", "a@b.com,c@d.com", "%", "a@b.com%00", "@"])
def test_what_is_no_address_is_not_found(api: Api, email: str) -> None:
    assert ask(api, "GET", email)["statusCode"] == 404


def test_the_list_is_paged(api: Api, suppressions: SuppressionTable) -> None:
    emails = {f"r{number}@example.com" for number in range(5)}
    for email in emails:
        suppress(suppressions, email=email)

    seen: list[str] = []
    query: dict[str, list[str]] = {"limit": ["2"]}
    while True:
        answer = api("GET", "/suppressions", "/suppressions", query=query)
        page = payload(answer)
        seen += [each["email"] for each in page["data"]]
        if page["next_cursor"] is None:
            break
        assert "example" not in answer["headers"]["Link"]
        query["cursor"] = [page["next_cursor"]]

    assert len(seen) == 5
    assert set(seen) == emails


@pytest.mark.parametrize(("method", "scope"), [("GET", "transfers:write"), ("DELETE", "admin")])
def test_the_scope_counts(
    api: Api, suppressions: SuppressionTable, method: str, scope: str
) -> None:
    suppress(suppressions)

    assert ask(api, method, scopes=scope)["statusCode"] == 403
    assert suppressions.is_suppressed(EMAIL)


def test_downloads_are_told_to_a_verified_address_only(api: Api) -> None:
    wanted = {"notify": {"downloads": True}}

    refused = api.create(5, fields=wanted)
    assert refused["statusCode"] == 422
    assert payload(refused)["code"] == "no-verified-email"
    assert payload(refused)["errors"][0]["pointer"] == "/notify/downloads"

    created = api.create(5, fields=wanted, email=SENDER_EMAIL)
    assert created["statusCode"] == 201
    notify = payload(created)["notify"]
    assert notify == {"downloads": True, "problems": True, "reminder": True}
    assert SENDER_EMAIL not in created["body"]


def test_notify_is_patched_member_by_member(api: Api) -> None:
    created = api.create(5, email=SENDER_EMAIL)
    path = f"/transfers/{payload(created)['id']}"

    def patch(body: dict[str, Any], etag: str, **options: Any) -> dict[str, Any]:
        headers = {"If-Match": etag, "Content-Type": "application/merge-patch+json"}
        return api("PATCH", path, "/transfers/{transfer_id}", body=body, headers=headers, **options)

    first = patch({"notify": {"problems": False}}, created["headers"]["ETag"])
    second = patch({"notify": {"problems": None, "downloads": True}}, first["headers"]["ETag"])

    assert payload(first)["notify"] == {"downloads": False, "problems": False, "reminder": True}
    assert payload(second)["notify"] == {"downloads": True, "problems": True, "reminder": True}
    unknown = patch({"notify": {"colour": True}}, second["headers"]["ETag"])
    assert (unknown["statusCode"], payload(unknown)["errors"][0]["pointer"]) == (
        400,
        "/notify/colour",
    )


def test_a_recipient_shows_why_a_mail_did_not_arrive(api: Api, mailed: Journey) -> None:
    (transfer,) = mailed.transfers.page(OWNER, None, 1)
    (recipient,) = mailed.transfers.recipients(OWNER, transfer.id)
    job = MailJob(owner=OWNER, transfer_id=transfer.id, recipient_id=recipient.id, kind="available")
    reason = Reason(code="bounced", detail="It came back.")
    timeline = Timeline(mailed.transfers, mailed.mails, clock.now, ids.new_id)
    timeline.reach(job, RecipientStatus.BOUNCED, reason)
    path = f"/transfers/{transfer.id}"

    listed = payload(api("GET", f"{path}/recipients", "/transfers/{transfer_id}/recipients"))
    whole = payload(api("GET", path, "/transfers/{transfer_id}"))
    (event,) = mailed.transfers.events(OWNER, transfer.id, transfer.event_count, 10)

    assert listed["data"][0]["reason"] == whole["recipients"][0]["reason"] == reason.model_dump()
    assert event.data == {"recipient_id": recipient.id, "reason": "bounced"}
