"""Reading JSON answers: every value is checked once, here; fields we do not know are ignored."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from skyferry_client.errors import BadAnswerError

#: Ids become parts of URLs and of file names, so nothing but these characters is let through.
_IDENTIFIER = re.compile(r"[A-Za-z0-9_-]{1,128}")

Scalar = str | int | float | None


class Fields:
    """One JSON object of an answer. Getters raise BadAnswerError, naming the field, on a wrong type."""

    __slots__ = ("_values", "_where")

    def __init__(self, value: object, where: str = "the answer") -> None:
        if not isinstance(value, Mapping):
            raise BadAnswerError(f"{where} is not a JSON object")
        self._values: Mapping[object, object] = value
        self._where = where

    def text(self, key: str) -> str:
        value = self._values.get(key)
        if not isinstance(value, str):
            raise self._wrong(key, "text")
        return value

    def optional_text(self, key: str) -> str | None:
        return None if self._values.get(key) is None else self.text(key)

    def identifier(self, key: str) -> str:
        value = self.text(key)
        if not _IDENTIFIER.fullmatch(value):
            raise self._wrong(key, "an id")
        return value

    def integer(self, key: str) -> int:
        value = self._values.get(key)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._wrong(key, "a whole number")
        return value

    def size(self, key: str) -> int:
        value = self.integer(key)
        if value < 0:
            raise self._wrong(key, "a size")
        return value

    def optional_integer(self, key: str) -> int | None:
        return None if self._values.get(key) is None else self.integer(key)

    def flag(self, key: str) -> bool:
        value = self._values.get(key)
        if not isinstance(value, bool):
            raise self._wrong(key, "true or false")
        return value

    def optional_flag(self, key: str) -> bool:
        """False where it is absent."""
        return self._values.get(key) is not None and self.flag(key)

    def moment(self, key: str) -> datetime:
        try:
            moment = datetime.fromisoformat(self.text(key))
        except ValueError:
            raise self._wrong(key, "a time") from None
        if moment.tzinfo is None:
            raise self._wrong(key, "a time with its zone")
        return moment.astimezone(UTC)

    def optional_moment(self, key: str) -> datetime | None:
        return None if self._values.get(key) is None else self.moment(key)

    def child(self, key: str) -> "Fields":
        return Fields(self._values.get(key), f"`{key}` of {self._where}")

    def optional_child(self, key: str) -> "Fields | None":
        return None if self._values.get(key) is None else self.child(key)

    def children(self, key: str) -> Iterator["Fields"]:
        """The objects of a list; a list that is absent or null is empty."""
        value = self._values.get(key)
        if value is None:
            return
        if not isinstance(value, list):
            raise self._wrong(key, "a list")
        for index, item in enumerate(value):
            yield Fields(item, f"`{key}/{index}` of {self._where}")

    def texts(self, key: str) -> dict[str, str]:
        """An object whose values are all text, in the order of the answer."""
        child = self.child(key)
        return {name: child.text(name) for name in map(str, child._values)}

    def text_list(self, key: str) -> tuple[str, ...]:
        value = self._values.get(key)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self._wrong(key, "a list of texts")
        return tuple(value)

    def document(self) -> dict[str, object]:
        """All of it as it came, for what is checked or kept as a whole."""
        return {str(key): value for key, value in self._values.items()}

    def scalars(self) -> dict[str, Scalar]:
        """The plain values of an object of which the contract names no keys."""
        return {
            str(key): value
            for key, value in self._values.items()
            if value is None or isinstance(value, str | int | float)
        }

    def _wrong(self, key: str, expected: str) -> BadAnswerError:
        return BadAnswerError(f"`{key}` of {self._where} is not {expected}")
