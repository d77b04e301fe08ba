"""Mails as the inbox shows them, read from SES v2 SendEmail requests."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import getaddresses
from typing import Self

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_pascal


class _Wire(BaseModel):
    """A part of SES v2's `SendEmail` request."""

    model_config = ConfigDict(frozen=True, alias_generator=to_pascal)


class _Text(_Wire):
    data: str


class _Pair(_Wire):
    name: str
    value: str


class _Body(_Wire):
    text: _Text | None = None
    html: _Text | None = None


class _Simple(_Wire):
    subject: _Text
    body: _Body
    headers: list[_Pair] = []


class _Raw(_Wire):
    data: Base64Bytes


class _Content(_Wire):
    simple: _Simple | None = None
    raw: _Raw | None = None


class _Destination(_Wire):
    to_addresses: list[str] = []
    cc_addresses: list[str] = []
    bcc_addresses: list[str] = []


class _SendEmail(_Wire):
    from_email_address: str = ""
    destination: _Destination = _Destination()
    content: _Content
    email_tags: list[_Pair] = []
    configuration_set_name: str | None = None


class Mail(BaseModel):
    """One accepted mail. JSON names are those of `GET /inbox`."""

    model_config = ConfigDict(frozen=True)

    sender: str = Field(serialization_alias="from")
    to: list[str]
    cc: list[str]
    bcc: list[str]
    subject: str
    text: str | None
    html: str | None
    headers: dict[str, str]
    tags: dict[str, str]
    configuration_set: str | None
    message_id: str
    sent_at: str

    @property
    def recipients(self) -> list[str]:
        """Bare addresses of everybody it goes to."""
        return [address for _, address in getaddresses([*self.to, *self.cc, *self.bcc])]

    @classmethod
    def from_request(cls, body: bytes, *, message_id: str, sent_at: str) -> Self:
        """Read the JSON of SES v2 `SendEmail`, with simple or raw content."""
        request = _SendEmail.model_validate_json(body)
        simple = request.content.simple
        message = _message(request.content)
        text = message.get_body(("plain",)) if simple is None else None
        html = message.get_body(("html",)) if simple is None else None
        return cls(
            sender=request.from_email_address or str(message["From"] or ""),
            to=request.destination.to_addresses or _addresses(message, "To"),
            cc=request.destination.cc_addresses or _addresses(message, "Cc"),
            bcc=request.destination.bcc_addresses,
            subject=simple.subject.data if simple else str(message["Subject"] or ""),
            text=_data(simple.body.text) if simple else text and str(text.get_content()),
            html=_data(simple.body.html) if simple else html and str(html.get_content()),
            headers={name: str(value) for name, value in message.items()},
            tags={tag.name: tag.value for tag in request.email_tags},
            configuration_set=request.configuration_set_name,
            message_id=message_id,
            sent_at=sent_at,
        )


def _message(content: _Content) -> EmailMessage:
    """The raw message, or an empty one that has the simple content's extra headers."""
    if content.raw is not None:
        return message_from_bytes(content.raw.data, policy=default)
    message = EmailMessage()
    for header in content.simple.headers if content.simple else []:
        message[header.name] = header.value
    return message


def _addresses(message: EmailMessage, name: str) -> list[str]:
    return [str(value) for value in message.get_all(name, [])]


def _data(text: _Text | None) -> str | None:
    return text.data if text else None
