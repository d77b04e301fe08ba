"""What can go wrong with one call of AWS, and how the services word it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

THROTTLED = "throttled"
SERVER_ERROR = "server error"
REFUSED = "refused"
SLOW = "slow"
LOST = "lost answer"
#: The first answer is lost; the SDK's own retry gets one, where it makes one.
LOST_ONCE = "lost answer, once"
KINDS = (THROTTLED, SERVER_ERROR, REFUSED, SLOW, LOST, LOST_ONCE)

_CODES = {
    "s3": {THROTTLED: (503, "SlowDown"), SERVER_ERROR: (500, "InternalError")},
    "dynamodb": {THROTTLED: (400, "ThrottlingException"), SERVER_ERROR: (500, "InternalServerError")},
    "": {THROTTLED: (429, "TooManyRequestsException"), SERVER_ERROR: (500, "InternalFailure")},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    status: int
    headers: Mapping[str, str]
    body: bytes


def error(service: str, kind: str) -> ErrorAnswer:
    """THROTTLED or SERVER_ERROR, as the service's protocol writes it."""
    status, code = _CODES.get(service, _CODES[""])[kind]
    if service == "s3":
        body = f"<Error><Code>{code}</Code><Message>try again</Message></Error>"
    else:
        body = json.dumps({"__type": f"com.amazonaws#{code}", "message": "try again"})
    return ErrorAnswer(status, {"x-amzn-errortype": code}, body.encode())
