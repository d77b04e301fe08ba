"""When to try again and how long to wait. One policy for the API and for the file store."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import tenacity

from skyferry_client.errors import SkyferryError


def pause(seconds: float) -> None:
    """`time.sleep`, looked up when it is called."""
    time.sleep(seconds)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """`attempts` in all, with exponential back-off and jitter; never earlier than the other side asked.

    When it asks for more than `longest_wait` seconds, the error is raised at once instead.
    """

    attempts: int = 5
    first_wait: float = 0.5
    longest_wait: float = 60.0
    sleep: Callable[[float], object] = pause

    def retrying(self, again: Callable[[BaseException], bool]) -> tenacity.Retrying:
        """A caller that repeats a function as long as `again` says so of its exception."""
        backoff = tenacity.wait_random_exponential(multiplier=self.first_wait, max=10.0)

        def wait(state: tenacity.RetryCallState) -> float:
            return max(backoff(state), _asked_wait(state) or 0.0)

        return tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self.attempts),
            wait=wait,
            retry=tenacity.retry_if_exception(lambda e: again(e) and self._bearable(e)),
            sleep=self._sleep,
            reraise=True,
        )

    def _bearable(self, error: BaseException) -> bool:
        asked = error.retry_after if isinstance(error, SkyferryError) else None
        return asked is None or asked <= self.longest_wait

    def _sleep(self, seconds: float) -> None:
        self.sleep(seconds)


def _asked_wait(state: tenacity.RetryCallState) -> float | None:
    error = state.outcome.exception() if state.outcome is not None else None
    return error.retry_after if isinstance(error, SkyferryError) else None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds a Retry-After header asks for, in either of its two forms (RFC 9110 §10.2.3)."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
