"""Ports that fail, and processes that die, at any effect: before it, or after it and before its answer."""

import random
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from skyferry.core.errors import (
    MailNotSentError,
    MailUncertainError,
    UnavailableError,
    WebhookUnansweredError,
)

KINDS = ("crash-before", "crash-after", "refused", "lost-answer")


class Crash(Exception):  # noqa: N818 - it is one
    """The process is gone. Nobody catches it but whoever started the process."""


@dataclass
class Faults:
    """How often; `healed` ends them all. `meanwhile` is called between two effects of one process: others go on."""

    rng: random.Random
    rate: float = 0.04
    healed: bool = False
    meanwhile: Callable[[], None] | None = None
    happened: int = field(default=0)

    def strike(self, effect: str) -> str | None:
        """What happens to the next effect: nothing as a rule."""
        if self.healed or self.rng.random() >= self.rate:
            return None
        self.happened += 1
        return self.rng.choice(KINDS)

    def interrupt(self) -> None:
        if self.meanwhile is not None and not self.healed and self.rng.random() < 0.05:
            self.meanwhile()


class Faulty:
    """A port with faults at the given methods; all else is the port's own."""

    def __init__(self, port: object, name: str, methods: Collection[str], faults: Faults) -> None:
        self.__dict__.update(_port=port, _name=name, _methods=frozenset(methods), _faults=faults)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        return self._struck(name, found) if name in self._methods else found

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self._port, name, value)

    def _struck(self, name: str, effect: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            self._faults.interrupt()
            fault = self._faults.strike(f"{self._name}.{name}")
            if fault == "crash-before":
                raise Crash
            if fault == "refused":
                raise self._refusal()
            answer = effect(*arguments, **options)
            if fault == "crash-after":
                raise Crash
            if fault == "lost-answer":
                raise self._lost()
            return answer

        return call

    def _refusal(self) -> Exception:
        return UnavailableError("refused")

    def _lost(self) -> Exception:
        return UnavailableError("no answer")


class FaultyMailer(Faulty):
    """The mail provider's adapter tells apart what certainly was not sent and what nobody knows."""

    def _refusal(self) -> Exception:
        return MailNotSentError("refused")

    def _lost(self) -> Exception:
        return MailUncertainError("no answer")


class FaultyReceivers(Faulty):
    """A customer's receiver that cannot be reached, or whose answer does not come."""

    def _refusal(self) -> Exception:
        return WebhookUnansweredError("refused")

    def _lost(self) -> Exception:
        return WebhookUnansweredError("no answer")
