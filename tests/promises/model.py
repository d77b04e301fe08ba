"""The reference: what the clients of one transfer may see of it, whatever happens behind the API.

Each act is what a client asked and heard. `after` gives the states that can follow; none, if from that state nobody
could have heard this. An act whose answer was lost was done, or will be, or never: see `linearizability`."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from skyferry.core.models import TransferStatus

_OPEN = {TransferStatus.DRAFT, TransferStatus.UPLOADING}


@dataclass(frozen=True, slots=True)
class State:
    title: str
    max_downloads: int | None = None
    #: At least: work in the background raises it, too.
    version: int = 1
    uploaded: bool = False
    finalized: bool = False
    #: Somebody has seen it ready, so nobody may see less any more.
    ready: bool = False
    deleted: bool = False
    downloads: int = 0

    @property
    def can_be_ready(self) -> bool:
        return self.finalized and self.uploaded and not self.deleted


class Act(Protocol):
    def after(self, state: State) -> Iterator[State]: ...


@dataclass(frozen=True, slots=True)
class Saw:
    """Alone or in a list."""

    title: str
    version: int
    status: TransferStatus

    def after(self, state: State) -> Iterator[State]:
        if state.deleted or self.title != state.title or self.version < state.version:
            return
        seen = replace(state, version=self.version)
        if self.status in _OPEN and not state.finalized:
            yield seen
        if self.status is TransferStatus.SCANNING and state.finalized and not state.ready:
            yield seen
        if self.status is TransferStatus.READY and state.can_be_ready:
            yield replace(seen, ready=True)


@dataclass(frozen=True, slots=True)
class Missed:
    """404, 410, or not in a list."""

    def after(self, state: State) -> Iterator[State]:
        if state.deleted:
            yield state


@dataclass(frozen=True, slots=True)
class Renamed:
    """`seen` is the version of the If-Match, `version` the answer's: None where it was lost."""

    title: str
    seen: int
    version: int | None

    def after(self, state: State) -> Iterator[State]:
        if state.deleted or self.seen < state.version:
            return
        if self.version is None or self.version > self.seen:
            yield replace(state, title=self.title, version=self.version or self.seen + 1)


@dataclass(frozen=True, slots=True)
class Uploaded:
    def after(self, state: State) -> Iterator[State]:
        yield replace(state, uploaded=True)


@dataclass(frozen=True, slots=True)
class Finalized:
    """Also when it was before."""

    def after(self, state: State) -> Iterator[State]:
        if state.can_be_ready:
            yield state
        elif state.uploaded and not state.deleted:
            yield replace(state, finalized=True, version=state.version + 1)


@dataclass(frozen=True, slots=True)
class FoundIncomplete:
    """Finalization refused: bytes are missing."""

    def after(self, state: State) -> Iterator[State]:
        if not (state.uploaded or state.deleted):
            yield state


@dataclass(frozen=True, slots=True)
class Deleted:
    """Also when it was before."""

    def after(self, state: State) -> Iterator[State]:
        yield replace(state, deleted=True)


@dataclass(frozen=True, slots=True)
class Downloaded:
    """By a recipient: one of `max_downloads`."""

    def after(self, state: State) -> Iterator[State]:
        if state.can_be_ready and not _is_used_up(state):
            yield replace(
                state, ready=True, downloads=state.downloads + 1, version=state.version + 1
            )


@dataclass(frozen=True, slots=True)
class FoundUsedUp:
    """A download refused: there were as many as allowed."""

    def after(self, state: State) -> Iterator[State]:
        if _is_used_up(state) and not state.deleted:
            yield state


def _is_used_up(state: State) -> bool:
    return state.max_downloads is not None and state.downloads >= state.max_downloads
