import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from skyferry.core import limits
from skyferry.shared import observability

from tests.support.aws import Aws
from tests.support.events import Context
from tests.support.functions import deployed

if TYPE_CHECKING:
    from tests.support.mailed import Mailed
    from tests.support.rest import Api


@pytest.fixture
def context() -> Context:
    return Context()


@pytest.fixture
def aws() -> Iterator[Aws]:
    """moto, and the environment that the template gives the functions."""
    with deployed() as aws:
        yield aws


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What the functions log. Powertools' handler keeps the stream it was made with."""
    stream = io.StringIO()
    for handler in observability.logger().handlers:
        monkeypatch.setattr(handler, "stream", stream)
    return stream


@pytest.fixture
def api(aws: Aws, context: Context) -> "Api":
    # Here and below imported late: tests of another function do not wait for the API's code.
    from tests.support.rest import Api

    return Api(context)


@pytest.fixture
def mailed(aws: Aws, context: Context, monkeypatch: pytest.MonkeyPatch) -> "Mailed":
    from tests.support.mailed import Mailed

    return Mailed(aws, context, monkeypatch)


@pytest.fixture
def transfer(api: "Api") -> dict[str, Any]:
    """One small file, one that goes in parts."""
    from tests.support.rest import CONTENT, payload

    return payload(api.create(len(CONTENT), limits.MULTIPART_FROM))
