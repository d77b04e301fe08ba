"""Eight clients of two senders at once, faults between the functions and AWS, workers killed: heal, work off, and look
whether each history can be explained and each promise was kept."""

import os
import random
import signal
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from threading import Event, Lock

from skyferry.functions.authorizer.tokens import owner

from local.settings import Settings
from tests.integration.function_processes import processes_of
from tests.promises import invariants
from tests.promises.linearizability import NEVER, is_explained
from tools.proof import linearizable
from tools.proof.aftermath import Aftermath
from tools.proof.claim import Outcome
from tools.proof.clients import Client, Sender
from tools.proof.fault_proxy import FaultProxy
from tools.proof.laptop import Laptop
from tools.proof.rerouted import rerouted

_RATE = 0.1
_CLIENTS_OF_A_SENDER = 4
_PATIENCE = 180.0
_SHARE_KILLED = 0.5
#: Seconds; else what a killed worker had in hand comes back after six times its function's time-out, an hour at most.
_VISIBLE_AFTER = 15


def show(size: int) -> Outcome:
    """So many acts of each client."""
    laptop = Laptop.running()
    if broken := linearizable.broken(laptop):
        return Outcome("the emulator itself is not to be trusted", tuple(broken))
    senders = [Sender(f"client-{uuid.uuid4().hex[:12]}") for _ in range(2)]
    begun = int(time.time() * 1000)
    owners = {owner(Settings.load().standins_url, sender.subject): sender for sender in senders}
    aftermath = Aftermath(laptop, list(owners))
    with _troubled(laptop) as proxies:
        killed = _live(laptop, senders, size)
        for proxy in proxies:
            proxy.rate = 0
        seconds = aftermath.settle(_PATIENCE)
    # A worker that is killed is a 500 of the gateway's own; one of ours would be logged.
    broken += laptop.logged("ServiceApiFunction", '"level":"ERROR"', begun)
    if seconds > _PATIENCE:
        broken.append(f"after {seconds:.0f} s something still waits")
    for sender in senders:
        broken += sender.wrong + list(_unexplained(sender))
    made = {made.id: made for sender in senders for made in sender.made.values()}
    there = {transfer.id for transfer in aftermath.transfers()}
    broken += [f"{id_} was lost" for id_ in made.keys() - there]
    broken += [f"{id_} was made, and nobody was told" for id_ in there - made.keys()]
    chosen = {each.file_id: [each.content] for each in made.values()}
    downloads = [id_ for sender in senders for id_ in sender.downloads]
    broken += invariants.broken(aftermath.remains(chosen, downloads))
    return Outcome(_figures(senders, proxies, killed, seconds), tuple(broken))


def _figures(senders: list[Sender], proxies: list[FaultProxy], killed: int, seconds: float) -> str:
    calls = [call for sender in senders for each in sender.histories.values() for call in each]
    lost = sum(call.heard == NEVER for call in calls)
    heard = sum((sender.heard for sender in senders), Counter[str]())
    answers = ", ".join(f"{count} of {status}" for status, count in sorted(heard.items()))
    seen = sum((proxy.seen for proxy in proxies), Counter[str]())
    faults = sum(proxy.faults for proxy in proxies)
    return (
        f"{len(senders) * _CLIENTS_OF_A_SENDER} clients, {heard.total():,} requests ({answers}); "
        f"{seen.total():,} calls of AWS, {faults} faults, {killed} workers killed; "
        f"{sum(len(sender.made) for sender in senders)} histories of {len(calls):,} acts, {lost} of them unheard; "
        f"all ended {seconds:.0f} s after healing"
    )


@contextmanager
def _troubled(laptop: Laptop) -> Iterator[list[FaultProxy]]:
    settings = Settings.load()
    with ExitStack() as stack:
        addresses = (laptop.cloud.aws_endpoint_url, settings.standins_url)
        proxies = [stack.enter_context(FaultProxy(each, 0)) for each in addresses]
        moved = {old: proxy.url for old, proxy in zip(addresses, proxies, strict=True)}
        stack.enter_context(rerouted(laptop, moved))
        stack.enter_context(laptop.visible_after(_VISIBLE_AFTER))
        for proxy in proxies:
            proxy.rate = _RATE
        yield proxies


def _live(laptop: Laptop, senders: list[Sender], acts: int) -> int:
    """How many workers were killed on the way."""
    links = _Links(laptop)
    done = Event()
    with ThreadPoolExecutor(2 * _CLIENTS_OF_A_SENDER + 1) as pool:
        killing = pool.submit(_kill_twice, senders, acts, done)
        lives: list[Future[None]] = []
        for sender, other in (senders, reversed(senders)):
            for _ in range(_CLIENTS_OF_A_SENDER):
                client = Client(laptop.api(sender.subject), sender, other, links.of)
                lives.append(pool.submit(client.live, acts))
        try:
            for life in lives:
                life.result()
        finally:
            done.set()
        return killing.result()


def _kill_twice(senders: list[Sender], acts: int, done: Event) -> int:
    """After a third and after two thirds of all requests: half of the workers."""
    killed = 0
    for part in (1, 2):
        moment = part * acts * 2 * _CLIENTS_OF_A_SENDER // 3
        while sum(sender.heard.total() for sender in senders) < moment:
            if done.wait(0.2):
                return killed
        workers = processes_of()
        for pid in random.sample(workers, int(len(workers) * _SHARE_KILLED)):
            os.kill(pid, signal.SIGKILL)
            killed += 1
    return killed


class _Links:
    """Link tokens by the address to which they were mailed."""

    def __init__(self, laptop: Laptop) -> None:
        self._laptop = laptop
        self._lock = Lock()
        self._read = 0.0
        self._found: dict[str, str] = {}

    def of(self, address: str) -> str | None:
        with self._lock:
            if address not in self._found and time.monotonic() - self._read > 1:
                for mail in self._laptop.mails():
                    _, found, rest = mail["text"].partition("/v1/t/")
                    if found:
                        self._found[mail["to"][0]] = rest.split()[0]
                self._read = time.monotonic()
            return self._found.get(address)


def _unexplained(sender: Sender) -> Iterator[str]:
    for id_, history in sender.histories.items():
        if not is_explained(history, sender.made[id_].first):
            begun = min(call.asked for call in history)
            told = "; ".join(
                f"{call.asked - begun:.2f} to {call.heard - begun:.2f} {call.act}"
                for call in sorted(history, key=lambda call: call.asked)
            )
            yield f"no order explains what was heard of {id_}: {told}"
