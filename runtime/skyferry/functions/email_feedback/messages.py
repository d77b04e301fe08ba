"""SES's events as EventBridge brings them. Only what is needed is read.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

from pydantic import BaseModel, Field

from skyferry.contract import MAIL_TAGS
from skyferry.core.models import MailJob, Reason, RecipientStatus
from skyferry.core.suppressions import SuppressionReason

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


_LISTED = frozenset({"Suppressed", "OnAccountSuppressionList"})


class SentMail(BaseModel):
    message_id: str = Field(alias="messageId")
    tags: dict[str, list[str]] = {}


class Bounce(BaseModel):
    kind: str = Field(alias="bounceType")
    detail: str = Field("General", alias="bounceSubType")


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

    @property
    def reason(self) -> Reason | None:
        """Why the last of the statuses came to be, where it is bad news."""
        match self.statuses[-1:]:
            case [RecipientStatus.BOUNCED]:
                return Reason(code="bounced", detail=self._bounce_in_words())
            case [RecipientStatus.COMPLAINED]:
                detail = "The recipient has called the mail spam; the address gets no more."
                return Reason(code="complained", detail=detail)
            case [RecipientStatus.FAILED]:
                return Reason(
                    code="refused", detail="SES took the mail and then refused to send it."
                )
        return None

    def _bounce_in_words(self) -> str:
        bounce = self.detail.bounce
        if bounce is not None and bounce.detail in _LISTED:
            return "SES's own suppression list holds the address, so the mail was not sent."
        if bounce is None or bounce.kind != "Permanent":
            return "The mail came back, and nobody can tell why."
        return "The mail came back for good: the address does not exist or takes no mail."

    @property
    def suppresses(self) -> SuppressionReason | None:
        """A bounce for good and a complaint end all mail to the address."""
        bounce = self.detail.bounce
        if self.detail.event_type == "Complaint":
            return SuppressionReason.COMPLAINT
        if self.detail.event_type == "Bounce" and bounce is not None:
            return SuppressionReason.BOUNCE if bounce.kind == "Permanent" else None
        return None
