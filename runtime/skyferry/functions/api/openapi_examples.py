"""The examples of the OpenAPI document: `examples/*.json`, one file for each area, one running story.

Ada, who keeps a laboratory's accounts, sends Grace a report; later she asks for files herself.
"""

import json
from functools import cache
from importlib.resources import files
from typing import Any, Final

_FOLDER: Final = files("skyferry.functions.api") / "examples"
_PROBLEMS: Final = "problems.json"


@cache
def examples() -> dict[str, Any]:
    """What `request` and `answer` look like, by operation id."""
    found: dict[str, Any] = {}
    for file in sorted(_FOLDER.iterdir(), key=lambda each: each.name):
        if file.name.endswith(".json") and file.name != _PROBLEMS:
            found |= json.loads(file.read_text(encoding="utf-8"))
    return found


@cache
def problem_examples() -> dict[str, Any]:
    """What a problem document says besides its status, by code: `detail`, `instance`, maybe `errors`."""
    found: dict[str, Any] = json.loads((_FOLDER / _PROBLEMS).read_text(encoding="utf-8"))
    return found


def example(operation_id: str, of: str) -> dict[str, Any]:
    """`{"example": …}` of an operation's `request` or `answer`; empty where there is none."""
    known = examples().get(operation_id, {})
    return {"example": known[of]} if of in known else {}
