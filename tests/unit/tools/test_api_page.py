"""The page of all operations is the one that the document makes."""

import json
from pathlib import Path

from tools.api_page import PAGE, page

DOCUMENT = json.loads((Path(__file__).parents[3] / "openapi.json").read_text(encoding="utf-8"))


def test_the_committed_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(DOCUMENT), "run `make docs`"


def test_every_operation_stands_on_it_once() -> None:
    text = page(DOCUMENT)

    for methods in DOCUMENT["paths"].values():
        for method, operation in methods.items():
            rows = text.count(f"**{operation['operationId']}**")
            assert rows == (0 if method == "head" else 1), operation["operationId"]


def test_a_row_says_who_may_call_and_what_is_refused() -> None:
    (row,) = [line for line in page(DOCUMENT).splitlines() if "**finalizeTransfer**" in line]

    assert "`transfers:write`" in row
    assert "202" in row
    assert "`409 upload-incomplete`" in row
