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
from skyferry.core.errors import MailNotSentError, MailRefusedError, MailUncertainError
from skyferry.core.models import MailJob, Recipient, Record, Transfer

if TYPE_CHECKING:
    from types_boto3_sesv2 import SESV2Client

_REFUSED = frozenset(
    {
        "MessageRejected",
        "MailFromDomainNotVerifiedException",
        "BadRequestException",
        "NotFoundException",
    }
)
_NOT_NOW = frozenset(
    {
        "TooManyRequestsException",
        "LimitExceededException",
        "ThrottlingException",
        "Throttling",
        "SendingPausedException",
        "AccountSuspendedException",
        # Ours to repair: nothing was sent, the queue keeps the work and its dead-letter queue rings.
        "AccessDeniedException",
        "AccessDenied",
    }
)


class Rendered(Record):
    """A mail's words, ready to send; `html` has every user text escaped."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Mailer:
    """Implements core.ports.Mailer."""

    client: "SESV2Client"
    sender: str
    configuration_set: str
    render: Callable[[Transfer, Recipient, str], Rendered]

    def send(self, job: MailJob, recipient: Recipient, transfer: Transfer, link_url: str) -> str:
        mail = self.render(transfer, recipient, link_url)
        tags = job.model_dump(include=set(MAIL_TAGS))
        try:
            answer = self.client.send_email(
                FromEmailAddress=self.sender,
                Destination={"ToAddresses": [recipient.email]},
                ConfigurationSetName=self.configuration_set,
                EmailTags=[{"Name": name, "Value": str(tags[name])} for name in MAIL_TAGS],
                Content={
                    "Simple": {
                        "Subject": {"Data": mail.subject, "Charset": "UTF-8"},
                        "Body": {
                            "Text": {"Data": mail.text, "Charset": "UTF-8"},
                            "Html": {"Data": mail.html, "Charset": "UTF-8"},
                        },
                    }
                },
            )
        except ClientError as error:
            code = error_code(error)
            if code in _REFUSED:
                raise MailRefusedError(f"SES refused the mail: {code}.") from error
            if code in _NOT_NOW:
                raise MailNotSentError(f"SES does not take mail now: {code}.") from error
            raise MailUncertainError(f"SES failed while taking the mail: {code}.") from error
        except (EndpointConnectionError, ConnectTimeoutError) as error:
            raise MailNotSentError("SES could not be reached.") from error
        except BotoCoreError as error:
            raise MailUncertainError("No answer came from SES.") from error
        return answer["MessageId"]
