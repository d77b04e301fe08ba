"""Every call of AWS and every fault: the journey goes on, and what is left is what a run without the fault leaves."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from tests.faults.aws_calls import AwsCalls, Site
from tests.faults.journeys import JOURNEYS
from tests.faults.kinds import KINDS
from tests.faults.service import Journey, Service, UnexpectedError, running

_HOUR = 3600
#: An upload whose events are both lost takes two, one for each; the fault may take one more away.
_SWEEPS = 3
_AT_LAST = "when all has expired:"
_MUST_GO = {"object", "open", "TRANSFER", "FILE", "RECIPIENT", "LINK", "OUTBOX", "USAGE"}


@dataclass(frozen=True, slots=True)
class Cell:
    journey: Journey
    site: Site
    kind: str

    def __str__(self) -> str:
        return f"{self.journey.__name__}: {self.site}: {self.kind}"


@dataclass(frozen=True, slots=True)
class _Unharmed:
    sites: tuple[Site, ...]
    lines: frozenset[tuple[str, str]]
    left: Counter[str]


@cache
def sites() -> dict[Site, Journey]:
    """Every call of every journey, with the first journey that makes it."""
    found: dict[Site, Journey] = {}
    for journey in JOURNEYS:
        for site in _unharmed(journey).sites:
            found.setdefault(site, journey)
    return found


def lines() -> set[tuple[str, str]]:
    """Adapters' methods with the operations that the journeys had them call."""
    return {line for journey in JOURNEYS for line in _unharmed(journey).lines}


def cells() -> Iterator[Cell]:
    for site, journey in sites().items():
        for kind in KINDS:
            yield Cell(journey, site, kind)


def broken(cell: Cell) -> list[str]:
    """What the fault has broken; nothing, as it should be."""
    calls = AwsCalls(cell.site, cell.kind)
    try:
        with running(calls) as service:
            cell.journey(service)
            left = _left(service)
    except UnexpectedError as error:
        return [str(error)]
    except LookupError as error:
        return [f"the journey did not find what it needs to go on: {error!r}"]
    if not calls.struck:
        return ["the fault did not happen"]
    return _differences(cell.site, _unharmed(cell.journey).left, left)


@cache
def _unharmed(journey: Journey) -> _Unharmed:
    calls = AwsCalls()
    with running(calls) as service:
        journey(service)
        left = _left(service)
    return _Unharmed(tuple(calls.sites), frozenset(calls.lines), left)


def _left(service: Service) -> Counter[str]:
    """After the sweep that comes every few minutes has found what was lost; and after everything has expired."""
    for _ in range(_SWEEPS):
        service.settle()
        service.passes(2 * _HOUR)
        service.sweep()
    service.settle()
    left = service.summary()
    for _ in range(3):
        service.passes(10 * 24 * _HOUR)
        service.sweep()
        service.settle()
    for what, number in service.summary().items():
        if what.split()[0] in _MUST_GO:
            left[f"{_AT_LAST} {what}"] = number
    return left


#: Between the claim of a mail and its record nobody can know whether it went out (promise P4).
_UNKNOWABLE = {"MailTable.claim", "Mailer.send", "MailTable.settle"}
#: It did, and SES says so later: for a while that was shown as uncertain.
_HEARD = Counter({"EVENT mail.uncertain": 1})


def _given_up(to: str) -> Counter[str]:
    """Nothing was heard of it: it is shown as uncertain, then as failed, the sender is told, and it is not sent again."""
    return Counter(
        {
            **_HEARD,
            "EVENT mail.failed": 1,
            "EVENT mail.sent": -1,
            "EVENT mail.delivered": -1,
            "MAIL available sent": -1,
            "MAIL available failed": 1,
            "MAIL notice-bounced sent": 1,
            to: -1,
        }
    )


def _differences(site: Site, right: Counter[str], left: Counter[str]) -> list[str]:
    found = {what: left[what] - right[what] for what in right | left if left[what] != right[what]}
    if _is_honest(site, found):
        return []
    return [f"{difference:+} {what}" for what, difference in sorted(found.items())]


def _is_honest(site: Site, found: dict[str, int]) -> bool:
    """Whether this is what the documents say of such a fault, and not a bit more."""
    match site:
        case Site(caller="send_email", adapter=adapter) if adapter in _UNKNOWABLE:
            return _is_honest_of_a_mail(found)
        case Site(caller="createLinkDownload", adapter="TransferTable.commit"):
            # A recipient has no Idempotency-Key: a URL whose answer was lost counts as issued.
            return found == {"EVENT file.downloaded": 1, "TRANSFER download_count": 1}
        case Site(adapter="FileStore.start_multipart"):
            # An id that nobody has heard: the bucket ends the upload after a day.
            return set(_before_the_end(found)) == {"open upload"}
        case Site(caller="createRequestTransfer" | "createUploadToken"):
            # A token whose answer was lost is nobody's; its row goes when its time is up.
            return found == {"UPLOAD": 1}
        case Site(caller="removeFile"):
            # Its bytes, which nobody can reach, go with the transfer.
            return found == {"object files": 1}
    return not found


def _before_the_end(found: dict[str, int]) -> dict[str, int]:
    return {what: number for what, number in found.items() if not what.startswith(_AT_LAST)}


def _is_honest_of_a_mail(found: dict[str, int]) -> bool:
    notices = {
        what for what in found if what.startswith("mail to ada@sender.example: Not delivered")
    }
    rest = {what: number for what, number in found.items() if what not in notices}
    missing = [what for what in rest if what.startswith("mail to ")]
    if not notices:
        return rest == _HEARD
    return len(missing) == 1 and rest == _given_up(missing[0])
