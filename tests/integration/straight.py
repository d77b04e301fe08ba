"""Transfers made straight through the adapters, where a test needs many or quotas of its own."""

from datetime import timedelta

from skyferry.core.models import Change
from skyferry.shared import clock, ids

from tests.support.builders import any_file, any_recipient, any_transfer


def created(owner: str, files: int = 0, size: int = 1, recipients: int = 0) -> Change:
    """A create of so many files and recipients, not yet committed."""
    now = clock.now()
    transfer = any_transfer(
        id=ids.new_id("tr"),
        owner=owner,
        created_at=now,
        updated_at=now,
        expires_at=now + timedelta(days=7),
        purge_at=now + timedelta(days=14),
        file_count=files,
        total_size=files * size,
        recipient_count=recipients,
    )
    place = {"transfer_id": transfer.id, "owner": owner}
    return Change(
        before=transfer,
        after=transfer,
        files=tuple(any_file(**place, id=ids.new_id("fl"), size=size) for _ in range(files)),
        recipients=tuple(any_recipient(**place, id=ids.new_id("rc")) for _ in range(recipients)),
    )
