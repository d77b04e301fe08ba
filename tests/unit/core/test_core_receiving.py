import pytest
from skyferry.core import limits
from skyferry.core.errors import DeletedError, DownloadLimitError, ExpiredError, NotFoundError
from skyferry.core.models import TransferStatus

from tests.support.builders import any_principal
from tests.support.world import World

ME = any_principal()


def test_looking_at_a_link_a_thousand_times_changes_nothing() -> None:
    world = World()
    contents, token = world.mailed(max_downloads=1)
    before = world.transfer(contents)

    for _ in range(1000):
        world.receiving.view(token)

    assert world.transfer(contents) == before


def test_downloads_end_at_the_cap() -> None:
    world = World()
    contents, token = world.mailed(max_downloads=2)
    file_id = contents.files[0].id
    world.receiving.download(token, file_id)
    world.receiving.download(token, file_id)

    with pytest.raises(DownloadLimitError, match="used up"):
        world.receiving.download(token, file_id)
    with pytest.raises(DownloadLimitError):
        world.receiving.view(token)

    assert world.transfer(contents).download_count == 2


def test_every_link_of_a_deleted_transfer_ends_at_once() -> None:
    world = World()
    contents, token = world.mailed()
    world.sending.delete(ME, contents.transfer.id)

    with pytest.raises(DeletedError):
        world.receiving.view(token)
    with pytest.raises(DeletedError):
        world.receiving.download(token, contents.files[0].id)


def test_expiry_is_exact_without_the_sweep() -> None:
    world = World()
    contents, token = world.mailed(expires_in=limits.HOUR)
    world.clock.pass_seconds(limits.HOUR - 0.001)
    world.receiving.view(token)

    world.clock.pass_seconds(0.001)

    with pytest.raises(ExpiredError):
        world.receiving.view(token)
    with pytest.raises(ExpiredError):
        world.receiving.download(token, contents.files[0].id)


@pytest.mark.parametrize("token", ["", "x", "T#owner", "0" * 43])
def test_an_unknown_token_leads_nowhere(token: str) -> None:
    with pytest.raises(NotFoundError):
        World().receiving.view(token)


def test_a_link_to_a_transfer_that_is_not_ready_leads_nowhere() -> None:
    world = World()
    contents, token = world.mailed()
    blocked = world.transfer(contents).replace(status=TransferStatus.BLOCKED)
    world.transfers.transfers[blocked.id] = blocked

    with pytest.raises(NotFoundError):
        world.receiving.view(token)


def test_a_link_opens_only_the_files_of_its_transfer() -> None:
    world = World()
    _, token = world.mailed()
    other = world.ready(b"other")

    with pytest.raises(NotFoundError):
        world.receiving.download(token, other.files[0].id)
