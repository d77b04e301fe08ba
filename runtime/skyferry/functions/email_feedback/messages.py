"""SES's events as EventBridge brings them. Only what is needed is read.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

from pydantic import BaseModel, Field

from skyferry.contract import MAIL_TAGS
from skyferry.core.models import MailJob, RecipientStatus

_SENT, _DELIVERED = RecipientStatus.SENT, RecipientStatus.DELIVERED
#: What each event type proves. A bounce and a complaint prove that the mail was sent.
STATUSES: dict[str, tuple[RecipientStatus, ...]] = {
    "Send": (_SENT,),
    "Delivery": (_SENT, _DELIVERED),
    "DeliveryDelay": (_SENT,),
    "Bounce": (_SENT, RecipientStatus.BOUNCED),
    "Complaint": (_SENT, _DELIVERED, RecipientStatus.COMPLAINED),
    "Reject": (RecipientStatus.FAILED,),
    "Rendering Failure": (RecipientStatus.FAILED,),
}


class SentMail(BaseModel):
    message_id: str = Field(alias="messageId")
    tags: dict[str, list[str]] = {}


class Bounce(BaseModel):
    kind: str = Field(alias="bounceType")


class Detail(BaseModel):
    event_type: str = Field(alias="eventType")
    mail: SentMail
    bounce: Bounce | None = None


class SesEvent(BaseModel):
    detail: Detail

    @property
    def job(self) -> MailJob | None:
        """The mail it speaks of; None when it does not carry our tags."""
        tags = {name: values[0] for name, values in self.detail.mail.tags.items() if values}
        if not tags.keys() >= set(MAIL_TAGS):
            return None
        return MailJob.model_validate({name: tags[name] for name in MAIL_TAGS})

    @property
    def statuses(self) -> tuple[RecipientStatus, ...]:
        """What it proves. A transient bounce proves only that SES took the mail: it tries again."""
        bounce = self.detail.bounce
        if bounce is not None and bounce.kind == "Transient":
            return (_SENT,)
        return STATUSES.get(self.detail.event_type, ())
