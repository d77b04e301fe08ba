"""Where the issuer publishes its keys (OpenID Connect Discovery 1.0)."""

import json
from typing import Any
from urllib.request import urlopen

from jwt import PyJWKClient, PyJWKClientConnectionError, PyJWTError

TIMEOUT = 3


class IssuerKeys(PyJWKClient):
    """The issuer's keys, found by discovery on first use and kept for an hour; an unknown key id makes it
    look again, at most twice a minute."""

    def __init__(self, issuer: str) -> None:
        super().__init__(
            issuer.rstrip("/") + "/.well-known/openid-configuration",
            lifespan=3600,
            timeout=TIMEOUT,
        )
        self._discovered = False

    def fetch_data(self) -> Any:  # noqa: ANN401 - as the base class has it
        """Raises PyJWKClientConnectionError for whatever keeps us from the keys, garbage included."""
        try:
            if not self._discovered:
                self.uri = _jwks_uri(self.uri)
                self._discovered = True
            return super().fetch_data()
        except PyJWKClientConnectionError:
            raise
        except (PyJWTError, ValueError) as error:
            raise PyJWKClientConnectionError(f"not a key set: {type(error).__name__}") from error


def _jwks_uri(configuration: str) -> str:
    scheme = configuration.partition(":")[0]
    try:
        # The URL is the deployment's own setting, https everywhere but on a laptop.
        with urlopen(configuration, timeout=TIMEOUT) as answer:  # noqa: S310
            uri = str(json.load(answer)["jwks_uri"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PyJWKClientConnectionError(f"no discovery document: {error}") from error
    if not uri.startswith(f"{scheme}://"):
        raise PyJWKClientConnectionError(
            "the key set's address has another scheme than the issuer's"
        )
    return uri
