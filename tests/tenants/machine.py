"""Two tenants, and a person who has links: each may send whatever anybody knows, to any operation. After each
request no byte of another's is in the answer, what is another's answers as what never was, and what the
others have is as it was."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from typing import Any, ClassVar

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.tenants import judging
from tests.tenants.asking import Asked, Draw, ask_for
from tests.tenants.driver import Answer, Driver, Tenant
from tests.tenants.knowledge import ANYWHERE, Knowledge, Value, mark, place_of
from tests.tenants.operations import BY_ID, OPERATIONS, Operation

#: What each has when the run begins, so that there is something to reach for.
_FIRST = (
    "createRequest",
    "createRequestTransfer",
    "createUploadToken",
    "companionCreateMultipart",
    "createWebhook",
    "testWebhook",
    "listOwnerEvents",
    "listRecipients",
)
#: The choices of a step, all from one number: drawn one by one hypothesis would make most of them the first.
_CHANCE = st.integers(0, 2**32 - 1)


def _operations(wanted: Callable[[Operation], bool]) -> st.SearchStrategy[str]:
    return st.runner().flatmap(
        lambda machine: st.sampled_from([one.id for one in machine.operations if wanted(one)])
    )


class FindingError(AssertionError):
    """Something of another's was told, guessed or changed."""


