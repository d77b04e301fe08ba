"""What a cold start may load. The times are measured by `make bench`; this needs no clock."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from skyferry_cdk import bundling_steps as steps

from tests.infra.infra_support import REPOSITORY

#: Loaded when first needed, by the functions that need it, or never.
LAZY = ("asyncio", "boto3", "itsdangerous", "jinja2", "puremagic", "s3transfer")
#: Modules of LAZY a function cannot do its first event without.
NEEDED = {
    "api": set(),
    "deliver_webhook": {"asyncio"},
    "dispatch_outbox": set(),
    "email_feedback": {"asyncio"},  # by Powertools' batch utility
    "pause_sending": set(),
    "process_upload": {"asyncio", "puremagic"},
    "send_email": {"asyncio", "jinja2"},
    "sweep": set(),
}


def _loaded(statement: str) -> set[str]:
    """Which of LAZY a fresh process has loaded after the statement."""
    script = f"{statement}; import json, sys; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=REPOSITORY, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return set(json.loads(done.stdout)) & set(LAZY)


@pytest.mark.parametrize("function", sorted(NEEDED))
def test_a_function_starts_with_what_it_needs_and_no_more(function: str) -> None:
    assert _loaded(f"import skyferry.functions.{function}.index") == NEEDED[function]


def test_the_texts_of_botocores_manual_are_not_shipped_and_nothing_else_is_lost(
    tmp_path: Path,
) -> None:
    model = {
        "operations": {"Get": {"documentation": "<p>How to get.</p>", "input": {"shape": "In"}}},
        "shapes": {"In": {"members": {"documentation": {"shape": "Text", "documentation": "x"}}}},
    }
    folder = tmp_path / "botocore" / "data" / "shop" / "2026-01-01"
    folder.mkdir(parents=True)
    (folder / "service-2.json").write_text(json.dumps(model, indent=2))
    (folder.parents[1] / "endpoints.json").write_text('{"partitions": []}')

    steps.trim_botocore(tmp_path, ["shop"])

    assert json.loads((folder / "service-2.json").read_text()) == {
        "operations": {"Get": {"documentation": "", "input": {"shape": "In"}}},
        "shapes": {"In": {"members": {"documentation": {"shape": "Text", "documentation": ""}}}},
    }
