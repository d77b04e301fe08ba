"""A cloud in memory around the real core: queues, events, a scanner and a mail provider that do what theirs may do.

One seed is one history: clock, ids, order and faults all come from it."""

import random
from collections.abc import Callable
from typing import Any

from skyferry.contract import ScanVerdict
from skyferry.core.errors import SkyferryError
from skyferry.core.models import (
    File,
    MailJob,
    OutboxMessage,
    RecipientStatus,
    Transfer,
    TransferStatus,
)
from skyferry.core.webhook_commands import NewWebhook
from skyferry.core.webhooks import WebhookJob

from tests.simulation.faults import Crash, Faults, Faulty, FaultyMailer, FaultyReceivers
from tests.simulation.queues import VISIBILITY, Queue
from tests.support.builders import OWNER, any_principal
from tests.support.world import EICAR, World

#: What the core does to the world, by port: any of it can fail, and the process can die before and after it.
EFFECTS = {
    "transfers": ("create", "commit", "mark_dispatched", "postpone", "purge"),
    "mails": ("claim", "settle", "release"),
    "store": (
        "promote",
        "delete",
        "start_multipart",
        "complete_multipart",
        "abort_multipart",
    ),
    "mailer": ("send",),
    "mail_queue": ("send",),
    "upload_queue": ("send",),
    "webhook_queue": ("send",),
    "webhooks": ("record",),
    "receivers": ("post",),
}
FAULTY = {"mailer": FaultyMailer, "receivers": FaultyReceivers}


