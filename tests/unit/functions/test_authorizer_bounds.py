"""Where a token, a subject and a name end, to the second and the character."""

import pytest
import time_machine
from skyferry.functions.authorizer import index

from tests.support.events import Context
from tests.support.issuer import DAY, Issuer, ask, token
from tests.support.issuer import issuer as issuer  # a fixture


def test_a_token_lives_a_day_and_no_second_longer(issuer: Issuer, context: Context) -> None:
    # Bits of the two times that differ tell nothing of how far they lie apart.
    made = 1_800_000_000
    assert made ^ (made + DAY) > DAY

    with time_machine.travel(made, tick=False):
        assert ask(f"Bearer {token(iat=made, exp=made + DAY)}", context)["principalId"]
        with pytest.raises(index.UnauthorizedError):
            ask(f"Bearer {token(iat=made, exp=made + DAY + 1)}", context)


def test_a_clock_may_be_off_by_less_than_half_a_minute(issuer: Issuer, context: Context) -> None:
    with time_machine.travel(1_800_000_000, tick=False):
        assert ask(f"Bearer {token(exp=1_800_000_000 - 29)}", context)["principalId"]
        with pytest.raises(index.UnauthorizedError):
            ask(f"Bearer {token(exp=1_800_000_000 - 30)}", context)


@pytest.mark.parametrize("length", [1, 255])
def test_a_subject_may_be_as_short_and_as_long_as_issuers_make_them(
    issuer: Issuer, context: Context, length: int
) -> None:
    assert ask(f"Bearer {token(sub='s' * length)}", context)["principalId"]


@pytest.mark.parametrize("length", [0, 256])
def test_a_subject_of_another_length_is_nobody(
    issuer: Issuer, context: Context, length: int
) -> None:
    with pytest.raises(index.UnauthorizedError):
        ask(f"Bearer {token(sub='s' * length)}", context)


def test_of_a_long_name_the_first_hundred_characters_are_shown(
    issuer: Issuer, context: Context
) -> None:
    assert ask(f"Bearer {token(name='n' * 150)}", context)["context"]["name"] == "n" * 100
