"""DynamoDB's client works its endpoint out once: it is the one botocore works out for each call."""

from collections.abc import Callable
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.regions import EndpointRulesetResolver
from skyferry.shared import clients

KEY = {"pk": {"S": "T#a"}, "sk": {"S": "TRANSFER#tr_1"}}
CALLS: list[Callable[[Any], Any]] = [
    lambda client: client.get_item(TableName="transfers", Key=KEY),
    lambda client: client.transact_write_items(
        TransactItems=[{"Put": {"TableName": "transfers", "Item": KEY}}]
    ),
]


def asked(client: Any) -> list[tuple[str, str]]:
    """Where the calls of this client go, and for which region and service they are signed."""
    found: list[tuple[str, str]] = []

    def answer(request: Any, **_: object) -> AWSResponse:
        scope = request.headers["Authorization"].decode().partition("Credential=")[2]
        found.append((request.url, scope.partition(",")[0].split("/", 2)[2]))
        return AWSResponse(
            request.url, 200, HTTPHeaders(), type("Raw", (), {"stream": lambda self: [b"{}"]})()
        )

    client.meta.events.register_first("before-send", answer)
    for call in CALLS:
        call(client)
    return found


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    """Made anew, of the environment as it is now."""
    monkeypatch.setattr(clients, "_session", clients._session.__wrapped__)
    return clients.dynamodb.__wrapped__


@pytest.mark.parametrize("region", ["eu-central-1", "us-gov-west-1", "cn-north-1"])
@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"AWS_USE_FIPS_ENDPOINT": "true"},
        {"AWS_USE_DUALSTACK_ENDPOINT": "true"},
        {"AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:4561"},
    ],
    ids=["plain", "fips", "dualstack", "elsewhere"],
)
def test_a_call_goes_where_botocore_sends_it(
    region: str,
    variables: dict[str, str],
    ours: Callable[[], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {**variables, "AWS_DEFAULT_REGION": region}.items():
        monkeypatch.setenv(name, value)
    theirs = botocore.session.get_session().create_client("dynamodb")

    sent = asked(ours())

    assert sent == asked(theirs)
    assert {scope for _, scope in sent} == {f"{region}/dynamodb/aws4_request"}


def test_whose_credentials_sign_changes_no_endpoint(
    ours: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An account's own endpoint is for whoever knows the account; it could change within a process."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ACCOUNT_ID", "123456789012")

    assert {url for url, _ in asked(ours())} == {"https://dynamodb.eu-central-1.amazonaws.com/"}


def test_the_endpoint_is_worked_out_once(
    ours: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    worked_out: list[object] = []
    whole = EndpointRulesetResolver.construct_endpoint

    def counted(self: Any, **call: Any) -> Any:
        worked_out.append(call)
        return whole(self, **call)

    monkeypatch.setattr(EndpointRulesetResolver, "construct_endpoint", counted)

    assert len(asked(ours())) == len(CALLS)
    assert len(worked_out) == 1
