"""Break the runtime on purpose and see that a test notices: `make mutants`.

Each function's handler loses its body, and every rule of `planted` is taken out, one at a time, in a copy of
the runtime tree that a test process finds before the real one. A mutant that no test notices, one that no
longer fits the code, and one that cannot even be imported are failures of this command.
"""

import ast
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tools.planted import PLANTED, Plant

ROOT = Path(__file__).resolve().parents[1]
RUNTIME = ROOT / "runtime"
TESTS = "tests/unit"
#: Seconds one test process may take; the one with all the tests has needed three minutes.
PATIENCE = 900
_PYTEST_GREEN, _PYTEST_RED = 0, 1


@dataclass(frozen=True, slots=True)
class Mutant:
    """One file of the runtime with one rule taken out, and the tests that should notice."""

    name: str
    path: str
    source: str
    tests: tuple[str, ...]


def handlers() -> list[Mutant]:
    """Every function, its handler answering nothing, with the function's own tests."""
    found = []
    for path in sorted((RUNTIME / "skyferry" / "functions").glob("*/index.py")):
        name = path.parent.name
        tree = ast.parse(path.read_text(encoding="utf-8"))
        (handler,) = (
            node
            for node in tree.body
            if isinstance(node, ast.FunctionDef) and node.name == "handler"
        )
        handler.body = [ast.Return(ast.Constant(None))]
        tests = sorted((ROOT / TESTS / "functions").glob(f"test_{name}*.py"))
        found.append(
            Mutant(
                name=f"{name} does nothing",
                path=f"functions/{name}/index.py",
                source=ast.unparse(ast.fix_missing_locations(tree)),
                tests=tuple(f"functions/{test.name}" for test in tests),
            )
        )
    return found


def planted(plant: Plant) -> Mutant:
    """Ends the command when the code has moved on and the rule is not there any more."""
    source = (RUNTIME / "skyferry" / plant.path).read_text(encoding="utf-8")
    if source.count(plant.rule) != 1:
        raise SystemExit(
            f"mutants: {plant.name}: skyferry/{plant.path} holds its rule "
            f"{source.count(plant.rule)} times, not once. Adapt the mutant:\n{plant.rule}"
        )
    return Mutant(plant.name, plant.path, source.replace(plant.rule, plant.broken), plant.tests)


def run_tests(runtime: Path, tests: Iterable[str]) -> int:
    """pytest's exit code with `runtime` before the real tree; -1 when it hangs."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=no", "--no-header",
               "-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:hypothesispytest"]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(runtime), "PYTHONDONTWRITEBYTECODE": "1"}
    where = subprocess.run(
        [sys.executable, "-c", "import skyferry; print(skyferry.__file__)"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    if not Path(where.stdout.strip()).is_relative_to(runtime):
        raise SystemExit(f"mutants: the tests would import {where.stdout.strip()}, not the copy")
    try:
        done = subprocess.run(
            [*command, *(f"{TESTS}/{test}" for test in tests)],
            cwd=ROOT, env=environment, capture_output=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return -1
    return done.returncode


def verdict(mutant: Mutant) -> str:
    """`noticed`, or why not."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        runtime = Path(folder).resolve()
        # With its bytecode, which stays valid: the copies have the times of their sources.
        shutil.copytree(RUNTIME / "skyferry", runtime / "skyferry")
        (runtime / "skyferry" / mutant.path).write_text(mutant.source, encoding="utf-8")
        code = run_tests(runtime, mutant.tests)
    known = {_PYTEST_RED: "noticed", _PYTEST_GREEN: "SURVIVED", -1: "HUNG"}
    # Any other code says that the tests did not run: such a mutant proves nothing.
    return known.get(code, "BROKEN")


def main() -> int:
    """0 when the tests are green without a mutant and red with each."""
    started = time.monotonic()
    mutants = [*handlers(), *(planted(plant) for plant in PLANTED)]
    tests = sorted({test for mutant in mutants for test in mutant.tests})
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        unmutated = pool.submit(run_tests, RUNTIME, tests)
        failed = 0
        for mutant, result in zip(mutants, pool.map(verdict, mutants), strict=True):
            failed += result != "noticed"
            print(f"{result:<9} {mutant.name}", flush=True)
        without = {_PYTEST_GREEN: "green", -1: "too slow"}.get(unmutated.result(), "RED")
    print(
        f"{len(mutants) - failed} of {len(mutants)} mutants noticed; the tests are "
        f"{without} without one; {time.monotonic() - started:.0f} s"
    )
    return 0 if without == "green" and not failed else 1


if __name__ == "__main__":
    raise SystemExit(main())
