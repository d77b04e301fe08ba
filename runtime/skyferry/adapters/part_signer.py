"""URLs for many parts of one upload, at about the price of one.

botocore signs the first part. The others differ from it in number, length and checksum only, so all else
is taken from that URL, hashed once, and they are signed here (Signature Version 4, in the query).
Equal to botocore's to the byte; where the first would not be, botocore signs every part.
"""

import hashlib
import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl, urlsplit

from skyferry.core.models import PartRequest

if TYPE_CHECKING:
    from botocore.credentials import Credentials
    from types_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PartSigner:
    """For one open upload; `place` is its Bucket, Key and UploadId."""

    client: "S3Client"
    place: dict[str, str]
    seconds: int

    def urls(self, parts: Iterable[PartRequest]) -> Iterator[str]:
        patterns: dict[tuple[bool, bool], _Pattern | None] = {}
        for part in parts:
            kind = (part.size is None, part.sha256 is None)
            if kind not in patterns:
                patterns[kind] = self._pattern(part)
            pattern = patterns[kind]
            yield self._signed_by_botocore(part) if pattern is None else pattern.url(part)

    def _pattern(self, part: PartRequest) -> "_Pattern | None":
        """None when it would give other signatures than botocore: other credentials by now, say."""
        url = self._signed_by_botocore(part)
        held: Credentials = self.client._get_credentials()  # type: ignore[attr-defined]
        pattern = _Pattern.of(url, part, held.get_frozen_credentials().secret_key or "")
        return pattern if pattern.url(part) == url else None

    def _signed_by_botocore(self, part: PartRequest) -> str:
        params: dict[str, Any] = {**self.place, "PartNumber": part.number}
        if part.size is not None:
            params["ContentLength"] = part.size
        if part.sha256 is not None:
            params["ChecksumSHA256"] = part.sha256
        return self.client.generate_presigned_url(
            "upload_part", Params=params, ExpiresIn=self.seconds
        )


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class _Pattern:
    """What the URLs of all parts of a kind share, up to the part's number and from there on."""

    url_before: str
    url_after: str
    #: Of the canonical request: hashed already, and what follows the number.
    hashed: "hashlib._Hash"
    query_after: str
    host: str
    signed_headers: str
    to_sign: str
    key: bytes

    @classmethod
    def of(cls, url: str, part: PartRequest, secret: str) -> Self:
        number = f"partNumber={part.number}"
        unsigned, _, _ = url.rpartition("&X-Amz-Signature=")
        before, _, after = unsigned.partition(number)
        where = urlsplit(unsigned)
        sorted_before, _, sorted_after = "&".join(sorted(where.query.split("&"))).partition(number)
        query = dict(parse_qsl(where.query))
        _, scope = query["X-Amz-Credential"].split("/", 1)
        return cls(
            url_before=before + "partNumber=",
            url_after=after + "&X-Amz-Signature=",
            hashed=hashlib.sha256(f"PUT\n{where.path}\n{sorted_before}partNumber=".encode()),
            query_after=sorted_after,
            host=where.netloc,
            signed_headers=query["X-Amz-SignedHeaders"],
            to_sign=f"AWS4-HMAC-SHA256\n{query['X-Amz-Date']}\n{scope}\n",
            key=_signing_key(secret, scope),
        )

    def url(self, part: PartRequest) -> str:
        length = "" if part.size is None else f"content-length:{part.size}\n"
        checksum = "" if part.sha256 is None else f"x-amz-checksum-sha256:{part.sha256}\n"
        request = self.hashed.copy()
        request.update(
            f"{part.number}{self.query_after}\n{length}host:{self.host}\n{checksum}\n"
            f"{self.signed_headers}\nUNSIGNED-PAYLOAD".encode()
        )
        signed = hmac.digest(self.key, f"{self.to_sign}{request.hexdigest()}".encode(), "sha256")
        return f"{self.url_before}{part.number}{self.url_after}{signed.hex()}"


def _signing_key(secret: str, scope: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for name in scope.split("/"):
        key = hmac.digest(key, name.encode(), "sha256")
    return key
