"""Operations about the service itself."""

from http import HTTPStatus

from skyferry import __version__
from skyferry.functions.api import schemas
from skyferry.functions.api.app import App
from skyferry.functions.api.call import Call
from skyferry.functions.api.http import NoBody, NoQuery, Response
from skyferry.functions.api.operation import Operation


def get_health(app: App, call: Call[NoBody, NoQuery]) -> Response:  # noqa: ARG001
    return Response.of(schemas.Health(status="ok", version=__version__))


def get_openapi(app: App, call: Call[NoBody, NoQuery]) -> Response:  # noqa: ARG001
    return Response(HTTPStatus.OK, app.document)


OPERATIONS = (
    Operation(
        id="getHealth",
        method="GET",
        path="/healthz",
        summary="Whether the API answers.",
        run=get_health,
        scope=None,
        answer=schemas.Health,
    ),
    Operation(
        id="getOpenapi",
        method="GET",
        path="/openapi.json",
        summary="This document.",
        run=get_openapi,
        scope=None,
    ),
)