class Cloud:
    """Everything outside of the core. `step` lets one thing happen; `heal` ends all trouble and runs dry."""

    def __init__(self, seed: int, *, rate: float = 0.1, faults: Faults | None = None) -> None:
        self.rng = random.Random(seed)  # noqa: S311 - a history, no secret
        self.owner = OWNER
        self.faults = faults or Faults(self.rng, rate)
        self.world = World()
        self.started = self.world.clock.now
        self.queues = {name: Queue(self.rng) for name in HANDLERS}
        self.sent_bytes: dict[str, set[bytes]] = {}
        self.downloads: list[str] = []
        self._busy = False
        self._heard = 0
        self._streamed: set[str] = set()
        self._known_uploads: set[str] = set()
        webhook = NewWebhook(url="https://hooks.example.com/skyferry")
        self.world.subscribing.create(any_principal(), webhook, "wh_1")
        self._wire()

    def _wire(self) -> None:
        """The core's ports, with faults; the fakes behind them stay what they are."""
        world = self.world
        faulty = {
            name: FAULTY.get(name, Faulty)(getattr(world, name), name, methods, self.faults)
            for name, methods in EFFECTS.items()
        }
        ports = {
            "transfers": faulty["transfers"],
            "work": faulty["transfers"],
            "mails": faulty["mails"],
            "store": faulty["store"],
            "mailer": faulty["mailer"],
            "queue": faulty["mail_queue"],
            "uploads": faulty["upload_queue"],
            "webhooks": faulty["webhooks"],
            "sender": faulty["receivers"],
        }
        announcing = world.dispatching.announcing
        for part in (
            world.sending,
            world.uploading,
            world.editing,
            world.receiving,
            world.verifying,
            world.timeline,
            world.dispatching,
            announcing,
            world.delivering,
            world.feedback,
            world.notifying,
            world.sweeping,
        ):
            for name, port in ports.items():
                if hasattr(part, name):
                    object.__setattr__(part, name, port)
        object.__setattr__(announcing, "queue", faulty["webhook_queue"])
        self.faults.meanwhile = self._meanwhile

    @property
    def now(self) -> float:
        return (self.world.clock.now - self.started).total_seconds()

    @property
    def transfers(self) -> dict[str, Transfer]:
        return self.world.transfers.transfers

    @property
    def objects(self) -> dict[str, bytes]:
        return self.world.store.objects

    @staticmethod
    def is_infected(content: bytes) -> bool:
        return EICAR in content

    # What happens

    def step(self) -> None:
        """One thing of many: a client, a worker, an event, some time."""
        self.rng.choice(
            [
                self.client_creates,
                self.client_uploads,
                self.client_uploads,
                self.client_finalizes,
                self.client_finalizes,
                self.client_deletes,
                self.recipient_downloads,
                self.time_passes,
                self.work,
                self.work,
                self.work,
                self.work,
            ]
        )()
        self._collect()

    def _meanwhile(self) -> None:
        """Another process goes on between two effects of this one."""
        if not self._busy:
            self._busy = True
            try:
                self.work()
            finally:
                self._busy = False

    def client_creates(self) -> None:
        if len(self.transfers) >= 6:
            return
        contents = [self._content() for _ in range(self.rng.randint(1, 2))]
        options = {"max_downloads": 2} if self.rng.random() < 0.5 else {}
        made = self._attempt(
            lambda: self.world.create(
                *contents,
                recipients=self.rng.randint(0, 2),
                **options,  # type: ignore[arg-type]
            )
        )
        if made is not None:
            for file, content in zip(made.files, contents, strict=True):
                self.sent_bytes[file.id] = {content}

    def client_uploads(self) -> None:
        """The bytes it has declared, or now and then others; once or twice."""
        file = self._some_file()
        if file is None:
            return
        wanted = next(iter(self.sent_bytes[file.id]))
        content = wanted if self.rng.random() < 0.9 else self._content()
        stored = self.world.store.put(file.inbox_key, content)
        verdict = (
            ScanVerdict.THREATS_FOUND if self.is_infected(content) else ScanVerdict.NO_THREATS_FOUND
        )
        self._tell("upload", ("created", file.inbox_key))
        self._tell("upload", ("scanned", file.inbox_key, stored.etag, verdict))

    def client_finalizes(self) -> None:
        transfer = self._some_transfer()
        if transfer is not None:
            self._attempt(lambda: self.world.sending.finalize(any_principal(), transfer.id))

    def client_deletes(self) -> None:
        transfer = self._some_transfer()
        if transfer is not None and self.rng.random() < 0.1:
            self._attempt(lambda: self.world.sending.delete(any_principal(), transfer.id))

    def recipient_downloads(self) -> None:
        letters = self.world.mailer.letters
        if not letters:
            return
        letter = self.rng.choice(letters)
        token = (letter.link_url or "").rpartition("/")[2]
        file = self.rng.choice(letter.files)
        issued = self._attempt(lambda: self.world.receiving.download(token, file.id, None))
        if issued is not None:
            self.downloads.append(letter.job.transfer_id)

    def time_passes(self) -> None:
        self.world.clock.pass_seconds(self.rng.choice([1, 10, 70, 400, 4_000]))
        if self.rng.random() < 0.5:
            self._attempt(self.world.sweeping.sweep)

    def work(self) -> None:
        """Some worker takes some message."""
        if waiting := [name for name, queue in self.queues.items() if queue.messages]:
            self._consume(self.rng.choice(waiting))

    def _consume(self, name: str) -> bool:
        queue = self.queues[name]
        message = queue.receive(self.now)
        if message is None:
            return False
        try:
            HANDLERS[name](self, message.body)
        except (Crash, SkyferryError):
            queue.fail(message)
        else:
            # Now and then the deletion is lost, and the message comes again.
            if self.faults.healed or self.rng.random() >= 0.05:
                queue.delete(message)
        self._collect()
        return True

    def _collect(self) -> None:
        """What the core has handed to its queues, its stream and its mail provider reaches them."""
        world = self.world
        self._known_uploads |= {
            one.upload_id
            for one in world.transfers.children.values()
            if isinstance(one, File) and one.upload_id is not None
        }
        for job in world.mail_queue.jobs:
            self._tell("mail", job, lost=0)
        world.mail_queue.jobs.clear()
        for key in world.upload_queue.keys:
            self._tell("upload", ("created", key), lost=0)
            if (stored := world.store.head(key)) is not None and self.rng.random() < 0.5:
                clean = not self.is_infected(self.objects[key])
                verdict = ScanVerdict.NO_THREATS_FOUND if clean else ScanVerdict.THREATS_FOUND
                self._tell("upload", ("scanned", key, stored.etag, verdict))
        world.upload_queue.keys.clear()
        for webhook_job in world.webhook_queue.jobs:
            self._tell("webhook", webhook_job, lost=0)
        world.webhook_queue.jobs.clear()
        for message in list(world.transfers.outbox.values()):
            if message.id not in self._streamed:
                self._streamed.add(message.id)
                self._tell("outbox", message)
        for number, letter in enumerate(world.mailer.letters[self._heard :], start=self._heard + 1):
            self._tell("ses", (letter.job, f"message-{number}"), lost=0.05)
        self._heard = len(world.mailer.letters)

    def _tell(self, queue: str, body: Any, lost: float = 0.03) -> None:
        """An event: lost now and then, doubled often, late as it likes."""
        if not self.faults.healed and self.rng.random() < lost:
            return
        copies = 2 if not self.faults.healed and self.rng.random() < 0.3 else 1
        for _ in range(copies):
            delay = self.now if self.faults.healed else self.now + self.rng.choice([0, 0, 5, 100])
            self.queues[queue].put(body, delay)

    # The end

    def heal(self) -> None:
        """No more trouble: work everything off, sweep as the schedule does, put dead letters back."""
        self.faults.healed = True
        for _ in range(80):
            for queue in self.queues.values():
                queue.redrive()
            while sum(self._consume(name) for name in self.queues):
                pass
            if not any(queue.messages for queue in self.queues.values()):
                self.world.clock.pass_seconds(600)
                self._attempt(self.world.sweeping.sweep)
                self._collect()
            else:
                self.world.clock.pass_seconds(VISIBILITY)

    def end(self) -> None:
        """Weeks later: everything has expired and been purged. The bucket's own rule `abandoned-parts` has ended
        the uploads that no row ever knew; those that a row knew are ours to end."""
        for unknown in self.world.store.uploads.keys() - self._known_uploads:
            del self.world.store.uploads[unknown]
        for _ in range(4):
            self.world.clock.pass_seconds(20 * 86_400)
            self._attempt(self.world.sweeping.sweep)
            while sum(self._consume(name) for name in self.queues):
                pass

    # Helpers

    def _attempt(self, act: Callable[[], Any]) -> Any:
        """A client or the scheduler: what fails is tried again another time, or never."""
        try:
            return act()
        except (Crash, SkyferryError):
            return None
        finally:
            self._collect()

    def _content(self) -> bytes:
        body = self.rng.randbytes(self.rng.randint(1, 30)).hex().encode()
        return EICAR + body if self.rng.random() < 0.05 else body

    def _some_transfer(self) -> Transfer | None:
        found = [one for one in self.transfers.values() if one.status is not TransferStatus.DELETED]
        return self.rng.choice(found) if found else None

    def _some_file(self) -> File | None:
        files = [
            one
            for one in self.world.transfers.children.values()
            if isinstance(one, File) and one.id in self.sent_bytes
        ]
        return self.rng.choice(files) if files else None


