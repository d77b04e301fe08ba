"""Journeys of one transfer from beginning to end, with one fault at one chosen effect."""

import random
from collections.abc import Callable
from typing import Any
from unittest import mock

from skyferry.contract import ScanVerdict
from skyferry.core import limits
from skyferry.core.commands import NewFile, PatchTransfer
from skyferry.core.errors import MailNotSentError, NotFoundError, SkyferryError
from skyferry.core.models import File, PartRequest

from tests.simulation.cloud import Cloud
from tests.simulation.faults import Crash, Faults
from tests.simulation.judging import broken
from tests.simulation.queues import VISIBILITY
from tests.support.builders import SENDER_EMAIL, any_principal
from tests.support.fake_files import sha256
from tests.support.world import EICAR

ME = any_principal(email=SENDER_EMAIL)
DAY = 86_400


class OneFault(Faults):
    """Remembers every effect in order, and strikes at the one with this number."""

    def __init__(self, number: int | None = None, kind: str = "") -> None:
        super().__init__(random.Random(0), rate=0)  # noqa: S311 - a history, no secret
        self.number = number
        self.kind = kind
        self.effects: list[str] = []

    def strike(self, effect: str) -> str | None:
        if self.healed:
            return None
        self.effects.append(effect)
        if len(self.effects) - 1 != self.number:
            return None
        self.happened += 1
        return self.kind

    def interrupt(self) -> None:
        """One process at a time."""


class Story(Cloud):
    """A cloud that does nothing by chance: a script says what happens, and whoever fails tries again."""

    def __init__(self, faults: OneFault) -> None:
        self.heard = True
        super().__init__(0, faults=faults)

    def _tell(self, queue: str, body: Any, lost: float = 0) -> None:
        if queue != "ses" or self.heard:
            self.queues[queue].put(body, self.now)

    def retried(self, act: Callable[[], Any]) -> Any:
        """A client that repeats once what got no answer, as ours does. What is gone by then had been done."""
        struck = self.faults.happened
        try:
            return act()
        except (Crash, SkyferryError):
            if self.faults.happened == struck:
                raise
        finally:
            self._collect()
        try:
            return act()
        except NotFoundError:
            return None
        finally:
            self._collect()

    def create(self, *contents: bytes, number: int = 1, **options: Any) -> list[File]:
        """The transfer's id is reserved by the idempotency key before anything else happens."""
        transfer_id = f"tr_{number:026d}"
        made = self.retried(
            lambda: self.world.create(*contents, principal=ME, transfer_id=transfer_id, **options)
        )
        for file, content in zip(made.files, contents, strict=True):
            self.sent_bytes[file.id] = {content}
        return list(made.files)

    def arrives(self, file: File, content: bytes) -> None:
        """Bytes under the inbox key; their event and the scanner's."""
        etag = self.world.store.put(file.inbox_key, content).etag
        self._announce(file, content, etag)

    def arrives_in_parts(self, file: File, content: bytes) -> None:
        parts = [PartRequest(number=n, size=1) for n in range(1, len(content) + 1)]
        self.retried(lambda: self.world.uploading.sign(ME, file.transfer_id, file.id, parts))
        upload_id = self.world.file(file).upload_id
        assert upload_id is not None
        # The store takes parts of an upload that is open, and of no other.
        self.world.store.uploads[upload_id] |= {
            n: content[n - 1 : n] for n in range(1, len(content) + 1)
        }
        self.retried(lambda: self.world.uploading.complete(ME, file.transfer_id, file.id))
        stored = self.world.store.head(file.inbox_key)
        if stored is not None:
            self._announce(file, content, stored.etag)

    def finalize(self, file: File) -> None:
        self.retried(lambda: self.world.sending.finalize(ME, file.transfer_id))

    def sweep(self) -> None:
        try:
            self.world.sweeping.sweep()
        except (Crash, SkyferryError):
            pass
        finally:
            self._collect()

    def drain(self) -> None:
        """Workers and the schedule, until nothing is left to do."""
        for _ in range(12):
            self.work_off()
            self.world.clock.pass_seconds(VISIBILITY)
        self.world.clock.pass_seconds(600)
        self.sweep()
        self.work_off()

    def work_off(self) -> None:
        """Every message that can be seen now."""
        while sum(self._consume(name) for name in self.queues):
            pass

    def passes(self, seconds: float) -> None:
        """Time, with the sweep before and after, as in any stretch of it."""
        self.world.clock.pass_seconds(seconds)
        self.sweep()
        self.drain()

    def _announce(self, file: File, content: bytes, etag: str) -> None:
        infected = self.is_infected(content)
        verdict = ScanVerdict.THREATS_FOUND if infected else ScanVerdict.NO_THREATS_FOUND
        self._tell("upload", ("created", file.inbox_key))
        self._tell("upload", ("scanned", file.inbox_key, etag, verdict))


