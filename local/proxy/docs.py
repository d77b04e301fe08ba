"""The API's rendered pages at /docs: Swagger UI from this machine, over the document the API itself answers."""

from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

_HEADERS: Final = {
    # Nothing comes from anywhere else. The library sets styles by script.
    "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:",
    "Cache-Control": "no-cache",
}
_PAGE: Final = Path("docs", "api")
_LIBRARY: Final = Path("node_modules", "swagger-ui-dist")
_FILES: Final = {
    "": _PAGE / "index.html",
    "page.css": _PAGE / "page.css",
    "page.js": _PAGE / "page.js",
    "swagger-ui.css": _LIBRARY / "swagger-ui.css",
    "swagger-ui-bundle.js": _LIBRARY / "swagger-ui-bundle.js",
    "favicon-32x32.png": _LIBRARY / "favicon-32x32.png",
}


def with_docs(api: ASGIApp, root: Path) -> ASGIApp:
    """The API, with its pages beside it; the deployed service has none."""

    async def file(request: Request) -> Response:
        path = _FILES.get(request.path_params["name"])
        if path is None:
            return Response(status_code=404)
        return FileResponse(root / path, headers=_HEADERS)

    async def to_folder(_: Request) -> Response:
        return RedirectResponse("/docs/")

    pages = Starlette(routes=[Route("/docs", to_folder), Route("/docs/{name:path}", file)])

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        shown = path == "/docs" or path.startswith("/docs/")
        await (pages if shown else api)(scope, receive, send)

    return serve
