"""The proxy that makes faults passes on everything else as it is, signatures included."""

from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError

from local.cloud import Cloud
from tests.faults import kinds
from tests.integration.conftest import aws_connection
from tools.proof.fault_proxy import FaultProxy

KEY = "inbox/proxy/a b+ü.bin"


def client(service: str, cloud: Cloud, proxy: FaultProxy) -> Any:
    """That asks once and does not wait for long."""
    once = Config(retries={"total_max_attempts": 1}, read_timeout=1, proxies={})
    connection = {**aws_connection(cloud), "endpoint_url": proxy.url, "config": once}
    return boto3.client(service, **connection)  # type: ignore[call-overload]


def test_a_healed_proxy_changes_nothing(cloud: Cloud) -> None:
    content = b"12345678" * 500_000
    with FaultProxy(cloud.aws_endpoint_url, 0) as proxy:
        s3 = client("s3", cloud, proxy)
        s3.put_object(Bucket=cloud.bucket_name, Key=KEY, Body=content)

        asked = {"Bucket": cloud.bucket_name, "Key": KEY}
        assert s3.head_object(**asked)["ContentLength"] == len(content)
        assert s3.get_object(**asked)["Body"].read() == content
        s3.delete_object(**asked)
        with pytest.raises(ClientError, match="404"):
            s3.head_object(**asked)
        assert proxy.faults == 0


@pytest.mark.parametrize(
    ("kind", "service", "told"),
    [
        (kinds.THROTTLED, "dynamodb", "ThrottlingException"),
        (kinds.SERVER_ERROR, "dynamodb", "InternalServerError"),
        (kinds.THROTTLED, "s3", "SlowDown"),
        (kinds.SERVER_ERROR, "sqs", "InternalFailure"),
    ],
)
def test_an_error_is_worded_as_the_service_words_it(
    cloud: Cloud, kind: str, service: str, told: str
) -> None:
    with FaultProxy(cloud.aws_endpoint_url, 1, [kind]) as proxy:
        with pytest.raises(ClientError, match=told):
            ask(service, client(service, cloud, proxy), cloud)
        assert proxy.seen == {kind: 1}


@pytest.mark.parametrize("kind", [kinds.REFUSED, kinds.SLOW, kinds.LOST_ONCE])
def test_only_a_lost_answer_is_of_something_that_was_done(cloud: Cloud, kind: str) -> None:
    asked = {"Bucket": cloud.bucket_name, "Key": f"{KEY}-{kind}"}
    with FaultProxy(cloud.aws_endpoint_url, 1, [kind]) as proxy:
        s3 = client("s3", cloud, proxy)
        with pytest.raises(HTTPClientError):
            s3.put_object(**asked, Body=b"x")

        proxy.rate = 0
        there = s3.list_objects_v2(Bucket=cloud.bucket_name, Prefix=asked["Key"])["KeyCount"]
        assert there == (kind == kinds.LOST_ONCE)


def ask(service: str, client: Any, cloud: Cloud) -> None:
    match service:
        case "dynamodb":
            client.describe_table(TableName=cloud.table_name)
        case "s3":
            client.list_objects_v2(Bucket=cloud.bucket_name)
        case "sqs":
            client.list_queues()