Journey = Callable[[Story], None]


def delivered(story: Story) -> None:
    """Two files, two recipients, a webhook, a download, a reminder."""
    first, second = story.create(b"one", b"two", recipients=2)
    story.arrives(first, b"one")
    story.arrives(second, b"two")
    story.finalize(first)
    story.drain()
    story.recipient_downloads()
    story.drain()
    story.passes(6.5 * DAY)


def in_parts(story: Story) -> None:
    """A file that comes in parts and is changed on the way."""
    (file,) = story.create(b"parts", recipients=1)
    story.arrives_in_parts(file, b"parts")
    patch = PatchTransfer(title="another title")
    story.retried(lambda: story.world.editing.edit(ME, file.transfer_id, patch, lambda _: None))
    story.finalize(file)
    story.drain()


def added_and_removed(story: Story) -> None:
    """A file more and a file less, before finalize; the one that goes is verified already."""
    (first,) = story.create(b"first", recipients=1)
    story.arrives(first, b"first")
    story.drain()
    new = NewFile(name="more", size=4, content_type="text/plain", sha256=sha256(b"more"))
    story.retried(
        lambda: story.world.editing.add_file(ME, first.transfer_id, new, "fl_" + "1" * 29)
    )
    (more,) = [
        file
        for file in story.world.transfers.files(ME.owner, first.transfer_id)
        if file.id != first.id
    ]
    story.sent_bytes[more.id] = {b"more"}
    story.arrives(more, b"more")
    story.retried(lambda: story.world.editing.remove_file(ME, first.transfer_id, first.id))
    story.finalize(more)
    story.drain()


def blocked(story: Story) -> None:
    """A virus in one of two files; the sender is told."""
    content = EICAR + b"!"
    good, bad = story.create(b"good", content, recipients=1)
    story.arrives(bad, content)
    story.arrives(good, b"good")
    story.finalize(good)
    story.drain()


def deleted(story: Story) -> None:
    """Ready, deleted, purged."""
    (file,) = story.create(b"gone", recipients=1)
    story.arrives(file, b"gone")
    story.finalize(file)
    story.drain()
    story.retried(lambda: story.world.sending.delete(ME, file.transfer_id))
    story.drain()
    story.passes(9 * DAY)
    story.passes(9 * DAY)


def abandoned(story: Story) -> None:
    """An upload in parts that nobody ends, an object nobody finalizes; both expire and are purged."""
    left, half = story.create(b"left", b"half, later", recipients=1)
    story.arrives(left, b"left")
    parts = [PartRequest(number=1, size=1)]
    story.retried(lambda: story.world.uploading.sign(ME, half.transfer_id, half.id, parts))
    story.drain()
    story.passes(9 * DAY)
    story.passes(9 * DAY)


def unheard(story: Story) -> None:
    """The events of an upload are lost, and those of its mail; the sweep finds both."""
    story.heard = False
    (file,) = story.create(b"lost", recipients=1)
    story.world.store.put(file.inbox_key, b"lost")
    story.finalize(file)
    story.passes(2_000)


def turned_away(story: Story) -> None:
    """The mail provider is busy for a while."""
    (file,) = story.create(b"busy", recipients=1)
    story.arrives(file, b"busy")
    story.finalize(file)
    story.world.mailer.fails_with = MailNotSentError("busy")
    story.work_off()
    story.world.mailer.fails_with = None
    story.drain()


JOURNEYS: tuple[Journey, ...] = (
    delivered,
    in_parts,
    added_and_removed,
    blocked,
    deleted,
    abandoned,
    unheard,
    turned_away,
)


def effects(journey: Journey) -> list[str]:
    """Every effect of the journey without a fault, in order."""
    faults = OneFault()
    told(journey, faults)
    return faults.effects


def told(journey: Journey, faults: OneFault) -> Story:
    """The story after the journey, not yet healed."""
    story = Story(faults)
    # Uploads in parts, with bytes that fit a test.
    with mock.patch.object(limits, "MULTIPART_FROM", 5):
        journey(story)
    return story


def struck(journey: Journey, number: int, kind: str) -> list[str]:
    """What is broken after the journey with this one fault, healed and dry."""
    story = told(journey, OneFault(number, kind))
    if story.faults.happened != 1:
        return ["the fault did not happen"]
    story.heal()
    return broken(story)
