"""Resuming: the same command again goes on where the last one stopped."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from skyferry_client.errors import (
    ApiError,
    NotReadyError,
    StorageError,
    TransferBlockedError,
)
from skyferry_client.send import Sender

from tests.unit.client.fake_reporter import Notes
from tests.unit.client.fake_skyferry import FakeSkyferry
from tests.unit.client.fake_wire import at_part, problem, store_error

NewSender = Callable[..., Sender]


def test_the_next_send_resumes_with_the_missing_parts_only(
    cloud: FakeSkyferry, new_sender: NewSender, notes: Notes, big: Path
) -> None:
    cloud.faults.append(at_part(5, lambda: store_error(400, "InvalidPart")))
    with pytest.raises(StorageError):
        new_sender(big, workers=1).send(wait_for=None)
    assert cloud.part_puts == [1, 2, 3, 4]

    cloud.part_puts.clear()
    transfer = new_sender(big).send(wait_for=60)
    assert sorted(cloud.part_puts) == [5, 6, 7, 8, 9, 10]
    assert "big.bin: 4 of 10 parts are already there" in notes.lines
    assert transfer.status == "ready"
    assert len(cloud.created) == 1
    assert next(iter(cloud.files.values())).content == big.read_bytes()


def test_a_part_that_is_there_with_another_size_is_sent_again(
    cloud: FakeSkyferry, new_sender: NewSender, big: Path
) -> None:
    cloud.faults.append(at_part(3, lambda: store_error(400, "InvalidPart")))
    with pytest.raises(StorageError):
        new_sender(big, workers=1).send(wait_for=None)
    next(iter(cloud.files.values())).parts[1] = b"torn"
    cloud.part_puts.clear()
    new_sender(big).send(wait_for=None)
    assert 1 in cloud.part_puts
    assert 2 not in cloud.part_puts


def test_files_that_are_complete_are_not_sent_again(
    cloud: FakeSkyferry, new_sender: NewSender, big: Path, tmp_path: Path
) -> None:
    (tmp_path / "small").write_bytes(b"x")
    cloud.faults.append(at_part(5, lambda: store_error(400, "InvalidPart")))
    with pytest.raises(StorageError):
        new_sender(big, tmp_path / "small").send(wait_for=None)
    new_sender(big, tmp_path / "small").send(wait_for=None)
    assert len(cloud.forms) == 1


def test_a_create_whose_answer_was_lost_is_not_done_twice(
    cloud: FakeSkyferry, new_sender: NewSender, big: Path
) -> None:
    def lose_answer(request: httpx.Request) -> httpx.Response | None:
        if request.url.path == "/v1/transfers":
            cloud._create(request)  # it is done, but nobody hears of it
            raise httpx.ReadTimeout("timed out")
        return None

    cloud.faults.append(lose_answer)
    with pytest.raises(Exception, match="timed out"):
        new_sender(big).send(wait_for=None)
    cloud.faults.clear()
    new_sender(big).send(wait_for=None)
    assert len(cloud.created) == 1


def test_a_changed_file_starts_a_new_transfer(
    cloud: FakeSkyferry, new_sender: NewSender, notes: Notes, big: Path
) -> None:
    cloud.faults.append(at_part(5, lambda: store_error(400, "InvalidPart")))
    with pytest.raises(StorageError):
        new_sender(big).send(wait_for=None)
    big.write_bytes(b"?" * 9003)
    transfer = new_sender(big).send(wait_for=None)
    assert transfer.id == "tr_2"
    assert any("big.bin changed" in line for line in notes.lines)


def test_a_touched_file_with_the_same_contents_resumes(
    cloud: FakeSkyferry, new_sender: NewSender, big: Path
) -> None:
    cloud.faults.append(at_part(5, lambda: store_error(400, "InvalidPart")))
    with pytest.raises(StorageError):
        new_sender(big).send(wait_for=None)
    big.touch()
    assert new_sender(big).send(wait_for=None).id == "tr_1"


def test_other_options_are_another_send(
    cloud: FakeSkyferry, new_sender: NewSender, big: Path
) -> None:
    cloud.faults.append(at_part(5, lambda: store_error(400, "InvalidPart")))
    with pytest.raises(StorageError):
        new_sender(big, title="A").send(wait_for=None)
    assert new_sender(big, title="B").send(wait_for=None).id == "tr_2"


def test_a_transfer_that_is_gone_starts_anew(
    cloud: FakeSkyferry, new_sender: NewSender, notes: Notes, big: Path
) -> None:
    cloud.faults.append(at_part(5, lambda: store_error(400, "InvalidPart")))
    with pytest.raises(StorageError):
        new_sender(big).send(wait_for=None)
    assert cloud.transfer is not None
    cloud.transfer["status"] = "expired"
    assert new_sender(big).send(wait_for=None).id == "tr_2"
    assert any("is expired: starting anew" in line for line in notes.lines)


def test_an_interrupted_wait_goes_on_without_sending_anything_again(
    cloud: FakeSkyferry, new_sender: NewSender, big: Path
) -> None:
    cloud.polls = 10_000
    with pytest.raises(NotReadyError, match="skyferry status tr_1"):
        new_sender(big).send(wait_for=0)
    cloud.polls = 0
    transfer = new_sender(big).send(wait_for=60)
    assert (transfer.id, transfer.status) == ("tr_1", "ready")
    assert len(cloud.part_puts) == 10
    assert cloud.count("POST", "/finalize") == 1


def test_a_finished_send_leaves_nothing_behind(
    new_sender: NewSender, big: Path, tmp_path: Path
) -> None:
    assert new_sender(big).send(wait_for=None).id == "tr_1"
    assert list((tmp_path / "state").iterdir()) == []
    assert new_sender(big).send(wait_for=None).id == "tr_2"


def test_a_refused_create_is_not_remembered(
    cloud: FakeSkyferry, new_sender: NewSender, big: Path, tmp_path: Path
) -> None:
    cloud.faults.append(lambda _: problem(400, "malformed"))
    sender = new_sender(big)
    with pytest.raises(ApiError):
        sender.send(wait_for=None)
    assert not sender.resumable
    assert list((tmp_path / "state").iterdir()) == []


def test_a_send_goes_on_where_no_state_can_be_kept(
    new_sender: NewSender, notes: Notes, big: Path, tmp_path: Path
) -> None:
    (tmp_path / "state").write_text("in the way")
    sender = new_sender(big)
    assert sender.send(wait_for=None).id == "tr_1"
    assert any("cannot be resumed" in line for line in notes.lines)


def test_a_file_refused_during_the_upload_ends_the_send(
    cloud: FakeSkyferry, new_sender: NewSender, big: Path
) -> None:
    cloud.faults.append(at_part(5, lambda: store_error(400, "InvalidPart")))
    with pytest.raises(StorageError):
        new_sender(big).send(wait_for=None)
    next(iter(cloud.files.values())).status = "rejected"
    with pytest.raises(TransferBlockedError, match=r"big\.bin is rejected"):
        new_sender(big).send(wait_for=None)


def test_a_transfer_of_somebody_else_starts_anew(
    cloud: FakeSkyferry, new_sender: NewSender, big: Path
) -> None:
    cloud.faults.append(at_part(5, lambda: store_error(400, "InvalidPart")))
    with pytest.raises(StorageError):
        new_sender(big).send(wait_for=None)
    cloud.faults.append(
        lambda r: problem(404, "not-found") if r.url.path.endswith("/tr_1") else None
    )
    assert new_sender(big).send(wait_for=None).id == "tr_2"
