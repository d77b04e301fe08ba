"""How the stand-in for an identity provider signs people and programs in: device grant (RFC 8628), client
credentials, refresh. Whoever opens the page says who they are; there are no passwords here."""

import html
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from local.standins.forms import read_form
from local.standins.issuer import LIFETIME_SECONDS, Issuer

DEVICE_GRANT: Final = "urn:ietf:params:oauth:grant-type:device_code"
GRANT_TYPES: Final = (DEVICE_GRANT, "client_credentials", "refresh_token")
#: What a program must know; the laptop cloud has no secrets.
CLIENT_SECRET: Final = "laptop"  # noqa: S105
_CODE_SECONDS: Final = 600
_INTERVAL: Final = 1
_NO_STORE: Final = {"Cache-Control": "no-store"}


@dataclass(slots=True)
class _Device:
    """A sign-in under way. `subject` is who confirmed it; empty for a refusal."""

    user_code: str
    scope: str
    expires_at: float
    asked_at: float = float("-inf")
    subject: str | None = None
    email: str = ""


class Grants:
    """Sign-ins since the start."""

    def __init__(self, issuer: Issuer, clock: Callable[[], float] = time.monotonic) -> None:
        self._issuer = issuer
        self._clock = clock
        self._devices: dict[str, _Device] = {}
        #: Subject, scope and address of each refresh token; each is good once.
        self._refresh: dict[str, tuple[str, str, str]] = {}

    def routes(self) -> list[Route]:
        return [
            Route("/device_authorization", self.begin, methods=["POST"]),
            Route("/device", self.page, methods=["GET"]),
            Route("/device", self.confirm, methods=["POST"]),
        ]

    async def begin(self, request: Request) -> Response:
        """A code for a person to confirm, and one for the program that waits."""
        form = await read_form(request)
        if not form.get("client_id"):
            return _error("invalid_request", "Send the form field `client_id`.")
        code, user_code = secrets.token_urlsafe(24), secrets.token_hex(4).upper()
        expires_at = self._clock() + _CODE_SECONDS
        self._devices[code] = _Device(user_code, form.get("scope", ""), expires_at)
        page = f"{self._issuer.url}/device"
        return JSONResponse(
            {
                "device_code": code,
                "user_code": user_code,
                "verification_uri": page,
                "verification_uri_complete": f"{page}?user_code={user_code}",
                "expires_in": _CODE_SECONDS,
                "interval": _INTERVAL,
            },
            headers=_NO_STORE,
        )

    async def page(self, request: Request) -> Response:
        """Where a person says who they are."""
        code = html.escape(request.query_params.get("user_code", ""), quote=True)
        return HTMLResponse(
            "<!doctype html><title>Sign in</title><form method=post>"
            f'<label>Code <input name=user_code value="{code}"></label> '
            "<label>You are <input name=subject value=ada></label> "
            "<label>Your address <input name=email></label> "
            "<button>Sign in</button> <button name=deny value=1>Refuse</button></form>"
        )

    async def confirm(self, request: Request) -> Response:
        form = await read_form(request)
        found = [d for d in self._devices.values() if d.user_code == form.get("user_code")]
        if not found:
            return HTMLResponse("There is no such code.", HTTPStatus.NOT_FOUND)
        found[0].subject = "" if form.get("deny") else form.get("subject", "")
        found[0].email = form.get("email", "")
        return HTMLResponse("Done; you can close this page.")

    def token(self, form: Mapping[str, str]) -> Response:
        """An answer of the token endpoint to one of GRANT_TYPES."""
        match form.get("grant_type"):
            case "client_credentials":
                return self._program(form)
            case "refresh_token":
                return self._again(form)
            case grant_type if grant_type == DEVICE_GRANT:
                return self._device(form)
        return _error("unsupported_grant_type", f"There are {', '.join(GRANT_TYPES)}.")

    def _program(self, form: Mapping[str, str]) -> Response:
        if not form.get("client_id") or form.get("client_secret") != CLIENT_SECRET:
            return _error("invalid_client", f"The secret is {CLIENT_SECRET!r}.")
        return self._granted(form["client_id"], form.get("scope", ""))

    def _again(self, form: Mapping[str, str]) -> Response:
        known = self._refresh.pop(form.get("refresh_token", ""), None)
        if known is None:
            return _error("invalid_grant", "This refresh token is unknown or was used.")
        return self._renewable(*known)

    def _device(self, form: Mapping[str, str]) -> Response:
        code = form.get("device_code", "")
        device, now = self._devices.get(code), self._clock()
        if device is None or now > device.expires_at:
            return _error("expired_token", "This code is unknown or has expired.")
        too_soon, device.asked_at = now - device.asked_at < _INTERVAL, now
        if device.subject is None:
            return _error(
                "slow_down" if too_soon else "authorization_pending", "Not confirmed yet."
            )
        del self._devices[code]
        if not device.subject:
            return _error("access_denied", "The sign-in was refused.")
        return self._renewable(device.subject, device.scope, device.email)

    def _renewable(self, subject: str, scope: str, email: str) -> Response:
        token = secrets.token_urlsafe(24)
        self._refresh[token] = (subject, scope, email)
        return self._granted(subject, scope, email, refresh_token=token)

    def _granted(self, subject: str, scope: str, email: str = "", **more: str) -> Response:
        answer = {
            "access_token": self._issuer.token(subject, scope, email),
            "token_type": "Bearer",
            "expires_in": LIFETIME_SECONDS,
            **more,
        }
        return JSONResponse(answer, headers=_NO_STORE)


def _error(code: str, detail: str) -> Response:
    answer = {"error": code, "error_description": detail}
    return JSONResponse(answer, HTTPStatus.BAD_REQUEST, headers=_NO_STORE)
