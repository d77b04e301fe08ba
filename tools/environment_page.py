"""Writes docs/environments.md: every key of config/<env>.toml, from the model that reads them."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from skyferry_cdk.environment import Environment

PAGE: Final = Path(__file__).parents[1] / "docs" / "environments.md"
_HEAD: Final = """\
# Environments

One file per environment, `config/<name>.toml`; only the one you name is synthesized (`cdk deploy -c env=prod 'prod/**'`).
[dev](../config/dev.toml) names no account and deploys wherever your AWS profile points; [staging](../config/staging.toml) and
[prod](../config/prod.toml) are templates to change; [local](../config/local.toml) is the laptop cloud.

```sh
skyferry env check prod    # every mistake at once, with file, key, value and what is allowed
skyferry env show prod     # every setting as it counts
```

Unknown keys are refused. Editors complete and check the keys by [schema.json](../config/schema.json), which the first line of
each file names. Production (`production = true`) must name account and region, keep its data, scan, have somebody to call, an
https issuer and named origins. `encryption` is for the first deployment: what is stored stays under the key it was written with.

This page is written by `make schema`.
"""


def page() -> str:
    schema = Environment.file_schema()
    sections = [_table("Top level", "", schema, schema)]
    for key, value in schema["properties"].items():
        section = _section(value, schema)
        if section is not None:
            sections.append(_table(f"`[{key}]`", section.get("description", ""), section, schema))
    return "\n".join([_HEAD, *sections])


def _section(value: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any] | None:
    for option in (value, *value.get("anyOf", ())):
        if "$ref" in option:
            found: Mapping[str, Any] = schema["$defs"][option["$ref"].rpartition("/")[2]]
            return found
    return None


def _table(title: str, text: str, section: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    required = set(section.get("required", ()))
    rows = [
        f"| `{key}` | {_allowed(value)} | {_default(key, value, required)} | {value.get('description', '')} |"
        for key, value in section["properties"].items()
        if _section(value, schema) is None
    ]
    return "\n".join(
        [
            f"## {title}",
            "",
            *([text, ""] if text else []),
            "| key | allowed | default | |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _default(key: str, value: Mapping[str, Any], required: set[str]) -> str:
    if key in required:
        return "**required**"
    return "" if value.get("default") is None else f"`{json.dumps(value['default'])}`"


def _allowed(value: Mapping[str, Any]) -> str:
    options = [one for one in value.get("anyOf", (value,)) if one.get("type") != "null"]
    return " or ".join(_kind(one) for one in options).replace("|", "\\|")


def _kind(value: Mapping[str, Any]) -> str:
    if "enum" in value:
        return ", ".join(f"`{json.dumps(one)}`" for one in value["enum"])
    if value.get("type") == "array":
        return f"list of {_kind(value.get('items', {}))}"
    if value.get("type") == "object":
        return "table"
    return " ".join([value.get("type", "value"), *_bounds(value)])


def _bounds(value: Mapping[str, Any]) -> Iterator[str]:
    low = value.get("minimum", value.get("exclusiveMinimum"))
    high = value.get("maximum")
    if low is not None and high is not None:
        yield f"{low} to {high}"
    elif low is not None:
        yield f"above {low}" if "exclusiveMinimum" in value else f"{low} or more"
    if "pattern" in value:
        yield f"`{value['pattern']}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
