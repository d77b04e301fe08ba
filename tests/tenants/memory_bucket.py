"""S3 and KMS without the service: URLs are signed by botocore as ever, objects are no more than their lengths. What
was asked for arrives at once: a form's object when it is made, parts of every upload that is open."""

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from skyferry.adapters.file_store import FileStore
from skyferry.core import limits
from skyferry.core.models import File, StoredObject


def _refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "memory")


#: Those of the one length of files that the machine sends in parts.
PARTS = (8 * limits.MIB, 8 * limits.MIB, 4 * limits.MIB)


@dataclass
class MemoryBucket:
    """The calls that `FileStore` makes; `signer` is botocore's client, which signs without a network."""

    signer: Any
    #: Lengths by key.
    objects: dict[str, int] = field(default_factory=dict)
    #: Multipart uploads that are open: id and key.
    uploads: dict[str, str] = field(default_factory=dict)

    def generate_presigned_post(self, *arguments: Any, **named: Any) -> Any:
        (_, size, _) = named["Conditions"][-1]
        self.objects[arguments[1]] = size
        return self.signer.generate_presigned_post(*arguments, **named)

    def generate_presigned_url(self, *arguments: Any, **named: Any) -> Any:
        return self.signer.generate_presigned_url(*arguments, **named)

    def _get_credentials(self) -> Any:
        return self.signer._get_credentials()

    def create_multipart_upload(self, **request: Any) -> dict[str, str]:
        upload = secrets.token_hex(24)
        self.uploads[upload] = request["Key"]
        return {"UploadId": upload}

    def complete_multipart_upload(self, **request: Any) -> dict[str, str]:
        self._require(request)
        self.objects[self.uploads.pop(request["UploadId"])] = sum(PARTS)
        return {}

    def abort_multipart_upload(self, **request: Any) -> dict[str, str]:
        self._require(request)
        del self.uploads[request["UploadId"]]
        return {}

    def _require(self, request: dict[str, Any]) -> None:
        if self.uploads.get(request["UploadId"]) != request["Key"]:
            raise _refused("NoSuchUpload")

    def head_object(self, **request: Any) -> dict[str, Any]:
        size = self.objects.get(request["Key"])
        if size is None:
            raise _refused("404")
        return {"ContentLength": size, "ETag": etag(request["Key"])}

    def delete_object(self, **request: Any) -> dict[str, str]:
        self.objects.pop(request["Key"], None)
        return {}

    def get_object(self, **request: Any) -> dict[str, Any]:
        return {"Body": _Body(b"x" * self.objects[request["Key"]])}

    def get_paginator(self, name: str) -> "_Pages":
        return _Pages(self, name)


def etag(key: str) -> str:
    return f'"{hashlib.sha256(key.encode()).hexdigest()[:32]}"'


@dataclass
class _Body:
    content: bytes

    def iter_chunks(self, _: int) -> Iterator[bytes]:
        yield self.content

    def close(self) -> None: ...


@dataclass
class _Pages:
    bucket: MemoryBucket
    name: str

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        if self.name == "list_parts":
            self.bucket._require(request)
            yield {
                "Parts": [
                    {"PartNumber": number, "Size": size, "ETag": f'"{number}"'}
                    for number, size in enumerate(PARTS, 1)
                ]
            }
        else:
            keys = sorted(key for key in self.bucket.objects if key.startswith(request["Prefix"]))
            yield {"Contents": [{"Key": key} for key in keys]}


class MemoryStore(FileStore):
    """Copies at once, where the SDK starts threads."""

    __slots__ = ()

    def promote(self, file: File, source: StoredObject) -> StoredObject:
        bucket: Any = self.client
        bucket.objects[file.key] = bucket.objects[source.key]
        promoted = self.head(file.key)
        if promoted is None:
            raise AssertionError("copied above")
        return promoted


@dataclass
class MemoryKey:
    """KMS, as far as receipts need it."""

    private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def get_public_key(self, **_: Any) -> dict[str, bytes]:
        public = self.private.public_key()
        return {"PublicKey": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)}

    def sign(self, *, Message: bytes, **_: Any) -> dict[str, bytes]:  # noqa: N803 - as the SDK has it
        return {"Signature": self.private.sign(Message, ec.ECDSA(hashes.SHA256()))}
