"""The bucket policy as synthesized refuses what GuardDuty has tagged as anything but clean, to whoever asks."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import boto3
import httpx
import pytest
from aws_cdk.assertions import Template
from skyferry_cdk import FileBucket

from local.cloud import Cloud
from tests.integration.conftest import aws_connection

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

TAG = "GuardDutyMalwareScanStatus"
READ = ["s3:GetObject", "s3:GetObjectVersion"]


@dataclass
class Scanned:
    """A bucket under the synthesized statement, and a reader whom their own policy lets read all of it."""

    owner: "S3Client"
    reader: "S3Client"
    bucket: str

    def tag(self, verdict: str) -> None:
        tags: Any = {"TagSet": [{"Key": TAG, "Value": verdict}]}
        self.owner.put_object_tagging(Bucket=self.bucket, Key="inbox/a", Tagging=tags)

    def read(self) -> int:
        place = {"Bucket": self.bucket, "Key": "inbox/a"}
        url = self.reader.generate_presigned_url("get_object", Params=place)
        return httpx.get(url, trust_env=False, timeout=30).status_code


@pytest.fixture(scope="module")
def denial() -> dict[str, Any]:
    stack = cdk.Stack(cdk.App(), "Stack")
    FileBucket(stack, "Files")
    (policy,) = Template.from_stack(stack).find_resources("AWS::S3::BucketPolicy").values()
    statements: list[dict[str, Any]] = policy["Properties"]["PolicyDocument"]["Statement"]
    return next(one for one in statements if "ExistingObjectTag" in json.dumps(one))


@pytest.fixture
def scanned(cloud: Cloud, s3: "S3Client", denial: dict[str, Any]) -> Iterator[Scanned]:
    name = f"scanned-{uuid.uuid4().hex[:12]}"
    objects = f"arn:aws:s3:::{name}/*"
    iam = boto3.client("iam", **aws_connection(cloud))
    iam.create_user(UserName=name)
    allowed = {"Effect": "Allow", "Action": READ, "Resource": objects}
    iam.put_user_policy(UserName=name, PolicyName="read", PolicyDocument=_document(allowed))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    s3.create_bucket(Bucket=name)
    s3.put_bucket_policy(Bucket=name, Policy=_document({**denial, "Resource": objects}))
    s3.put_object(Bucket=name, Key="inbox/a", Body=b"hello")
    connection = aws_connection(cloud) | {
        "aws_access_key_id": key["AccessKeyId"],
        "aws_secret_access_key": key["SecretAccessKey"],
    }
    yield Scanned(s3, boto3.client("s3", **connection), name)
    s3.delete_object(Bucket=name, Key="inbox/a")
    s3.delete_bucket(Bucket=name)
    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    iam.delete_user_policy(UserName=name, PolicyName="read")
    iam.delete_user(UserName=name)


@pytest.mark.parametrize("verdict", ["THREATS_FOUND", "UNSUPPORTED", "ACCESS_DENIED", "FAILED"])
def test_what_is_tagged_as_anything_but_clean_is_refused_until_it_is_cleared(
    scanned: Scanned, verdict: str
) -> None:
    scanned.tag("NO_THREATS_FOUND")
    assert scanned.read() == 200
    scanned.tag(verdict)
    assert scanned.read() == 403
    scanned.tag("NO_THREATS_FOUND")
    assert scanned.read() == 200


def _document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
