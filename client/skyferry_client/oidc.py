"""Signing in at an OpenID provider: discovery, device grant (RFC 8628), client credentials, refresh."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address
from types import TracebackType
from typing import Self

import httpx

from skyferry_client.errors import BadAnswerError, ConnectionFailedError, SkyferryError
from skyferry_client.retry import pause
from skyferry_client.transport import user_agent
from skyferry_client.wire import Fields

_DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
#: RFC 8628 §3.2 and §3.5
_POLL = 5
_SLOWER = 5
_WORDS = {
    "access_denied": "the sign-in was refused",
    "expired_token": "the code has expired before it was confirmed; sign in again",
    "invalid_grant": "the sign-in is over; sign in again",
    "invalid_client": "the provider does not know this client, or its secret is wrong",
    "unauthorized_client": "this client may not sign in in this way",
    "invalid_scope": "the provider does not grant these scopes",
    "unsupported_grant_type": "the provider does not know this way to sign in",
}


class SignInError(SkyferryError):
    """The provider did not sign us in. `code` is OAuth's error code."""

    def __init__(self, code: str, detail: str | None = None) -> None:
        words = _WORDS.get(code) or detail or "the provider refused"
        super().__init__(f"{words} ({code})")
        self.code = code


@dataclass(frozen=True, slots=True)
class Grant:
    """What a provider gave; `expires_in` is in seconds."""

    access_token: str
    expires_in: int | None
    refresh_token: str | None


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """What a person is told, and what to ask with afterwards. `device_code` is a secret."""

    device_code: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str | None
    expires_in: int
    interval: int


class Provider:
    """An OpenID provider, found by its issuer's address."""

    def __init__(
        self, issuer: str, client_id: str, *, transport: httpx.BaseTransport | None = None
    ) -> None:
        self.issuer = issuer.rstrip("/")
        self._client_id = client_id
        _require_secure(self.issuer)
        self._http = httpx.Client(
            headers={"User-Agent": user_agent(), "Accept": "application/json"},
            timeout=15.0,
            transport=transport,
        )
        self._found: Fields | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def begin_device_login(self, scopes: str | None, audience: str | None) -> DeviceCode:
        address = self._endpoint("device_authorization_endpoint")
        fields = self._ask(address, {"scope": scopes, "audience": audience})
        return DeviceCode(
            device_code=fields.text("device_code"),
            user_code=fields.text("user_code"),
            verification_uri=fields.text("verification_uri"),
            verification_uri_complete=fields.optional_text("verification_uri_complete"),
            expires_in=fields.integer("expires_in"),
            interval=fields.optional_integer("interval") or _POLL,
        )

    def finish_device_login(
        self,
        device: DeviceCode,
        *,
        sleep: Callable[[float], object] = pause,
        clock: Callable[[], float] = time.monotonic,
    ) -> Grant:
        """Wait until the person has confirmed the code."""
        interval, deadline = device.interval, clock() + device.expires_in
        while clock() < deadline:
            sleep(interval)
            try:
                return self._token(_DEVICE_GRANT, {"device_code": device.device_code})
            except SignInError as error:
                if error.code not in {"authorization_pending", "slow_down"}:
                    raise
                interval += _SLOWER if error.code == "slow_down" else 0
        raise SignInError("expired_token")

    def client_credentials(self, secret: str, scopes: str | None, audience: str | None) -> Grant:
        form = {"client_secret": secret, "scope": scopes, "audience": audience}
        return self._token("client_credentials", form)

    def refresh(self, refresh_token: str) -> Grant:
        return self._token("refresh_token", {"refresh_token": refresh_token})

    def _token(self, grant_type: str, form: dict[str, str | None]) -> Grant:
        fields = self._ask(self._endpoint("token_endpoint"), {"grant_type": grant_type, **form})
        return Grant(
            fields.text("access_token"),
            fields.optional_integer("expires_in"),
            fields.optional_text("refresh_token"),
        )

    def _endpoint(self, name: str) -> str:
        if self._found is None:
            path = f"{self.issuer}/.well-known/openid-configuration"
            found = self._send("GET", path, None)
            if found.text("issuer").rstrip("/") != self.issuer:
                raise BadAnswerError(f"{self.issuer} says that it is {found.text('issuer')!r}")
            self._found = found
        address = self._found.optional_text(name)
        if address is None:
            raise SignInError("unsupported_grant_type", f"{self.issuer} has no {name}")
        _require_secure(address)
        return address

    def _ask(self, address: str, form: dict[str, str | None]) -> Fields:
        given = {key: value for key, value in form.items() if value is not None}
        return self._send("POST", address, {"client_id": self._client_id, **given})

    def _send(self, method: str, address: str, form: dict[str, str] | None) -> Fields:
        try:
            response = self._http.request(method, address, data=form)
        except httpx.RequestError as error:
            host = httpx.URL(address).netloc.decode("ascii")
            raise ConnectionFailedError(host, type(error).__name__, sent=True) from error
        try:
            fields = Fields(response.json())
        except (ValueError, BadAnswerError):
            raise BadAnswerError(
                f"{self.issuer} answered {response.status_code} without JSON; is it an issuer?"
            ) from None
        if response.status_code != HTTPStatus.OK:
            code = fields.optional_text("error") or str(response.status_code)
            raise SignInError(code, fields.optional_text("error_description"))
        return fields


def _require_secure(address: str) -> None:
    """Secrets go over TLS, or not beyond this machine."""
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL as error:
        raise SignInError("invalid_issuer", f"{address!r} is no address: {error}") from None
    if url.host and (url.scheme == "https" or (url.scheme == "http" and _is_loopback(url.host))):
        return
    raise SignInError("invalid_issuer", f"{address!r} is not an https:// address")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
