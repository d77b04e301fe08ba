"""Which file Uppy means, and what it may do with it."""

from collections.abc import Mapping

import pytest
from skyferry.contract import ScanVerdict
from skyferry.core import limits
from skyferry.core.companion import Described
from skyferry.core.errors import (
    MalformedError,
    NotFoundError,
    SizeLimitError,
    SizeUnknownError,
    StateError,
)
from skyferry.core.models import File, FileStatus
from skyferry.core.upload_requests import UploadLimits

from tests.support.builders import HOSTILE_NAME, any_principal
from tests.support.world import World

ME = any_principal()
PLACE = "/query/metadata[{name}]"


def described(
    metadata: Mapping[str, object] | None = None, name: str = HOSTILE_NAME, kind: str = "text/plain"
) -> Described:
    return Described(name, kind, metadata or {}, PLACE)


class Session:
    """A world with a transfer of these files, and a capability for it."""

    def __init__(self, *contents: bytes, allowed: UploadLimits | None = None) -> None:
        self.world = World()
        self.contents = self.world.create(*contents)
        self.token = self.world.capabilities.mint(
            self.contents.transfer, allowed or UploadLimits()
        )[0]
        self.companion = self.world.companion

    def started(self, size: int, name: str = "big.bin") -> File:
        return self.companion.start(self.token, described({"size": size}, name))

    def arrive(self, file: File, *parts: bytes) -> None:
        self.world.store.uploads[file.upload_id or ""] = dict(enumerate(parts, start=1))

    def session(self, file: File) -> tuple[str, str, str]:
        return self.token, file.inbox_key, file.upload_id or ""


def test_a_registered_file_is_found_by_name_and_type() -> None:
    session = Session(b"one")

    form = session.companion.post(session.token, described(kind="Text/Plain; charset=utf-8"))

    assert form.fields["key"] == session.contents.files[0].inbox_key
    assert form.fields["success_action_status"] == "201"


def test_the_named_file_is_meant_whatever_it_is_called() -> None:
    session = Session(b"one", b"two")
    second = session.contents.files[1]

    form = session.companion.post(session.token, described({"file_id": second.id}, "other"))

    assert form.fields["key"] == second.inbox_key


def test_of_files_of_the_same_name_size_and_folder_decide() -> None:
    session = Session(b"one", b"three")
    form = session.companion.post(session.token, described({"size": "5"}))
    assert form.fields["key"] == session.contents.files[1].inbox_key

    deeper = described({"size": 5, "relativePath": f"/photos/2026/{HOSTILE_NAME}"})
    session.companion.post(session.token, deeper)

    added = session.world.transfers.files(ME.owner, session.contents.transfer.id)[-1]
    assert (added.path, added.size) == ("photos/2026", 5)


def test_uploads_of_equal_files_at_once_go_to_different_ones() -> None:
    session = Session(b"one", b"two")

    first, second = (session.companion.start(session.token, described()) for _ in range(2))

    assert first.id != second.id


def test_an_unknown_file_is_registered_by_its_size() -> None:
    session = Session()
    with pytest.raises(SizeUnknownError) as missing:
        session.companion.post(session.token, described())
    assert missing.value.errors[0].pointer == "/query/metadata[size]"

    session.companion.post(session.token, described({"size": "0"}, kind=""))
    # Asked again, as after a lost answer: the same file.
    session.companion.post(session.token, described({"size": "0"}, kind=""))

    (file,) = session.world.transfers.files(ME.owner, session.contents.transfer.id)
    assert (file.size, file.content_type) == (0, "application/octet-stream")


@pytest.mark.parametrize("size", ["-1", "1.5", "null", "", "\u0661", "9" * 100, True, [1]])
def test_a_size_that_is_none_is_refused(size: object) -> None:
    session = Session()

    with pytest.raises(MalformedError):
        session.companion.post(session.token, described({"size": size}))


@pytest.mark.parametrize(
    ("name", "kind", "pointer"),
    [
        ("a/b", "text/plain", "/query/filename"),
        ("a", "not a type", "/query/type"),
        ("\u202eexe.txt", "text/plain", "/query/filename"),
    ],
)
def test_what_cannot_be_a_file_is_refused_with_its_place(
    name: str, kind: str, pointer: str
) -> None:
    session = Session()

    with pytest.raises(MalformedError) as refused:
        session.companion.post(session.token, described({"size": 1}, name, kind))

    assert [error.pointer for error in refused.value.errors] == [pointer]


