"""The file bucket on moto: what is asked of S3 and how its answers are read. Whether URLs are enforced is
shown on the laptop cloud; moto lets everything pass."""

import base64
import json
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.stub import Stubber
from skyferry.adapters.aws_errors import unavailable_on_fault
from skyferry.adapters.content_disposition import attachment
from skyferry.adapters.file_store import FileStore, _full
from skyferry.adapters.sniffing import sniff
from skyferry.core import limits
from skyferry.core.errors import UnavailableError
from skyferry.core.models import File, PartRequest, StoredObject
from skyferry.shared import clients

from tests.support.aws import Aws
from tests.support.builders import HOSTILE_NAME, NOW, any_file
from tests.support.fake_files import sha256

PART = b"p" * (5 * limits.MIB)


@pytest.fixture
def store(aws: Aws) -> FileStore:
    return FileStore(clients.s3, aws.bucket)


def put(store: FileStore, key: str, content: bytes) -> StoredObject:
    clients.s3().put_object(Bucket=store.bucket, Key=key, Body=content)
    stored = store.head(key)
    assert stored is not None
    return stored


def opened(store: FileStore, *, checksums: bool = False) -> File:
    file = any_file(size=len(PART) + 1, part_checksums=checksums)
    return file.replace(upload_id=store.start_multipart(file))


def send(store: FileStore, file: File, number: int, content: bytes) -> None:
    clients.s3().upload_part(
        Bucket=store.bucket,
        Key=file.inbox_key,
        UploadId=file.upload_id or "",
        PartNumber=number,
        Body=content,
        **({"ChecksumSHA256": sha256(content)} if file.part_checksums else {}),  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("declared", "fields"),
    [
        ({"sha256": "c2hh"}, {"algorithm": "SHA256", "sha256": "c2hh"}),
        ({"crc64nvme": "Y3Jj"}, {"algorithm": "CRC64NVME", "crc64nvme": "Y3Jj"}),
        ({"sha256": "c2hh", "crc64nvme": "Y3Jj"}, {"algorithm": "SHA256", "sha256": "c2hh"}),
        ({}, {}),
    ],
)
def test_a_form_binds_the_checksum_that_the_sender_declared(
    store: FileStore, declared: dict[str, str], fields: dict[str, str]
) -> None:
    post = store.post_upload(any_file(**declared), NOW)
    bound = {f"x-amz-checksum-{name}": value for name, value in fields.items()}

    assert {k: v for k, v in post.fields.items() if k.startswith("x-amz-checksum")} == bound
    conditions = json.loads(base64.b64decode(post.fields["policy"]))["conditions"]
    assert all({name: value} in conditions for name, value in bound.items())


def test_a_part_url_signs_number_length_and_checksum(store: FileStore) -> None:
    file = opened(store, checksums=True)

    (part,) = store.part_urls(file, [PartRequest(number=7, size=42, sha256=sha256(b"x"))])

    query = parse_qs(urlsplit(part.url).query)
    assert query["partNumber"] == ["7"]
    assert query["X-Amz-Expires"] == [str(limits.UPLOAD_URL_LIFE)]
    assert query["X-Amz-SignedHeaders"] == ["content-length;host;x-amz-checksum-sha256"]
    assert part.headers == {"Content-Length": "42", "x-amz-checksum-sha256": sha256(b"x")}


def test_a_plain_part_url_signs_no_checksum_the_client_would_have_to_meet(store: FileStore) -> None:
    (part,) = store.part_urls(opened(store), [PartRequest(number=1, size=42)])

    assert parse_qs(urlsplit(part.url).query)["X-Amz-SignedHeaders"] == ["content-length;host"]


@pytest.mark.parametrize("checksums", [True, False])
def test_parts_are_listed_and_joined(store: FileStore, checksums: bool) -> None:
    file = opened(store, checksums=checksums)
    send(store, file, 1, PART)
    send(store, file, 2, b"!")

    parts = store.parts(file)
    assert parts is not None
    assert [(part.number, part.size) for part in parts] == [(1, len(PART)), (2, 1)]
    store.complete_multipart(file, parts)

    stored = store.head(file.inbox_key)
    assert stored is not None
    assert stored.size == file.size
    assert stored.sha256 is None


def test_an_upload_that_was_ended_is_not_joined(store: FileStore) -> None:
    """By S3's documented answer: moto has none for this."""
    with Stubber(clients.s3()) as s3:
        s3.add_client_error("complete_multipart_upload", "NoSuchUpload", http_status_code=404)

        assert not store.complete_multipart(any_file(upload_id="gone"), [])


def test_a_promoted_object_has_its_bytes_and_no_declared_type(store: FileStore) -> None:
    file = any_file()
    source = put(store, file.inbox_key, b"hello")

    promoted = store.promote(file, source)

    assert promoted.key == file.key
    answer = clients.s3().get_object(Bucket=store.bucket, Key=file.key)
    assert answer["Body"].read() == b"hello"
    assert answer["ContentType"] == "application/octet-stream"


