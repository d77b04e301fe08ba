"""List cursors: opaque, signed, good for one owner, one list and one set of filters."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from skyferry.core.errors import FieldError, MalformedError

if TYPE_CHECKING:
    from itsdangerous import URLSafeSerializer


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Cursors:
    #: Answers the environment's signing key; called only when a cursor is made or read.
    key: Callable[[], bytes]

    def make(self, position: str, *scope: str | None) -> str:
        return str(self._serializer(scope).dumps(position))

    def read(self, cursor: str | None, *scope: str | None) -> str | None:
        """The position, None without a cursor. Raises MalformedError for any cursor we did not make for
        exactly this scope."""
        if cursor is None:
            return None
        from itsdangerous import BadData

        try:
            return str(self._serializer(scope).loads(cursor))
        except BadData:
            wrong = FieldError("/query/cursor", "bad-cursor", "use next_cursor of the same list")
            raise MalformedError(
                "The cursor does not belong to this list.", errors=(wrong,)
            ) from None

    def _serializer(self, scope: tuple[str | None, ...]) -> "URLSafeSerializer":
        # Loaded with the first cursor: most calls have none.
        from itsdangerous import URLSafeSerializer

        salt = "\x00".join(part or "" for part in scope).encode()
        return URLSafeSerializer(self.key(), salt=salt, signer_kwargs={"digest_method": sha256})
