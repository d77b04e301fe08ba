"""What can go wrong, as types. `functions/api/problems.py` turns each into HTTP, in one table."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with one field: `pointer` is an RFC 6901 JSON pointer into the request body."""

    pointer: str
    code: str
    detail: str


class SkyferryError(Exception):
    """Base of every error a caller can act on. `detail` is shown to the caller, so it names no secret."""

    def __init__(self, detail: str, *, errors: tuple[FieldError, ...] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors


class MalformedError(SkyferryError):
    """The request cannot be read: unknown field, wrong type, beyond a documented limit."""


class NotFoundError(SkyferryError):
    """Unknown, or somebody else's: the two must not be told apart, so the text is always the same."""

    def __init__(self) -> None:
        super().__init__("There is nothing here.")


class ForbiddenError(SkyferryError):
    """The access token lacks the scope the operation asks for."""


class StateError(SkyferryError):
    """The transfer or file is in a state in which this cannot be done."""


class UploadIncompleteError(SkyferryError):
    """Bytes are missing: nothing was changed, send them and ask again."""


class ScanPendingError(SkyferryError):
    """The file is not yet verified and scanned."""


class SizeLimitError(SkyferryError):
    """More bytes than declared, or than a limit allows."""


class ExpiredError(SkyferryError):
    """The transfer has passed its `expires_at`."""


class DeletedError(SkyferryError):
    """The sender has taken the transfer back."""


class DownloadLimitError(SkyferryError):
    """The transfer's `max_downloads` are used up."""


class IdempotencyMismatchError(SkyferryError):
    """The Idempotency-Key was used before with another payload."""


class IdempotencyInProgressError(SkyferryError):
    """The first request with this Idempotency-Key is still running."""


class UnavailableError(SkyferryError):
    """A dependency failed or answered too late; the same request may be sent again."""


class ConflictError(SkyferryError):
    """Somebody else changed the transfer in between: read it again and decide again."""


class WebhookTargetError(SkyferryError):
    """A webhook must not point there: what is behind the address may be reachable for us alone."""


class WebhookUnansweredError(SkyferryError):
    """The receiver of a webhook could not be reached, or did not answer in time."""


class WebhookNotDeliveredError(SkyferryError):
    """The receiver did not take the message; it is to be tried again."""


class MailRefusedError(SkyferryError):
    """The mail provider answered that it will not send this mail. It was not sent."""


class MailNotSentError(SkyferryError):
    """The mail provider was not reached or throttled us. It was not sent; try again later."""


class MailUncertainError(SkyferryError):
    """No answer came: the mail may have been sent. It must not be sent again."""
