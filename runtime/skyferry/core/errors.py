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


class TypeNotAllowedError(SkyferryError):
    """A file of a type that the upload request does not allow."""


class SizeUnknownError(SkyferryError):
    """A file cannot be registered without its exact size."""


class ExpiredError(SkyferryError):
    """The transfer or link has passed its `expires_at`."""


class DeletedError(SkyferryError):
    """The sender has taken the transfer back."""


class DownloadLimitError(SkyferryError):
    """The transfer's `max_downloads` are used up."""


class NoVerifiedEmailError(SkyferryError):
    """A notice was asked for, but the access token names no verified address to send it to."""

    def __init__(self) -> None:
        wrong = FieldError(
            "/notify/downloads", "no-verified-email", "true needs an address to tell"
        )
        super().__init__(
            "The access token has no verified e-mail address, so nobody can be told of downloads.",
            errors=(wrong,),
        )


class RequestUsedError(SkyferryError):
    """The upload request's `max_uses` are used up."""


class IdempotencyMismatchError(SkyferryError):
    """The Idempotency-Key was used before with another payload."""


class IdempotencyInProgressError(SkyferryError):
    """The first request with this Idempotency-Key is still running."""


class PasswordRequiredError(SkyferryError):
    """The link is behind a password, and the caller has not given it."""

    def __init__(self) -> None:
        super().__init__("These files are behind a password: unlock the link first.")


class WrongPasswordError(SkyferryError):
    """Not the password of this link."""

    def __init__(self) -> None:
        super().__init__("That is not the password of this link.")


class MalwareError(SkyferryError):
    """The scan found malware in the file; nobody gets it."""


class TooManyRequestsError(SkyferryError):
    """Done too often; `retry_after` seconds from now it may be tried again."""

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class QuotaExceededError(SkyferryError):
    """The owner's quota has no room for it."""


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


class MailError(SkyferryError):
    """A mail that did not surely get out. `code` is what its recipient's `reason` will say."""

    def __init__(self, detail: str, code: str) -> None:
        super().__init__(detail)
        self.code = code


class MailRefusedError(MailError):
    """The mail provider answered that it will not send this mail. It was not sent."""

    def __init__(self, detail: str, code: str = "refused") -> None:
        super().__init__(detail, code)


class MailNotSentError(MailError):
    """The mail provider was not reached or takes nothing now. It was not sent; try again later."""

    def __init__(self, detail: str, code: str = "delayed") -> None:
        super().__init__(detail, code)


class MailPausedError(MailNotSentError):
    """And not for a moment only: what is wrong is shown while the queue goes on trying."""


class MailUncertainError(MailError):
    """No answer came: the mail may have been sent. It must not be sent again."""

    def __init__(self, detail: str, code: str = "uncertain") -> None:
        super().__init__(detail, code)
