"""Would a client of the last release still work? `make breaking` compares the OpenAPI documents.

What is told: operations, parameters, fields, media types and successful responses that are gone; what a request
newly must say or no longer may say; types that changed; a scope that is newly needed. Additions are no break.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
RELEASED: Final = ROOT / "docs" / "api" / "released"
#: Limits of a request, and whether a larger value allows more.
_LIMITS: Final = {
    "maximum": True,
    "maxLength": True,
    "maxItems": True,
    "maxProperties": True,
    "minimum": False,
    "minLength": False,
    "minItems": False,
}

Json = dict[str, Any]


def breaking_changes(old: Json, new: Json) -> list[str]:
    """One line for each change that can break a client of `old`."""
    return list(dict.fromkeys(_Comparison(old, new).operations()))


class _Comparison:
    def __init__(self, old: Json, new: Json) -> None:
        self.old, self.new = old, new
        #: Pairs of schemas on the way down: schemas may refer to themselves.
        self._open: set[tuple[str, str, bool]] = set()

    def operations(self) -> Iterator[str]:
        for path, methods in self.old["paths"].items():
            for method, before in methods.items():
                place = f"{method.upper()} {path}"
                after = self.new["paths"].get(path, {}).get(method)
                if after is None:
                    yield f"{place}: the operation is gone"
                else:
                    yield from self._operation(place, before, after)

    def _operation(self, place: str, before: Json, after: Json) -> Iterator[str]:
        if not _allows(before["security"], after["security"]):
            yield f"{place}: needs {after['security']}, before {before['security'] or 'nothing'}"
        yield from self._parameters(place, before, after)
        yield from self._body(place, before.get("requestBody"), after.get("requestBody"))
        for status, response in before["responses"].items():
            if status >= "400":
                continue
            found = after["responses"].get(status)
            if found is None:
                yield f"{place}: the response {status} is gone"
                continue
            was, now = _resolved(self.old, response), _resolved(self.new, found)
            for name in sorted(set(was.get("headers", {})) - set(now.get("headers", {}))):
                yield f"{place} {status}: the header {name} is gone"
            yield from self._content(f"{place} {status}", was, now, asked=False)

    def _parameters(self, place: str, before: Json, after: Json) -> Iterator[str]:
        was, now = (_parameters(self.old, before), _parameters(self.new, after))
        for key, parameter in was.items():
            if key not in now:
                yield f"{place}: the parameter {key} is gone"
                continue
            if now[key].get("required") and not parameter.get("required"):
                yield f"{place}: the parameter {key} is required now"
            where = f"{place} {key}"
            yield from self._schema(where, parameter["schema"], now[key]["schema"], asked=True)
        for key in sorted(set(now) - set(was)):
            if now[key].get("required"):
                yield f"{place}: the parameter {key} is new and required"

    def _body(self, place: str, before: Json | None, after: Json | None) -> Iterator[str]:
        if after and after.get("required") and not (before and before.get("required")):
            yield f"{place}: a body is required now"
        if before and after:
            yield from self._content(f"{place} body", before, after, asked=True)
        elif before:
            yield f"{place}: the body is gone"

    def _content(self, place: str, before: Json, after: Json, *, asked: bool) -> Iterator[str]:
        for kind, media in before.get("content", {}).items():
            found = after.get("content", {}).get(kind)
            if found is None:
                yield f"{place}: {kind} is gone"
            else:
                yield from self._schema(place, media["schema"], found["schema"], asked=asked)

    def _schema(self, place: str, before: Json, after: Json, *, asked: bool) -> Iterator[str]:
        key = (json.dumps(before), json.dumps(after), asked)
        if key in self._open:
            return
        self._open.add(key)
        was, now = _resolved(self.old, before), _resolved(self.new, after)
        yield from self._values(place, was, now, asked=asked)
        yield from self._fields(place, was, now, asked=asked)
        for keyword in ("items", "additionalProperties"):
            if isinstance(was.get(keyword), dict) and isinstance(now.get(keyword), dict):
                inner = f"{place}[]"
                yield from self._schema(inner, was[keyword], now[keyword], asked=asked)
        yield from self._choices(place, was, now, asked=asked)
        self._open.discard(key)

    def _choices(self, place: str, was: Json, now: Json, *, asked: bool) -> Iterator[str]:
        choices, others = _choices(was), _choices(now)
        for name, choice in choices.items():
            if name in others:
                yield from self._schema(place, choice, others[name], asked=asked)
            elif asked or name != "null":
                yield f"{place}: {name} is no longer a choice"
        if choices and not asked:
            for name in sorted(set(others) - set(choices)):
                yield f"{place}: may be {name} now"

    def _values(self, place: str, was: Json, now: Json, *, asked: bool) -> Iterator[str]:
        narrow, wide = (_types(was), _types(now)) if asked else (_types(now), _types(was))
        if _types(was) and _types(now) and not narrow <= wide:
            yield f"{place}: is {_listed(_types(now))} now, before {_listed(_types(was))}"
        if not asked:
            return
        gone = _enum(was, now) - _enum(now, was)
        if gone or ("enum" in now and "enum" not in was):
            yield f"{place}: no longer takes {_listed(gone) or 'every value'}"
        for limit, larger_is_wider in _LIMITS.items():
            if limit not in now:
                continue
            known = limit in was
            if not known or (
                now[limit] < was[limit] if larger_is_wider else now[limit] > was[limit]
            ):
                yield f"{place}: {limit} is {now[limit]} now, before {was.get(limit, 'none')}"

    def _fields(self, place: str, was: Json, now: Json, *, asked: bool) -> Iterator[str]:
        fields, others = was.get("properties", {}), now.get("properties", {})
        required, needed = set(was.get("required", [])), set(now.get("required", []))
        for name, field in fields.items():
            if name not in others:
                yield f"{place}.{name}: is gone"
                continue
            if name in (needed - required if asked else required - needed):
                yield f"{place}.{name}: {'is required now' if asked else 'may be missing now'}"
            yield from self._schema(f"{place}.{name}", field, others[name], asked=asked)
        if asked:
            for name in sorted(needed - set(fields)):
                yield f"{place}.{name}: is new and required"


def _resolved(document: Json, item: Json) -> Json:
    while "$ref" in item:
        name = item["$ref"].removeprefix("#/").split("/")
        item = document
        for part in name:
            item = item[part]
    return item


def _parameters(document: Json, operation: Json) -> dict[str, Json]:
    found = [_resolved(document, one) for one in operation.get("parameters", [])]
    return {f"{one['in']}:{one['name']}": one for one in found}


def _allows(before: list[Json], after: list[Json]) -> bool:
    """Whether whatever was enough before still is."""
    if not after:
        return True
    return bool(before) and all(
        any(
            all(set(after_scopes) <= set(old.get(name, ())) for name, after_scopes in new.items())
            and set(new) <= set(old)
            for new in after
        )
        for old in before
    )


def _enum(schema: Json, otherwise: Json) -> set[Any]:
    return set(schema["enum"] if "enum" in schema else otherwise.get("enum") or [])


def _choices(schema: Json) -> dict[str, Json]:
    choices = schema["anyOf"] if "anyOf" in schema else schema.get("oneOf") or []
    return {one.get("$ref", str(one.get("type"))).rsplit("/", 1)[-1]: one for one in choices}


def _types(schema: Json) -> set[str]:
    kind = schema.get("type", [])
    kinds = {kind} if isinstance(kind, str) else set(kind)
    # Every integer is a number.
    return kinds | {"integer"} if "number" in kinds else kinds


def _listed(names: set[Any]) -> str:
    return ", ".join(sorted(map(str, names)))


def newest(folder: Path) -> Path | None:
    """The document of the highest version in the folder."""

    def version(path: Path) -> list[int]:
        return [int(number) for number in re.findall(r"\d+", path.stem)]

    return max(folder.glob("openapi-*.json"), key=version, default=None)


def main() -> int:
    released = newest(RELEASED)
    if released is None:
        print(f"No release to compare with: {RELEASED.relative_to(ROOT)} holds no document yet.")
        return 0
    old, new = (json.loads(path.read_text()) for path in (released, ROOT / "openapi.json"))
    found = breaking_changes(old, new)
    for line in found:
        print(line)
    print(f"{len(found)} breaking changes since {released.stem.removeprefix('openapi-')}.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
