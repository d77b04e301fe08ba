"""A capability reaches one transfer, within its limits, until the upload is over."""

from datetime import timedelta

import pytest
from skyferry.contract import ScanVerdict
from skyferry.core import limits
from skyferry.core.commands import NewFile, PatchTransfer
from skyferry.core.errors import (
    DeletedError,
    ExpiredError,
    NotFoundError,
    SizeLimitError,
    StateError,
    TypeNotAllowedError,
)
from skyferry.core.models import TransferStatus
from skyferry.core.upload_requests import UploadLimits

from tests.support.builders import HOSTILE_NAME, OTHER_OWNER, any_principal
from tests.support.world import EICAR, World

ME = any_principal()
FEW = UploadLimits(max_files=2, max_bytes=9, allowed_types=("text/*",))


def a_file(size: int = 4, content_type: str = "text/plain") -> NewFile:
    return NewFile(name=HOSTILE_NAME, size=size, content_type=content_type)


def minted(world: World, allowed: UploadLimits = FEW) -> str:
    return world.capabilities.mint(world.create(b"first").transfer, allowed)[0]


def test_a_capability_acts_for_the_owner_without_any_scope() -> None:
    world = World()
    contents = world.create(b"hello")
    token, _ = world.capabilities.grant(ME, contents.transfer.id)

    capability = world.capabilities.admit(token)

    assert capability.transfer_id == contents.transfer.id
    assert (capability.principal.owner, capability.principal.scopes) == (ME.owner, frozenset())
    assert capability.limits == UploadLimits()


def test_only_the_owner_of_an_open_transfer_gets_one() -> None:
    world = World()
    transfer = world.create(b"hello").transfer
    ready = world.ready().transfer

    with pytest.raises(NotFoundError):
        world.capabilities.grant(any_principal(owner=OTHER_OWNER), transfer.id)
    with pytest.raises(StateError, match="ready"):
        world.capabilities.grant(ME, ready.id)
    world.sending.delete(ME, transfer.id)
    with pytest.raises(NotFoundError):
        world.capabilities.grant(ME, transfer.id)


@pytest.mark.parametrize(
    ("new", "error"),
    [
        (a_file(size=5), SizeLimitError),
        (a_file(content_type="texture/plain"), TypeNotAllowedError),
    ],
)
def test_files_registered_later_stay_within_the_limits(
    new: NewFile, error: type[Exception]
) -> None:
    world = World()
    token = minted(world)

    with pytest.raises(error):
        world.capabilities.add_file(token, new, "fl_2")
    world.capabilities.add_file(token, a_file(), "fl_3")
    with pytest.raises(SizeLimitError, match="3 files"):
        world.capabilities.add_file(token, a_file(size=0), "fl_4")
    # A repeated registration meets its own file.
    assert world.capabilities.add_file(token, a_file(), "fl_3")[1].id == "fl_3"


def test_after_finalize_a_capability_only_looks() -> None:
    world = World()
    contents = world.create(b"hello")
    token, _ = world.capabilities.grant(ME, contents.transfer.id)
    world.upload(contents.files[0], b"hello")
    world.sending.finalize(ME, contents.transfer.id)

    world.capabilities.admit(token)
    with pytest.raises(StateError, match="scanning"):
        world.capabilities.add_file(token, a_file(), "fl_2")


def test_a_capability_ends_with_its_transfer() -> None:
    world = World()
    contents = world.create(b"hello", expires_in=limits.MIN_EXPIRY)
    token, _ = world.capabilities.grant(ME, contents.transfer.id)

    world.sending.delete(ME, contents.transfer.id)
    with pytest.raises(DeletedError):
        world.capabilities.admit(token)
    world.editing.restore(ME, contents.transfer.id)
    world.clock.pass_seconds(limits.MIN_EXPIRY)
    with pytest.raises(ExpiredError):
        world.capabilities.admit(token)


def test_a_capability_ends_by_itself_when_its_transfer_is_prolonged() -> None:
    world = World()
    contents = world.create(b"hello", expires_in=limits.MIN_EXPIRY)
    token, capability = world.capabilities.grant(ME, contents.transfer.id)
    longer = world.transfer(contents).replace(expires_at=capability.expires_at.replace(year=2027))
    world.transfers.transfers[longer.id] = longer

    world.clock.pass_seconds(limits.MIN_EXPIRY)

    assert longer.status_at(world.clock()) is TransferStatus.UPLOADING
    with pytest.raises(ExpiredError):
        world.capabilities.admit(token)


def test_a_capability_ends_when_its_transfer_is_shortened() -> None:
    world = World()
    contents = world.create(b"hello", expires_in=limits.DAY)
    token, capability = world.capabilities.grant(ME, contents.transfer.id)
    sooner = capability.expires_at - limits.seconds(limits.DAY - limits.MIN_EXPIRY)
    world.editing.edit(ME, contents.transfer.id, PatchTransfer(expires_at=sooner), lambda _: None)

    world.clock.pass_seconds(limits.MIN_EXPIRY)

    with pytest.raises(ExpiredError):
        world.capabilities.admit(token)


def test_a_token_that_was_never_minted_opens_nothing() -> None:
    with pytest.raises(NotFoundError):
        World().capabilities.admit("x" * 43)


def test_a_capability_ends_to_the_millisecond_though_its_transfer_goes_on() -> None:
    world = World()
    transfer = world.create(b"hello").transfer
    token, capability = world.capabilities.grant(ME, transfer.id)
    later = PatchTransfer(expires_at=transfer.expires_at + timedelta(days=1))
    world.editing.edit(ME, transfer.id, later, lambda current: None)

    world.clock.now = capability.expires_at - timedelta(milliseconds=1)
    assert world.capabilities.admit(token) == capability
    for seconds in (0, 1):
        world.clock.now = capability.expires_at + timedelta(seconds=seconds)
        with pytest.raises(ExpiredError, match="link for uploading"):
            world.capabilities.admit(token)


def test_a_draft_takes_files_by_a_capability() -> None:
    world = World()
    token, capability = world.capabilities.grant(ME, world.create().transfer.id)

    assert world.capabilities.admit(token) == capability


def test_who_uploaded_what_was_refused_can_see_that() -> None:
    world = World()
    contents = world.create(EICAR)
    token, capability = world.capabilities.grant(ME, contents.transfer.id)
    etag = world.upload(contents.files[0], EICAR)
    world.verifying.scanned(contents.files[0].inbox_key, etag, ScanVerdict.THREATS_FOUND)

    assert world.transfer(contents).status is TransferStatus.BLOCKED
    assert world.capabilities.admit(token) == capability


def test_a_token_is_256_bits_of_chance() -> None:
    world = World()
    transfer = world.create(b"hello").transfer
    tokens = {world.capabilities.grant(ME, transfer.id)[0] for _ in range(3)}

    assert {len(token) for token in tokens} == {43}
    assert len(tokens) == 3
