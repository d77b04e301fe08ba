"""Cosmic Ray on the code that decides who may do what: `python -m tools.authorization_mutants`. Every mutant of it
must be noticed by the tests of its module, or stand in `tools/cosmic-ray.toml` with the reason why it changes nothing.

Cosmic Ray makes the mutants. The tests run in a process forked for each mutant, which imports the mutant in place of the
module: nothing on disk is changed that somebody else may be using. What does not know the module is loaded once, before
the fork, and the tests that have noticed most mutants so far run first."""

import argparse
import contextlib
import difflib
import importlib
import importlib.metadata
import importlib.util
import multiprocessing
import os
import re
import signal
import sys
import tempfile
import time
import tomllib
import warnings
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

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
_OPTIONS = ("-x", "-q", "--tb=no", "--assert=plain", "-p", "no:randomly", "-p", "no:cacheprovider")
_GREEN = 0
#: No exit codes of pytest's: the module cannot be imported, the tests take too long.
_BROKEN, _LATE = -1, -2


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


class _Order:
    """The tests that have noticed most run first; `noticed` has a line for each time that one did."""

    def __init__(self, noticed: Path) -> None:
        self.noticed = noticed

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        times = Counter(self.noticed.read_text(encoding="utf-8").splitlines())
        items.sort(key=lambda item: -times[item.nodeid])

    def pytest_runtest_logreport(self, report: Any) -> None:  # noqa: ANN401 - pytest's own
        if report.failed:
            with self.noticed.open("a", encoding="utf-8") as file:
                file.write(f"{report.nodeid}\n")


@dataclass(frozen=True)
class Trial:
    """A module, and the tests that must notice its mutants."""

    module: str
    tests: list[str]
    patience: int
    noticed: Path

    @property
    def name(self) -> str:
        return "skyferry." + self.module.removesuffix(".py").replace("/", ".")

    def verdict(self, source: str) -> int:
        """pytest's exit code on this source of the module. For a process of its own, which is of no use for anything
        afterwards."""
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
        late = []

        def interrupt(*_: object) -> None:
            late.append(True)
            raise KeyboardInterrupt

        # Of the processor's time: on a busy machine nothing may count as noticed for being slow.
        signal.signal(signal.SIGPROF, interrupt)
        signal.setitimer(signal.ITIMER_PROF, self.patience)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                module = self._install(source)
        except Exception:  # noqa: BLE001 - a module that cannot be imported is noticed
            return _BROKEN
        code = int(pytest.main([*_OPTIONS, *self.tests], plugins=[_Order(self.noticed)]))
        signal.setitimer(signal.ITIMER_PROF, 0)
        if sys.modules[self.name] is not module:
            raise RuntimeError("the tests have imported the module itself, not its mutant")
        return _LATE if late else code

    def _install(self, source: str) -> ModuleType:
        """In the module's place, as an import would."""
        path = RUNTIME / self.module
        spec = importlib.util.spec_from_file_location(self.name, path)
        if spec is None:
            raise ImportError(path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[self.name] = module
        exec(compile(source, path, "exec"), module.__dict__)  # noqa: S102 - our own source
        package, _, name = self.name.rpartition(".")
        setattr(sys.modules[package], name, module)
        return module

    def load(self) -> None:
        """What the tests import and what does not know the module."""
        sys.path[:0] = [str(RUNTIME.parent), str(ROOT)]
        os.chdir(ROOT)
        for name in _LOADED:
            importlib.import_module(name)
        for plugin in importlib.metadata.entry_points(group="pytest11"):
            plugin.load()
        importlib.import_module("tests.support.made_up").set_environment()
        # None: whoever imports it, directly or not, cannot be imported.
        sys.modules[self.name] = None  # type: ignore[assignment]
        for root, package in ((RUNTIME.parent, "skyferry"), (ROOT, "tests/support")):
            for path in sorted((root / package).rglob("*.py")):
                with contextlib.suppress(ImportError):
                    importlib.import_module(".".join(path.relative_to(root).with_suffix("").parts))
        del sys.modules[self.name]


def run(
    target: dict[str, Any], excluded: re.Pattern[str], patience: int, folder: Path
) -> tuple[int, list[Mutant]]:
    """How many mutants there are, and which of them nobody noticed. For a process of its own."""
    sys.pycache_prefix, sys.dont_write_bytecode = str(folder / "bytecode"), False
    noticed = folder / target["module"].replace("/", "-")
    noticed.touch()
    tests = [f"tests/unit/{test}" for test in target["tests"]]
    trial = Trial(target["module"], tests, patience, noticed)
    source = (RUNTIME / trial.module).read_text(encoding="utf-8")
    trial.load()
    made = list(mutants(trial.module, re.compile(target.get("definitions", ".*")), excluded))
    alive = []
    with multiprocessing.get_context("fork").Pool(os.cpu_count(), maxtasksperchild=1) as pool:
        _must_be_green(trial, pool.apply(trial.verdict, (source,)))
        sources = [mutant.source for mutant in made]
        # One by one, so that a long run shows what it has found.
        for mutant, code in zip(made, pool.imap(trial.verdict, sources), strict=True):
            if code == _GREEN:
                alive.append(mutant)
                print(f"SURVIVED {mutant}", flush=True)
            elif code == _LATE:
                print(f"noticed, for it does not end: {mutant}", flush=True)
        # In the order in which they noticed the mutants, too.
        _must_be_green(trial, pool.apply(trial.verdict, (source,)))
    return len(made), alive


def _must_be_green(trial: Trial, code: int) -> None:
    if code != _GREEN:
        raise SystemExit(f"{trial.module}: its tests are not green without a mutant ({code})")


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
    excluded, patience = re.compile("|".join(config["excluded-operators"])), config["timeout"]
    total, survivors, unexplained = 0, [], []
    context = multiprocessing.get_context("fork")
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        for target in targets:
            with ProcessPoolExecutor(1, mp_context=context) as own:
                made, alive = own.submit(run, target, excluded, patience, Path(folder)).result()
            bad = [one for one in alive if not _equivalent(one, config["equivalent"])]
            survivors += alive
            unexplained += bad
            total += made
            print(f"{target['module']}: {made - len(alive)} of {made} noticed", flush=True)
            for one in bad:
                print(f"  not explained: {one.module}:{one.line}", flush=True)
    print(
        f"{total} mutants, {total - len(survivors)} noticed, {len(survivors) - len(unexplained)} equivalent, "
        f"{len(unexplained)} survived; {time.monotonic() - begun:.0f} s"
    )
    return int(bool(unexplained))


if __name__ == "__main__":
    sys.exit(main())
