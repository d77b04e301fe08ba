"""Mail by SES. What SES answers is sorted into: sent, refused, certainly not sent, unknown."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
)

from skyferry.adapters.aws_errors import error_code
from skyferry.contract import MAIL_TAGS
from skyferry.core.errors import (
    MailError,
    MailNotSentError,
    MailPausedError,
    MailRefusedError,
    MailUncertainError,
)
from skyferry.core.mails import Letter
from skyferry.core.models import Record

if TYPE_CHECKING:
    from types_boto3_sesv2 import SESV2Client
    from types_boto3_sesv2.type_defs import MessageHeaderTypeDef

_REFUSED = frozenset(
    {
        "MessageRejected",
        "MailFromDomainNotVerifiedException",
        "BadRequestException",
        "NotFoundException",
    }
)
_PAUSED = frozenset({"SendingPausedException", "AccountSuspendedException"})
_THROTTLED = frozenset({"TooManyRequestsException", "ThrottlingException", "Throttling"})
#: Ours to repair: nothing was sent, the queue keeps the work and its dead-letter queue rings.
_OURS = frozenset({"AccessDeniedException", "AccessDenied"})


class Rendered(Record):
    """A mail's words, ready to send; `html` has every user text escaped."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Mailer:
    """Implements core.ports.Mailer."""

    client: "SESV2Client"
    sender: str
    configuration_set: str
    render: Callable[[Letter], Rendered]

    def send(self, letter: Letter) -> str:
        mail = self.render(letter)
        tags = letter.job.model_dump(include=set(MAIL_TAGS))
        try:
            answer = self.client.send_email(
                FromEmailAddress=self.sender,
                Destination={"ToAddresses": [letter.to]},
                ConfigurationSetName=self.configuration_set,
                EmailTags=[{"Name": name, "Value": str(tags[name])} for name in MAIL_TAGS],
                Content={
                    "Simple": {
                        "Subject": {"Data": mail.subject, "Charset": "UTF-8"},
                        "Body": {
                            "Text": {"Data": mail.text, "Charset": "UTF-8"},
                            "Html": {"Data": mail.html, "Charset": "UTF-8"},
                        },
                        "Headers": _headers(letter),
                    }
                },
            )
        except ClientError as error:
            raise _refusal(error) from error
        except (EndpointConnectionError, ConnectTimeoutError) as error:
            raise MailNotSentError("SES could not be reached.") from error
        except BotoCoreError as error:
            raise MailUncertainError("No answer came from SES.") from error
        return answer["MessageId"]


def _headers(letter: Letter) -> "list[MessageHeaderTypeDef]":
    """One click unsubscribes (RFC 8058); large mail providers ask for it."""
    if letter.unsubscribe_url is None:
        return []
    return [
        {"Name": "List-Unsubscribe", "Value": f"<{letter.unsubscribe_url}>"},
        {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"},
    ]


def _refusal(error: ClientError) -> MailError:
    """Of SES's own words only what decides: they can name addresses."""
    code = error_code(error)
    words = error.response.get("Error", {}).get("Message", "").lower()
    if code == "MessageRejected" and "not verified" in words:
        return MailRefusedError(
            "SES has not verified the address; in its sandbox it sends to verified addresses only.",
            "not-verified",
        )
    if code in _REFUSED:
        return MailRefusedError(f"SES refused the mail: {code}.")
    if code in _PAUSED:
        return MailPausedError(
            "SES has paused sending for this service; the mail waits.", "sending-paused"
        )
    if code == "LimitExceededException" or (code in _THROTTLED and "daily" in words):
        return MailPausedError(
            "SES's daily quota for this service is used up; the mail waits.", "quota-exceeded"
        )
    if code in _THROTTLED or code in _OURS:
        return MailNotSentError(f"SES does not take mail now: {code}.")
    return MailUncertainError(f"SES failed while taking the mail: {code}.")
