"""The main path through the whole core."""

from skyferry.core import events
from skyferry.core.models import RecipientStatus, TransferStatus

from tests.support.builders import any_principal
from tests.support.world import World


def test_a_transfer_goes_from_create_to_a_counted_download() -> None:
    world = World()
    contents, token = world.mailed(recipients=2)

    seen = world.receiving.view(token)
    assert seen is not None
    view, files = seen
    file, url = world.receiving.download(token, files[0].id)

    assert view.status is TransferStatus.READY
    assert len(world.mailer.sent) == 2
    assert url.url.endswith(file.key)
    assert world.store.objects[file.key] == b"hello"
    assert file.inbox_key not in world.store.objects
    assert world.transfer(contents).download_count == 1
    timeline = world.transfers.recipient(
        file.owner, file.transfer_id, contents.recipients[0].id
    ).timeline
    assert list(timeline) == [
        RecipientStatus.QUEUED,
        RecipientStatus.SENT,
        RecipientStatus.VIEWED,
        RecipientStatus.DOWNLOADED,
    ]
    log = world.sending.events(any_principal(), contents.transfer.id, 0, 100)
    assert [event.type for event in log] == [
        "transfer.created",
        "transfer.finalized",
        "file.verified",
        "file.clean",
        "transfer.ready",
        "mail.sent",
        "mail.sent",
        "file.downloaded",
    ]
    assert events.broken_at(log) is None
