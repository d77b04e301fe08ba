"""Upload requests on fakes: what they allow, how often, how long, and for whom."""

from datetime import timedelta
from typing import Any

import pytest
from skyferry.core import limits
from skyferry.core.commands import NewFile
from skyferry.core.errors import (
    ConflictError,
    DeletedError,
    ExpiredError,
    MalformedError,
    NotFoundError,
    QuotaExceededError,
    RequestUsedError,
    SizeLimitError,
    StateError,
    TypeNotAllowedError,
)
from skyferry.core.models import TransferStatus
from skyferry.core.quotas import Quotas
from skyferry.core.request_commands import NewContribution, NewRequest, PatchRequest
from skyferry.core.tokens import token_hash
from skyferry.core.upload_requests import RequestStatus, UploadLimits, UploadRequest

from tests.support.builders import HOSTILE_NAME, HOSTILE_TEXT, NOW, OTHER_OWNER, any_principal
from tests.support.world import World

ME = any_principal()


def ask(world: World, **fields: Any) -> tuple[UploadRequest, str]:
    new = NewRequest(title=HOSTILE_NAME, message=HOSTILE_TEXT, **fields)
    return world.requesting.create(ME, new, world.ids("rq"))


def a_file(size: int = 5, content_type: str = "text/plain") -> NewFile:
    return NewFile(name=HOSTILE_NAME, size=size, content_type=content_type)


def sent(*files: NewFile) -> NewContribution:
    return NewContribution(
        sender_name='Grace "O\'Hopper" <b>',
        sender_message=HOSTILE_TEXT,
        files=list(files) or [a_file()],
    )


def test_a_use_makes_a_transfer_of_the_owner() -> None:
    world = World()
    request, token = ask(world)

    contents, secret = world.requesting.contribute(token, sent(), "tr_1")

    transfer = contents.transfer
    assert (transfer.owner, transfer.request_id) == (ME.owner, request.id)
    assert (transfer.title, transfer.sender) == (HOSTILE_NAME, 'Grace "O\'Hopper" <b>')
    assert transfer.status is TransferStatus.UPLOADING
    assert world.capabilities.admit(secret).transfer_id == "tr_1"
    assert world.requesting.get(ME, request.id).use_count == 1


def test_only_hashes_of_tokens_are_kept() -> None:
    world = World()
    request, token = ask(world)
    _, secret = world.requesting.contribute(token, sent(), "tr_1")

    kept = repr(world.requests)

    assert token not in kept
    assert secret not in kept
    assert request.token_hash == token_hash(token)
    assert len(token) >= 43


def test_a_link_is_used_up_after_its_uses() -> None:
    world = World()
    request, token = ask(world, max_uses=2)
    for number in range(2):
        world.requesting.contribute(token, sent(), f"tr_{number}")

    with pytest.raises(RequestUsedError):
        world.requesting.contribute(token, sent(), "tr_3")
    with pytest.raises(RequestUsedError):
        world.requesting.view(token)

    assert world.requesting.get(ME, request.id).status_at(NOW) is RequestStatus.USED
    assert len(world.transfers.transfers) == 2


def test_a_repeated_use_counts_once_and_meets_its_transfer() -> None:
    world = World()
    request, token = ask(world, max_uses=1)
    first, old = world.requesting.contribute(token, sent(), "tr_1")

    again, new = world.requesting.contribute(token, sent(), "tr_1")

    assert again == first
    assert new != old
    assert world.capabilities.admit(new).transfer_id == "tr_1"
    assert world.requesting.get(ME, request.id).use_count == 1


