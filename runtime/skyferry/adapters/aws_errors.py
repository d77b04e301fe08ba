"""Faults of AWS, translated once. Which code means what is decided here and nowhere else."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from skyferry.core.errors import UnavailableError

#: Answers that speak of our own mistake (a missing permission, a malformed call): retrying cannot help,
#: an alarm must. They pass as they are and become a 500.
_OURS = frozenset({"AccessDenied", "AccessDeniedException", "ValidationException", "403"})


def error_code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")


@contextmanager
def unavailable_on_fault(service: str) -> Iterator[None]:
    """Throttling, 5xx, refused connections and time-outs become UnavailableError."""
    try:
        yield
    except ClientError as error:
        if error_code(error) in _OURS:
            raise
        raise UnavailableError(f"{service} did not answer as it should; try again.") from error
    except BotoCoreError as error:
        raise UnavailableError(f"{service} could not be reached; try again.") from error
