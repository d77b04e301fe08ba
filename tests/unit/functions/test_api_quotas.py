"""What an owner may hold and do, and how it is shown."""

from typing import Any

import pytest
import time_machine
from skyferry.functions.api import index

from tests.support.aws import Aws
from tests.support.builders import NOW, OTHER_OWNER
from tests.support.rest import FILE, TRANSFER, Api, payload

KIB = 1024


@pytest.fixture
def small(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """An owner may hold 10 KiB in 4 files, have 3 mails a day and 12 requests a minute."""
    for name, value in {
        "QUOTA_BYTES": 10 * KIB,
        "QUOTA_FILES": 4,
        "MAILS_PER_DAY": 3,
        "REQUESTS_PER_MINUTE": 12,
    }.items():
        monkeypatch.setenv(name, str(value))
    index.build.cache_clear()


def usage(api: Api, **options: Any) -> dict[str, Any]:
    return payload(api("GET", "/usage", "/usage", **options))


def kept(aws: Aws) -> list[dict[str, Any]]:
    """All rows but the counts of requests."""
    return [row for row in aws.rows() if not row["pk"]["S"].startswith("C#")]


def refused(answer: dict[str, Any]) -> str:
    assert answer["statusCode"] == 413, answer["body"]
    problem = payload(answer)
    assert problem["code"] == "quota-exceeded"
    return str(problem["detail"])


@pytest.mark.usefixtures("small")
def test_a_transfer_beyond_the_quota_of_bytes_is_refused_and_leaves_nothing(
    api: Api, aws: Aws
) -> None:
    api.create(6 * KIB)
    before = kept(aws)

    detail = refused(api.create(5 * KIB))

    assert detail == "Your quota of bytes is 10240; 6144 are used and this needs 5120 more."
    assert kept(aws) == before


@pytest.mark.usefixtures("small")
def test_exactly_the_quota_fits_and_nothing_more(api: Api) -> None:
    transfer = payload(api.create(10 * KIB))
    path = f"/transfers/{transfer['id']}/files"
    one_more = {"name": "a", "size": 1, "content_type": "text/plain"}

    refused(api("POST", path, TRANSFER + "/files", body=one_more))
    assert usage(api)["bytes"] == {"used": 0, "reserved": 10 * KIB, "limit": 10 * KIB}


@pytest.mark.usefixtures("small")
def test_what_is_removed_can_be_used_again(api: Api) -> None:
    transfer = payload(api.create(9 * KIB))
    path = f"/transfers/{transfer['id']}/files/{transfer['files'][0]['id']}"
    assert api("DELETE", path, FILE)["statusCode"] == 204

    assert usage(api)["bytes"]["reserved"] == 0
    assert api.create(10 * KIB)["statusCode"] == 201


@pytest.mark.usefixtures("small")
def test_files_and_mails_have_quotas_of_their_own(api: Api) -> None:
    assert "files is 4" in refused(api.create(1, 1, 1, 1, 1))
    assert api.create(1)["statusCode"] == 201
    body = {"recipients": [{"email": f"r{n}@example.com"} for n in range(3)]}
    assert "mails of a day is 3; 1 are used" in refused(
        api("POST", "/transfers", "/transfers", body=body)
    )


@pytest.mark.usefixtures("small")
def test_one_owner_s_use_is_not_another_s(api: Api) -> None:
    api.create(10 * KIB)

    assert usage(api, owner=OTHER_OWNER)["bytes"]["reserved"] == 0
    assert api.create(10 * KIB, owner=OTHER_OWNER)["statusCode"] == 201


@pytest.mark.usefixtures("small")
def test_a_deleted_transfer_counts_until_it_is_purged(api: Api) -> None:
    transfer = payload(api.create(6 * KIB))
    api("DELETE", f"/transfers/{transfer['id']}", TRANSFER)

    refused(api.create(5 * KIB))
    assert usage(api)["transfers"] == 1


@pytest.mark.usefixtures("small")
@time_machine.travel(NOW, tick=False)
def test_requests_beyond_the_rate_are_429_and_every_answer_says_what_is_left(api: Api) -> None:
    answers = [api("GET", "/limits", "/limits") for _ in range(13)]

    left = [answer["headers"]["RateLimit"].partition(";t=")[0] for answer in answers]
    assert left == [f'"requests";r={n}' for n in (*range(11, -1, -1), 0)]
    assert {answer["headers"]["RateLimit-Policy"] for answer in answers} == {'"requests";q=12;w=60'}
    assert [answer["statusCode"] for answer in answers] == [200] * 12 + [429]
    assert 1 <= int(answers[-1]["headers"]["Retry-After"]) <= 60
    assert usage(api, owner=OTHER_OWNER)["transfers"] == 0, "another owner has requests left"


@pytest.mark.usefixtures("small")
def test_a_refused_request_counts_and_shows_what_is_left(api: Api) -> None:
    answer = api("POST", "/transfers", "/transfers", body={"colour": "red"})

    assert answer["statusCode"] == 400
    assert answer["headers"]["RateLimit"].startswith('"requests";r=11;')


def test_limits_say_what_is_allowed_here(api: Api) -> None:
    limits = payload(api("GET", "/limits", "/limits"))

    assert limits["file_bytes"] == 100_000_000_000, "what the scan gate can scan"
    assert (limits["quota_files"], limits["mails_per_day"]) == (5000, 100)
