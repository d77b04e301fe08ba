"""AWS clients: one per service and process, short time-outs, retries at this layer only."""

from functools import cache
from typing import TYPE_CHECKING, cast

import botocore.session
from botocore.client import BaseClient
from botocore.config import Config

from skyferry.shared.answers import AnswerParserFactory

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_kms import KMSClient
    from types_boto3_lambda import LambdaClient
    from types_boto3_s3 import S3Client
    from types_boto3_sesv2 import SESV2Client
    from types_boto3_sqs import SQSClient

# botocore's session instead of boto3's: the same clients, a tenth of a second less at a cold start.
_RETRIES = {"mode": "standard", "total_max_attempts": 3}
_CONFIG = Config(
    connect_timeout=1,
    read_timeout=4,
    retries=_RETRIES,  # type: ignore[arg-type]
    tcp_keepalive=True,
    parameter_validation=False,
)
# Or the endpoint would depend on whose credentials sign.
_CONFIG_DYNAMODB = _CONFIG.merge(Config(account_id_endpoint_mode="disabled"))
_CONFIG_S3 = _CONFIG.merge(
    Config(
        read_timeout=10,
        signature_version="s3v4",
        s3={"addressing_style": "auto"},
        max_pool_connections=20,
        # Only checksums that somebody asked for: a presigned URL must not sign one the client cannot meet.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
)
# SendEmail has no idempotency token: an automatic retry after a lost answer would send the mail twice.
_CONFIG_SES = _CONFIG.merge(Config(retries={"total_max_attempts": 1}, read_timeout=10))


@cache
def _session() -> botocore.session.Session:
    session = botocore.session.get_session()
    session.register_component("response_parser_factory", AnswerParserFactory())
    return session


@cache
def dynamodb() -> "DynamoDBClient":
    client = _session().create_client("dynamodb", config=_CONFIG_DYNAMODB)
    _keep_endpoint(client)
    return cast("DynamoDBClient", client)


def _keep_endpoint(client: BaseClient) -> None:
    """botocore works the endpoint out for every call, a thirtieth of a get; DynamoDB's is the region's for all of them."""
    rules = client._ruleset_resolver  # type: ignore[attr-defined]
    operation = client.meta.service_model.operation_model("Query")
    endpoint = rules.construct_endpoint(operation_model=operation, call_args={}, request_context={})
    rules.construct_endpoint = lambda **_call: endpoint


@cache
def s3() -> "S3Client":
    return cast("S3Client", _session().create_client("s3", config=_CONFIG_S3))


@cache
def sqs() -> "SQSClient":
    return cast("SQSClient", _session().create_client("sqs", config=_CONFIG))


@cache
def sesv2() -> "SESV2Client":
    return cast("SESV2Client", _session().create_client("sesv2", config=_CONFIG_SES))


@cache
def kms() -> "KMSClient":
    return cast("KMSClient", _session().create_client("kms", config=_CONFIG))


@cache
def lambda_() -> "LambdaClient":
    return cast("LambdaClient", _session().create_client("lambda", config=_CONFIG))
