"""Cosmic Ray on the code that decides who may do what: `python -m tools.authorization_mutants`. Every mutant of it
must be noticed by the tests of its module, or stand in `tools/cosmic-ray.toml` with the reason why it changes nothing.

Cosmic Ray makes the mutants. The tests run in a process forked for each mutant, on a copy of the runtime tree: nothing
on disk is changed that somebody else may be using, and what the tests import is loaded once."""

import argparse
import difflib
import importlib
import multiprocessing
import os
import re
import shutil
import signal
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.pool import AsyncResult
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RUNTIME = ROOT / "runtime" / "skyferry"
CONFIG = ROOT / "tools" / "cosmic-ray.toml"
#: Loaded before the fork: what tests and runtime import, and nothing that is mutated.
_LOADED = ("moto", "boto3", "pydantic", "hypothesis", "jwt", "jinja2", "itsdangerous", "pytest",
           "moto.dynamodb.models", "moto.s3.models", "moto.sqs.models", "moto.kms.models",
           "aws_lambda_powertools.metrics", "cryptography.hazmat.primitives.asymmetric.ec")  # fmt: skip
#: Whether records are frozen and have slots guards us against ourselves, imports for types are for types: no request
#: meets either.
_DECLARED = ("@dataclass(", "if TYPE_CHECKING:")
_GREEN = 0


@dataclass(frozen=True)
class Mutant:
    module: str
    operator: str
    definition: str
    source: str
    #: What was changed: lines that go, lines that come.
    before: str
    after: str
    line: int

    def __str__(self) -> str:
        return (
            f"{self.module}:{self.line} ({self.definition}, {self.operator})\n"
            f"    - {self.before}\n    + {self.after}"
        )


def mutants(module: str, wanted: re.Pattern[str], excluded: re.Pattern[str]) -> Iterator[Mutant]:
    """Of the definitions that are wanted, by every operator that is not excluded."""
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.ast.ast_query import ASTQuery
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator, operator_names

    source = (RUNTIME / module).read_text(encoding="utf-8")
    tree: Any = get_ast(source)
    seen = {source}
    for name in operator_names():
        kind: Any = get_operator(name)
        if excluded.fullmatch(name) or kind.arguments():
            continue
        places = [node for node in ast_nodes(tree) for _ in kind().mutation_positions(node)]
        for occurrence, node in enumerate(places):
            definition = ASTQuery(node).get_definition_name() or ""
            if not wanted.fullmatch(definition):
                continue
            try:
                changed = mutate_code(source, kind(), occurrence)
            except AttributeError:
                # Cosmic Ray 8.7.0 replaces no exception whose name has a dot.
                continue
            if changed is None or changed in seen:
                continue
            seen.add(changed)
            mutant = _described(module, name, definition, source, changed)
            if not mutant.before.startswith(_DECLARED):
                yield mutant


def _described(module: str, operator: str, definition: str, source: str, changed: str) -> Mutant:
    old, new = source.splitlines(), changed.splitlines()
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    blocks = [block for block in matcher.get_opcodes() if block[0] != "equal"]
    first, last = blocks[0], blocks[-1]
    before = " ".join(line.strip() for line in old[first[1] : last[2]])
    after = " ".join(line.strip() for line in new[first[3] : last[4]])
    return Mutant(module, operator, definition, changed, before, after, first[1] + 1)


def verdict(mutant: Mutant | None, tests: list[str], patience: int) -> tuple[Mutant | None, int]:
    """pytest's exit code on the mutant, on the code as it is without one; 2 also when it takes too long. For a process
    of its own, which is of no use for anything afterwards."""
    import pytest

    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    os.chdir(ROOT)
    signal.signal(signal.SIGALRM, _interrupt)
    signal.alarm(patience)
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        copy = Path(folder).resolve() / "skyferry"
        # With its bytecode, which stays valid: the copies have the times of their sources.
        shutil.copytree(RUNTIME, copy)
        if mutant is not None:
            (copy / mutant.module).write_text(mutant.source, encoding="utf-8")
        sys.path[:0] = [str(copy.parent), str(ROOT)]
        sys.dont_write_bytecode = True
        options = [
            "-x",
            "-q",
            "--tb=no",
            "--assert=plain",
            "-p",
            "no:randomly",
            "-p",
            "no:cacheprovider",
        ]
        code = int(pytest.main([*options, *tests]))
        signal.alarm(0)
        if not str(sys.modules["skyferry"].__file__).startswith(str(copy)):
            raise RuntimeError("the tests have imported the runtime itself, not its copy")
    return mutant, code


def _survivor(job: AsyncResult[tuple[Mutant | None, int]]) -> Mutant | None:
    mutant, code = job.get()
    if code != _GREEN:
        return None
    print(f"SURVIVED {mutant}", flush=True)
    return mutant


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _equivalent(mutant: Mutant, known: list[dict[str, str]]) -> bool:
    return any(
        (one["module"], one["before"], one["after"]) == (mutant.module, mutant.before, mutant.after)
        for one in known
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.authorization_mutants", description=__doc__
    )
    parser.add_argument("modules", nargs="*", help="only these, as the configuration names them")
    options = parser.parse_args()
    config = tomllib.loads(CONFIG.read_text(encoding="utf-8"))["cosmic-ray"]
    targets = [
        one for one in config["targets"] if one["module"] in options.modules or not options.modules
    ]
    begun = time.monotonic()
    for name in _LOADED:
        importlib.import_module(name)
    if "skyferry" in sys.modules:
        raise SystemExit("the runtime is loaded before it is mutated")
    excluded, patience = re.compile("|".join(config["excluded-operators"])), config["timeout"]
    total, survivors, unexplained = 0, [], []
    context = multiprocessing.get_context("fork")
    with context.Pool(os.cpu_count(), maxtasksperchild=1) as pool:
        for target in targets:
            tests = [f"tests/unit/{test}" for test in target["tests"]]
            if pool.apply(verdict, (None, tests, patience))[1] != _GREEN:
                raise SystemExit(f"{target['module']}: its tests are not green without a mutant")
            wanted = re.compile(target.get("definitions", ".*"))
            made = mutants(target["module"], wanted, excluded)
            jobs = [pool.apply_async(verdict, (mutant, tests, patience)) for mutant in made]
            # One by one, so that a long run shows what it has found.
            alive = [mutant for mutant in map(_survivor, jobs) if mutant is not None]
            bad = [one for one in alive if not _equivalent(one, config["equivalent"])]
            survivors += alive
            unexplained += bad
            total += len(jobs)
            print(
                f"{target['module']}: {len(jobs) - len(alive)} of {len(jobs)} noticed", flush=True
            )
            for one in bad:
                print(f"  not explained: {one.module}:{one.line}", flush=True)
    print(
        f"{total} mutants, {total - len(survivors)} noticed, {len(survivors) - len(unexplained)} equivalent, "
        f"{len(unexplained)} survived; {time.monotonic() - begun:.0f} s"
    )
    return int(bool(unexplained))


if __name__ == "__main__":
    sys.exit(main())
