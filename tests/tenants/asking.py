"""How to ask for an operation with ids of anybody's."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tests.tenants.bodies import BODIES, LOCKABLE, QUERIES, Marks
from tests.tenants.driver import Ask, Tenant
from tests.tenants.knowledge import Knowledge, Value, mark
from tests.tenants.operations import Operation

#: A number below another.
Draw = Callable[[int], int]

_KEY = "Idempotency-Key"
#: What counts for one caller alone, whatever the path says: more often than ids taken from anybody.
_ALONE = {"session", "cursor", "key-of-request"}
#: Kinds of tokens.
_TOKENS = ("t-token", "r-token", "u-token")


@dataclass(frozen=True)
class Asked:
    """A request, what in it is whose, and the marks of its text."""

    ask: Ask
    operation: Operation
    #: Values by where they were put: `path`, `query`, `header` or `body`, and the name there.
    used: Mapping[tuple[str, str], Value]
    marks: Marks

    @property
    def token(self) -> Value | None:
        """By which the caller asks, where it is one that the operation knows."""
        token = self.used.get(("path", "token"))
        return token if token and token.kind[0] == self.ask.route[1] else None

    @property
    def tenant(self) -> Tenant | None:
        """Of whom the answer may speak."""
        if self.operation.public:
            return self.token.tenant if self.token else None
        return self.ask.caller

    def foreign(self) -> dict[tuple[str, str], Value]:
        """What this caller has no right to by this path: the other tenant's, or another transfer's."""
        return {where: value for where, value in self.used.items() if self._is_foreign(value)}

    def _is_foreign(self, value: Value) -> bool:
        if value == self.token or value.kind == "key-of-request":
            # Whoever may send any key; whether it counts for them, `judging` says.
            return False
        if value.kind.endswith("-token") or value.tenant != self.tenant:
            return True
        root = self.token or next(iter(self.used.values()))
        return value.kind not in {"after", "cursor", "email"} and value.place != root.place

    def with_unknown(self) -> "Asked":
        """The same with something that never was in place of each foreign value."""
        ask = self.ask
        for (place, name), value in self.foreign().items():
            near = near_miss(value)
            match place:
                case "path":
                    ask = replace(ask, path={**ask.path, name: near})
                case "query":
                    ask = replace(ask, query={**ask.query, name: near})
                case "header":
                    ask = replace(ask, headers={**ask.headers, name: near})
                case _:
                    ask = replace(ask, body=(ask.body or "").replace(value.text, near))
        return replace(self, ask=ask).with_fresh_key()

    def with_fresh_key(self) -> "Asked":
        """Two requests that are to be compared share no Idempotency-Key: it would tell them apart."""
        if _KEY not in self.ask.headers:
            return self
        used = {where: value for where, value in self.used.items() if where[1] != _KEY}
        headers = {**self.ask.headers, _KEY: mark()}
        return replace(self, ask=replace(self.ask, headers=headers), used=used)


def near_miss(value: Value) -> str:
    """As like as can be. The end of an id is chance; of an address, a key and a cursor something before it."""
    place = {"email": 3, "cursor": 5, "session": 5}.get(value.kind, len(value.text) - 2)
    other = "7" if value.text[place] != "7" else "8"
    return value.text[:place] + other + value.text[place + 1 :]


def ask_for(
    operation: Operation, caller: Tenant | None, known: Knowledge, draw: Draw, whose: Tenant
) -> Asked | None:
    """A request whose ids are all of one place of `whose`, but now and then one that is not; None where nothing
    is known to put into its path."""
    used: dict[tuple[str, str], Value] = {}
    marks = Marks()
    for name in operation.path_parameters:
        if name == "part_number":
            continue
        value = _pick(known, _kind(name, operation, draw), used, draw, whose)
        if value is None:
            return None
        used["path", name] = value
    path = {name: value.text for (_, name), value in used.items()}
    if "part_number" in operation.parameters:
        path["part_number"] = "1"
    query = _query(operation, known, used, draw, whose, marks)
    headers = _headers(operation, known, used, draw, whose)
    body = _body(operation, known, used, draw, whose, marks)
    if operation.media_type:
        headers["Content-Type"] = operation.media_type
    ask = Ask(operation.id, operation.method, operation.route, caller, path, query, headers, body)
    return Asked(ask, operation, used, marks)


def _kind(name: str, operation: Operation, draw: Draw) -> str:
    if name != "token":
        return name
    # A token of the other kinds leads nowhere.
    return _TOKENS[draw(3)] if draw(8) == 0 else f"{operation.route[1]}-token"


def _pick(
    known: Knowledge, kind: str, used: Mapping[Any, Value], draw: Draw, whose: Tenant
) -> Value | None:
    pool = known.pools[kind]
    root = next(iter(used.values()), None)
    if draw(2 if kind in _ALONE else 5) > 0:
        fitting = [value for value in pool if value.tenant == whose]
        near = [value for value in fitting if root and value.place == root.place]
        pool = near or fitting or pool
    return pool[draw(len(pool))] if pool else None


def _query(
    operation: Operation,
    known: Knowledge,
    used: dict[tuple[str, str], Value],
    draw: Draw,
    whose: Tenant,
    marks: Marks,
) -> dict[str, str]:
    fixed = QUERIES.get(operation.id.removesuffix("Head"))
    query = fixed(marks) if fixed else {}
    for name in ("key", "cursor", "after"):
        if operation.parameters.get(name) != "query":
            continue
        wanted = name in operation.required or draw(2) == 0
        value = _pick(known, name, used, draw, whose) if wanted else None
        if value is not None:
            used["query", name] = value
        if value is not None or name in operation.required:
            query[name] = value.text if value else "inbox/x"
    if "limit" in operation.parameters and draw(2):
        query["limit"] = "1"
    if operation.id.startswith("companionParams") and draw(3) == 0:
        file = _pick(known, "file_id", used, draw, whose)
        if file is not None:
            used["query", "metadata[file_id]"] = file
            query["metadata[file_id]"] = file.text
    return query


def _headers(
    operation: Operation,
    known: Knowledge,
    used: dict[tuple[str, str], Value],
    draw: Draw,
    whose: Tenant,
) -> dict[str, str]:
    headers = {}
    if "If-Match" in operation.parameters:
        headers["If-Match"] = "*"
    if _KEY in operation.parameters:
        known_key = _pick(known, "key-of-request", {}, draw, whose) if draw(2) == 0 else None
        if known_key is not None:
            used["header", _KEY] = known_key
        headers[_KEY] = known_key.text if known_key else mark()
    if operation.route.startswith(("/t/", "/r/")) and draw(2) == 0:
        session = _pick(known, "session", used, draw, whose)
        if session is not None:
            used["header", "Skyferry-Session"] = session
            headers["Skyferry-Session"] = session.text
    if operation.public and draw(4) == 0:
        headers["Accept"] = "text/html"
    return headers


def _body(
    operation: Operation,
    known: Knowledge,
    used: dict[tuple[str, str], Value],
    draw: Draw,
    whose: Tenant,
    marks: Marks,
) -> str | None:
    if operation.media_type is None:
        return None
    body = BODIES[operation.schema](marks)
    if isinstance(body, str):
        return body
    if operation.schema in LOCKABLE and draw(4) == 0:
        body["password"] = marks.password()
    if operation.schema == "Unlock" and (word := _pick(known, "password", used, draw, whose)):
        body["password"] = word.text
    if operation.schema == "CompanionUpload" and draw(3) == 0:
        file = _pick(known, "file_id", used, draw, whose)
        if file is not None:
            used["body", "file_id"] = file
            body["metadata"]["file_id"] = file.text
    if draw(8) == 0 and (root := _pick(known, "transfer_id", used, draw, whose)):
        # What only the service may set.
        used["body", "id"] = root
        body["id"] = root.text
    return json.dumps(body)
