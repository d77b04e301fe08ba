"""Access tokens between runs: one file for its user alone. Tokens are never printed and never logged."""

import json
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from skyferry_client.errors import BadAnswerError
from skyferry_client.private_files import write_private
from skyferry_client.wire import Fields

#: A token with less left than this is renewed first: the request must still arrive in time.
_MARGIN = 60


@dataclass(frozen=True, slots=True)
class Tokens:
    """`api_url`: what the token was issued for; it goes nowhere else. `expires_at`: seconds since 1970."""

    api_url: str
    issuer: str
    client_id: str
    access_token: str = field(repr=False)
    expires_at: int | None
    refresh_token: str | None = field(repr=False)

    def needs_renewal(self, now: float | None = None) -> bool:
        now = time.time() if now is None else now
        return self.expires_at is not None and now > self.expires_at - _MARGIN


class TokenStore:
    """Tokens by profile. A file that cannot be understood counts as empty."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self, profile: str) -> Tokens | None:
        found = self._all().get(profile)
        try:
            return None if found is None else _parse(Fields(found))
        except BadAnswerError:
            return None

    def save(self, profile: str, tokens: Tokens) -> None:
        self._write({**self._all(), profile: asdict(tokens)})

    def remove(self, profile: str) -> bool:
        """Whether there was one."""
        everything = self._all()
        found = everything.pop(profile, None) is not None
        if found:
            self._write(everything)
        return found

    def _write(self, everything: dict[str, object]) -> None:
        write_private(self._path, json.dumps(everything))

    def _all(self) -> dict[str, object]:
        try:
            content = json.loads(self._path.read_bytes())
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}


def _parse(fields: Fields) -> Tokens:
    return Tokens(
        api_url=fields.text("api_url"),
        issuer=fields.text("issuer"),
        client_id=fields.text("client_id"),
        access_token=fields.text("access_token"),
        expires_at=fields.optional_integer("expires_at"),
        refresh_token=fields.optional_text("refresh_token"),
    )
