"""Cosmic Ray on the code that decides who may do what: `python -m tools.authorization_mutants`. Every mutant of it
must be noticed by the tests of its module, or stand in `tools/cosmic-ray.toml` with the reason why it changes nothing.

Cosmic Ray makes the mutants. Each meets the tests in a fork of a process that has collected them already: nothing on
disk is changed that somebody else may be using. The tests that have noticed most so far run first."""

import argparse
import contextlib
import difflib
import gc
import importlib
import importlib.util
import inspect
import multiprocessing
import os
import re
import signal
import sys
import time
import tomllib
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, NoReturn, TypeGuard

import pytest
from _pytest.main import pytest_runtestloop as default_loop

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
_GREEN, _NOTICED, _FAULT = 0, 1, 70


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
    before = " ".join(line.strip() for line in old[first[1] : last[2]]).strip()
    after = " ".join(line.strip() for line in new[first[3] : last[4]]).strip()
    return Mutant(module, operator, definition, changed, before, after, first[1] + 1)


#: A mutant with its code; None is the module as it is.
_Compiled = tuple[Mutant | None, CodeType]


class _Trial:
    """The tests of a module against its mutants, each in a fork of this process."""

    def __init__(self, module: str, tests: list[str], patience: int) -> None:
        self.path = RUNTIME / module
        self.name = "skyferry." + module.removesuffix(".py").replace("/", ".")
        self.source = self.path.read_text(encoding="utf-8")
        self.tests = [f"tests/unit/{test}" for test in tests]
        self.patience = patience
        #: The tests that failed, once for each time.
        self.failed: list[str] = []
        self.alive: list[Mutant] = []
        #: pytest itself has nothing to say to anybody.
        self.report = os.fdopen(os.dup(1), "w", buffering=1)
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)

    def run(self, made: list[Mutant]) -> list[Mutant]:
        """Those that nobody noticed."""
        whole = compile(self.source, self.path, "exec")
        inside: list[_Compiled] = []
        outside: list[_Compiled] = []
        for mutant in made:
            with contextlib.suppress(SyntaxError, SyntaxWarning):
                code = compile(mutant.source, self.path, "exec")
                (inside if _frame(code) == _frame(whole) else outside).append((mutant, code))
        if outside:
            self._load()
            self._each([(None, whole), *outside], self._imported)
        sys.modules.pop(self.name, None)
        # What changes the bodies of functions only changes them where they are, once all is collected.
        self.inside = [(None, whole), *inside, (None, whole)]
        self.meet(self)
        if self.inside:
            raise SystemExit(f"{self.name}: its tests cannot be collected")
        return self.alive

    def meet(self, *plugins: object) -> int:
        return int(pytest.main([*_OPTIONS, *self.tests], plugins=[*plugins]))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        functions = [
            one
            for one in gc.get_objects()
            if isinstance(one, FunctionType) and one.__code__.co_filename == str(self.path)
        ]
        inside, self.inside = self.inside, []
        gc.freeze()

        def tested(code: CodeType) -> int:
            new = dict(_functions(code))
            if not set(new) <= {one.__code__.co_qualname for one in functions}:
                return _FAULT
            for function in functions:
                function.__code__ = new.get(function.__code__.co_qualname, function.__code__)
            order = Counter(self.failed)
            session.items.sort(key=lambda item: -order[item.nodeid])
            with contextlib.suppress(session.Failed):
                default_loop(session)
            return int(session.testsfailed > 0)

        self._each(inside, tested)
        gc.unfreeze()
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            os.write(self.pipe, report.nodeid.encode() + b"\n")

    def _each(
        self, mutants: list[tuple[Mutant | None, CodeType]], work: Callable[[CodeType], int]
    ) -> None:
        """None: the module as it is, which must be found good."""
        running: dict[int, tuple[Mutant | None, int]] = {}
        for mutant, code in mutants:
            # What is as it should be has the machine for itself: the order of what follows is known then.
            alone = mutant is None or any(other is None for other, _ in running.values())
            while len(running) >= (1 if alone else os.cpu_count() or 1):
                self._ended(running)
            reader, self.pipe = os.pipe()
            pid = os.fork()
            if pid == 0:
                self._child(work, code)
            os.close(self.pipe)
            running[pid] = mutant, reader
        while running:
            self._ended(running)

    def _child(self, work: Callable[[CodeType], int], code: CodeType) -> NoReturn:
        answer = _FAULT
        try:
            gc.disable()
            # Of the processor's time, at the end of which the signal ends the process: on a busy machine nothing may
            # count as noticed for being slow.
            signal.signal(signal.SIGPROF, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_PROF, self.patience)
            answer = work(code)
        finally:
            os._exit(answer)

    def _ended(self, running: dict[int, tuple[Mutant | None, int]]) -> None:
        pid, status = os.wait()
        mutant, reader = running.pop(pid)
        code = os.waitstatus_to_exitcode(status)
        endless = code == -signal.SIGPROF
        with os.fdopen(reader, encoding="utf-8") as names:
            self.failed += names.read().splitlines()
        if code == _FAULT or (code < 0 and not endless) or (mutant is None and code != _GREEN):
            self.report.write(
                f"{self.name}: {mutant or 'without a mutant'}: {code}, {self.failed[-1:]}\n"
            )
            os._exit(1)
        if mutant is not None and code == _GREEN:
            self.alive.append(mutant)
            self.report.write(f"SURVIVED {mutant}\n")
        elif endless:
            self.report.write(f"noticed, for it does not end: {mutant}\n")

    def _imported(self, code: CodeType) -> int:
        """In the place of the module, before any test is imported."""
        spec = importlib.util.spec_from_file_location(self.name, self.path)
        if spec is None:
            raise ImportError(self.name)
        module = sys.modules[self.name] = importlib.util.module_from_spec(spec)
        try:
            exec(code, module.__dict__)  # noqa: S102 - our own source
        except Exception:  # noqa: BLE001 - a module that cannot be imported is noticed
            return _NOTICED
        package, _, name = self.name.rpartition(".")
        setattr(sys.modules[package], name, module)
        answer = self.meet(_Told(self))
        return _FAULT if sys.modules[self.name] is not module else answer

    def _load(self) -> None:
        """What the tests import and what does not know the module."""
        importlib.import_module("tests.support.made_up").set_environment()
        # None: whoever imports it, directly or not, cannot be imported.
        sys.modules[self.name] = None  # type: ignore[assignment]
        for root, package in ((RUNTIME.parent, "skyferry"), (ROOT, "tests/support")):
            for path in sorted((root / package).rglob("*.py")):
                with contextlib.suppress(ImportError):
                    importlib.import_module(".".join(path.relative_to(root).with_suffix("").parts))
        del sys.modules[self.name]


