"""Operations of a recipient, who has a link and no account."""

from http import HTTPStatus

from skyferry.contract import Metric
from skyferry.functions.api import page, schemas
from skyferry.functions.api.app import App, Call
from skyferry.functions.api.http import NoBody, NoQuery, Response
from skyferry.shared import observability


def view_link(app: App, call: Call[NoBody, NoQuery]) -> Response:
    transfer, files = app.receiving.view(call.path("token"))
    view = schemas.LinkView.of(transfer, files)
    if page.wanted(call.request):
        return page.link(view, call.path("token"))
    return Response.of(view)


def create_link_download(app: App, call: Call[NoBody, NoQuery]) -> Response:
    file, url = app.receiving.download(call.path("token"), call.path("file_id"))
    observability.count(Metric.DOWNLOADS)
    if page.wanted(call.request):
        return Response(HTTPStatus.SEE_OTHER, headers={"Location": url.url})
    return Response.of(
        schemas.Download.of(file, url), HTTPStatus.CREATED, {"Location": call.request.path}
    )
