"""The file bucket. URLs handed out are licences: one key, one exact length, one short time."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from skyferry.adapters.aws_errors import error_code, unavailable_on_fault
from skyferry.adapters.content_disposition import attachment
from skyferry.adapters.part_signer import PartSigner
from skyferry.contract import Prefix
from skyferry.core import limits
from skyferry.core.errors import ConflictError
from skyferry.core.models import (
    File,
    PartRequest,
    PartUrl,
    PostUpload,
    SignedUrl,
    StoredObject,
    StoredPart,
)

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import CompletedPartTypeDef

_CHUNK = limits.MIB
_COPY_PIECE = 256 * limits.MIB
_GONE = frozenset({"404", "NoSuchKey", "NotFound"})
_CHANGED = frozenset({"412", "PreconditionFailed"})


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FileStore:
    """Implements core.ports.FileStore."""

    #: Called on first use: parsing S3's model is the dearest thing a cold start can do, and most calls
    #: only read the table.
    connect: Callable[[], "S3Client"]
    bucket: str

    @property
    def client(self) -> "S3Client":
        return self.connect()

    def post_upload(self, file: File, now: datetime, success: int = 204) -> PostUpload:
        fields = {
            "Content-Type": file.content_type,
            "success_action_status": str(success),
            **_declared_checksum(file),
        }
        post = self.client.generate_presigned_post(
            self.bucket,
            file.inbox_key,
            Fields=fields,
            Conditions=[
                *({name: value} for name, value in fields.items()),
                ["content-length-range", file.size, file.size],
            ],
            ExpiresIn=limits.UPLOAD_URL_LIFE,
        )
        return PostUpload(
            url=post["url"],
            fields=post["fields"],
            expires_at=now + limits.seconds(limits.UPLOAD_URL_LIFE),
        )

    def start_multipart(self, file: File) -> str:
        # Without checksums no algorithm either: S3 would then demand the header on every part, which
        # plain clients do not send. The whole object is verified afterwards in any case.
        checksums: dict[str, Any] = {"ChecksumAlgorithm": "SHA256"} if file.part_checksums else {}
        with unavailable_on_fault("S3"):
            answer = self.client.create_multipart_upload(
                Bucket=self.bucket,
                Key=file.inbox_key,
                ContentType=file.content_type,
                **checksums,
            )
        return answer["UploadId"]

    def part_urls(self, file: File, parts: Sequence[PartRequest]) -> list[PartUrl]:
        place = {"Bucket": self.bucket, "Key": file.inbox_key, "UploadId": file.upload_id or ""}
        urls = PartSigner(self.client, place, limits.UPLOAD_URL_LIFE).urls(parts)
        return [
            PartUrl(number=part.number, url=url, headers=_part_headers(part))
            for part, url in zip(parts, urls, strict=True)
        ]

    def parts(self, file: File) -> list[StoredPart] | None:
        found: list[StoredPart] = []
        pages = self.client.get_paginator("list_parts").paginate(
            Bucket=self.bucket, Key=file.inbox_key, UploadId=file.upload_id or ""
        )
        with unavailable_on_fault("S3"):
            try:
                for page in pages:
                    found += [
                        StoredPart(
                            number=part["PartNumber"],
                            size=part["Size"],
                            etag=part["ETag"],
                            sha256=part.get("ChecksumSHA256"),
                        )
                        for part in page.get("Parts", [])
                    ]
            except ClientError as error:
                if error_code(error) == "NoSuchUpload":
                    return None
                raise
        return found

    def complete_multipart(self, file: File, parts: Sequence[StoredPart]) -> bool:
        with unavailable_on_fault("S3"):
            try:
                self.client.complete_multipart_upload(
                    Bucket=self.bucket,
                    Key=file.inbox_key,
                    UploadId=file.upload_id or "",
                    MultipartUpload={"Parts": [_completed(part) for part in parts]},
                )
            except ClientError as error:
                if error_code(error) == "NoSuchUpload":
                    return False
                raise
        return True

    def abort_multipart(self, file: File) -> None:
        with unavailable_on_fault("S3"):
            try:
                self.client.abort_multipart_upload(
                    Bucket=self.bucket, Key=file.inbox_key, UploadId=file.upload_id or ""
                )
            except ClientError as error:
                if error_code(error) != "NoSuchUpload":
                    raise

    def head(self, key: str) -> StoredObject | None:
        with unavailable_on_fault("S3"):
            try:
                answer = self.client.head_object(
                    Bucket=self.bucket, Key=key, ChecksumMode="ENABLED"
                )
            except ClientError as error:
                if error_code(error) in _GONE:
                    return None
                raise
        in_parts = "-" in answer["ETag"]
        sha256 = None if in_parts else answer.get("ChecksumSHA256")
        return StoredObject(
            key=key,
            size=answer["ContentLength"],
            etag=answer["ETag"],
            # S3 knows no SHA-256 of a whole object that came in parts, whatever the type says.
            sha256=_full(sha256, answer.get("ChecksumType")),
            crc64nvme=_full(answer.get("ChecksumCRC64NVME"), answer.get("ChecksumType")),
        )

    def uploaded(self, owner: str, transfer_id: str) -> frozenset[str]:
        return self._below(f"{Prefix.INBOX}{owner}/{transfer_id}/")

    def kept(self, owner: str, transfer_id: str) -> frozenset[str]:
        return self._below(f"{Prefix.FILES}{owner}/{transfer_id}/")

    def _below(self, prefix: str) -> frozenset[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=prefix
        )
        with unavailable_on_fault("S3"):
            return frozenset(found["Key"] for page in pages for found in page.get("Contents", []))

    def read(self, key: str, etag: str) -> Iterator[bytes]:
        with unavailable_on_fault("S3"):
            try:
                answer = self.client.get_object(Bucket=self.bucket, Key=key, IfMatch=etag)
            except ClientError as error:
                if error_code(error) in _CHANGED | _GONE:
                    raise ConflictError("The object is another by now.") from error
                raise
            with closing(answer["Body"]) as body:
                yield from body.iter_chunks(_CHUNK)

    def promote(self, file: File, source: StoredObject) -> StoredObject:
        # Only process_upload promotes; the others need not load the transfer manager.
        from s3transfer.manager import TransferConfig, TransferManager

        # Small enough for S3 to copy each piece within the client's time-out.
        config = TransferConfig(multipart_threshold=_COPY_PIECE, multipart_chunksize=_COPY_PIECE)
        copied = {
            "CopySourceIfMatch": source.etag,
            "MetadataDirective": "REPLACE",
            "ContentType": "application/octet-stream",
            # The scanner's tag belongs to the inbox object.
            "TaggingDirective": "REPLACE",
        }
        with unavailable_on_fault("S3"):
            try:
                with TransferManager(self.client, config) as manager:
                    manager.copy(
                        {"Bucket": self.bucket, "Key": source.key}, self.bucket, file.key, copied
                    ).result()
            except ClientError as error:
                if error_code(error) in _CHANGED | _GONE:
                    raise ConflictError("The object is another by now.") from error
                raise
        promoted = self.head(file.key)
        if promoted is None or promoted.size != file.size:
            raise ConflictError("The copy is not the object that was verified.")
        return promoted

    def delete(self, key: str) -> None:
        with unavailable_on_fault("S3"):
            self.client.delete_object(Bucket=self.bucket, Key=key)

    def download_url(self, file: File, now: datetime) -> SignedUrl:
        url = self.client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self.bucket,
                "Key": file.key,
                "ResponseContentDisposition": attachment(file.name),
                # Never the declared type: a browser must save the file, not show it.
                "ResponseContentType": "application/octet-stream",
                "ResponseCacheControl": "private, no-store",
            },
            ExpiresIn=limits.DOWNLOAD_URL_LIFE,
        )
        return SignedUrl(url=url, expires_at=now + limits.seconds(limits.DOWNLOAD_URL_LIFE))


def _declared_checksum(file: File) -> dict[str, str]:
    """Form fields with which S3 compares the bytes itself: one checksum, the sender's own."""
    if file.sha256 is not None:
        return {"x-amz-checksum-algorithm": "SHA256", "x-amz-checksum-sha256": file.sha256}
    if file.crc64nvme is not None:
        crc64nvme = {"x-amz-checksum-crc64nvme": file.crc64nvme}
        return {"x-amz-checksum-algorithm": "CRC64NVME", **crc64nvme}
    return {}


def _part_headers(part: PartRequest) -> dict[str, str]:
    """What its URL was signed with, so the client must send it."""
    length = {} if part.size is None else {"Content-Length": str(part.size)}
    return length if part.sha256 is None else {**length, "x-amz-checksum-sha256": part.sha256}


def _completed(part: StoredPart) -> "CompletedPartTypeDef":
    if part.sha256 is None:
        return {"PartNumber": part.number, "ETag": part.etag}
    return {"PartNumber": part.number, "ETag": part.etag, "ChecksumSHA256": part.sha256}


def _full(checksum: str | None, kind: str | None) -> str | None:
    """A composite checksum covers parts, not the object; it ends in `-<parts>`."""
    if checksum is None or kind == "COMPOSITE" or "-" in checksum:
        return None
    return checksum
