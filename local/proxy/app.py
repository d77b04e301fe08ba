"""The proxy's HTTP interface."""

import re
from collections.abc import Callable, Iterable
from typing import Final

import httpx
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from local.proxy.problems import Problem, problem, rewritten
from local.proxy.routes import Routes
from local.settings import STAGE

_BASE: Final = f"/{STAGE}"
_MAX_BODY: Final = 10 * 1024 * 1024
_ALLOWED_HEADERS: Final = (
    "Authorization,Content-Type,Idempotency-Key,If-Match,If-None-Match,Skyferry-Session"
)
_HOP_BY_HOP: Final = frozenset(
    {b"connection", b"keep-alive", b"te", b"trailer", b"transfer-encoding", b"upgrade"}
)
#: What a caller says of itself here is not believed, as by API Gateway; the emulator would.
_UNTRUSTED: Final = frozenset({b"x-forwarded-for", b"x-forwarded-port", b"x-forwarded-proto"})
_NOT_FORWARDED: Final = _HOP_BY_HOP | _UNTRUSTED | {b"host", b"content-length"}
#: What a path may be made of (RFC 3986); anything else is no path of ours and httpx would not send it.
_PATH: Final = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*")


class FrontProxy:
    """An ASGI application: forwards to the deployed REST API, answers what API Gateway itself would."""

    def __init__(
        self,
        gateway: httpx.AsyncClient,
        routes: Callable[[], Routes],
        gateway_url: Callable[[], str | None],
        host: str,
    ) -> None:
        self._gateway = gateway
        self._routes = routes
        self._gateway_url = gateway_url
        self._host = host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        path = bytes(request.scope["raw_path"]).decode("ascii", errors="replace")
        methods = self._methods(path)
        if not methods:
            return _response(problem(404, path))
        if request.method == "OPTIONS":
            return _preflight(methods)
        if request.method not in methods:
            return _response(problem(405, path, {"Allow": _listed(methods)}))
        body = await request.body()
        if len(body) > _MAX_BODY:
            return _response(problem(413, path))
        url = self._gateway_url()
        if url is None:
            return _response(problem(503, path))
        return await self._forward(request, httpx.URL(url), path, body)

    def _methods(self, path: str) -> tuple[str, ...]:
        """No id or token has a slash in it, and the emulator refuses an encoded one."""
        if not path.startswith(f"{_BASE}/") or "%2f" in path.lower() or not _PATH.fullmatch(path):
            return ()
        return self._routes().methods(path.removeprefix(_BASE))

    async def _forward(self, request: Request, base: httpx.URL, path: str, body: bytes) -> Response:
        query = request.scope["query_string"]
        target = base.raw_path + path.removeprefix(_BASE).encode()
        caller = request.client.host if request.client else ""
        headers = _kept(request.headers.raw, _NOT_FORWARDED)
        headers += [
            (b"host", self._host.encode()),
            (b"x-forwarded-for", caller.encode()),
            (b"x-forwarded-proto", b"http"),
        ]
        try:
            answer = await self._gateway.request(
                request.method,
                base.copy_with(raw_path=target + (b"?" + query if query else b"")),
                headers=headers,
                content=body,
            )
        except httpx.TransportError:
            return _response(problem(503, path))
        made = rewritten(answer.status_code, answer.headers, answer.content, path)
        return _response(made) if made else _passed_on(request.method, answer)


def _passed_on(method: str, answer: httpx.Response) -> Response:
    """A handler's answer. The body is decoded and counted anew, except where there is none to count."""
    recounted = {b"content-encoding", b"date"}
    own = []
    if method != "HEAD":
        recounted.add(b"content-length")
        own.append((b"content-length", str(len(answer.content)).encode()))
    response = Response(answer.content, status_code=answer.status_code)
    response.raw_headers = _kept(answer.headers.raw, _HOP_BY_HOP | recounted) + own
    return response


def _kept(
    items: Iterable[tuple[bytes, bytes]], dropped: frozenset[bytes]
) -> list[tuple[bytes, bytes]]:
    """Headers as bytes: nothing says what their characters mean."""
    return [(name, value) for name, value in items if name.lower() not in dropped]


def _preflight(methods: tuple[str, ...]) -> Response:
    """The emulator cannot serve the mock integration that answers this on AWS."""
    return Response(
        status_code=204,
        headers={
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Allow-Methods": _listed(methods, separator=","),
            "Access-Control-Allow-Headers": _ALLOWED_HEADERS,
            "Access-Control-Max-Age": "600",
        },
    )


def _listed(methods: tuple[str, ...], separator: str = ", ") -> str:
    return separator.join([*methods, "OPTIONS"])


def _response(made: Problem) -> Response:
    return Response(made.body, status_code=made.status, headers=made.headers)
