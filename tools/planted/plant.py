"""A rule of the runtime, and what becomes of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plant:
    """`rule` occurs once in the file and becomes `broken`; `name` says what is then the case."""

    name: str
    path: str
    rule: str
    broken: str
    tests: tuple[str, ...]
