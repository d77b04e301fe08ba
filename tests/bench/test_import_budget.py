"""What a function imports stays within tests/bench/import_budget.toml; `make imports` shows who spends it."""

import pytest
from skyferry.contract import Function

from tools.bench import imports
from tools.bench.runtime import VALGRIND


@pytest.mark.parametrize("function", list(Function))
def test_a_function_imports_no_more_than_its_budget(function: Function) -> None:
    load = imports.loaded(function)
    figures = {"modules": float(load.modules), "source_bytes": float(load.source_bytes)}

    assert imports.over(function, figures) == [], (
        "see `make imports`; raise the budget if it is worth it"
    )


@pytest.mark.skipif(VALGRIND is None, reason="valgrind counts them")
def test_the_api_starts_with_no_more_instructions_than_its_budget() -> None:
    """Of the others `make imports` tells: each takes a quarter of a minute."""
    share = imports.share_of_yardstick(Function.API)

    assert share is not None
    assert imports.over(Function.API, {"instructions": share}) == []


def test_what_a_function_imports_is_told_by_package() -> None:
    load = imports.loaded(Function.SWEEP)

    assert load.bytes_of.total() == load.source_bytes
    assert {"botocore", "pydantic", "skyferry"} <= load.bytes_of.keys()


def test_two_percent_more_are_let_pass_and_three_are_not() -> None:
    allowed = imports.budget()[Function.API]

    def times(factor: float) -> dict[str, float]:
        return {name: factor * value for name, value in allowed.items()}

    assert imports.over(Function.API, times(1.019)) == []
    assert len(imports.over(Function.API, times(1.03))) == len(allowed) == 3


def test_every_function_has_a_budget() -> None:
    assert imports.budget().keys() == {str(function) for function in Function}
