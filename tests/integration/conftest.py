"""Fixtures for tests on the laptop cloud: the real app, deployed; the real gateway, queues and URLs.

`make integration` starts the cloud when it is not up. Started directly, these tests fail without it:
a test that is skipped proves nothing.
"""

import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import httpx
import pytest
from botocore.config import Config
from skyferry.adapters.dynamodb import Table

from local.cloud import Cloud
from local.settings import Settings
from tests.integration.browser import browser as browser  # a fixture

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_s3 import S3Client
    from types_boto3_sqs import SQSClient

READ = "transfers:read"
WRITE = "transfers:write"
_FOLDER = Path(__file__).parent

TokenFor = Callable[..., str]


@pytest.hookimpl(trylast=True)  # after they were shuffled
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs the laptop cloud. The longest first, or the other workers wait for it at the end."""
    items.sort(key=lambda item: item.path.name != "test_tenants.py")
    for item in items:
        if _FOLDER in item.path.parents:
            item.add_marker(pytest.mark.laptop_cloud)


@pytest.fixture(scope="session")
def cloud() -> Cloud:
    """The running laptop cloud."""
    found = Cloud.read(Settings.load().cloud_file)
    if found is None:
        pytest.fail("The laptop cloud is not up. Start it with `make up`.", pytrace=False)
    try:
        httpx.get(f"{found.api_url}/healthz", trust_env=False, timeout=10).raise_for_status()
    except httpx.HTTPError as error:
        pytest.fail(f"The laptop cloud does not answer ({error}). Try `make up`.", pytrace=False)
    return found


@pytest.fixture(scope="session")
def token(cloud: Cloud) -> TokenFor:
    """`token(subject, scope, email)`: an access token, by default with both scopes and no address."""

    def issue(subject: str = "ada", scope: str = f"{READ} {WRITE}", email: str = "") -> str:
        form = {"subject": subject, "scope": scope, "email": email}
        answer = httpx.post(cloud.token_url, data=form, trust_env=False, timeout=10)
        return str(answer.raise_for_status().json()["access_token"])

    return issue


@pytest.fixture
def subject() -> str:
    """A user nobody else has been: each test sees its own transfers only."""
    return f"ada-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def recipient() -> str:
    """An address nobody has written to before."""
    return f"grace-{uuid.uuid4().hex[:12]}@example.com"


@pytest.fixture
def api(cloud: Cloud, token: TokenFor, subject: str) -> Iterator[httpx.Client]:
    """A client of the API, signed in as `subject`. Paths start after `/v1`."""
    headers = {"Authorization": f"Bearer {token(subject)}"}
    with connect(cloud, headers) as client:
        yield client


@pytest.fixture
def public(cloud: Cloud) -> Iterator[httpx.Client]:
    """A client of the API without a token."""
    with connect(cloud, {}) as client:
        yield client


class Inbox:
    """The mails that the laptop cloud has sent."""

    def __init__(self, url: str) -> None:
        self._url = url

    def mails(self, to: str | None = None) -> list[dict[str, Any]]:
        """Mails, newest last; with `to` only those to an address."""
        answer = httpx.get(self._url, trust_env=False, timeout=10).raise_for_status().json()
        return [mail for mail in answer if to is None or any(to in each for each in mail["to"])]

    def wait_for(self, to: str, timeout: float = 30.0, subject: str = "") -> dict[str, Any]:
        """The first mail to an address, of such a subject; fails when none comes in time."""
        deadline = time.monotonic() + timeout
        while not (mails := [mail for mail in self.mails(to) if subject in mail["subject"]]):
            if time.monotonic() > deadline:
                pytest.fail(f"No mail {subject!r} to {to} within {timeout:.0f} s.", pytrace=False)
            time.sleep(0.1)
        return mails[0]


@pytest.fixture(scope="session")
def inbox(cloud: Cloud) -> Inbox:
    """The mail inbox."""
    return Inbox(cloud.inbox_url)


@pytest.fixture(scope="session")
def s3(cloud: Cloud) -> "S3Client":
    """S3 with the emulator's root key, which no policy binds."""
    return boto3.client("s3", **aws_connection(cloud))


@pytest.fixture(scope="session")
def dynamodb(cloud: Cloud) -> "DynamoDBClient":
    """DynamoDB with the emulator's root key."""
    return boto3.client("dynamodb", **aws_connection(cloud))


@pytest.fixture
def table(cloud: Cloud) -> Table:
    """The service's table, with a connection for each of a hundred threads."""
    connection = aws_connection(cloud)
    connection["config"] = connection["config"].merge(Config(max_pool_connections=100))
    return Table(boto3.client("dynamodb", **connection), cloud.table_name)


@pytest.fixture(scope="session")
def sqs(cloud: Cloud) -> "SQSClient":
    """SQS with the emulator's root key."""
    return boto3.client("sqs", **aws_connection(cloud))


def connect(cloud: Cloud, headers: dict[str, str]) -> httpx.Client:
    return httpx.Client(base_url=cloud.api_url, headers=headers, trust_env=False, timeout=30)


def aws_connection(cloud: Cloud) -> dict[str, Any]:
    """Explicit throughout: a person's own AWS settings play no part."""
    return {
        "endpoint_url": cloud.aws_endpoint_url,
        "region_name": cloud.region,
        "aws_access_key_id": cloud.aws_access_key_id,
        "aws_secret_access_key": cloud.aws_secret_access_key,
        "aws_session_token": None,
        # The emulator fails to list what is added to meanwhile.
        "config": Config(proxies={}, retries={"total_max_attempts": 5}),
    }
