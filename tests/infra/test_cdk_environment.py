"""Configuration files: every mistake at once, with file, key, value and what is allowed."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from infra_support import REPOSITORY
from skyferry_cdk.environment import Environment, InvalidEnvironment, load

FILES = sorted(one.stem for one in (REPOSITORY / "config").glob("*.toml"))


def any_values(**changes: Any) -> dict[str, Any]:
    """A valid small environment, changed as told; None removes a key."""
    values = {
        "data_protection": "destroy",
        "tags": {"owner": "me", "cost_center": "none"},
        "auth": {"issuer": "https://login.example.com", "audience": "skyferry"},
        "mail": {"sender_address": "a@example.com"},
        **changes,
    }
    return {key: value for key, value in values.items() if value is not None}


def production(**changes: Any) -> dict[str, Any]:
    return any_values(
        **{
            "production": True,
            "account": "111122223333",
            "region": "eu-central-1",
            "data_protection": "retain",
            "alarms": {"page_email": "oncall@example.com"},
            **changes,
        }
    )


LAPTOP = {
    "aws_endpoint_url": "http://127.0.0.1:4566",
    "ses_endpoint_url": "http://127.0.0.1:8090",
    "webhook_stand_in": "http://127.0.0.1:8090",
}


def refusal(name: str, values: dict[str, Any]) -> str:
    with pytest.raises(InvalidEnvironment) as caught:
        Environment.parse(name, values, source="config/x.toml")
    return str(caught.value)


@pytest.mark.parametrize("name", FILES)
def test_every_file_of_the_repository_is_valid(name: str) -> None:
    assert load(name, file=REPOSITORY / "config" / f"{name}.toml").name == name


def test_the_default_environment_names_no_account() -> None:
    dev = load("dev", file=REPOSITORY / "config/dev.toml")
    assert (dev.account, dev.region, dev.laptop) == (None, None, None)


def test_data_is_retained_unless_a_file_says_otherwise() -> None:
    values = any_values(data_protection=None)
    assert Environment.parse("dev", values, source="x").retained


def test_an_environment_cannot_be_changed_after_it_was_read() -> None:
    environment = Environment.parse("dev", any_values(), source="x")
    with pytest.raises(ValueError, match="frozen"):
        environment.region = "eu-west-1"  # type: ignore[misc]


def test_unknown_keys_are_refused_at_every_level() -> None:
    text = refusal("dev", any_values(colour="red", mail={"sender_address": "a@b.de", "from": "x"}))
    assert "config/x.toml cannot be used" in text
    assert 'colour = "red": there is no such key' in text
    assert 'mail.from = "x": there is no such key' in text


def test_all_mistakes_are_shown_at_once_with_key_value_and_what_is_allowed() -> None:
    text = refusal(
        "prod",
        any_values(
            account="12",
            log_retention_days=8,
            scan="maybe",
            auth={"issuer": "http://login.example.com", "audience": "skyferry"},
            mail={"sender_address": "nobody"},
        ),
    )
    assert 'account = "12"' in text
    assert "log_retention_days = 8" in text
    assert 'scan = "maybe"' in text
    assert "'guardduty', 'off' or 'stand-in'" in text
    assert 'mail.sender_address = "nobody"' in text
    assert "production: must be true in 'prod'" in text
    assert 'auth.issuer = "http://login.example.com": must start with https://' in text


def test_production_as_it_should_be_is_accepted() -> None:
    assert Environment.parse("prod", production(), source="x").production


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"data_protection": "destroy"}, "data_protection"),
        ({"account": None}, "account"),
        ({"region": None}, "region"),
        ({"alarms": None}, "alarms.page_email"),
        ({"scan": "off"}, "scan"),
        ({"auth": {"issuer": "http://i.example", "audience": "a"}}, "auth.issuer"),
        ({"api": {"cors_origins": ["*"]}}, "api.cors_origins"),
        ({"laptop": LAPTOP, "scan": "stand-in"}, "laptop"),
        ({"production": False}, "production"),
    ],
)
def test_production_refuses_what_is_not_safe(change: dict[str, Any], key: str) -> None:
    assert f"\n  {key}" in refusal("prod", production(**change))


def test_emulator_settings_are_refused_beside_an_account() -> None:
    text = refusal("dev", any_values(laptop=LAPTOP, scan="stand-in", account="111122223333"))
    assert "laptop: not allowed beside account" in text


def test_the_scan_stand_in_exists_on_a_laptop_only() -> None:
    assert 'scan = "stand-in": only with a [laptop] section' in refusal(
        "dev", any_values(scan="stand-in")
    )
    assert 'an emulator needs "stand-in" or "off"' in refusal("dev", any_values(laptop=LAPTOP))


def test_an_unencrypted_issuer_exists_on_a_laptop_only() -> None:
    issuer = {"issuer": "http://127.0.0.1:8090", "audience": "skyferry"}
    assert "must start with https://" in refusal("dev", any_values(auth=issuer))
    values = any_values(auth=issuer, laptop=LAPTOP, scan="stand-in")
    assert Environment.parse("local", values, source="x").auth.issuer == issuer["issuer"]


def test_a_hosted_zone_belongs_to_a_domain() -> None:
    mail = {"sender_address": "a@example.com", "hosted_zone_id": "Z123"}
    assert 'only with mail.identity = "domain"' in refusal("dev", any_values(mail=mail))


def test_an_unknown_environment_lists_the_known_ones() -> None:
    missing = REPOSITORY / "config/mars.toml"
    with pytest.raises(InvalidEnvironment, match="environments here: dev, local, prod"):
        load("mars", file=missing)


def test_a_file_that_is_not_toml_says_where(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_text("a = = 1")
    with pytest.raises(InvalidEnvironment, match=r"x.toml is not TOML.*line 1"):
        load("x", file=file)


def test_values_are_not_converted_silently() -> None:
    functions = tomllib.loads('sweep_minutes = "5"')
    assert "functions.sweep_minutes" in refusal("dev", any_values(functions=functions))
