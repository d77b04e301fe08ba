import json
from datetime import UTC, datetime, timedelta

import pytest
import standardwebhooks
from skyferry.core.errors import (
    ConflictError,
    NotFoundError,
    StateError,
    WebhookNotDeliveredError,
    WebhookUnansweredError,
)
from skyferry.core.webhook_commands import NewWebhook, PatchWebhook
from skyferry.core.webhooks import (
    Delivery,
    DeliveryStatus,
    EventType,
    Webhook,
    WebhookJob,
    mint_secret,
    signed_headers,
)

from tests.support.builders import HOSTILE_NAME, HOSTILE_TEXT, OTHER_OWNER, any_principal
from tests.support.world import World

URL = "https://hooks.example.com/skyferry"


@pytest.fixture
def world() -> World:
    return World()


def subscribe(world: World, **fields: object) -> Webhook:
    body = json.dumps({"url": URL, "description": HOSTILE_NAME, **fields})
    new = NewWebhook.model_validate_json(body)
    return world.subscribing.create(any_principal(), new, world.ids("wh"))


def dispatched(world: World) -> list[WebhookJob]:
    """The jobs that all outbox rows together make."""
    world.dispatch_all()
    jobs, world.webhook_queue.jobs = world.webhook_queue.jobs, []
    return jobs


def delivery(world: World, job: WebhookJob) -> Delivery:
    return world.webhooks.delivery(job.owner, job.webhook_id, job.delivery_id)


def test_a_created_transfer_is_delivered_signed(world: World) -> None:
    webhook = subscribe(world)
    contents = world.create(b"hello")

    (job,) = dispatched(world)
    done = world.notifying.deliver(job, last=False)

    assert done is not None
    assert (done.status, done.attempts, done.response_status) == (DeliveryStatus.DELIVERED, 1, 204)
    ((url, headers, body),) = world.receivers.posts
    assert url == URL
    event = world.transfers.events(contents.transfer.owner, contents.transfer.id, 0, 10)[0]
    assert headers["webhook-id"] == event.id
    assert json.loads(body) == {
        "type": "transfer.created",
        "timestamp": "2026-11-23T12:00:00.123Z",
        "data": {
            "event_id": event.id,
            "transfer_id": contents.transfer.id,
            "seq": 1,
            "data": event.data,
            "hash": event.hash,
        },
    }
    assert webhook.secret not in json.dumps(world.receivers.posts)


def test_the_signature_is_what_a_receivers_library_expects() -> None:
    secret = mint_secret()
    body = json.dumps({"text": HOSTILE_TEXT}, ensure_ascii=False)
    headers = signed_headers(secret, "ev_1", body, datetime.now(UTC))

    receiver = standardwebhooks.Webhook(secret)
    assert receiver.verify(body, headers) == {"text": HOSTILE_TEXT}
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        receiver.verify(body.replace("script", "scrypt"), headers)
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        receiver.verify(body, headers | {"webhook-id": "ev_2"})
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(mint_secret()).verify(body, headers)


def test_a_doubled_dispatch_makes_no_second_delivery(world: World) -> None:
    subscribe(world)
    world.create(b"hello")
    (message,) = world.transfers.outbox.values()

    world.dispatching.dispatch(message)
    world.dispatching.dispatch(message)
    first, second = world.webhook_queue.jobs
    world.notifying.deliver(first, last=False)
    world.notifying.deliver(second, last=False)
    world.dispatching.dispatch(message)

    assert first == second
    assert len(world.webhooks.stored) == 1
    assert len(world.receivers.posts) == 1
    assert len(world.webhook_queue.jobs) == 2


def test_each_webhook_is_told_what_it_asked_for_while_enabled(world: World) -> None:
    ready = subscribe(world, events=["transfer.ready"])
    everything = subscribe(world)
    subscribe(world, enabled=False)
    world.subscribing.create(any_principal(owner=OTHER_OWNER), NewWebhook(url=URL), world.ids("wh"))
    world.ready()

    told = [(job.webhook_id, delivery(world, job).event_type) for job in dispatched(world)]

    assert sorted(told) == [
        (ready.id, "transfer.ready"),
        (everything.id, "transfer.created"),
        (everything.id, "transfer.ready"),
    ]


def test_the_documented_events_are_those_that_transfers_have(world: World) -> None:
    """A misspelt name in the list would never be delivered, and nobody would notice."""
    import inspect

    from skyferry.core import amendments, lifecycle
    from skyferry.core.models import RecipientStatus

    written = inspect.getsource(lifecycle) + inspect.getsource(amendments)
    for event_type in EventType:
        kind, _, what = event_type.partition(".")
        assert f'"{event_type}"' in written or (kind == "mail" and what in list(RecipientStatus))


