"""What a cold start may load. The times are measured by `make bench`; this needs no clock."""

import json
import subprocess
import sys

import pytest
from skyferry.functions.api import routes

from tools.bench.assets import ROOT

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
    """The modules a fresh process has loaded after the statement."""
    script = f"{statement}; import json, sys; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("function", sorted(NEEDED))
def test_a_function_starts_with_what_it_needs_and_no_more(function: str) -> None:
    loaded = _loaded(f"import skyferry.functions.{function}.index")

    assert loaded & set(LAZY) == NEEDED[function]


#: What the operations work with; each is made for the first request that needs it.
USE_CASES = {
    f"skyferry.core.{name}"
    for name in (
        "capability", "companion", "editing", "feeds", "receipts", "receiving", "requesting",
        "sending", "subscribing", "suppressing", "unlocking", "uploading",
    )
}  # fmt: skip


def test_the_api_starts_without_use_cases() -> None:
    assert _loaded("import skyferry.functions.api.index") & USE_CASES == set()


def test_a_part_of_the_api_is_loaded_by_the_first_request_for_it() -> None:
    parts = {f"skyferry.functions.api.{part}" for part in routes.PARTS}
    find = "from skyferry.functions.api import index, routes; routes.find('GET', '{}')"

    assert _loaded("import skyferry.functions.api.index") & parts == set()
    assert _loaded(find.format("/transfers/{transfer_id}")) & parts == {
        "skyferry.functions.api.transfers"
    }
    assert _loaded(find.format("/webhooks")) & parts == {"skyferry.functions.api.webhooks"}
