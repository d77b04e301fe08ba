"""A break of the API is told, an addition is not."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tools import breaking
from tools.breaking import breaking_changes, newest

DOCUMENT = json.loads((Path(__file__).parents[3] / "openapi.json").read_text(encoding="utf-8"))
Json = dict[str, Any]


def create(document: Json) -> Json:
    found: Json = document["paths"]["/transfers"]["post"]
    return found


def fields(document: Json, model: str) -> Json:
    found: Json = document["components"]["schemas"][model]["properties"]
    return found


def required(document: Json, model: str) -> list[str]:
    found: list[str] = document["components"]["schemas"][model]["required"]
    return found


def add_required(document: Json, model: str, name: str) -> None:
    fields(document, model)[name] = {"type": "string"}
    required(document, model).append(name)


BREAKS: dict[str, tuple[Callable[[Json], object], str]] = {
    "operation": (
        lambda d: d["paths"]["/transfers"].pop("post"),
        "POST /transfers: the operation is gone",
    ),
    "path": (
        lambda d: d["paths"].pop("/usage"),
        "GET /usage: the operation is gone",
    ),
    "parameter": (
        lambda d: d["paths"]["/transfers"]["get"]["parameters"].pop(0),
        "GET /transfers: the parameter query:limit is gone",
    ),
    "parameter newly required": (
        lambda d: d["components"]["parameters"]["IdempotencyKey"].update(required=True),
        "POST /transfers: the parameter header:Idempotency-Key is required now",
    ),
    "new required parameter": (
        lambda d: create(d)["parameters"].append(
            {"name": "Tenant", "in": "header", "required": True, "schema": {"type": "string"}}
        ),
        "POST /transfers: the parameter header:Tenant is new and required",
    ),
    "parameter's enum": (
        lambda d: next(
            p for p in d["paths"]["/transfers"]["get"]["parameters"] if p.get("name") == "status"
        )["schema"]["enum"].remove("draft"),
        "GET /transfers query:status: no longer takes draft",
    ),
    "success": (
        lambda d: create(d)["responses"].update({"200": create(d)["responses"].pop("201")}),
        "POST /transfers: the response 201 is gone",
    ),
    "header of an answer": (
        lambda d: create(d)["responses"]["201"]["headers"].pop("Location"),
        "POST /transfers 201: the header Location is gone",
    ),
    "media type": (
        lambda d: create(d)["requestBody"]["content"].pop("application/json"),
        "POST /transfers body: application/json is gone",
    ),
    "request field": (
        lambda d: fields(d, "NewFile").pop("path"),
        "POST /transfers body.files[].path: is gone",
    ),
    "request field newly required": (
        lambda d: required(d, "NewFile").append("sha256"),
        "POST /transfers body.files[].sha256: is required now",
    ),
    "new required request field": (
        lambda d: add_required(d, "NewFile", "owner"),
        "POST /transfers body.files[].owner: is new and required",
    ),
    "tighter limit": (
        lambda d: fields(d, "NewFile")["name"].update(maxLength=100),
        "POST /transfers body.files[].name: maxLength is 100 now, before 255",
    ),
    "null refused": (
        lambda d: fields(d, "NewFile")["path"]["anyOf"].pop(),
        "POST /transfers body.files[].path: null is no longer a choice",
    ),
    "answer field": (
        lambda d: fields(d, "File").pop("size"),
        "GET /transfers/{transfer_id}/files/{file_id} 200.size: is gone",
    ),
    "answer field may be missing": (
        lambda d: required(d, "File").remove("size"),
        "GET /transfers/{transfer_id}/files/{file_id} 200.size: may be missing now",
    ),
    "type of an answer": (
        lambda d: fields(d, "File")["size"].update(type="string"),
        "GET /transfers/{transfer_id}/files/{file_id} 200.size: is string now, before integer",
    ),
    "type of a request": (
        lambda d: fields(d, "NewFile")["size"].update(type="string"),
        "POST /transfers body.files[].size: is string now, before integer",
    ),
    "security": (
        lambda d: d["paths"]["/healthz"]["get"].update(security=[{"oauth": ["admin"]}]),
        "GET /healthz: needs [{'oauth': ['admin']}], before nothing",
    ),
    "scope": (
        lambda d: d["paths"]["/usage"]["get"].update(security=[{"oauth": ["admin"]}]),
        "GET /usage: needs [{'oauth': ['admin']}], before [{'oauth': ['transfers:read']}]",
    ),
}
ADDITIONS: dict[str, Callable[[Json], object]] = {
    "operation": lambda d: d["paths"].update({"/new": {"get": create(d)}}),
    "optional request field": lambda d: fields(d, "NewFile").update(note={"type": "string"}),
    "answer field": lambda d: add_required(d, "File", "note"),
    "wider limit": lambda d: fields(d, "NewFile")["name"].update(maxLength=300),
    "refusal": lambda d: create(d)["responses"].pop("422"),
    "no security": lambda d: d["paths"]["/usage"]["get"].update(security=[]),
    "words": lambda d: create(d).update(summary="Otherwise said."),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_planted_break_is_told(name: str) -> None:
    plant, line = BREAKS[name]
    changed = copy.deepcopy(DOCUMENT)
    plant(changed)

    assert line in breaking_changes(DOCUMENT, changed)


@pytest.mark.parametrize("name", ADDITIONS)
def test_an_addition_is_no_break(name: str) -> None:
    changed = copy.deepcopy(DOCUMENT)
    ADDITIONS[name](changed)

    assert changed != DOCUMENT
    assert breaking_changes(DOCUMENT, changed) == []


def test_the_newest_release_is_the_highest_number_not_the_last_name(tmp_path: Path) -> None:
    for version in ("0.9.0", "0.10.0", "0.2.11"):
        (tmp_path / f"openapi-{version}.json").touch()

    assert newest(tmp_path) == tmp_path / "openapi-0.10.0.json"


def test_a_break_fails_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = copy.deepcopy(DOCUMENT)
    before["paths"]["/gone"] = {"get": create(before)}
    (tmp_path / "openapi-0.0.1.json").write_text(json.dumps(before), encoding="utf-8")
    monkeypatch.setattr(breaking, "RELEASED", tmp_path)

    assert breaking.main() == 1
    assert "GET /gone: the operation is gone" in capsys.readouterr().out
