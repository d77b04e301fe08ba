import io
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError
from botocore.stub import Stubber
from skyferry.core.models import MailStatus, RecipientStatus
from skyferry.functions.send_email import index
from skyferry.shared import clients

from tests.support.aws import Aws
from tests.support.builders import HOSTILE_NAME, SENDER_EMAIL
from tests.support.events import Context, sqs_event
from tests.support.journey import Journey


class Ses:
    """SES, as far as a mailer can tell: remembers the calls, fails on request."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.fails_with: Exception | None = None

    def send_email(self, **call: Any) -> dict[str, str]:
        self.calls.append(call)
        if self.fails_with:
            raise self.fails_with
        return {"MessageId": f"ses-{len(self.calls)}"}


@pytest.fixture
def journey(aws: Aws) -> Journey:
    return Journey(aws)


@pytest.fixture
def ses(monkeypatch: pytest.MonkeyPatch) -> Ses:
    ses = Ses()
    monkeypatch.setattr(clients, "sesv2", lambda: ses)
    return ses


def handle(context: Context, *bodies: object) -> list[str]:
    answer: dict[str, Any] = index.handler(sqs_event(*bodies), context)  # type: ignore[arg-type]
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "SendEmail")


def test_a_job_becomes_one_mail_with_a_link(journey: Journey, ses: Ses, context: Context) -> None:
    contents = journey.ready()
    job = journey.job(contents).model_dump()

    assert handle(context, job) == []
    assert handle(context, job) == []

    (call,) = ses.calls
    assert call["FromEmailAddress"] == "files@ferry.test"
    assert call["Destination"] == {"ToAddresses": ["r0@example.com"]}
    assert call["ConfigurationSetName"] == "set"
    assert {tag["Name"]: tag["Value"] for tag in call["EmailTags"]} == {
        "owner": contents.transfer.owner,
        "transfer_id": contents.transfer.id,
        "recipient_id": contents.recipients[0].id,
        "kind": "available",
    }
    body = call["Content"]["Simple"]["Body"]
    token = body["Text"]["Data"].partition("https://ferry.test/v1/t/")[2].split()[0]
    assert f"/t/{token}" in body["Html"]["Data"]
    assert journey.recipient(contents).status is RecipientStatus.SENT


@pytest.mark.parametrize(
    ("error", "status", "redelivered"),
    [
        (refusal("MessageRejected"), MailStatus.FAILED, False),
        (refusal("MailFromDomainNotVerifiedException"), MailStatus.FAILED, False),
        (refusal("InternalFailure"), MailStatus.UNCERTAIN, False),
        (ReadTimeoutError(endpoint_url="x"), MailStatus.UNCERTAIN, False),
        (refusal("TooManyRequestsException"), None, True),
        (refusal("SendingPausedException"), None, True),
        (refusal("AccessDeniedException"), None, True),
        (ConnectTimeoutError(endpoint_url="x"), None, True),
    ],
)
def test_what_ses_answers_decides_what_becomes_of_the_mail(
    journey: Journey,
    ses: Ses,
    context: Context,
    error: Exception,
    status: MailStatus | None,
    redelivered: bool,
) -> None:
    contents = journey.ready()
    job = journey.job(contents)
    ses.fails_with = error

    failed = handle(context, job.model_dump())

    mail = journey.mails.find(job)
    assert bool(failed) is redelivered
    assert (mail and mail.status) == status
    ses.fails_with = None
    handle(context, job.model_dump())
    assert len(ses.calls) == (2 if redelivered else 1)


def test_ses_is_asked_once_even_when_no_answer_comes() -> None:
    client: Any = clients.sesv2()

    assert client.meta.config.retries == {"total_max_attempts": 1, "mode": "standard"}


def test_a_job_of_an_unknown_transfer_is_done(journey: Journey, ses: Ses, context: Context) -> None:
    job = journey.job(journey.ready()).replace(transfer_id="tr_gone")

    assert handle(context, job.model_dump()) == []
    assert ses.calls == []


def test_a_message_with_a_later_field_is_read(journey: Journey, ses: Ses, context: Context) -> None:
    job = journey.job(journey.ready()).model_dump() | {"colour": "red"}

    assert handle(context, job) == []
    assert len(ses.calls) == 1


def test_a_recipients_mail_offers_one_click_unsubscription(
    journey: Journey, ses: Ses, context: Context
) -> None:
    handle(context, journey.job(journey.ready()).model_dump())

    simple = ses.calls[0]["Content"]["Simple"]
    headers = {header["Name"]: header["Value"] for header in simple["Headers"]}
    text = simple["Body"]["Text"]["Data"]
    token = text.partition("https://ferry.test/v1/t/")[2].split()[0]
    assert headers == {
        "List-Unsubscribe": f"<https://ferry.test/v1/t/{token}/unsubscribe>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    assert text.rstrip().endswith(f"https://ferry.test/v1/t/{token}/unsubscribe")


@pytest.mark.parametrize(
    ("code", "message", "reason", "status"),
    [
        (
            "MessageRejected",
            "Email address is not verified. The following identities failed the check: r0@example.com",
            "not-verified",
            RecipientStatus.FAILED,
        ),
        ("MessageRejected", "no", "refused", RecipientStatus.FAILED),
        ("InternalFailure", "no", "uncertain", RecipientStatus.UNCERTAIN),
        ("SendingPausedException", "no", "sending-paused", RecipientStatus.QUEUED),
        ("AccountSuspendedException", "no", "sending-paused", RecipientStatus.QUEUED),
        ("LimitExceededException", "no", "quota-exceeded", RecipientStatus.QUEUED),
        (
            "TooManyRequestsException",
            "Daily message quota exceeded.",
            "quota-exceeded",
            RecipientStatus.QUEUED,
        ),
        (
            "TooManyRequestsException",
            "Maximum sending rate exceeded.",
            None,
            RecipientStatus.QUEUED,
        ),
    ],
)
def test_what_is_wrong_is_shown_with_the_recipient(
    journey: Journey,
    ses: Ses,
    context: Context,
    code: str,
    message: str,
    reason: str | None,
    status: RecipientStatus,
) -> None:
    contents = journey.ready()
    ses.fails_with = ClientError({"Error": {"Code": code, "Message": message}}, "SendEmail")

    handle(context, journey.job(contents).model_dump())

    recipient = journey.recipient(contents)
    assert (recipient.reason and recipient.reason.code) == reason
    assert recipient.status is status
    assert "r0@example.com" not in str(recipient.reason)


def test_a_reason_to_wait_is_forgotten_once_the_mail_is_out(
    journey: Journey, ses: Ses, context: Context
) -> None:
    contents = journey.ready()
    job = journey.job(contents).model_dump()
    ses.fails_with = refusal("SendingPausedException")
    assert handle(context, job) == ["message-0"]

    ses.fails_with = None
    assert handle(context, job) == []

    recipient = journey.recipient(contents)
    assert (recipient.status, recipient.reason) == (RecipientStatus.SENT, None)


def test_a_notice_carries_no_link_and_nothing_to_unsubscribe_from(
    journey: Journey, ses: Ses, context: Context
) -> None:
    contents = journey.blocked()

    for job in journey.notices(contents):
        assert handle(context, job.model_dump()) == []
        assert handle(context, job.model_dump()) == []

    (call,) = ses.calls
    assert call["Destination"] == {"ToAddresses": [SENDER_EMAIL]}
    assert call["Content"]["Simple"]["Headers"] == []
    assert "/t/" not in str(call["Content"])


def test_the_log_holds_no_address_and_no_link(
    journey: Journey, ses: Ses, context: Context, log: io.StringIO
) -> None:
    contents = journey.ready()
    handle(context, journey.job(contents).model_dump())
    ses.fails_with = refusal("TooManyRequestsException")
    handle(context, journey.job(journey.ready()).model_dump())
    for job in journey.notices(journey.blocked()):
        handle(context, job.model_dump())

    lines = log.getvalue()
    assert contents.transfer.id in lines
    for secret in ("r0@example.com", SENDER_EMAIL, "/t/", HOSTILE_NAME):
        assert secret not in lines


def test_the_request_is_one_that_ses_knows(journey: Journey, ses: Ses, context: Context) -> None:
    """botocore's own model checks the parameters that the deployed client does not."""
    handle(context, journey.job(journey.ready()).model_dump())
    import botocore.session

    client: Any = botocore.session.get_session().create_client("sesv2")
    with Stubber(client) as stub:
        stub.add_response("send_email", {"MessageId": "1"}, ses.calls[0])
        assert client.send_email(**ses.calls[0])["MessageId"] == "1"
