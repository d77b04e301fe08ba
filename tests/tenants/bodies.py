"""Bodies that pass, with a mark of their sender's in every field of text."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.tenants.driver import Tenant
from tests.tenants.knowledge import Value, mark

_MIB = 1024 * 1024


@dataclass
class Marks:
    """The marks a request carries; `shown` are those that links of the transfer or request show too."""

    shown: list[str] = field(default_factory=list)
    private: list[str] = field(default_factory=list)
    emails: list[str] = field(default_factory=list)
    passwords: list[str] = field(default_factory=list)

    def show(self) -> str:
        self.shown.append(mark())
        return self.shown[-1]

    def hide(self) -> str:
        self.private.append(mark())
        return self.private[-1]

    def email(self) -> str:
        self.emails.append(f"{self.hide()}@example.com")
        return self.emails[-1]

    def password(self) -> str:
        self.passwords.append(f"pw {self.hide()}")
        return self.passwords[-1]

    def values(self, tenant: Tenant, place: str | None) -> Iterator[Value]:
        """Once they are the tenant's, at a place."""
        # Of addresses those are worth asking for whose transfers are mailed: they have one.
        email = "email" if len(self.emails) == 1 else "text"
        kinds = {**dict.fromkeys(self.emails, email), **dict.fromkeys(self.passwords, "password")}
        for text in (*kinds, *self.private):
            yield Value(text, kinds.get(text, "text"), tenant, place)
        for text in self.shown:
            yield Value(text, "text", tenant, place, place)


def _file(marks: Marks, size: int = 5) -> dict[str, Any]:
    kind = "text/plain" if size < _MIB else "video/mp4"
    return {"name": marks.show(), "path": marks.show(), "size": size, "content_type": kind}


def _recipient(marks: Marks) -> dict[str, Any]:
    return {"email": marks.email(), "name": marks.hide()}


def _texts(marks: Marks) -> dict[str, Any]:
    return {"title": marks.show(), "message": marks.show()}


def _webhook(marks: Marks) -> dict[str, Any]:
    return {"url": f"https://hooks.example.com/{marks.hide()}", "description": marks.hide()}


#: A body that passes, by its schema, with a mark in every field of text. One unknown here is a KeyError.
BODIES: dict[str, Callable[[Marks], Any]] = {
    "NewTransfer": lambda m: {
        **_texts(m),
        "files": [_file(m), _file(m, 20 * _MIB)],
        "recipients": [_recipient(m), _recipient(m)],
        "tags": {m.hide(): m.hide()},
    },
    "PatchTransfer": lambda m: {**_texts(m), "tags": {m.hide(): m.hide()}},
    "PatchFile": lambda m: {"name": m.show(), "path": m.show()},
    "NewFile": lambda m: _file(m, 20 * _MIB),
    "NewRecipient": _recipient,
    "SignParts": lambda m: {"parts": [{"number": 1, "size": 8 * _MIB}]},
    "Unlock": lambda m: {"password": m.password()},
    "NewRequest": lambda m: {**_texts(m), "max_uses": 50},
    "PatchRequest": _texts,
    "NewContribution": lambda m: {
        "sender_name": m.show(),
        "sender_message": m.show(),
        "files": [_file(m)],
    },
    "NewWebhook": _webhook,
    "PatchWebhook": _webhook,
    "CompanionUpload": lambda m: {
        "filename": m.show(),
        "type": "video/mp4",
        "metadata": {"size": 20 * _MIB},
    },
    "CompanionParts": lambda m: {"parts": []},
    "form": lambda m: "List-Unsubscribe=One-Click",
}
#: With these a link asks for a password.
LOCKABLE = {"NewTransfer", "PatchTransfer", "NewRequest", "PatchRequest"}
QUERIES: Mapping[str, Callable[[Marks], dict[str, str]]] = {
    "companionParams": lambda m: {"filename": m.show(), "type": "text/plain", "metadata[size]": "5"}
}
