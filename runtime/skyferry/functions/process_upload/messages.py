"""The events that wake this function, as EventBridge wraps them. Only what is needed is read."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from skyferry.contract import ScanVerdict


class Bucket(BaseModel):
    name: str


class StoredKey(BaseModel):
    key: str


class ObjectCreatedDetail(BaseModel):
    bucket: Bucket
    object: StoredKey


class ObjectCreated(BaseModel):
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html (keys are not encoded there)"""

    kind: Literal["Object Created"] = Field(alias="detail-type")
    detail: ObjectCreatedDetail


class ScannedObject(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    bucket: str = Field(alias="bucketName")
    key: str = Field(alias="objectKey")
    etag: str = Field(alias="eTag")
    #: S3 slowed GuardDuty down: results come, but late.
    throttled: bool = Field(default=False, alias="s3Throttled")


class ScanOutcome(BaseModel):
    status: ScanVerdict = Field(alias="scanResultStatus")


class ScanResultDetail(BaseModel):
    scanned: ScannedObject = Field(alias="s3ObjectDetails")
    outcome: ScanOutcome = Field(alias="scanResultDetails")


class ScanResult(BaseModel):
    """https://docs.aws.amazon.com/guardduty/latest/ug/monitor-with-eventbridge-s3-malware-protection.html"""

    kind: Literal["GuardDuty Malware Protection Object Scan Result"] = Field(alias="detail-type")
    detail: ScanResultDetail


Message = TypeAdapter[ObjectCreated | ScanResult](ObjectCreated | ScanResult)
