"""What can go wrong, as types. `str(error)` is a text for the person at the terminal; it never holds
the access token or a signed URL."""

from dataclasses import dataclass
from http import HTTPStatus


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with one request field; `pointer` is an RFC 6901 JSON pointer."""

    pointer: str
    code: str
    detail: str


class SkyferryError(Exception):
    """Base of everything this package raises on purpose.

    `retry_after`: seconds the other side asked to wait before the same request, where it did.
    """

    retry_after: float | None = None


class ApiError(SkyferryError):
    """The API refused a request: the contents of its problem+json answer (RFC 9457)."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: tuple[FieldError, ...] = (),
        request_id: str | None = None,
        retry_after: float | None = None,
        problem: dict[str, object] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors
        self.request_id = request_id
        #: The whole problem document, where the answer was one.
        self.problem = problem or {"status": status, "code": code, "detail": detail}
        self.retry_after = retry_after

    def __str__(self) -> str:
        lines = [f"{self.detail} ({self.status} {self.code})"]
        lines += [f"  {e.pointer or '/'}: {e.detail} ({e.code})" for e in self.errors]
        if self.request_id:
            lines.append(f"  request {self.request_id}")
        return "\n".join(lines)


class ConnectionFailedError(SkyferryError):
    """No answer came. `sent` tells whether the request may have reached the other side."""

    def __init__(self, where: str, reason: str, *, sent: bool) -> None:
        super().__init__(f"no answer from {where}: {reason}")
        self.sent = sent


class StorageUnreachableError(ConnectionFailedError):
    """No answer came from the file store."""


class BadAnswerError(SkyferryError):
    """An answer that is not what the API's contract says."""


class BadIdError(SkyferryError):
    """Text given as an id that cannot be one."""


class StorageError(SkyferryError):
    """The file store refused a signed request. `code` is S3's own error code, where there is one."""

    def __init__(
        self, status: int, code: str, detail: str, *, retry_after: float | None = None
    ) -> None:
        super().__init__(f"the file store answered {status} {code}: {detail}")
        self.status = status
        self.code = code
        self.retry_after = retry_after

    @property
    def refused_url(self) -> bool:
        """The URL no longer counts (S3 says 403 for an expired one), so a new one may help."""
        return self.status == HTTPStatus.FORBIDDEN

    @property
    def temporary(self) -> bool:
        return (
            self.status in {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
            or self.status >= HTTPStatus.INTERNAL_SERVER_ERROR
            or self.code == "RequestTimeout"
        )


class FileChangedError(SkyferryError):
    """A local file is no longer what it was when the transfer began."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} changed while it was being sent; send it again when it is at rest"
        )


class LocalFileError(SkyferryError):
    """A local file or folder cannot be used as asked."""


class DamagedFileError(SkyferryError):
    """What arrived is not what was sent; nothing of it was kept."""


class NotReadyError(SkyferryError):
    """The transfer did not come to an end within the time we were asked to wait."""


class TransferBlockedError(SkyferryError):
    """The service refused the transfer after its upload; nothing went to the recipients."""


class StoppedError(SkyferryError):
    """Work given up because other work failed or the user interrupted. Never shown."""
