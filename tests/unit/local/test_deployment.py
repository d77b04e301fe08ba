"""What a deployment is made of, and what is read from it."""

import json
from pathlib import Path

import pytest

from local.cloud import Cloud
from local.deployment import failure, prune_assets, without_resource
from local.deployment_file import Deployment, write_atomically
from local.problems import LaptopCloudError
from local.settings import Settings

TEMPLATE = """\
Resources:
  StagingBucket:
    Type: AWS::S3::Bucket
  StagingBucketPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Statement:
        - Effect: Deny

          Action: s3:*
  Role:
    Type: AWS::IAM::Role
Outputs: {}
"""
OUTPUTS = {
    "data": {"TableName": "table"},
    "service": {
        "RestApiId": "a1",
        "BucketName": "bucket",
        "ProcessUploadQueueUrl": "http://q/p",
        "SendEmailQueueUrl": "http://q/s",
        "EmailFeedbackQueueUrl": "http://q/f",
        "SendEmailDeadLetterQueueUrl": "http://q/d",
        "ApiUrl": "https://a1.example/v1",
    },
}


def test_one_resource_is_taken_out_of_a_template_and_nothing_else() -> None:
    shortened = without_resource(TEMPLATE, "StagingBucketPolicy")
    assert shortened == (
        "Resources:\n  StagingBucket:\n    Type: AWS::S3::Bucket\n"
        "  Role:\n    Type: AWS::IAM::Role\nOutputs: {}\n"
    )


def test_a_template_without_the_expected_resource_is_an_error() -> None:
    with pytest.raises(LaptopCloudError, match="0 resources named Nothing"):
        without_resource(TEMPLATE, "Nothing")


def test_outputs_of_all_stacks_are_merged() -> None:
    deployment = Deployment.from_outputs(OUTPUTS)
    assert (deployment.table_name, deployment.rest_api_id) == ("table", "a1")


def test_a_missing_output_is_named() -> None:
    with pytest.raises(LaptopCloudError, match="no output TableName"):
        Deployment.from_outputs({"service": OUTPUTS["service"]})


def test_queues_are_named_as_in_the_code() -> None:
    assert Deployment.from_outputs(OUTPUTS).queues == {
        "process_upload": "http://q/p",
        "send_email": "http://q/s",
        "email_feedback": "http://q/f",
        "send_email_dead_letter": "http://q/d",
    }


def test_a_deployment_survives_its_file(tmp_path: Path) -> None:
    deployment = Deployment.from_outputs(OUTPUTS)
    path = tmp_path / "deployment.json"
    write_atomically(path, deployment.model_dump_json(by_alias=True))
    assert Deployment.read(path) == deployment
    assert [file.name for file in tmp_path.iterdir()] == ["deployment.json"]


def test_nothing_deployed_is_none(tmp_path: Path) -> None:
    assert Deployment.read(tmp_path / "deployment.json") is None
    assert Cloud.read(tmp_path / "cloud.json") is None


def test_cloud_json_has_the_fields_that_tests_and_tools_read(tmp_path: Path) -> None:
    path = tmp_path / "cloud.json"
    Cloud.of(Settings(), Deployment.from_outputs(OUTPUTS)).write(path)
    written = json.loads(path.read_text())
    assert written["api_url"] == "http://127.0.0.1:8080/v1"
    assert written["token_url"] == "http://127.0.0.1:8090/token"
    assert written["inbox_url"] == "http://127.0.0.1:8090/inbox"
    assert written["aws_endpoint_url"] == "http://127.0.0.1:4566"
    assert (written["table_name"], written["bucket_name"]) == ("table", "bucket")
    assert written["queues"]["email_feedback"] == "http://q/f"


def test_of_a_failed_deployment_only_the_summary_is_shown() -> None:
    log = "\n".join([*(f"event {n}" for n in range(100)), "Failed resources:", "Bucket: refused"])
    assert failure(log) == "Failed resources:\nBucket: refused"


def test_of_any_other_failure_the_end_of_the_log_is_shown() -> None:
    log = "\n".join(f"line {n}" for n in range(100))
    assert failure(log).splitlines()[0] == "line 70"
    assert failure(log).endswith("line 99")


def test_only_bundles_that_no_stack_uses_are_removed(tmp_path: Path) -> None:
    for name in ("asset.aaa", "asset.bbb", "assembly-local"):
        (tmp_path / name).mkdir()
    manifest = tmp_path / "assembly-local" / "service.assets.json"
    manifest.write_text(json.dumps({"files": {"bbb": {"source": {"path": "../asset.bbb"}}}}))
    prune_assets(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["assembly-local", "asset.bbb"]
