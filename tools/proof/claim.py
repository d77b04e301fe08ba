"""What is claimed, how it is shown, and what came out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Outcome:
    """`figures` in one line; `broken` says what contradicts the claim, nothing as a rule."""

    figures: str
    broken: tuple[str, ...] = ()


class Show(Protocol):
    """Shows a claim at a size: how many histories, uploads, requests, ..."""

    def __call__(self, size: int) -> Outcome: ...


@dataclass(frozen=True, slots=True)
class Claim:
    id: str
    says: str
    #: Imported only when it is asked for: some need a laptop cloud, others moto.
    show: Callable[[], Show]
    full: int
    #: In the form that every change must pass; None where the unit tests are that form.
    short: int | None
