"""What the core relies on of a file store, asked of the adapter (on moto) and of the fake alike."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from skyferry.adapters.file_store import FileStore
from skyferry.core import limits
from skyferry.core.errors import ConflictError
from skyferry.core.models import File, PartRequest, StoredObject
from skyferry.shared import clients

from tests.support.aws import moto_aws
from tests.support.builders import NOW, any_file
from tests.support.fake_files import FakeFiles

PART = b"p" * (5 * limits.MIB)


@dataclass
class Stored:
    """A store, and how bytes get into it past the URLs it hands out."""

    store: FileStore | FakeFiles

    def put(self, key: str, content: bytes) -> StoredObject:
        if isinstance(self.store, FakeFiles):
            return self.store.put(key, content)
        clients.s3().put_object(Bucket=self.store.bucket, Key=key, Body=content)
        stored = self.store.head(key)
        assert stored is not None
        return stored

    def send(self, file: File, number: int, content: bytes) -> None:
        upload_id = file.upload_id or ""
        if isinstance(self.store, FakeFiles):
            self.store.uploads[upload_id][number] = content
            return
        clients.s3().upload_part(
            Bucket=self.store.bucket,
            Key=file.inbox_key,
            UploadId=upload_id,
            PartNumber=number,
            Body=content,
        )

    def opened(self, file: File) -> File:
        return file.replace(upload_id=self.store.start_multipart(file))


@pytest.fixture(params=["s3", "fake"])
def stored(request: pytest.FixtureRequest) -> Iterator[Stored]:
    if request.param == "fake":
        yield Stored(FakeFiles())
        return
    with moto_aws() as aws:
        yield Stored(FileStore(clients.s3, aws.bucket))


def test_parts_are_listed_by_number_and_joined(stored: Stored) -> None:
    file = stored.opened(any_file(size=len(PART) + 1))
    stored.send(file, 2, b"!")
    stored.send(file, 1, PART)

    parts = stored.store.parts(file)
    assert parts is not None
    assert [(part.number, part.size) for part in parts] == [(1, len(PART)), (2, 1)]
    assert stored.store.complete_multipart(file, parts)

    joined = stored.store.head(file.inbox_key)
    assert joined is not None
    assert joined.size == file.size
    assert b"".join(stored.store.read(file.inbox_key, joined.etag)) == PART + b"!"
    assert stored.store.parts(file) is None


def test_a_part_sent_again_replaces_the_first(stored: Stored) -> None:
    file = stored.opened(any_file())
    stored.send(file, 1, b"old")
    stored.send(file, 1, b"newer")

    parts = stored.store.parts(file)

    assert parts is not None
    assert [(part.number, part.size) for part in parts] == [(1, 5)]


def test_an_upload_that_is_gone_has_no_parts_and_can_be_aborted_again(stored: Stored) -> None:
    file = stored.opened(any_file())
    stored.store.abort_multipart(file)
    stored.store.abort_multipart(file)

    assert stored.store.parts(file) is None


def test_two_uploads_of_a_file_are_apart(stored: Stored) -> None:
    first, second = stored.opened(any_file()), stored.opened(any_file())
    stored.send(first, 1, b"first")

    assert first.upload_id != second.upload_id
    assert stored.store.parts(second) == []


def test_what_waits_and_what_is_kept_is_listed_of_one_transfer_only(stored: Stored) -> None:
    file, other = any_file(), any_file(transfer_id=any_file().transfer_id + "x")
    for key in (file.inbox_key, file.key, other.inbox_key, other.key):
        stored.put(key, b"hello")

    assert stored.store.uploaded(file.owner, file.transfer_id) == {file.inbox_key}
    assert stored.store.kept(file.owner, file.transfer_id) == {file.key}


def test_what_is_not_there_has_no_head_and_is_deleted_without_complaint(stored: Stored) -> None:
    stored.put("inbox/x", b"hello")
    stored.store.delete("inbox/x")
    stored.store.delete("inbox/x")

    assert stored.store.head("inbox/x") is None


@pytest.mark.parametrize("content", [b"", b"x" * 10_000])
def test_only_the_verified_object_is_read(stored: Stored, content: bytes) -> None:
    first = stored.put("inbox/x", content)
    assert b"".join(stored.store.read("inbox/x", first.etag)) == content
    stored.put("inbox/x", b"jello")

    with pytest.raises(ConflictError):
        list(stored.store.read("inbox/x", first.etag))
    with pytest.raises(ConflictError):
        list(stored.store.read("inbox/gone", first.etag))


def test_a_promoted_object_has_the_bytes_and_leaves_the_inbox_as_it_was(stored: Stored) -> None:
    file = any_file()
    source = stored.put(file.inbox_key, b"hello")

    promoted = stored.store.promote(file, source)

    assert (promoted.key, promoted.size) == (file.key, 5)
    assert b"".join(stored.store.read(file.key, promoted.etag)) == b"hello"
    assert stored.store.head(file.inbox_key) == source


def test_a_copy_of_another_size_is_not_believed(stored: Stored) -> None:
    file = any_file(size=6)
    source = stored.put(file.inbox_key, b"hello")

    with pytest.raises(ConflictError):
        stored.store.promote(file, source)


def test_an_object_that_vanished_is_not_promoted(stored: Stored) -> None:
    file = any_file()
    source = StoredObject(key=file.inbox_key, size=5, etag='"0123456789abcdef"')

    with pytest.raises(ConflictError):
        stored.store.promote(file, source)


def test_licences_end_when_they_say(stored: Stored) -> None:
    file = stored.opened(any_file())

    post = stored.store.post_upload(file, NOW)
    (part,) = stored.store.part_urls(file, [PartRequest(number=3, size=7)])
    download = stored.store.download_url(file, NOW)

    assert post.expires_at == NOW + limits.seconds(limits.UPLOAD_URL_LIFE)
    assert post.fields["key"] == file.inbox_key
    assert download.expires_at == NOW + limits.seconds(limits.DOWNLOAD_URL_LIFE)
    assert (part.number, part.headers["Content-Length"]) == (3, "7")
    assert "partNumber=3" in part.url