class _Told:
    """Of a trial only what hears of failures."""

    def __init__(self, trial: _Trial) -> None:
        self.pytest_runtest_logreport = trial.pytest_runtest_logreport


def _is_function(value: object) -> TypeGuard[CodeType]:
    return (
        isinstance(value, CodeType)
        and bool(value.co_flags & inspect.CO_OPTIMIZED)
        and not value.co_name.startswith("<")
    )


def _functions(code: CodeType) -> Iterator[tuple[str, CodeType]]:
    """Of a module and its classes, by name."""
    for value in code.co_consts:
        if _is_function(value):
            yield value.co_qualname, value
        elif isinstance(value, CodeType):
            yield from _functions(value)


def _frame(code: CodeType) -> object:
    """All of it but the bodies of its functions."""
    constants = [
        value.co_qualname
        if _is_function(value)
        else _frame(value)
        if isinstance(value, CodeType)
        else repr(value)
        for value in code.co_consts
    ]
    return code.co_code, code.co_names, constants


def run(
    target: dict[str, Any], excluded: re.Pattern[str], patience: int
) -> tuple[int, list[Mutant]]:
    """How many mutants there are, and which of them nobody noticed. For a process of its own."""
    sys.path[:0] = [str(RUNTIME.parent), str(ROOT)]
    os.chdir(ROOT)
    warnings.simplefilter("error", SyntaxWarning)
    wanted = re.compile(target.get("definitions", ".*"))
    made = list(mutants(target["module"], wanted, excluded))
    return len(made), _Trial(target["module"], target["tests"], patience).run(made)


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
    for target in targets:
        with ProcessPoolExecutor(1, mp_context=context) as own:
            made, alive = own.submit(run, target, excluded, patience).result()
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
