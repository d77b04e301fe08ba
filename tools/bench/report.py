"""The results as tables of Markdown, so that they can be pasted where they are talked about, and as JSON."""

import json
import platform
from collections.abc import Iterator
from dataclasses import asdict, fields

from tools.bench.assets import ROOT
from tools.bench.goals import Case, Cases, Goal

_MIB = 1024 * 1024
_WORDS = {True: "met", False: "MISSED", None: ""}


def figures(case: Case) -> dict[str, float | None]:
    get, create = case.warm_cpu("get"), case.warm_cpu("create")
    return {
        "init ms": 1000 * case.least(lambda sample: sample.init_wall),
        "first request ms": 1000 * case.least(lambda sample: sample.first_wall),
        "cold CPU ms": 1000 * case.cold_cpu,
        "warm get CPU ms": 1000 * get if get else None,
        "warm create CPU ms": 1000 * create if create else None,
        "M instructions": case.instructions.cold / 1e6 if case.instructions else None,
        "of a warm get": case.instructions.warm / 1e6 if case.instructions else None,
        "peak MiB": case.peak_rss / _MIB,
        "zip MiB": case.asset.zip_bytes / _MIB,
        "from bytecode": case.bytecode,
    }


def each(cases: Cases) -> list[Case]:
    return [getattr(cases, field.name) for field in fields(cases)]


def as_text(cases: Cases, goals: list[Goal]) -> str:
    return "\n".join([*_assets(cases), "", goals_table(goals)])


def _assets(cases: Cases) -> Iterator[str]:
    names = list(figures(cases.ours))
    yield f"| asset | {' | '.join(names)} |"
    yield "|---" * (len(names) + 1) + "|"
    for case in each(cases):
        yield f"| {case.asset.name} | {' | '.join(map(_short, figures(case).values()))} |"


def _short(value: float | None) -> str:
    if value is None:
        return "-"
    digits = 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:.{digits}f}"


def goals_table(goals: list[Goal]) -> str:
    return "\n".join(
        ["| ours / other | is | must | | aim | |", "|---|---|---|---|---|---|", *_goals(goals)]
    )


def _goals(goals: list[Goal]) -> Iterator[str]:
    for goal in goals:
        must, aim = (
            f"{'' if bound is None else f'{bound:.2f}'} | {_WORDS[goal.meets(bound)]}"
            for bound in (goal.must, goal.aim)
        )
        yield f"| {goal.name} | {goal.value:.3f} | {must} | {aim} |"


def assets(cases: Cases) -> dict[str, object]:
    return {
        case.asset.name: {**figures(case), "samples": list(map(asdict, case.samples))}
        for case in each(cases)
    }


def as_json(rounds: int, measured: dict[str, object], goals: list[Goal]) -> str:
    document = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "rounds": rounds,
        **measured,
        "ratios": [
            {
                "name": goal.name,
                "value": goal.value,
                "must": goal.must,
                "aim": goal.aim,
                "must_met": goal.meets(goal.must),
                "aim_met": goal.meets(goal.aim),
            }
            for goal in goals
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def keep(name: str, document: str) -> None:
    """In `.bench`, in place of what an earlier run left there."""
    folder = ROOT / ".bench"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(document)
