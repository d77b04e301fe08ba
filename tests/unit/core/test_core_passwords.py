"""What is stored of a password, and what it costs to guess it."""

from typing import Any

import pytest
from skyferry.core import passwords

PASSWORD = "pässword $\"'<b>\u202e"


def test_what_is_stored_says_its_cost_and_not_the_password() -> None:
    stored = passwords.hashed(PASSWORD)

    assert stored.split("$")[:4] == ["scrypt", "16384", "8", "1"]
    assert "word" not in stored


def test_one_password_is_stored_differently_each_time_and_matches_each() -> None:
    first, second = passwords.hashed(PASSWORD), passwords.hashed(PASSWORD)

    assert first != second
    assert passwords.matches(PASSWORD, first)
    assert passwords.matches(PASSWORD, second)


@pytest.mark.parametrize("wrong", ["", PASSWORD.upper(), PASSWORD + " ", "pa\u0308ssword"])
def test_another_password_does_not_match(wrong: str) -> None:
    assert not passwords.matches(wrong, passwords.hashed(PASSWORD))


def test_what_was_stored_at_another_cost_still_matches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_N", 2**10)
    stored = passwords.hashed(PASSWORD)
    monkeypatch.undo()

    assert stored.startswith("scrypt$1024$")
    assert passwords.matches(PASSWORD, stored)


def test_where_there_is_no_password_a_try_costs_as_much(monkeypatch: pytest.MonkeyPatch) -> None:
    costs: list[tuple[Any, ...]] = []
    derive = passwords._derive

    def counted(password: str, salt: bytes, *cost: int) -> bytes:
        costs.append((len(salt), *cost))
        return derive(password, salt, *cost)

    monkeypatch.setattr(passwords, "_derive", counted)
    passwords.matches(PASSWORD, passwords.hashed(PASSWORD))

    passwords.spend_time(PASSWORD)

    assert costs == [(16, 2**14, 8, 1)] * 3


@pytest.mark.parametrize("fields", [{}, {"title": None}])
def test_a_patch_without_a_password_stays_as_it_is(fields: dict[str, object]) -> None:
    assert passwords.hashed_in(fields) == fields


def test_a_patch_holds_the_hash_in_the_passwords_place() -> None:
    given = passwords.hashed_in({"title": "t", "password": PASSWORD})

    assert given.keys() == {"title", "password_hash"}
    assert passwords.matches(PASSWORD, str(given["password_hash"]))
    assert passwords.hashed_in({"password": None}) == {"password_hash": None}