def test_a_download_url_saves_under_the_display_name(store: FileStore) -> None:
    signed = store.download_url(any_file(), NOW)

    query = parse_qs(urlsplit(signed.url).query)
    assert query["X-Amz-Expires"] == ["300"]
    assert query["response-content-type"] == ["application/octet-stream"]
    assert query["response-content-disposition"] == [attachment(HOSTILE_NAME)]


@pytest.mark.parametrize(
    ("checksum", "kind", "full"),
    [
        ("abc=", "FULL_OBJECT", "abc="),
        ("abc=", None, "abc="),
        ("abc=-2", None, None),
        ("abc=", "COMPOSITE", None),
        (None, None, None),
    ],
)
def test_only_checksums_of_the_whole_object_count(
    checksum: str | None, kind: str | None, full: str | None
) -> None:
    assert _full(checksum, kind) == full


@pytest.mark.parametrize(
    "name",
    [
        'x"\r\nLocation: //evil',
        "x\";filename*=UTF-8''a.exe",
        "a\\b",
        "%22",
        "日本語.txt",
        "a\n",
        "plain.txt",
    ],
)
def test_a_name_cannot_leave_its_header(name: str) -> None:
    header = attachment(name)

    assert header.isascii()
    assert not set("\r\n") & set(header)
    assert header.count('"') == 2
    assert header.count(";") == 2
    assert "\\" not in header


@pytest.mark.parametrize(
    ("head", "content_type", "fits"),
    [
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 30, "image/png", True),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0" + b"\0" * 30, "image/jpeg", True),
        (b"GIF89a" + b"\0" * 30, "image/gif", True),
        (b"%PDF-1.7\n" + b"x" * 30, "application/pdf", True),
        (b"PK\x03\x04" + b"\0" * 30, "application/zip", True),
        (b"\x1f\x8b\x08" + b"\0" * 30, "application/gzip", True),
        (b"RIFF\0\0\0\0WEBPVP8 " + b"\0" * 30, "image/webp", True),
        (b"RIFF\0\0\0\0WAVEfmt " + b"\0" * 30, "image/webp", False),
        (b"RIFF<html><script>alert(1)</script></html>", "image/webp", False),
        (b"MZ\x90\0" + b"\0" * 60, "image/png", False),
        (b"<html><script>", "image/jpeg", False),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 30, "application/pdf", False),
        (b"\0\0\0\0", "application/pdf", False),
        (b"MZ\x90\0", "application/octet-stream", True),
        (b"anything", "text/plain", True),
        (b"", "image/png", True),
    ],
)
def test_first_bytes_must_be_of_the_declared_type(
    head: bytes, content_type: str, fits: bool
) -> None:
    assert (sniff(head, content_type) is None) is fits


def test_faults_of_aws_are_unavailable_and_mistakes_of_ours_are_not() -> None:
    def client_error(code: str) -> ClientError:
        return ClientError({"Error": {"Code": code}}, "Operation")

    for fault in (
        client_error("SlowDown"),
        client_error(""),
        EndpointConnectionError(endpoint_url="x"),
    ):
        with pytest.raises(UnavailableError), unavailable_on_fault("S3"):
            raise fault
    with pytest.raises(ClientError), unavailable_on_fault("S3"):
        raise client_error("AccessDenied")


@pytest.mark.parametrize(
    "operation", ["parts", "abort_multipart", "start_multipart", "head", "read", "promote"]
)
def test_other_errors_of_the_store_are_not_mistaken_for_absence(
    store: FileStore, operation: str
) -> None:
    gone = FileStore(clients.s3, store.bucket + "-gone")
    file = any_file(upload_id="x")
    calls: dict[str, Callable[[], object]] = {
        "parts": lambda: gone.parts(file),
        "abort_multipart": lambda: gone.abort_multipart(file),
        "start_multipart": lambda: gone.start_multipart(file),
        "head": lambda: _raising(gone).head("inbox/x"),
        "read": lambda: list(_raising(gone).read("inbox/x", '"e"')),
        "promote": lambda: _raising(gone).promote(
            file, StoredObject(key=file.inbox_key, size=5, etag='"e"')
        ),
    }

    with pytest.raises(UnavailableError):
        calls[operation]()


def _raising(store: FileStore) -> FileStore:
    """A store whose client answers every call with 503 SlowDown."""

    class Slow:
        meta = store.client.meta

        def __getattr__(self, name: str) -> object:
            def fail(**_: object) -> None:
                raise ClientError({"Error": {"Code": "SlowDown"}}, name)

            return fail

    return FileStore(Slow, store.bucket)  # type: ignore[arg-type]


def test_only_the_object_that_was_verified_is_copied(store: FileStore) -> None:
    """moto copies whatever is there; S3 compares the ETag, if it is told to."""
    file = any_file()
    source = put(store, file.inbox_key, b"hello")
    asked: list[object] = []

    def note(params: dict[str, object], **_: object) -> None:
        asked.append(params["CopySourceIfMatch"])

    events = store.client.meta.events
    events.register("provide-client-params.s3.CopyObject", note)
    try:
        store.promote(file, source)
    finally:
        events.unregister("provide-client-params.s3.CopyObject", note)

    assert asked == [source.etag]
