"""What must be true of every answer. Each check answers what is wrong, in words; nothing where all is well."""

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from tests.tenants.asking import Asked
from tests.tenants.driver import Answer, State, Tenant
from tests.tenants.knowledge import ANYWHERE, Knowledge, Value

#: Names this request and nothing else.
_PASSING = {
    *("x-request-id", "x-amzn-requestid", "x-amz-request-id", "x-amzn-trace-id", "x-amz-apigw-id"),
    *("ratelimit", "ratelimit-policy", "date", "content-length", "connection"),
}
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}")
_HASH = re.compile(r'"[0-9a-f]{32}"')
_SIGNATURE = re.compile(r"\.[A-Za-z0-9_-]{43}\b")
_ID_IN_KEY = re.compile(r"tr_[0-9a-z]{26}")


@dataclass(frozen=True)
class Leak:
    value: Value

    def __str__(self) -> str:
        return (
            f"the answer has {self.value.kind} {self.value.text!r} of {self.value.tenant.subject}"
        )


def leaks(asked: Asked, answer: Answer, known: Knowledge) -> list[Leak]:
    """Values of others in an answer, besides those that came with the request."""
    text = "\n".join(_readings(answer))
    return [
        Leak(value)
        for value in known.values.values()
        if value.text in text and value.text not in asked.ask.text and not _may_see(asked, value)
    ]


def _readings(answer: Answer) -> Iterator[str]:
    """As it is, and what is encoded in it: policies of forms, cursors, URLs."""
    plain = "\n".join([answer.body, *answer.headers.values()])
    yield plain
    if "%" in plain:
        yield unquote(plain)
    for found in _BASE64.findall(plain):
        padded = found.rstrip("=") + "=" * (-len(found.rstrip("=")) % 4)
        try:
            yield base64.b64decode(padded.translate(str.maketrans("-_", "+/"))).decode("latin-1")
        except binascii.Error:
            continue


def _may_see(asked: Asked, value: Value) -> bool:
    if value.tenant != asked.tenant:
        return False
    if asked.token is None:
        return True
    return value.shown is not None and value.shown in {ANYWHERE, asked.token.place}


def told_apart(asked: Asked, answer: Answer, twin: Asked, other: Answer) -> str | None:
    """How an answer about what is another's differs from one about what never was."""
    about_it, about_nothing = _comparable(asked, answer), _comparable(twin, other)
    if about_it == about_nothing or 429 in {answer.status, other.status}:
        return None
    if answer.status == other.status and {v.kind for v in asked.foreign().values()} == {"session"}:
        # A link without a password needs none, and answers with what it makes each time.
        return None
    return f"a foreign value answers {about_it}, an unknown one {about_nothing}"


def _comparable(asked: Asked, answer: Answer) -> tuple[int, dict[str, str], str]:
    """Without what was sent, which is all that the two may differ in."""
    body = answer.body
    headers = {name: text for name, text in answer.headers.items() if name.lower() not in _PASSING}
    if answer.headers.get("Content-Type", "").startswith("application/problem"):
        told = json.loads(body or "{}")
        told |= {"instance": "", "request_id": ""}
        body = json.dumps(told)
    sent = [*asked.ask.path.values(), *asked.ask.query.values()]
    sent += [text for name, text in asked.ask.headers.items() if name == "Skyferry-Session"]
    sent += [str(text) for text in _words(asked.ask.body)]
    for text in sorted(sent, key=len, reverse=True):
        if len(text) >= 16:
            body = body.replace(text, "·")
            headers = {name: value.replace(text, "·") for name, value in headers.items()}
    # The tag of an answer without a version is its body's hash, and a cursor's signature covers its filters: both
    # follow from what is compared here in any case.
    headers = {name: text for name, text in headers.items() if not _HASH.fullmatch(text)}
    headers = {name: _SIGNATURE.sub("", text) for name, text in headers.items()}
    return answer.status, headers, _SIGNATURE.sub("", body)


def _words(body: str | None) -> list[str]:
    try:
        sent = json.loads(body or "{}")
    except ValueError:
        return []
    metadata = sent.get("metadata") or {}
    return [str(value) for value in (sent.get("id", ""), metadata.get("file_id", ""))]


def changed(asked: Asked, before: State, after: State, tenants: list[Tenant]) -> str | None:
    """What of others a request has changed: rows, objects, uploads."""
    if before == after:
        return None
    touched = {
        place for place in before.keys() | after.keys() if before.get(place) is not after.get(place)
    }
    for place in sorted(touched):
        was, is_ = before.get(place), after.get(place)
        if was == is_:
            continue
        whose = [tenant for tenant in tenants if _belongs(tenant, place, was, is_)]
        if any(tenant != asked.tenant for tenant in whose):
            return f"{place} of {whose[0].subject} has changed from {was} to {is_}"
        if asked.token and whose and was is not None and _elsewhere(asked.token, place, was):
            return f"{place} has changed, which is not behind the link: {was} to {is_}"
    return None


def _belongs(tenant: Tenant, place: tuple[str, str], *stored: object) -> bool:
    return any(tenant.owner in text for text in (*place, *map(str, stored)))


def _elsewhere(token: Value, place: tuple[str, str], was: object) -> bool:
    """Whether it is of another transfer than the token's."""
    transfer = re.search(r"'transfer_id': \{'S': '(tr_\w+)'", str(was))
    named = [transfer[1]] if transfer else _ID_IN_KEY.findall(" ".join(place))
    return bool(named) and token.place not in named


def answered_by_anothers_key(asked: Asked, answer: Answer, used_before: bool) -> str | None:
    """A key counts for whoever used it, and for nobody else."""
    if used_before or ("header", "Idempotency-Key") not in asked.used:
        return None
    replayed = "Idempotency-Replayed" in answer.headers
    if replayed or '"idempotency-key-reused"' in answer.body or '"request-in-progress"' in answer.body:  # fmt: skip
        return f"another's Idempotency-Key counts: {answer.status} {answer.body[:200]}"
    return None
