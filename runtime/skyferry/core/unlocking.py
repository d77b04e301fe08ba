"""Links behind a password: a transfer's and an upload request's alike."""

from dataclasses import dataclass

from skyferry.core import limits, passwords
from skyferry.core.errors import PasswordRequiredError, StateError, WrongPasswordError
from skyferry.core.models import Session
from skyferry.core.ports import Sessions
from skyferry.core.rates import Policy, Rates

_FROM_ONE = Policy(name="unlock", limit=limits.UNLOCK_TRIES, window=limits.UNLOCK_WINDOW)
_FROM_ALL = Policy(name="unlock-all", limit=limits.UNLOCK_TRIES_OF_ALL, window=limits.UNLOCK_WINDOW)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Unlocking:
    """`link` is the hash of a link's token, `password_hash` that of its password, None without one."""

    sessions: Sessions
    rates: Rates

    def unlock(self, link: str, password_hash: str | None, password: str, source: str) -> Session:
        """`source` is the caller's address as the gateway saw it. Every try counts, before it costs us a
        hash. Raises WrongPasswordError, TooManyRequestsError, StateError without a password to give."""
        if password_hash is None:
            raise StateError("This link needs no password.")
        self.rates.spend(_FROM_ONE, f"{link}#{source}").require()
        self.rates.spend(_FROM_ALL, link).require()
        if not passwords.matches(password, password_hash):
            raise WrongPasswordError
        return self.sessions.issue(link, password_hash)

    def is_open(self, link: str, password_hash: str | None, session: str | None) -> bool:
        if password_hash is None:
            return True
        return session is not None and self.sessions.holds(session, link, password_hash)

    def require_open(self, link: str, password_hash: str | None, session: str | None) -> None:
        """Raises PasswordRequiredError."""
        if not self.is_open(link, password_hash, session):
            raise PasswordRequiredError