class TwoTenants(RuleBasedStateMachine):
    """Subclasses say on which cloud."""

    driver_of_run: Any = None
    operations: Sequence[Operation] = OPERATIONS
    #: What all runs of this process came to.
    figures: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.driver: Driver = type(self).driver_of_run()
        self.known = Knowledge()
        self.tenants: list[Tenant] = []
        self.keys: set[tuple[str, str, str]] = set()
        self.chance = 0
        self.figures["runs"] += 1

    @initialize(chance=_CHANCE)
    def settle_in(self, chance: int) -> None:
        self.chance = chance
        for name in ("alice", "bob"):
            tenant = self.driver.tenant(f"{name}-{mark()}", f"{mark()}@example.com")
            self.tenants.append(tenant)
            for text in (tenant.subject, tenant.owner):
                self.known.learn(Value(text, "account", tenant, None, ANYWHERE))
            self.known.learn(Value(tenant.email, "email", tenant, None))
        for tenant in self.tenants:
            self._mailed(tenant)
            self._mailed(tenant, password=f"pw {mark()}")
            for operation in ("createTransfer", *_FIRST):
                self._own(operation, tenant)

    def _own(self, operation: str, tenant: Tenant) -> None:
        """A request within one's own that succeeds, with the latest of what is there."""
        asked = ask_for(BY_ID[operation], tenant, self.known, _latest, tenant)
        if asked is None:
            raise RuntimeError(f"{operation}: nothing is known to ask it with")
        answer = self._send(asked)
        if answer.status >= 400:
            raise RuntimeError(f"{operation}: {answer.status} {answer.body}")

    def _mailed(self, tenant: Tenant, password: str | None = None) -> None:
        """A transfer that is ready, and the link in its mail."""
        asked = ask_for(BY_ID["createTransfer"], tenant, self.known, _latest, tenant)
        if asked is None or asked.ask.body is None:
            raise TypeError("createTransfer has a body and needs nothing that is known")
        body = json.loads(asked.ask.body)
        asked.marks.emails = asked.marks.emails[:1]
        body["files"], body["recipients"] = body["files"][:1], body["recipients"][:1]
        if password is not None:
            body["password"] = password
            asked.marks.passwords.append(password)
        whole = replace(asked, ask=replace(asked.ask, body=json.dumps(body)))
        transfer = json.loads(self._send(whole).body)
        token = self.driver.mailed(tenant, transfer)
        self.known.learn(Value(token, "t-token", tenant, transfer["id"], transfer["id"]))
        if password is None:
            self._own("unsubscribe", tenant)
        else:
            self._own("unlockLink", tenant)

    def teardown(self) -> None:
        self.driver.close()

    @rule(
        operation=_operations(lambda one: True),
        caller=st.sampled_from([0, 0, 0, 1, 1, 1, None]),
        others=st.booleans(),
        chance=_CHANCE,
    )
    def anything(self, operation: str, caller: int | None, others: bool, chance: int) -> None:
        """By anybody, with anything of anybody's."""
        tenant = None if caller is None else self.tenants[caller]
        whose = self.tenants[(caller or 0) ^ others]
        self._step(operation, tenant, whose, self._random(chance).randrange)

    @rule(
        operation=_operations(lambda one: one.takes_others),
        caller=st.sampled_from([0, 1]),
        chance=_CHANCE,
    )
    def reaches_for_anothers(self, operation: str, caller: int, chance: int) -> None:
        """By an account, with nothing but what is the other's."""
        random = self._random(chance)

        def draw(size: int) -> int:
            return size - 1 - random.randrange(min(size, 3))

        self._step(operation, self.tenants[caller], self.tenants[1 - caller], draw)

    def _random(self, chance: int) -> Random:
        """Other choices at each step: hypothesis draws some numbers again and again."""
        self.chance = hash((self.chance, chance))
        return Random(self.chance)  # noqa: S311 - choices of a test

    def _step(self, operation: str, caller: Tenant | None, whose: Tenant, draw: Draw) -> None:
        self.figures["steps"] += 1
        asked = ask_for(BY_ID[operation], caller, self.known, draw, whose)
        if asked is None:
            self.figures[f"nothing for {operation}"] += 1
            return
        foreign = asked.foreign()
        if foreign:
            asked = asked.with_fresh_key()
        answer = self._send(asked)
        if foreign:
            self.figures["with what is another's"] += 1
            self.figures[f"foreign {operation}"] += 1
            twin = asked.with_unknown()
            note(f"{operation}: foreign {sorted(foreign)}: {answer.status}")
            self._require(judging.told_apart(asked, answer, twin, self._ask(twin)))

    def _send(self, asked: Asked) -> Answer:
        """Ask, judge the answer, and learn from it."""
        before = self.driver.state()
        answer = self._ask(asked)
        after = self.driver.state()
        note(f"{asked.ask.method} {asked.ask.url} by {_name(asked.ask.caller)}: {answer.status}")
        for leak in judging.leaks(asked, answer, self.known):
            self.figures["foreign bytes found"] += len(leak.value.text)
            self._require(str(leak))
        self._require(judging.changed(asked, before, after, self.tenants))
        self._require(judging.answered_by_anothers_key(asked, answer, self._used_key(asked)))
        if answer.status >= 500:
            self._require(f"{asked.ask.method} {asked.ask.url}: {answer.status} {answer.body}")
        self._learn(asked, answer)
        return answer

    def _ask(self, asked: Asked) -> Answer:
        self.figures["requests"] += 1
        return self.driver.ask(asked.ask)

    def _require(self, wrong: str | None) -> None:
        if wrong is not None:
            self.figures["findings"] += 1
            raise FindingError(wrong)

    def _used_key(self, asked: Asked) -> bool:
        """Whether the same caller has used the key for this operation before; from now on they have."""
        key = asked.ask.headers.get("Idempotency-Key")
        if key is None:
            return False
        caller = asked.token.text if asked.token else _name(asked.ask.caller)
        use = (caller, asked.ask.operation, key)
        used = use in self.keys
        self.keys.add(use)
        return used

    def _learn(self, asked: Asked, answer: Answer) -> None:
        tenant = asked.tenant
        if tenant is None or answer.status >= 400:
            return
        self.figures[f"answered {asked.ask.operation}"] += 1
        place = asked.token.place if asked.token else None
        if asked.ask.operation == "createRequestTransfer":
            # The transfer is a place of its own; the request's link does not show it again.
            place = None
        for name in ("transfer_id", "webhook_id", "request_id"):
            place = asked.ask.path.get(name, place)
        self.known.learn_from(answer, tenant, place)
        for value in asked.marks.values(tenant, place or place_of(answer.body)):
            self.known.learn(value)
        if key := asked.ask.headers.get("Idempotency-Key"):
            self.known.learn(Value(key, "key-of-request", tenant, None))


def _latest(size: int) -> int:
    """The last of every choice: no exception is made, the latest value is taken."""
    return size - 1


def _name(caller: Tenant | None) -> str:
    return "nobody" if caller is None else caller.subject
