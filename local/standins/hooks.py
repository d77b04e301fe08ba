"""A receiver of webhooks, `/hooks/<name>`: it keeps what it was sent, and fails when it is told to.

`?fail=2` refuses the first two messages, with 500 or with `&status=…`; a redirection leads to
`/hooks/<name>-elsewhere`.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

_CORS: Final = {"Access-Control-Allow-Origin": "*"}


class Hooks:
    """What was received since the start, by name."""

    def __init__(self) -> None:
        self._received: dict[str, list[dict[str, object]]] = {}

    def routes(self) -> list[Route]:
        """POST receives, GET shows."""
        return [
            Route("/hooks/{name}", self.receive, methods=["POST"]),
            Route("/hooks/{name}", self.show, methods=["GET"]),
        ]

    async def receive(self, request: Request) -> Response:
        """Keep a message; 204, or what the query asks for."""
        name = request.path_params["name"]
        kept = self._received.setdefault(name, [])
        body = (await request.body()).decode("utf-8", errors="replace")
        kept.append({"headers": dict(request.headers), "body": body})
        if len(kept) > _number(request, "fail", 0):
            return Response(status_code=204)
        headers = {"Location": f"/hooks/{name}-elsewhere"}
        return Response(status_code=_number(request, "status", 500), headers=headers)

    async def show(self, request: Request) -> Response:
        """Messages received under this name, newest last."""
        return JSONResponse(self._received.get(request.path_params["name"], []), headers=_CORS)


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, "")
    return int(text) if text.isdecimal() else default