def test_registered_files_stay_within_the_capabilitys_limits() -> None:
    session = Session(b"one", allowed=UploadLimits(max_bytes=5))

    with pytest.raises(SizeLimitError):
        session.started(3)
    assert session.started(2).size == 2


def test_parts_are_signed_without_a_length_and_joined_by_what_the_store_has() -> None:
    session = Session()
    file = session.started(6 * limits.MIB)
    part = session.companion.sign(*session.session(file), 2)
    assert part.headers == {}
    session.arrive(file, bytes(5 * limits.MIB), bytes(limits.MIB))

    done = session.companion.complete(*session.session(file))

    assert done.status is FileStatus.UPLOADED
    assert session.companion.complete(*session.session(file)).status is FileStatus.UPLOADED


def test_after_a_lost_answer_all_parts_are_there() -> None:
    session = Session()
    file = session.started(7)
    session.arrive(file, b"abc", b"de", b"fg")
    session.companion.complete(*session.session(file))

    def seen() -> list[tuple[int, int]]:
        parts = session.companion.parts(*session.session(file))
        return [(part.number, part.size) for part in parts]

    assert seen() == [(1, 2), (2, 2), (3, 3)]
    etag = session.world.store.joined[file.inbox_key]
    session.world.verifying.scanned(file.inbox_key, etag, ScanVerdict.NO_THREATS_FOUND)
    assert session.world.file(file).status is FileStatus.CLEAN
    assert seen() == [(1, 2), (2, 2), (3, 3)]


def test_a_file_has_no_more_parts_than_its_size_allows() -> None:
    session = Session()
    file = session.started(10 * limits.MIB + 1)

    session.companion.sign(*session.session(file), 3)
    with pytest.raises(SizeLimitError, match="at most 3 parts"):
        session.companion.sign(*session.session(file), 4)


@pytest.mark.parametrize("number", [15, 16])
def test_what_has_arrived_is_summed_up_at_every_sixteenth_part(number: int) -> None:
    session = Session()
    file = session.started(80 * limits.MIB)
    session.arrive(file, bytes(80 * limits.MIB + 1))

    if number == 15:
        session.companion.sign(*session.session(file), number)
        return
    with pytest.raises(SizeLimitError):
        session.companion.sign(*session.session(file), number)
    refused = session.world.file(file)
    assert (refused.status, refused.upload_id) == (FileStatus.REJECTED, None)
    assert session.world.store.uploads == {}


def test_an_aborted_upload_can_be_started_anew() -> None:
    session = Session()
    file = session.started(7)
    session.companion.abort(*session.session(file))
    session.companion.abort(*session.session(file))

    anew = session.started(7)

    assert anew.id == file.id
    assert session.companion.parts(*session.session(anew)) == []


def test_an_upload_that_the_store_has_dropped_is_unknown() -> None:
    session = Session()
    file = session.started(7)
    session.world.store.uploads.clear()

    with pytest.raises(NotFoundError):
        session.companion.parts(*session.session(file))


def test_what_is_joined_cannot_be_aborted() -> None:
    session = Session()
    file = session.started(3)
    session.arrive(file, b"abc")
    session.companion.complete(*session.session(file))

    with pytest.raises(StateError):
        session.companion.abort(*session.session(file))
    assert file.inbox_key in session.world.store.objects


def test_key_and_upload_id_are_those_of_one_session() -> None:
    session, other = Session(), Session()
    one, two = session.started(7, "1"), session.started(7, "2")
    token, key, upload_id = session.session(one)
    foreign = other.started(7)

    for place in (
        (token, two.inbox_key, upload_id),
        (token, key, two.upload_id or ""),
        (token, one.key, upload_id),
        (token, key + "/", upload_id),
        (token, foreign.inbox_key.replace("inbox", "x"), foreign.upload_id or ""),
        ("x" * 43, key, upload_id),
    ):
        with pytest.raises(NotFoundError):
            session.companion.sign(*place, 1)
        with pytest.raises(NotFoundError):
            session.companion.parts(*place)
        with pytest.raises(NotFoundError):
            session.companion.complete(*place)
        with pytest.raises(NotFoundError):
            session.companion.abort(*place)
