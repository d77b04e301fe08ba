"""Operations of a recipient, who has a link and no account."""

from http import HTTPStatus

from skyferry.contract import Metric
from skyferry.core.errors import DeletedError, DownloadLimitError, ExpiredError, NotFoundError
from skyferry.functions.api import page, schemas
from skyferry.functions.api.app import App, Call
from skyferry.functions.api.http import NoBody, NoQuery, Response
from skyferry.functions.api.operation import Operation
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


OPERATIONS = (
    Operation(
        id="viewLink",
        method="GET",
        path="/t/{token}",
        summary="What a link leads to, as a page or as JSON; looking consumes nothing.",
        run=view_link,
        scope=None,
        answer=schemas.LinkView,
        errors=(NotFoundError, ExpiredError, DeletedError, DownloadLimitError),
        html=True,
    ),
    Operation(
        id="createLinkDownload",
        method="POST",
        path="/t/{token}/files/{file_id}/download",
        summary="A download URL for a recipient, good for five minutes; counts as one download.",
        run=create_link_download,
        scope=None,
        success=HTTPStatus.CREATED,
        answer=schemas.Download,
        answer_headers=("Location",),
        errors=(NotFoundError, ExpiredError, DeletedError, DownloadLimitError),
        html=True,
    ),
)
