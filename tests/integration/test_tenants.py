"""Two tenants on the real gateway, authorizer and roles; the long form is `python -m tools.tenants --http`."""

from local.cloud import Cloud
from tests.tenants.over_http import OverHttp
from tests.tenants.running import run


def test_no_byte_of_anothers_comes_through_the_gateway(cloud: Cloud) -> None:
    figures = run(OverHttp, runs=2, steps=20, first=5)

    assert figures["findings"] == 0
    # Else it would prove little.
    assert figures["with what is another's"] > 5
