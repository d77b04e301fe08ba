"""Who wants no mail: recipients say so, owners see what their mails caused and lift what may be lifted."""

from dataclasses import dataclass

from skyferry.contract import SCOPE_ADMIN
from skyferry.core.errors import StateError
from skyferry.core.models import Principal
from skyferry.core.ports import Clock, MailStore, SuppressionStore
from skyferry.core.suppressions import Suppression, SuppressionReason
from skyferry.core.tokens import token_hash


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Suppressing:
    suppressions: SuppressionStore
    mails: MailStore
    clock: Clock

    def unsubscribed(self, token: str) -> bool:
        """Whether the address that the link was mailed to gets no mail. Raises NotFoundError."""
        link = self.mails.link(token_hash(token))
        return self.suppressions.is_suppressed(link.email)

    def unsubscribe(self, token: str) -> None:
        """Repeatable. The link alone decides: its transfer may have ended, its recipient be removed."""
        link = self.mails.link(token_hash(token))
        self.suppressions.add(
            Suppression(
                owner=link.owner,
                email=link.email.lower(),
                reason=SuppressionReason.UNSUBSCRIBE,
                at=self.clock(),
            )
        )

    def page(self, principal: Principal, after: str, limit: int) -> list[Suppression]:
        """The owner's own, in the order of their addresses' hashes, those beyond `after`."""
        return self.suppressions.page(principal.owner, after, limit)

    def get(self, principal: Principal, email: str) -> Suppression:
        """Raises NotFoundError, also for what another owner's mail has caused."""
        return self.suppressions.get(principal.owner, email)

    def lift(self, principal: Principal, email: str) -> None:
        """Raises NotFoundError, or StateError where a person's own wish must not be overruled."""
        found = self.suppressions.get(principal.owner, email)
        if found.reason.asked_for and SCOPE_ADMIN not in principal.scopes:
            raise StateError(
                f"The address is suppressed by {found.reason}; lifting that needs the scope {SCOPE_ADMIN}."
            )
        if not self.suppressions.remove(found):
            # It changed in between, which it can do only once: from a bounce to somebody's wish.
            self.lift(principal, email)
