"""Exit codes, documented in `skyferry --help`: what a script can do about a failure."""

from http import HTTPStatus
from typing import Final

from skyferry_client.config import ConfigError
from skyferry_client.doors import PasswordNeededError
from skyferry_client.errors import (
    ApiError,
    ConnectionFailedError,
    NotReadyError,
    SkyferryError,
    StorageError,
)
from skyferry_client.oidc import SignInError
from skyferry_client.sign_in import NotSignedInError

FAILED: Final = 1
USAGE: Final = 2
UNAUTHORISED: Final = 3
GONE: Final = 4
CONFLICT: Final = 5
LIMIT: Final = 6
UNAVAILABLE: Final = 7
INTERRUPTED: Final = 130

HELP: Final = (
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not authorised, 4 not found or gone, 5 conflict "
    "with the present state, 6 limit or quota, 7 unavailable (try again), 130 interrupted."
)

_BY_STATUS: Final[dict[int, int]] = {
    HTTPStatus.UNAUTHORIZED: UNAUTHORISED,
    HTTPStatus.FORBIDDEN: UNAUTHORISED,
    HTTPStatus.NOT_FOUND: GONE,
    HTTPStatus.GONE: GONE,
    HTTPStatus.CONFLICT: CONFLICT,
    HTTPStatus.PRECONDITION_FAILED: CONFLICT,
    HTTPStatus.PRECONDITION_REQUIRED: CONFLICT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: LIMIT,
    HTTPStatus.TOO_MANY_REQUESTS: LIMIT,
}
_BY_CODE: Final = {"malware-detected": CONFLICT, "download-limit": LIMIT}
_BY_TYPE: Final[tuple[tuple[type[SkyferryError], int], ...]] = (
    (NotSignedInError, UNAUTHORISED),
    (SignInError, UNAUTHORISED),
    (PasswordNeededError, UNAUTHORISED),
    (ConfigError, USAGE),
    (ConnectionFailedError, UNAVAILABLE),
    (NotReadyError, UNAVAILABLE),
)


def exit_code(error: SkyferryError) -> int:
    if isinstance(error, ApiError):
        if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return UNAVAILABLE
        return _BY_CODE.get(error.code) or _BY_STATUS.get(error.status, FAILED)
    if isinstance(error, StorageError) and error.temporary:
        return UNAVAILABLE
    return next((code for kind, code in _BY_TYPE if isinstance(error, kind)), FAILED)