def test_a_failing_receiver_is_tried_again_with_the_same_id_and_body(world: World) -> None:
    subscribe(world)
    world.create(b"hello")
    world.receivers.answers = [500, 302, WebhookUnansweredError("The receiver gave no answer.")]
    (job,) = dispatched(world)

    errors = []
    for _ in range(3):
        with pytest.raises(WebhookNotDeliveredError):
            world.notifying.deliver(job, last=False)
        current = delivery(world, job)
        assert current.status is DeliveryStatus.PENDING
        errors.append((current.attempts, current.response_status, current.error))
        world.clock.pass_seconds(30)
    world.notifying.deliver(job, last=False)

    assert errors == [
        (1, 500, "The receiver answered 500."),
        (2, 302, "The receiver answered 302."),
        (3, None, "The receiver gave no answer."),
    ]
    assert delivery(world, job).status is DeliveryStatus.DELIVERED
    ids = {headers["webhook-id"] for _, headers, _ in world.receivers.posts}
    bodies = {body for *_, body in world.receivers.posts}
    times = [headers["webhook-timestamp"] for _, headers, _ in world.receivers.posts]
    assert (len(ids), len(bodies)) == (1, 1)
    assert len(set(times)) == 4


def test_after_the_last_attempt_the_delivery_has_failed(world: World) -> None:
    subscribe(world)
    world.create(b"hello")
    world.receivers.answers = [503]
    (job,) = dispatched(world)

    with pytest.raises(WebhookNotDeliveredError):
        world.notifying.deliver(job, last=True)

    assert delivery(world, job).status is DeliveryStatus.FAILED


def test_a_worker_that_dies_while_it_waits_leaves_the_truth(world: World) -> None:
    subscribe(world)
    world.create(b"hello")
    world.receivers.answers = [MemoryError()]
    (job,) = dispatched(world)

    with pytest.raises(MemoryError):
        world.notifying.deliver(job, last=True)

    current = delivery(world, job)
    assert (current.status, current.attempts) == (DeliveryStatus.FAILED, 1)
    assert current.error == "The attempt did not come to an end."


def test_a_restored_and_an_expired_transfer_are_told(world: World) -> None:
    subscribe(world, events=["transfer.restored", "transfer.expired", "transfer.deleted"])
    transfer = world.create(b"x").transfer
    world.sending.delete(any_principal(), transfer.id)
    world.editing.restore(any_principal(), transfer.id)
    world.clock.now = transfer.expires_at + timedelta(seconds=1)
    world.sweeping.sweep()

    world.dispatch_all()

    stored = sorted(each.event_type for each in world.webhooks.stored.values())
    assert stored == ["transfer.deleted", "transfer.expired", "transfer.restored"]


def test_a_webhook_that_was_deleted_meanwhile_stays_deleted(world: World) -> None:
    """410 of a receiver whose webhook its owner has just removed."""
    webhook = subscribe(world)
    world.create(b"x")
    (job,) = dispatched(world)

    def post(url: str, headers: dict[str, str], body: str) -> int:
        world.subscribing.delete(any_principal(), webhook.id)
        return 410

    world.receivers.post = post  # type: ignore[method-assign, assignment]
    world.notifying.deliver(job, last=False)

    assert delivery(world, job).status is DeliveryStatus.FAILED
    assert world.subscribing.mine(any_principal()) == ()


def test_a_lost_race_for_the_list_is_run_again(world: World) -> None:
    """Two creates at once: both webhooks are there, and the limit is exact."""
    saves = world.webhooks.save
    raced: list[str] = []

    def save(webhooks: object) -> None:
        if not raced:
            raced.append("other")
            subscribe(world)
        saves(webhooks)  # type: ignore[arg-type]

    world.webhooks.save = save  # type: ignore[method-assign]
    subscribe(world)

    assert len(world.subscribing.mine(any_principal())) == 2


def test_a_redelivery_while_an_attempt_is_being_recorded_is_refused(world: World) -> None:
    webhook = subscribe(world)
    queued = world.subscribing.test(any_principal(), webhook.id, world.ids("ev"))
    current = world.webhooks.delivery

    def stale(*names: str) -> Delivery:
        seen = current(*names)
        world.webhooks.record(seen.replace(attempts=seen.attempts + 1), seen)
        return seen

    world.webhooks.delivery = stale  # type: ignore[method-assign,assignment]
    with pytest.raises(StateError):
        world.subscribing.redeliver(any_principal(), webhook.id, queued.id)


def test_a_patch_that_was_overtaken_is_judged_again(world: World) -> None:
    webhook = subscribe(world)
    seen: list[int] = []

    def precondition(current: Webhook) -> None:
        seen.append(current.version)
        if current.version != 1:
            raise ConflictError("stale")
        if len(seen) == 2:
            world.subscribing.edit(
                any_principal(), webhook.id, PatchWebhook(description="other"), lambda _: None
            )

    with pytest.raises(ConflictError):
        world.subscribing.edit(
            any_principal(), webhook.id, PatchWebhook(enabled=False), precondition
        )

    (current,) = world.subscribing.mine(any_principal())
    assert (current.enabled, current.description) == (True, "other")


def test_an_unknown_webhook_is_not_found(world: World) -> None:
    with pytest.raises(NotFoundError):
        world.subscribing.get(any_principal(), "wh_unknown")


def test_a_repeated_request_meets_what_the_first_has_made(world: World) -> None:
    """As after a crash between the work and the stored answer."""
    new = NewWebhook(url=URL)
    first = world.subscribing.create(any_principal(), new, "wh_chosen00000")
    again = world.subscribing.create(any_principal(), new, "wh_chosen00000")

    assert again == first
    queued = world.subscribing.test(any_principal(), first.id, "ev_chosen")
    assert world.subscribing.test(any_principal(), first.id, "ev_chosen") == queued
    assert len(world.transfers.outbox) == 1
