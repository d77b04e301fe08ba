"""The REST client: retries, idempotency and errors."""

import json
from collections.abc import Callable

import httpx
import pytest
from skyferry_client.client import Client
from skyferry_client.errors import (
    ApiError,
    BadAnswerError,
    BadIdError,
    ConnectionFailedError,
    StorageError,
)
from skyferry_client.requests import NewFile, NewRecipient, NewTransfer

from tests.unit.client.fake_skyferry import FakeSkyferry
from tests.unit.client.fake_wire import API, TOKEN, problem

NEW = NewTransfer((NewRecipient("bob@example.com"),), (NewFile("a.txt", 3, "text/plain"),))


def first(count: int, answer: Callable[[], httpx.Response]) -> Callable[..., httpx.Response | None]:
    """A fault in the first `count` requests."""
    left = [count]

    def fault(_: httpx.Request) -> httpx.Response | None:
        left[0] -= 1
        return answer() if left[0] >= 0 else None

    return fault


def unreachable() -> httpx.Response:
    raise httpx.ConnectError("connection refused")


def lost() -> httpx.Response:
    raise httpx.ReadTimeout("timed out")


@pytest.mark.parametrize("status", [429, 503])
def test_an_overloaded_api_is_asked_again_no_earlier_than_it_says(
    cloud: FakeSkyferry, client: Client, naps: list[float], status: int
) -> None:
    busy = problem(status, "unavailable", headers={"retry-after": "7"})
    cloud.faults.append(first(2, lambda: busy))
    assert client.create_transfer(NEW).id == "tr_1"
    assert len(naps) == 2
    assert min(naps) >= 7


def test_a_wait_beyond_patience_is_an_error_at_once(
    cloud: FakeSkyferry, client: Client, naps: list[float]
) -> None:
    busy = problem(503, "unavailable", headers={"retry-after": "3600"})
    cloud.faults.append(lambda _: busy)
    with pytest.raises(ApiError) as caught:
        client.create_transfer(NEW)
    assert caught.value.retry_after == 3600
    assert naps == []


def test_a_retry_after_date_is_understood(
    cloud: FakeSkyferry, client: Client, naps: list[float]
) -> None:
    past = problem(503, "unavailable", headers={"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"})
    cloud.faults.append(first(1, lambda: past))
    client.create_transfer(NEW)
    assert len(naps) == 1


def test_retries_end(cloud: FakeSkyferry, client: Client) -> None:
    cloud.faults.append(lambda _: unreachable())
    with pytest.raises(ConnectionFailedError, match=r"api\.example\.test: connection refused"):
        client.get_transfer("tr_1")
    assert len(cloud.requests) == 5


def test_every_try_of_a_create_carries_the_same_key(cloud: FakeSkyferry, client: Client) -> None:
    cloud.faults.append(first(2, lost))
    client.create_transfer(NEW)
    keys = {request.headers["idempotency-key"] for request in cloud.requests}
    assert len(cloud.requests) == 3
    assert len(keys) == 1


def test_the_first_request_with_the_key_is_waited_for(cloud: FakeSkyferry, client: Client) -> None:
    running = problem(409, "state", headers={"retry-after": "1"})
    cloud.faults.append(first(1, lambda: running))
    assert client.create_transfer(NEW).id == "tr_1"


def test_other_refusals_are_not_repeated(cloud: FakeSkyferry, client: Client) -> None:
    cloud.faults.append(lambda _: problem(409, "state"))
    with pytest.raises(ApiError):
        client.create_transfer(NEW)
    assert len(cloud.requests) == 1


def test_a_download_that_may_have_been_counted_is_not_asked_for_twice(
    cloud: FakeSkyferry, client: Client
) -> None:
    cloud.faults.append(first(1, lost))
    with pytest.raises(ConnectionFailedError):
        client.create_link_download("link-token", "fl_0")
    assert len(cloud.requests) == 1


def test_a_problem_is_told_with_every_field(cloud: FakeSkyferry, client: Client) -> None:
    errors = [{"pointer": "/files/0/name", "code": "too-long", "detail": "at most 255 characters"}]
    cloud.faults.append(lambda _: problem(400, "malformed", "The body is wrong.", errors=errors))
    with pytest.raises(ApiError) as caught:
        client.create_transfer(NEW)
    error = caught.value
    assert (error.status, error.code, error.request_id) == (400, "malformed", "req-1")
    assert str(error) == (
        "The body is wrong. (400 malformed)\n"
        "  /files/0/name: at most 255 characters (too-long)\n"
        "  request req-1"
    )


def test_an_error_that_is_no_problem_json_is_told_all_the_same(
    cloud: FakeSkyferry, client: Client
) -> None:
    cloud.faults.append(lambda _: httpx.Response(418, text="<html>teapot</html>"))
    with pytest.raises(ApiError, match="418 unexplained"):
        client.get_transfer("tr_1")


@pytest.mark.parametrize("body", ["<html>", "[]", '{"id": 5}', '{"id": "../../x"}'])
def test_an_answer_outside_the_contract_is_refused(
    cloud: FakeSkyferry, client: Client, body: str
) -> None:
    cloud.faults.append(lambda _: httpx.Response(200, text=body))
    with pytest.raises(BadAnswerError):
        client.get_transfer("tr_1")


def test_only_what_was_given_is_sent(cloud: FakeSkyferry, client: Client) -> None:
    client.create_transfer(NEW)
    assert json.loads(cloud.requests[0].content) == {
        "recipients": [{"email": "bob@example.com"}],
        "files": [{"name": "a.txt", "size": 3, "content_type": "text/plain"}],
    }


def test_lists_are_followed_to_their_end(cloud: FakeSkyferry, client: Client) -> None:
    client.create_transfer(NEW)
    assert [each.id for each in client.iter_transfers()] == ["tr_1", "tr_1"]
    assert cloud.requests[-1].url.params["cursor"] == "more"


def test_an_id_cannot_lead_to_another_operation(cloud: FakeSkyferry, client: Client) -> None:
    with pytest.raises(ApiError):
        client.get_transfer("tr_1/../../x?y#z")
    assert cloud.requests[0].url.raw_path == b"/v1/transfers/tr_1%2F..%2F..%2Fx%3Fy%23z"
    with pytest.raises(BadIdError):
        client.get_transfer("..")


@pytest.mark.parametrize("token", ["with space", "new\nline", "ümlaut", ""])
def test_a_token_that_cannot_be_one_is_refused_without_quoting_it(token: str) -> None:
    with pytest.raises(ValueError, match="access token") as caught:
        Client(API, token)
    assert not token or token not in str(caught.value)


@pytest.mark.parametrize("address", ["api.example.test", "ftp://x", "https://", "https://x:port"])
def test_an_address_that_is_no_api_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="address"):
        Client(address, TOKEN)


def test_the_token_is_not_shown() -> None:
    with Client(API, TOKEN) as client:
        assert TOKEN not in repr(client)


def test_a_storage_error_tells_s3s_code() -> None:
    assert str(StorageError(403, "AccessDenied", "no")) == (
        "the file store answered 403 AccessDenied: no"
    )
