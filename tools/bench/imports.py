"""What each function imports, who of it spends what, and whether that is within the budget: `make imports`.

Modules and bytes of source are the same on any machine; instructions are limited as a share of those of a yardstick,
where valgrind is installed."""

import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from dataclasses import dataclass
from functools import cache

from skyferry.contract import Function

from tools.bench.assets import ROOT
from tools.bench.runtime import VALGRIND

BUDGET = ROOT / "tests" / "bench" / "import_budget.toml"
#: What may be added before somebody has to say so in the budget.
GROWTH = 1.02
_SHOWN = 6
#: The least that any function on DynamoDB and S3 imports and makes.
_YARDSTICK = """
import botocore.session
session = botocore.session.get_session()
session.create_client("dynamodb", region_name="eu-central-1")
session.create_client("s3", region_name="eu-central-1")
"""
_LOADED = """
import sys, sysconfig
before = set(sys.modules)
{statement}
import json, os
own = {root!r}
standard = sysconfig.get_path("stdlib") + os.sep
packages = sysconfig.get_path("purelib") + os.sep
files = [(name, getattr(sys.modules[name], "__file__", None)) for name in set(sys.modules) - before]
print(json.dumps([
    [name.partition(".")[0], os.path.getsize(file) if file.endswith(".py") else 0]
    for name, file in files
    if file and (file.startswith((packages, own)) or not file.startswith(standard))
]))
"""


@dataclass(frozen=True, slots=True)
class Load:
    """Modules beside the standard library's, and the bytes of their source."""

    modules: int
    source_bytes: int
    bytes_of: Counter[str]


def statement(function: Function) -> str:
    return f"import skyferry.functions.{function}.index"


def loaded(function: Function) -> Load:
    script = _LOADED.format(statement=statement(function), root=str(ROOT / "runtime"))
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    bytes_of: Counter[str] = Counter()
    modules = json.loads(done.stdout)
    for package, size in modules:
        bytes_of[package] += size
    return Load(len(modules), bytes_of.total(), bytes_of)


@cache
def instructions(code: str) -> int | None:
    """What a process executes that does nothing else. None without valgrind."""
    if VALGRIND is None:
        return None
    # Of the person's environment nothing: it may forbid to keep the bytecode, and slow what is counted.
    environment = {"PATH": os.defpath, "PYTHONHASHSEED": "0"}
    # The first import of a module compiles it, which would be counted too.
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=120, env=environment)
    with tempfile.NamedTemporaryFile("r", suffix=".valgrind") as log:
        subprocess.run(
            [VALGRIND, "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null",
             f"--log-file={log.name}", sys.executable, "-c", code],
            cwd=ROOT, check=True, timeout=600, stderr=subprocess.DEVNULL, env=environment,
        )  # fmt: skip
        found = re.search(r"I +refs: +([\d,]+)", log.read())
    return int(found.group(1).replace(",", "")) if found else None


def share_of_yardstick(function: Function) -> float | None:
    mine, yardstick = instructions(statement(function)), instructions(_YARDSTICK)
    return mine / yardstick if mine and yardstick else None


def budget() -> dict[str, dict[str, float]]:
    return tomllib.loads(BUDGET.read_text(encoding="utf-8"))


def over(function: Function, figures: dict[str, float]) -> list[str]:
    """Figures that have grown by more than is allowed."""
    allowed = budget()[function]
    return [
        f"{function}: {name} {value:,.6g}, budget {allowed[name]:,.6g}"
        for name, value in figures.items()
        if value > GROWTH * allowed[name]
    ]


def main() -> int:
    broken: list[str] = []
    for function in Function:
        load, share = loaded(function), share_of_yardstick(function)
        figures: dict[str, float] = {"modules": load.modules, "source_bytes": load.source_bytes}
        if share is not None:
            figures["instructions"] = round(share, 3)
        print(f"\n[{function}]")
        for name, value in figures.items():
            print(f"{name} = {value}")
        for package, size in load.bytes_of.most_common(_SHOWN):
            print(f"#{size / load.source_bytes:>5.0%} of the source: {package}")
        broken += over(function, figures)
    if VALGRIND is None:
        print("\nvalgrind is not installed: instructions were not counted.")
    print("\n" + ("\n".join(broken) or f"All within {BUDGET.relative_to(ROOT)}."))
    return 1 if broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
