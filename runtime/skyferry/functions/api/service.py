"""Operations about the service itself."""

import json
from functools import cache
from http import HTTPStatus

from skyferry import __version__
from skyferry.functions.api import schemas
from skyferry.functions.api.app import App, Call
from skyferry.functions.api.http import NoBody, NoQuery, Response


def get_health(app: App, call: Call[NoBody, NoQuery]) -> Response:  # noqa: ARG001
    return Response.of(schemas.Health(status="ok", version=__version__))


@cache
def _document() -> str:
    # Built on demand: it costs the first asker a moment, and a cold start nothing.
    from skyferry.functions.api.openapi import document

    return json.dumps(document(), separators=(",", ":"), ensure_ascii=False)


def get_openapi(app: App, call: Call[NoBody, NoQuery]) -> Response:  # noqa: ARG001
    return Response(HTTPStatus.OK, _document())
