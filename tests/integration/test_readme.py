"""The README's examples, run as they stand."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from local.cloud import Cloud

README = Path(__file__).parents[2] / "README.md"


def examples() -> list[tuple[str, str | None]]:
    """Shell blocks of the API chapter, each with the JSON block that follows it, if one does."""
    text = README.read_text(encoding="utf-8")
    chapter = text.partition("## The API by example")[2].partition("\n## ")[0]
    blocks = re.findall(r"```(sh|json)\n(.*?)```", chapter, flags=re.DOTALL)
    found: list[tuple[str, str | None]] = []
    for kind, block in blocks:
        if kind == "sh":
            found.append((block, None))
        else:
            found[-1] = (found[-1][0], block)
    return found


def fits(shown: Any, actual: Any, place: str = "") -> list[str]:
    """What differs: everything shown must be there; `…` stands for any text."""
    if isinstance(shown, dict) and isinstance(actual, dict):
        return [
            difference
            for name, value in shown.items()
            for difference in fits(value, actual.get(name, "(missing)"), f"{place}/{name}")
        ]
    if isinstance(shown, list) and isinstance(actual, list) and len(shown) == len(actual):
        pairs = enumerate(zip(shown, actual, strict=True))
        return [d for index, (s, a) in pairs for d in fits(s, a, f"{place}/{index}")]
    if isinstance(shown, str) and isinstance(actual, str):
        pattern = ".*".join(re.escape(part) for part in shown.split("…"))
        matches = re.fullmatch(pattern, actual, flags=re.DOTALL)
        return [] if matches else [f"{place}: {actual!r}, not {shown!r}"]
    return [] if shown == actual else [f"{place}: {actual!r}, not {shown!r}"]


def on_this_cloud(block: str, cloud: Cloud) -> str:
    """The README's ports are the defaults; these tests may run beside another cloud."""
    standins = cloud.token_url.removesuffix("/token")
    return block.replace("http://127.0.0.1:8080/v1", cloud.api_url).replace(
        "http://127.0.0.1:8090", standins
    )


def test_the_api_chapter_works_as_written(cloud: Cloud, tmp_path: Path) -> None:
    blocks = examples()
    marker = "=== end of block ==="
    script = "\n".join(
        f"{on_this_cloud(block, cloud)}\necho; echo '{marker}'" for block, _ in blocks
    )
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],  # noqa: S607
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]

    outputs = done.stdout.split(marker)
    shown = [answer for _, answer in blocks]
    assert sum(answer is not None for answer in shown) >= 6
    for output, answer in zip(outputs, shown, strict=False):
        if answer is not None:
            assert fits(json.loads(answer), json.loads(output)) == []


@pytest.mark.parametrize(
    ("shown", "actual", "differs"),
    [
        ({"a": "tr_…"}, {"a": "tr_1", "b": 2}, False),
        ({"a": "tr_…"}, {"a": "fl_1"}, True),
        ({"a": 1}, {}, True),
        ([1], [1, 2], True),
        ({"a": None}, {"a": None}, False),
    ],
)
def test_a_difference_is_noticed(shown: Any, actual: Any, differs: bool) -> None:
    assert bool(fits(shown, actual)) is differs
