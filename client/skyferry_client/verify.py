"""Whether a transfer's log and receipt are what they claim to be. Nothing is believed unchecked."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jwt

from skyferry_client.requests import Json

_ALGORITHM = "ES256"
_TYPE = "receipt+jwt"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong; `seq` is the place in the log, or None where it is the receipt."""

    seq: int | None
    problem: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """`signature` is `valid`, `absent`, `unchecked` (no key that can be trusted was at hand) or `broken`.

    `intact` speaks of what was checked: a log that is not signed can have been made up as a whole.
    """

    transfer_id: str | None
    event_count: int
    #: How much of the log the receipt speaks of.
    receipt_count: int | None
    signature: str
    findings: tuple[Finding, ...]

    @property
    def intact(self) -> bool:
        return not self.findings


def digest(event: Mapping[str, object]) -> str:
    """SHA-256 (hex) of the canonical JSON of an event without `hash`."""
    content = {key: value for key, value in event.items() if key != "hash"}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    # What JSON allows and UTF-8 does not is no text that the service ever hashed.
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def check_log(events: Sequence[Json]) -> list[Finding]:
    """Numbers from 1 without a gap, each event bound to the one before, all of one transfer."""
    findings: list[Finding] = []
    head, transfer_id = "", events[0].get("transfer_id") if events else None
    for number, event in enumerate(events, start=1):
        problems = _problems(event, number, head, transfer_id)
        findings += [Finding(number, problem) for problem in problems]
        head = str(event.get("hash"))
    return findings


def check(
    events: Sequence[Json],
    receipt: str | None,
    keys: Mapping[str, object] | None,
    *,
    transfer_id: str | None = None,
    issuer: str | None = None,
) -> Verdict:
    """`keys` is the JWK set of the service, from a place that is trusted; None where there is none.

    `transfer_id` and `issuer` are what log and receipt must be of, where that is known.
    """
    findings = check_log(events)
    found_id = events[0].get("transfer_id") if events else None
    if transfer_id is not None and events and found_id != transfer_id:
        findings.append(Finding(1, f"the log is of {found_id}, not of {transfer_id}"))
    subject = transfer_id or (found_id if isinstance(found_id, str) else None)
    if receipt is None:
        return Verdict(subject, len(events), None, "absent", tuple(findings))
    claims, signature, problems = _read(receipt, keys)
    count: int | None = None
    if claims is not None:
        count, contradictions = _compare(claims, events, subject, issuer)
        problems += contradictions
    findings += [Finding(None, problem) for problem in problems]
    return Verdict(subject, len(events), count, signature, tuple(findings))


def _problems(event: Json, number: int, head: str, transfer_id: object) -> list[str]:
    problems = []
    if event.get("seq") != number or isinstance(event.get("seq"), bool):
        problems.append(f"its number is {event.get('seq')!r}, and {number} was expected")
    if event.get("prev_hash") != head:
        problems.append("it is not bound to the event before it")
    if event.get("transfer_id") != transfer_id:
        problems.append(f"it is of another transfer, {event.get('transfer_id')!r}")
    if event.get("hash") != digest(event):
        problems.append("its contents are not those that were hashed")
    return problems


def _read(
    receipt: str, keys: Mapping[str, object] | None
) -> tuple[dict[str, Any] | None, str, list[str]]:
    """The claims, what is known of their signature, and what is wrong."""
    try:
        header = jwt.get_unverified_header(receipt)
        if header.get("typ") != _TYPE:
            return None, "broken", [f"the receipt is of the type {header.get('typ')!r}"]
        if keys is None:
            unchecked: dict[str, Any] = jwt.decode(receipt, options={"verify_signature": False})
            return unchecked, "unchecked", []
        key = _key(keys, header.get("kid"))
        if key is None:
            problem = f"the receipt is signed with the key {header.get('kid')!r}, not the service's"
            return None, "broken", [problem]
        # The algorithm is ours to choose, never the token's.
        claims: dict[str, Any] = jwt.decode(
            receipt, key, algorithms=[_ALGORITHM], options={"verify_iat": False}
        )
    except jwt.PyJWTError as error:
        return None, "broken", [f"the receipt's signature does not hold: {error}"]
    return claims, "valid", []


def _key(keys: Mapping[str, object], kid: object) -> jwt.PyJWK | None:
    listed = keys.get("keys")
    for each in listed if isinstance(listed, list) else []:
        if isinstance(each, dict) and each.get("kid") == kid and kid:
            return jwt.PyJWK(each, algorithm=_ALGORITHM)
    return None


def _compare(
    claims: Mapping[str, Any], events: Sequence[Json], transfer_id: str | None, issuer: str | None
) -> tuple[int | None, list[str]]:
    """How many events the receipt speaks of, and where it contradicts the log."""
    problems = []
    if transfer_id is not None and claims.get("sub") != transfer_id:
        problems.append(f"the receipt is of {claims.get('sub')!r}, not of {transfer_id}")
    if issuer is not None and claims.get("iss") != issuer:
        problems.append(f"the receipt was issued by {claims.get('iss')!r}, not by {issuer}")
    log = claims.get("log")
    count = log.get("count") if isinstance(log, dict) else None
    if not isinstance(log, dict) or isinstance(count, bool) or not isinstance(count, int):
        return None, [*problems, "the receipt says nothing of the log"]
    if not 0 <= count <= len(events):
        problems.append(f"the receipt speaks of {count} events, and there are {len(events)}")
    elif log.get("head") != (events[count - 1].get("hash") if count else ""):
        problems.append(f"the receipt ends the log of {count} events with another hash")
    return count, problems