def _on_upload(cloud: Cloud, body: tuple[Any, ...]) -> None:
    match body:
        case ("created", key):
            cloud.world.verifying.object_created(key)
        case ("scanned", key, etag, verdict):
            cloud.world.verifying.scanned(key, etag, verdict)


def _on_mail(cloud: Cloud, body: MailJob) -> None:
    cloud.world.delivering.deliver(body)


def _on_outbox(cloud: Cloud, body: OutboxMessage) -> None:
    cloud.world.dispatching.dispatch(body)


def _on_ses(cloud: Cloud, body: tuple[MailJob, str]) -> None:
    job, message_id = body
    statuses = (RecipientStatus.SENT, RecipientStatus.DELIVERED)
    cloud.world.feedback.heard(job, message_id, statuses)


def _on_webhook(cloud: Cloud, body: WebhookJob) -> None:
    cloud.world.notifying.deliver(body, last=False)


HANDLERS: dict[str, Callable[[Cloud, Any], None]] = {
    "upload": _on_upload,
    "mail": _on_mail,
    "outbox": _on_outbox,
    "ses": _on_ses,
    "webhook": _on_webhook,
}


def history(seed: int, *, steps: int = 120, rate: float = 0.1) -> Cloud:
    """The cloud after this seed's history, healed and dry."""
    cloud = Cloud(seed, rate=rate)
    for _ in range(steps):
        cloud.step()
    cloud.heal()
    return cloud
