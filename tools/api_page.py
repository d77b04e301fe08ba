"""docs/api.md: every operation on one page, written from openapi.json by `make docs`."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
PAGE: Final = ROOT / "docs" / "api.md"
_INTRODUCTION: Final = """\
# The REST API, operation by operation

Written by `make docs` from [openapi.json](../openapi.json), which has the schemas, limits and an example of every
request, answer and error. The running service answers the same document at `/v1/openapi.json`; the laptop cloud
(`make run`) shows it as a page to read and try at <http://127.0.0.1:8080/docs>. What each feature is made of is in
[features.md](features.md).

*Access* is the scope the access token needs; *public*: no account, whoever has the link may. Every `GET` answers
`HEAD` as well. Besides the refusals named here, any operation can answer
{everywhere}.
"""

Json = dict[str, Any]


def page(document: Json) -> str:
    """The whole page."""
    rows = [
        (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method != "head"
    ]
    refusals = [_refusals(document, operation) for _, _, operation in rows]
    everywhere = set.intersection(*map(set, refusals))
    parts = [_INTRODUCTION.format(everywhere=_listed(everywhere))]
    for tag in document["tags"]:
        parts.append(f"\n## {tag['name']}\n\n{tag['description']}\n")
        parts.append("| operation | request | access | answers | refuses |\n|---|---|---|---|---|")
        parts += [
            _row(method, path, operation, set(codes) - everywhere)
            for (method, path, operation), codes in zip(rows, refusals, strict=True)
            if tag["name"] in operation["tags"]
        ]
    return "\n".join(parts) + "\n"


def _row(method: str, path: str, operation: Json, refusals: set[str]) -> str:
    scopes = [scope for need in operation["security"] for scope in need["oauth"]]
    successes = [status for status in operation["responses"] if status < "400"]
    cells = [
        f"**{operation['operationId']}**<br>{operation['summary']}",
        f"`{method} {path}`",
        _listed(scopes) or "public",
        ", ".join(successes),
        _listed(refusals) or "nothing else",
    ]
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _refusals(document: Json, operation: Json) -> list[str]:
    """`404 not-found` and the like."""
    found = []
    for status, response in operation["responses"].items():
        if "$ref" in response:
            shared = document["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
            codes = shared["content"]["application/problem+json"]["examples"]
            found += [f"{status} {code}" for code in codes]
    return found


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


if __name__ == "__main__":
    PAGE.write_text(page(json.loads((ROOT / "openapi.json").read_text(encoding="utf-8"))), "utf-8")