def test_a_lost_race_is_run_again_on_what_is_there_then(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    request, token = ask(world, max_uses=2)
    rival = world.requests.use

    def use_after_a_rival(*args: Any) -> None:
        monkeypatch.setattr(world.requests, "use", rival)
        world.requesting.contribute(token, sent(), "tr_rival")
        rival(*args)

    monkeypatch.setattr(world.requests, "use", use_after_a_rival)
    world.requesting.contribute(token, sent(), "tr_mine")

    assert set(world.transfers.transfers) == {"tr_rival", "tr_mine"}
    assert world.requesting.get(ME, request.id).use_count == 2


@pytest.mark.parametrize(
    ("fields", "files", "error", "pointer"),
    [
        ({"max_files": 1}, [a_file(), a_file()], SizeLimitError, None),
        ({"max_bytes": 9}, [a_file(5), a_file(5)], SizeLimitError, "/files/1/size"),
        (
            {"allowed_types": ("image/*", "application/pdf")},
            [a_file(content_type="image/png"), a_file(content_type="imagex/png")],
            TypeNotAllowedError,
            "/files/1/content_type",
        ),
    ],
)
def test_what_was_not_asked_for_is_refused_and_counts_nothing(
    fields: dict[str, Any], files: list[NewFile], error: type[Exception], pointer: str | None
) -> None:
    world = World()
    request, token = ask(world, **fields)

    with pytest.raises(error) as refused:
        world.requesting.contribute(token, sent(*files), "tr_1")

    pointers = [each.pointer for each in refused.value.errors]  # type: ignore[attr-defined]
    assert pointers == ([pointer] if pointer else [])
    assert world.transfers.transfers == {}
    assert world.requesting.get(ME, request.id).use_count == 0


def test_who_sends_learns_nothing_of_the_owners_quota() -> None:
    world = World()
    world.transfers.quotas = Quotas(bytes=7, files=10, mails_per_day=10, requests_per_minute=10)
    request, token = ask(world)
    _, secret = world.requesting.contribute(token, sent(), "tr_1")

    with pytest.raises(QuotaExceededError, match=r"^Whoever asked for files has no room"):
        world.requesting.contribute(token, sent(), "tr_2")
    with pytest.raises(QuotaExceededError, match=r"^Whoever asked for files has no room"):
        world.capabilities.add_file(secret, a_file(), "fl_2")

    assert world.requesting.get(ME, request.id).use_count == 1


def test_limits_are_inclusive_and_an_empty_list_allows_any_type() -> None:
    allowed = UploadLimits(max_files=2, max_bytes=10, allowed_types=("image/*", "text/plain"))

    allowed.require([a_file(5), a_file(5, "image/svg+xml")], "")
    UploadLimits().require([a_file(content_type="x/y")] * 1000, "")


def test_a_link_expires_on_the_second() -> None:
    world = World()
    _, token = ask(world, expires_in=limits.MIN_EXPIRY)
    world.clock.pass_seconds(limits.MIN_EXPIRY - 1)
    world.requesting.view(token)

    world.clock.pass_seconds(1)

    with pytest.raises(ExpiredError):
        world.requesting.view(token)
    with pytest.raises(ExpiredError):
        world.requesting.contribute(token, sent(), "tr_1")


def test_a_revoked_request_is_gone_at_once_and_unknown_after_a_week() -> None:
    world = World()
    request, token = ask(world)

    world.requesting.revoke(ME, request.id)
    world.requesting.revoke(ME, request.id)

    with pytest.raises(DeletedError):
        world.requesting.contribute(token, sent(), "tr_1")
    assert world.requesting.get(ME, request.id).version == request.version + 1
    world.clock.pass_seconds(limits.PURGE_AFTER)
    with pytest.raises(NotFoundError):
        world.requesting.get(ME, request.id)
    with pytest.raises(NotFoundError):
        world.requesting.view(token)
    with pytest.raises(NotFoundError):
        world.requesting.revoke(ME, request.id)
    assert world.requesting.page(ME, None, 10) == ([], None)


def test_nobody_else_finds_a_request() -> None:
    world = World()
    request, _ = ask(world)
    other = any_principal(owner=OTHER_OWNER)

    with pytest.raises(NotFoundError):
        world.requesting.get(other, request.id)
    with pytest.raises(NotFoundError):
        world.requesting.revoke(other, request.id)
    assert world.requesting.page(other, None, 10) == ([], None)


def test_requests_are_listed_newest_first_in_pages() -> None:
    world = World()
    ids = [ask(world)[0].id for _ in range(5)]

    first, position = world.requesting.page(ME, None, 3)
    rest, end = world.requesting.page(ME, position, 3)

    assert [request.id for request in [*first, *rest]] == ids[::-1]
    assert end is None


def test_an_edit_changes_what_later_uses_may_do() -> None:
    world = World()
    request, token = ask(world, max_uses=1, max_files=1)
    world.requesting.contribute(token, sent(), "tr_1")
    patch = PatchRequest(max_uses=None, max_files=2, allowed_types=("text/plain",))

    edited = world.requesting.edit(ME, request.id, patch, lambda _: None)

    assert edited.status_at(NOW) is RequestStatus.ACTIVE
    assert edited.limits == UploadLimits(max_files=2, allowed_types=("text/plain",))
    assert edited.title == HOSTILE_NAME
    world.requesting.contribute(token, sent(a_file(), a_file()), "tr_2")
    same = PatchRequest(max_files=2)
    assert world.requesting.edit(ME, request.id, same, lambda _: None).version == 4


def test_an_edit_is_refused_where_it_is_stale_or_too_late() -> None:
    world = World()
    request, _ = ask(world)

    def stale(_: UploadRequest) -> None:
        raise ConflictError("not what the caller has seen")

    with pytest.raises(ConflictError):
        world.requesting.edit(ME, request.id, PatchRequest(title="new"), stale)
    late = PatchRequest(expires_at=NOW + timedelta(days=31))
    with pytest.raises(MalformedError):
        world.requesting.edit(ME, request.id, late, lambda _: None)
    world.requesting.revoke(ME, request.id)
    with pytest.raises(StateError, match="revoked"):
        world.requesting.edit(ME, request.id, PatchRequest(title="new"), lambda _: None)


def test_a_repeated_create_ends_the_link_that_nobody_was_told_of() -> None:
    world = World()
    _, lost = world.requesting.create(ME, NewRequest(), "rq_1")

    request, token = world.requesting.create(ME, NewRequest(), "rq_1")

    view = world.requesting.view(token)
    assert view is not None
    assert view.id == request.id == "rq_1"
    with pytest.raises(NotFoundError):
        world.requesting.view(lost)
    assert len(world.requests.requests) == 1


def test_an_expiry_outside_the_limits_is_refused() -> None:
    world = World()

    with pytest.raises(MalformedError):
        ask(world, expires_at=NOW + timedelta(minutes=30))
    with pytest.raises(ValueError, match="not both"):
        NewRequest(expires_in=limits.DAY, expires_at=NOW)
