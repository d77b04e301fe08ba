"""The stand-ins' HTTP interface: issuer, inbox, receiver of webhooks and the recorder in front
of SES."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.standins.forms import read_form
from local.standins.grants import Grants
from local.standins.hooks import Hooks
from local.standins.issuer import LIFETIME_SECONDS, Issuer
from local.standins.mail import Mail
from local.standins.ses_events import events

_HOP_BY_HOP: Final = frozenset(
    {b"connection", b"keep-alive", b"transfer-encoding", b"content-length"}
)
_SEND_EMAIL: Final = "/v2/email/outbound-emails"
#: SES's events follow a mail by seconds to minutes; here by moments, one after the other.
_EVENT_DELAY_SECONDS: Final = 0.2
_CORS: Final = {"Access-Control-Allow-Origin": "*"}
_log = logging.getLogger(__name__)

#: Puts an event envelope on the queue of mail feedback.
Publish = Callable[[str], Awaitable[None]]


class StandIns:
    """State of the stand-ins: the mails sent since they started."""

    def __init__(self, issuer: Issuer, emulator: httpx.AsyncClient, publish: Publish) -> None:
        self._issuer = issuer
        self._grants = Grants(issuer)
        self._emulator = emulator
        self._publish = publish
        self._mails: list[Mail] = []
        self._reports: set[asyncio.Task[None]] = set()

    def app(self) -> Starlette:
        """The ASGI application."""
        return Starlette(
            routes=[
                Route("/health", self.health),
                Route("/.well-known/openid-configuration", self.discovery),
                Route("/jwks", self.jwks),
                Route("/token", self.token, methods=["POST"]),
                Route("/inbox", self.inbox),
                *self._grants.routes(),
                *Hooks().routes(),
                Route(_SEND_EMAIL, self.send_email, methods=["POST"]),
                Route("/v2/{path:path}", self.forward, methods=["GET", "POST", "PUT", "DELETE"]),
            ]
        )

    async def health(self, _: Request) -> Response:
        """Whether the process answers."""
        return JSONResponse({"status": "ok"})

    async def discovery(self, _: Request) -> Response:
        """OpenID Provider configuration."""
        return JSONResponse(self._issuer.discovery(), headers=_CORS)

    async def jwks(self, _: Request) -> Response:
        """Public keys of the issuer."""
        return JSONResponse(self._issuer.jwks(), headers=_CORS)

    async def token(self, request: Request) -> Response:
        """An access token for the form fields `subject`, `scope` and, if given, `email`; or, with a
        `grant_type`, what OAuth says."""
        form = await read_form(request)
        if "grant_type" in form:
            return self._grants.token(form)
        subject, scope, email = (form.get(name, "") for name in ("subject", "scope", "email"))
        if not subject:
            return JSONResponse(
                {
                    "error": "invalid_request",
                    "error_description": "Send the form field `subject`, the user the token is "
                    "for, e.g. curl -d subject=ada -d scope='transfers:read transfers:write'.",
                },
                status_code=400,
                headers=_CORS,
            )
        return JSONResponse(
            {
                "access_token": self._issuer.token(subject, scope, email),
                "token_type": "Bearer",
                "expires_in": LIFETIME_SECONDS,
            },
            headers=_CORS | {"Cache-Control": "no-store"},
        )

    async def inbox(self, _: Request) -> Response:
        """Mails sent, newest last."""
        return JSONResponse(
            [mail.model_dump(mode="json", by_alias=True) for mail in self._mails], headers=_CORS
        )

    async def forward(self, request: Request) -> Response:
        """Hand a request to the emulator as it is; the Host header is part of its signature."""
        answer = await self._emulator.request(
            request.method,
            _target(request),
            headers=_headers(request.headers.raw),
            content=await request.body(),
        )
        response = Response(answer.content, status_code=answer.status_code)
        response.raw_headers += _headers(answer.headers.raw)
        return response

    async def send_email(self, request: Request) -> Response:
        """Hand a mail to the emulator; once it has accepted it, record it and publish SES's events.

        The emulator checks signature, role and sender; it keeps neither headers nor tags, and
        publishes nothing.
        """
        answer = await self.forward(request)
        if answer.status_code != 200:
            return answer
        mail = Mail.from_request(
            await request.body(),
            message_id=json.loads(bytes(answer.body))["MessageId"],
            sent_at=_now(),
        )
        self._mails.append(mail)
        report = asyncio.create_task(self._report(mail))
        self._reports.add(report)
        report.add_done_callback(self._reports.discard)
        return answer

    async def _report(self, mail: Mail) -> None:
        for event in events(mail, _now()):
            await asyncio.sleep(_EVENT_DELAY_SECONDS)
            await self._publish(json.dumps(event))
            _log.info("published %s for %s", event["detail-type"], mail.message_id)


def _target(request: Request) -> httpx.URL:
    raw = request.scope["raw_path"]
    query = request.scope["query_string"]
    return httpx.URL("/").copy_with(raw_path=raw + (b"?" + query if query else b""))


def _headers(items: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """All but those of one connection. As bytes: nothing says what a header's characters mean."""
    return [(name, value) for name, value in items if name.lower() not in _HOP_BY_HOP]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
