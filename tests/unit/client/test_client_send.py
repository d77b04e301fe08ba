"""Sending: what goes over the wire, what is sent again and what is not."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from skyferry_client.errors import (
    ApiError,
    BadAnswerError,
    FileChangedError,
    LocalFileError,
    StorageError,
    StorageUnreachableError,
    TransferBlockedError,
)
from skyferry_client.parts import plan_parts
from skyferry_client.send import Sender
from skyferry_client.urls import MultipartUpload

from tests.unit.client.fake_reporter import Notes
from tests.unit.client.fake_skyferry import FakeSkyferry
from tests.unit.client.fake_wire import TIME, at_part, problem, sha256, store_error

NewSender = Callable[..., Sender]


def test_small_and_large_files_arrive_whole(
    cloud: FakeSkyferry, new_sender: NewSender, big: Path, tmp_path: Path
) -> None:
    small, empty = tmp_path / "small.txt", tmp_path / "empty"
    small.write_bytes(b"hello")
    empty.write_bytes(b"")
    transfer = new_sender(big, small, empty).send(wait_for=60)
    assert transfer.status == "ready"
    contents = {file.declared["name"]: file.content for file in cloud.files.values()}
    assert contents == {"big.bin": big.read_bytes(), "small.txt": b"hello", "empty": b""}
    assert sorted(cloud.part_puts) == list(range(1, 11))


def test_a_form_keeps_the_order_of_its_fields_and_ends_with_the_file(
    cloud: FakeSkyferry, new_sender: NewSender, tmp_path: Path
) -> None:
    (tmp_path / "a").write_bytes(b"x")
    new_sender(tmp_path / "a").send(wait_for=None)
    assert cloud.forms == [["key", "policy", "x-amz-signature", "file"]]


def test_a_folder_is_sent_with_its_relative_paths(
    cloud: FakeSkyferry, new_sender: NewSender, tmp_path: Path
) -> None:
    (tmp_path / "album" / "day 1").mkdir(parents=True)
    (tmp_path / "album" / "day 1" / "a.jpg").write_bytes(b"1")
    (tmp_path / "album" / "b.jpg").write_bytes(b"2")
    new_sender(tmp_path / "album").send(wait_for=None)
    sent = {(f.declared["path"], f.declared["name"]) for f in cloud.files.values()}
    assert sent == {("album/day 1", "a.jpg"), ("album", "b.jpg")}


def test_a_file_named_twice_is_sent_once(
    cloud: FakeSkyferry, new_sender: NewSender, tmp_path: Path
) -> None:
    (tmp_path / "plans").mkdir()
    file = tmp_path / "plans" / "a.txt"
    file.write_text("a")
    new_sender(file, tmp_path / "plans", file).send(wait_for=None)
    assert [entry["name"] for entry in json.loads(cloud.requests[0].content)["files"]] == ["a.txt"]


def test_part_urls_are_asked_for_in_windows_of_a_hundred(
    cloud: FakeSkyferry, new_sender: NewSender, tmp_path: Path
) -> None:
    huge = tmp_path / "huge.bin"
    huge.write_bytes(bytes(250_000))
    new_sender(huge).send(wait_for=None)
    assert sorted(map(len, cloud.sign_calls)) == [50, 100, 100]
    assert sorted(cloud.part_puts) == list(range(1, 251))


def test_expired_part_urls_are_renewed(
    cloud: FakeSkyferry, new_sender: NewSender, big: Path
) -> None:
    cloud.faults.append(at_part(5, cloud.expire_urls))
    new_sender(big, workers=1).send(wait_for=None)
    assert cloud.sign_calls == [list(range(1, 11)), list(range(5, 11))]
    assert next(iter(cloud.files.values())).content == big.read_bytes()


def test_an_expired_form_is_opened_again(
    cloud: FakeSkyferry, new_sender: NewSender, tmp_path: Path
) -> None:
    (tmp_path / "a").write_bytes(b"x")
    sender = new_sender(tmp_path / "a")
    cloud.faults.append(
        lambda r: cloud.expire_urls() if r.method == "POST" and not cloud.oldest > 1 and
        r.url.host.startswith("store") else None
    )  # fmt: skip
    sender.send(wait_for=None)
    assert len(cloud.forms) == 1
    assert cloud.count("POST", "/upload") == 1


@pytest.mark.parametrize("status", [500, 503])
def test_a_part_is_sent_again_after_a_fault(
    cloud: FakeSkyferry, new_sender: NewSender, notes: Notes, big: Path, status: int
) -> None:
    cloud.faults.append(at_part(3, lambda: store_error(status, "SlowDown")))
    new_sender(big).send(wait_for=None)
    assert sorted(cloud.part_puts) == list(range(1, 11))
    # Bytes that had to go twice are counted once.
    assert notes.sent["send big.bin 9003"] == 9003


def test_a_part_is_sent_again_when_the_connection_breaks(
    cloud: FakeSkyferry, new_sender: NewSender, big: Path
) -> None:
    def broken() -> httpx.Response:
        raise httpx.WriteError("broken pipe")

    cloud.faults.append(at_part(3, broken))
    new_sender(big).send(wait_for=None)
    assert sorted(cloud.part_puts) == list(range(1, 11))


def test_a_refusal_that_is_none_of_time_ends_the_send(
    cloud: FakeSkyferry, new_sender: NewSender, big: Path
) -> None:
    cloud.faults.append(at_part(3, lambda: store_error(400, "InvalidPart")))
    with pytest.raises(StorageError, match="InvalidPart"):
        new_sender(big).send(wait_for=None)


def test_polling_waits_as_long_as_the_api_asks(
    cloud: FakeSkyferry, new_sender: NewSender, naps: list[float], big: Path
) -> None:
    cloud.polls = 2
    new_sender(big).send(wait_for=60)
    assert naps == [2, 3, 3]


def test_a_refused_file_is_named_with_its_reason(
    cloud: FakeSkyferry, new_sender: NewSender, big: Path, tmp_path: Path
) -> None:
    cloud.verdict = "infected"
    sender = new_sender(big)
    with pytest.raises(TransferBlockedError) as caught:
        sender.send(wait_for=60)
    assert "big.bin is infected: EICAR-Test-File found. (malware-detected)" in str(caught.value)
    assert not sender.resumable
    assert list((tmp_path / "state").iterdir()) == []


def test_a_scan_that_is_faster_than_the_sender_is_told_as_such(
    cloud: FakeSkyferry, new_sender: NewSender, big: Path
) -> None:
    def blocked(request: httpx.Request) -> httpx.Response | None:
        if not request.url.path.endswith("/finalize") or cloud.transfer is None:
            return None
        cloud.transfer["status"] = "blocked"
        for file in cloud.files.values():
            file.status = "infected"
            file.reason = {"code": "malware-detected", "detail": "EICAR-Test-File found."}
        problem = {"status": 409, "code": "state", "detail": "The transfer is blocked."}
        return httpx.Response(409, json=problem)

    cloud.faults.append(blocked)
    sender = new_sender(big)
    with pytest.raises(TransferBlockedError, match=r"big\.bin is infected"):
        sender.send(wait_for=60)
    assert not sender.resumable


def test_a_file_that_changes_while_it_is_sent_is_an_error(
    cloud: FakeSkyferry, new_sender: NewSender, big: Path
) -> None:
    def grow() -> None:
        with big.open("ab") as file:
            file.write(b"more")

    cloud.faults.append(at_part(5, grow))
    with pytest.raises(FileChangedError, match=r"big\.bin changed"):
        new_sender(big).send(wait_for=None)
    assert cloud.count("POST", "/complete") == 0


def test_a_file_that_shrinks_while_it_is_read_is_an_error(
    new_sender: NewSender, cloud: FakeSkyferry, big: Path
) -> None:
    sender = new_sender(big)
    big.write_bytes(b"short")
    with pytest.raises(FileChangedError):
        sender.send(wait_for=None)
    assert cloud.requests == []


def test_the_first_error_stops_the_other_workers(
    cloud: FakeSkyferry, new_sender: NewSender, tmp_path: Path
) -> None:
    huge = tmp_path / "huge.bin"
    huge.write_bytes(bytes(200_000))
    cloud.faults.append(at_part(10, lambda: store_error(400, "InvalidPart")))
    before = threading.active_count()
    with pytest.raises(StorageError):
        new_sender(huge).send(wait_for=None)
    assert len(cloud.part_puts) < 100
    assert threading.active_count() == before


def test_an_unreachable_store_ends_after_some_tries(
    cloud: FakeSkyferry, new_sender: NewSender, big: Path
) -> None:
    def down(request: httpx.Request) -> httpx.Response | None:
        if request.method == "PUT":
            raise httpx.ConnectError(f"no route to {request.url}")
        return None

    cloud.faults.append(down)
    with pytest.raises(StorageUnreachableError) as caught:
        new_sender(big, workers=1).send(wait_for=None)
    assert "generation=" not in str(caught.value), "a signed URL is a secret"


def test_what_is_no_file_is_refused_before_anything_is_sent(
    new_sender: NewSender, tmp_path: Path
) -> None:
    with pytest.raises(LocalFileError, match="cannot read"):
        new_sender(tmp_path / "missing")
    (tmp_path / "empty-folder").mkdir()
    with pytest.raises(LocalFileError, match="no file to send"):
        new_sender(tmp_path / "empty-folder")


def test_parts_that_do_not_make_the_file_are_refused() -> None:
    expires_at = datetime(2030, 1, 1, tzinfo=UTC)
    for part_size, part_count in ((1000, 9), (1000, 11), (0, 1)):
        with pytest.raises(BadAnswerError, match="are not a file of 9003 bytes"):
            plan_parts(9003, MultipartUpload(part_size, part_count, expires_at))


def test_a_part_without_a_url_is_an_error(
    cloud: FakeSkyferry, new_sender: NewSender, big: Path
) -> None:
    cloud.faults.append(
        lambda r: (
            httpx.Response(200, json={"parts": [], "expires_at": TIME})
            if r.method == "POST" and r.url.path.endswith("/parts")
            else None
        )
    )
    with pytest.raises(BadAnswerError, match="no URL was signed"):
        new_sender(big, workers=1).send(wait_for=None)


def test_files_alike_but_for_their_contents_are_not_mixed_up(
    cloud: FakeSkyferry, new_sender: NewSender, tmp_path: Path
) -> None:
    for folder, content in (("a", b"1"), ("b", b"2"), ("c", b"1")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same.txt").write_bytes(content)
    new_sender(*(tmp_path / folder / "same.txt" for folder in "abc")).send(wait_for=None)
    assert all(
        file.declared["sha256"] == sha256(file.content or b"") for file in cloud.files.values()
    )
    assert len(cloud.forms) == 3


def test_a_complete_that_the_stores_event_overtakes_is_asked_again(
    cloud: FakeSkyferry, new_sender: Callable[..., Sender], big: Path
) -> None:
    overtaken = [problem(409, "state", "The file is scanning.")]

    def overtake(request: httpx.Request) -> httpx.Response | None:
        return overtaken.pop() if request.url.path.endswith("/complete") and overtaken else None

    cloud.faults.append(overtake)
    assert new_sender(big).send(wait_for=60).status == "ready"
    cloud.faults[:] = [
        lambda r: problem(409, "state", "No.") if r.url.path.endswith("/complete") else None
    ]
    with pytest.raises(ApiError, match="409 state"):
        new_sender(big, title="again").send(wait_for=60)
