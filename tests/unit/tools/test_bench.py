"""What `make bench` makes of its samples. The measuring itself is tried in tests/bench/test_shipped_asset.py."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from skyferry.contract import FUNCTION_ENVIRONMENT, Function

from tools.bench import report
from tools.bench.assets import Asset
from tools.bench.goals import Case, Cases, Goal
from tools.bench.runtime import SETTINGS, Instructions, Sample


def case(name: str, cpu: float, *, get: float = 1.0, zip_bytes: int = 10, calls: int = 100) -> Case:
    warm = {"get": get, "create": get}
    samples = [Sample(cpu, 0.1, cpu * noise, warm, 64 * 1024**2) for noise in (1.0, 1.5)]
    return Case(Asset(name, Path(), "", zip_bytes), samples, 1.0, Instructions(calls, get))


def cases(cpu: float = 2.0, get: float = 1.1) -> Cases:
    return Cases(
        plain=case("Reference, as CDK zips it", 10.0, zip_bytes=100, calls=1000),
        hashed=case("Reference, valid bytecode", 4.0, calls=250),
        floor=case("Two calls, no framework", 1.0),
        ours=case("Skyferry", cpu, get=get),
        uncompiled=case("Skyferry, no bytecode", 9.0),
    )


def missed(measured: Cases, part_urls: float = 0.03) -> set[str]:
    return {goal.name for goal in measured.goals(part_urls) if goal.meets(goal.must) is False}


def test_all_is_met_where_each_figure_is_within_its_bound() -> None:
    assert missed(cases()) == set()


def test_cpu_is_compared_within_each_round_whatever_the_machine_does_between_them() -> None:
    measured = cases(get=1.1)
    for one in (measured.ours, measured.floor):
        get = one.samples[0].warm_cpu["get"]
        one.samples[:] = [
            replace(one.samples[0], warm_cpu={"get": get * speed, "create": get})
            for speed in (1.0, 0.6, 1.0)
        ]
    # For the seconds of one sample the machine was twice as fast.
    lucky = measured.floor.samples[0]
    measured.floor.samples[0] = replace(lucky, warm_cpu={"get": 0.5, "create": 0.5})
    for one in (measured.plain, measured.hashed, measured.uncompiled):
        one.samples.append(one.samples[0])

    assert missed(measured) == set()
    assert measured.ours.beside(measured.floor, lambda sample: sample.warm_cpu["get"]) == 1.1


@pytest.mark.parametrize(
    ("measured", "part_urls", "which"),
    [
        (cases(cpu=3.6), 0.03, {"cold CPU / reference as CDK zips it", "cold CPU / reference, valid bytecode"}),
        (cases(get=1.3), 0.03, {"warm CPU of get / two calls, no framework"}),
        (cases(), 0.06, {"10,000 part URLs / boto3"}),
    ],
)  # fmt: skip
def test_what_is_over_its_bound_is_missed(
    measured: Cases, part_urls: float, which: set[str]
) -> None:
    assert missed(measured, part_urls) == which


def test_a_share_of_bytecode_below_one_is_missed() -> None:
    goal = Goal("modules from valid bytecode", 0.99, 1.0, 1.0, at_least=True)

    assert goal.meets(goal.must) is False


def test_the_table_and_the_file_of_results_say_the_same() -> None:
    measured = cases(get=1.3)
    goals = list(measured.goals(0.03))

    text = report.as_text(measured, goals)
    kept = json.loads(report.as_json(2, {"assets": report.assets(measured)}, goals))

    assert (
        "| warm CPU of get / two calls, no framework | 1.300 | 1.20 | MISSED | 1.05 | MISSED |"
        in text
    )
    (warm,) = [one for one in kept["ratios"] if one["name"].startswith("warm CPU of get / two")]
    assert (warm["value"], warm["must_met"]) == (pytest.approx(1.3), False)
    assert kept["assets"]["Skyferry"]["cold CPU ms"] == 2000.0
    assert [one["cold_cpu"] for one in kept["assets"]["Skyferry"]["samples"]] == [2.0, 3.0]


def test_the_function_is_given_all_that_it_needs() -> None:
    assert set(SETTINGS) == FUNCTION_ENVIRONMENT[Function.API]
