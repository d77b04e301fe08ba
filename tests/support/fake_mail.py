"""In-memory stand-ins for everything about mail; see `fakes`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from skyferry.core.errors import (
    NotFoundError,
)
from skyferry.core.mails import Letter
from skyferry.core.models import (
    MAIL_STEPS,
    Link,
    Mail,
    MailJob,
    TransferStatus,
)
from skyferry.core.suppressions import Suppression

from tests.support.fakes import FakeTransfers


def _mail_key(mail: Mail | MailJob) -> str:
    return f"{mail.transfer_id}/{mail.recipient_id}/{mail.kind}"


@dataclass
class FakeMails:
    """MailStore; shares the mails with a FakeTransfers, as the adapters share a table."""

    transfers: FakeTransfers
    links: dict[str, Link] = field(default_factory=dict)

    def claim(self, mail: Mail, statuses: Collection[TransferStatus]) -> bool:
        transfer = self.transfers.transfers.get(mail.transfer_id)
        if transfer is None or transfer.status not in statuses:
            return False
        if _mail_key(mail) in self.transfers.mails:
            return False
        self.transfers.mails[_mail_key(mail)] = mail
        if mail.token_hash is not None:
            self.links[mail.token_hash] = Link(
                owner=mail.owner,
                transfer_id=mail.transfer_id,
                recipient_id=mail.recipient_id,
                email=mail.email,
            )
        return True

    def release(self, mail: Mail) -> None:
        del self.transfers.mails[_mail_key(mail)]
        self.links.pop(mail.token_hash or "", None)

    def find(self, job: MailJob) -> Mail | None:
        return self.transfers.mails.get(_mail_key(job))

    def settle(self, mail: Mail) -> bool:
        current = self.transfers.mails.get(_mail_key(mail))
        if current is None or current.status not in MAIL_STEPS[mail.status]:
            return False
        self.transfers.mails[_mail_key(mail)] = mail
        return True

    def link(self, token_hash: str) -> Link:
        if token_hash not in self.links:
            raise NotFoundError
        return self.links[token_hash]


@dataclass
class FakeSuppressions:
    """SuppressionStore."""

    rows: dict[tuple[str, str], Suppression] = field(default_factory=dict)

    def add(self, suppression: Suppression) -> None:
        key = (suppression.owner, suppression.email)
        known = self.rows.get(key)
        if known is None or (suppression.reason.asked_for and not known.reason.asked_for):
            self.rows[key] = suppression

    def is_suppressed(self, email: str) -> bool:
        return any(suppressed == email.lower() for _, suppressed in self.rows)

    def get(self, owner: str, email: str) -> Suppression:
        if (owner, email.lower()) not in self.rows:
            raise NotFoundError
        return self.rows[(owner, email.lower())]

    def page(self, owner: str, after: str, limit: int) -> list[Suppression]:
        mine = [each for each in self.rows.values() if each.owner == owner]
        mine.sort(key=lambda each: each.address_hash)
        return [each for each in mine if each.address_hash > after][:limit]

    def remove(self, suppression: Suppression) -> bool:
        key = (suppression.owner, suppression.email)
        if key not in self.rows or self.rows[key].reason is not suppression.reason:
            return False
        del self.rows[key]
        return True


@dataclass
class FakeMailQueue:
    jobs: list[MailJob] = field(default_factory=list)
    fails_with: Exception | None = None

    def send(self, jobs: Sequence[MailJob]) -> None:
        if self.fails_with:
            raise self.fails_with
        self.jobs.extend(jobs)


@dataclass
class FakeMailer:
    """Remembers what was sent; `fails_with` makes the next sends fail."""

    letters: list[Letter] = field(default_factory=list)
    fails_with: Exception | None = None

    @property
    def sent(self) -> list[tuple[str, str]]:
        """Address and link of each mail."""
        return [(letter.to, letter.link_url or "") for letter in self.letters]

    def send(self, letter: Letter) -> str:
        if self.fails_with:
            raise self.fails_with
        self.letters.append(letter)
        return f"message-{len(self.letters)}"
