"""Part URLs that we sign are botocore's own, whatever the key, the part, the place and the credentials."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import botocore.session
import time_machine
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st
from skyferry.adapters.part_signer import PartSigner
from skyferry.core import limits
from skyferry.core.models import PartRequest
from skyferry.shared import clients

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

AWS, EMULATOR = None, "http://127.0.0.1:4791"
PLACE = {"Bucket": "files-of-ours", "Key": "inbox/a b+c/ü~'(1)!", "UploadId": "x+/=y"}

parts = st.builds(
    PartRequest,
    number=st.integers(1, limits.MAX_PARTS),
    size=st.none() | st.integers(0, limits.MAX_PART_SIZE),
    sha256=st.none() | st.binary(min_size=32, max_size=32).map(lambda b: base64.b64encode(b).decode()),
)  # fmt: skip
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)
keys = texts.map(lambda text: f"inbox/{text}")
moments = st.datetimes(datetime(2024, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@cache
def s3(endpoint: str | None = AWS, token: str | None = None, secret: str = "secret") -> Any:  # noqa: S107
    client: Any = botocore.session.Session().create_client(
        "s3",
        region_name="eu-central-1",
        endpoint_url=endpoint,
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=clients._CONFIG_S3,
    )
    return client


def botocores(client: "S3Client", place: dict[str, str], part: PartRequest) -> str:
    bound: dict[str, Any] = {"ContentLength": part.size, "ChecksumSHA256": part.sha256}
    return client.generate_presigned_url(
        "upload_part",
        Params={
            **place,
            "PartNumber": part.number,
            **{name: value for name, value in bound.items() if value is not None},
        },
        ExpiresIn=3600,
    )


class Watched:
    """A client that counts what botocore signs; `between` happens after each."""

    def __init__(self, client: "S3Client", between: Callable[[], None] = lambda: None) -> None:
        self.client, self.between, self.signed = client, between, 0

    def generate_presigned_url(self, *arguments: Any, **named: Any) -> str:
        self.signed += 1
        url = self.client.generate_presigned_url(*arguments, **named)
        self.between()
        return url

    def _get_credentials(self) -> Any:
        return self.client._get_credentials()  # type: ignore[attr-defined]


@settings(deadline=None)
@given(
    asked=st.lists(parts, min_size=1, max_size=12),
    key=keys,
    upload_id=texts,
    endpoint=st.sampled_from([AWS, EMULATOR]),
    token=st.sampled_from([None, "IQoJb3JpZ2lu/+=="]),
    moment=moments,
)
def test_every_url_is_botocores_own(
    asked: list[PartRequest],
    key: str,
    upload_id: str,
    endpoint: str | None,
    token: str | None,
    moment: datetime,
) -> None:
    client = s3(endpoint, token)
    watched = Watched(client)
    place = {"Bucket": "files-of-ours", "Key": key, "UploadId": upload_id}

    with time_machine.travel(moment, tick=False):
        ours = list(PartSigner(watched, place, 3600).urls(asked))  # type: ignore[arg-type]
        theirs = [botocores(client, place, part) for part in asked]

    assert ours == theirs
    assert watched.signed == len({(part.size is None, part.sha256 is None) for part in asked})


def test_botocore_signs_one_of_ten_thousand_parts() -> None:
    watched = Watched(s3(token="token"))
    asked = [PartRequest(number=n, size=limits.MIN_PART_SIZE) for n in range(1, 10_001)]

    urls = list(PartSigner(watched, PLACE, 3600).urls(asked))  # type: ignore[arg-type]

    assert watched.signed == 1
    assert len(set(urls)) == 10_000


@time_machine.travel(datetime(2026, 11, 28, 12, tzinfo=UTC), tick=False)
def test_credentials_that_were_refreshed_sign_the_next_parts() -> None:
    client = s3(secret="replaced by the test")
    part = PartRequest(number=1, size=None), PartRequest(number=2, size=None)
    before = list(PartSigner(client, PLACE, 3600).urls(part))

    _refresh(client, Credentials("AKIDEXAMPLE", "secret", "token"))
    after = list(PartSigner(client, PLACE, 3600).urls(part))

    assert after == [botocores(s3(token="token"), PLACE, one) for one in part]
    assert set(after).isdisjoint(before)


@time_machine.travel(datetime(2026, 11, 28, 12, tzinfo=UTC), tick=False)
def test_credentials_refreshed_between_two_parts_give_no_url_of_half_of_each() -> None:
    client = s3(secret="replaced by the test, too")
    fresh = Credentials("AKIDEXAMPLE", "secret", "token")
    watched = Watched(client, between=lambda: _refresh(client, fresh))
    asked = [PartRequest(number=n, size=1) for n in (1, 2, 3)]

    _, *urls = PartSigner(watched, PLACE, 3600).urls(asked)  # type: ignore[arg-type]

    assert urls == [botocores(s3(token="token"), PLACE, part) for part in asked[1:]]


def _refresh(client: "S3Client", fresh: Credentials) -> None:
    held = client._get_credentials()  # type: ignore[attr-defined]
    held.access_key, held.secret_key, held.token = fresh.get_frozen_credentials()[:3]
