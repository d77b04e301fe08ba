"""Loaded by schemathesis in its own environment: a check of ours beside its own."""

import schemathesis
from schemathesis import Case, CheckContext, Response

#: What JSON Schema cannot say, so that a request may fit the document and still be refused, by the code of
#: the field error. Anything else that fits and is refused is a mistake in the document.
BEYOND_SCHEMA = {
    "bad-cursor",  # signed
    "bad-time",  # RFC 3339 leaves more freedom than `date-time` generators make use of
    "timezone-aware",
    "datetime-from-date-parsing",
    "size-limit",  # of what the environment can scan
    "unverifiable",  # a SHA-256 of a file that is too large for it
    "out-of-range",  # of the clock, or more text than S3 takes once it is encoded
    "one-of",  # two ways to say when it ends
    "duplicate-part",
    "int-type",  # 8.0 is an integer to JSON Schema; we take integers as integers are written
    "bad-name",  # a link in a person's name
    "bad-email",  # longer than 254 characters, or a local part ours does not take
    "duplicate",
}
#: 400s without fields that say so themselves: a precondition or a key of another kind.
_CODES = {"idempotency-key"}


@schemathesis.check
def refusal_is_beyond_the_schema(
    ctx: CheckContext,  # noqa: ARG001 - schemathesis passes three
    response: Response,
    case: Case,
) -> None:
    """Of a request that fits the document, only what JSON Schema cannot express is refused as malformed."""
    if (
        response.status_code != 400
        or case.method == "HEAD"  # says nothing
        or case.meta is None
        or not case.meta.generation.mode.is_positive
    ):
        return
    problem = response.json()
    unexplained = [
        error for error in problem.get("errors", []) if error["code"] not in BEYOND_SCHEMA
    ]
    if unexplained or (not problem.get("errors") and problem["code"] not in _CODES):
        raise AssertionError(f"It fits the document and is refused: {unexplained or problem}")
