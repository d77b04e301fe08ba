"""Configuration files: every mistake at once, with file, key, value and what is allowed."""

import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from skyferry_cdk.environment import Environment, InvalidEnvironment, load

from tests.infra.infra_support import REPOSITORY
from tools import environment_page

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


NETWORK = {
    "vpc_id": "vpc-0123456789abcdef0",
    "availability_zones": ["a", "b"],
    "subnet_ids": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
}
DOMAIN = {"name": "t.example.com", "certificate_arn": "arn:aws:acm:eu-central-1:1:certificate/1"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"web_firewall": {"mode": "existing"}}, "web_firewall.arn: needed by"),
        (
            {"web_firewall": {"mode": "managed", "arn": "arn:aws:wafv2:x"}},
            'web_firewall.arn = "arn:aws:wafv2:x": only with',
        ),
        (
            {"web_firewall": {"requests_per_five_minutes": 9}},
            "web_firewall.requests_per_five_minutes = 9: Input should be greater than or equal to 10",
        ),
        ({"domain": {**DOMAIN, "hosted_zone_id": "Z1"}}, "domain.hosted_zone_name: give both"),
        (
            {"domain": {**DOMAIN, "hosted_zone_id": "Z1", "hosted_zone_name": "example.org"}},
            "t.example.com is not in this zone",
        ),
        ({"domain": {"name": "t.example.com"}}, "domain.certificate_arn: this key is required"),
        (
            {"domain": DOMAIN, "api": {"public_base_url": "https://x.example/v1"}},
            'api.public_base_url = "https://x.example/v1": not beside [domain]',
        ),
        (
            {"functions": {"snap_start": True, "provisioned_concurrency": 2}},
            "functions.provisioned_concurrency = 2: not with snap_start",
        ),
        (
            {"functions": {"reserved_concurrency": {"nothing": 2}}},
            "functions.reserved_concurrency.nothing",
        ),
        (
            {"functions": {"application_signals_layer": "layer"}},
            'functions.application_signals_layer = "layer"',
        ),
        (
            {"network": {**NETWORK, "route_table_ids": ["rtb-0123456789abcdef0"]}},
            'network.route_table_ids = ["rtb-0123456789abcdef0"]: one for each of the 2',
        ),
        ({"network": {**NETWORK, "availability_zones": ["a"]}}, "network.availability_zones"),
        ({"network": {**NETWORK, "subnet_ids": []}}, "network.subnet_ids = []"),
        ({"client_keys": {"clients": []}}, "client_keys.clients = []"),
        ({"client_keys": {"clients": ["no spaces"]}}, "client_keys.clients.0"),
        ({"backup": {"point_in_time_days": 36}}, "backup.point_in_time_days = 36"),
        ({"budget": {"monthly_usd": 0, "email": "a@b.de"}}, "budget.monthly_usd = 0"),
        ({"encryption": "none"}, 'encryption = "none"'),
    ],
)
def test_an_option_that_cannot_be_is_refused(change: dict[str, Any], told: str) -> None:
    assert told in refusal("dev", any_values(**change))


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"encryption": "customer-managed"}, "encryption"),
        ({"web_firewall": {"mode": "managed"}}, "web_firewall.mode"),
        ({"domain": DOMAIN}, "domain"),
        ({"client_keys": {"clients": ["a"]}}, "client_keys"),
        ({"network": NETWORK}, "network"),
        ({"budget": {"monthly_usd": 1, "email": "a@b.de"}}, "budget"),
        ({"backup": {"nightly_keep_days": 1}}, "backup.nightly_keep_days"),
        ({"functions": {"canary": True}}, "functions.canary"),
        ({"functions": {"snap_start": True}}, "functions.snap_start"),
        ({"functions": {"provisioned_concurrency": 1}}, "functions.provisioned_concurrency"),
    ],
)
def test_what_no_emulator_has_is_refused_on_a_laptop(change: dict[str, Any], key: str) -> None:
    text = refusal("local", any_values(laptop=LAPTOP, scan="stand-in", **change))
    assert f"\n  {key}" in text
    assert "not beside [laptop]" in text


def test_the_schema_for_editors_is_current() -> None:
    committed = json.loads((REPOSITORY / "config/schema.json").read_text(encoding="utf-8"))
    assert committed == Environment.file_schema(), "run `make schema`"


def test_the_page_of_all_keys_is_current() -> None:
    assert environment_page.PAGE.read_text(encoding="utf-8") == environment_page.page(), (
        "run `make schema`"
    )


@pytest.mark.parametrize("name", FILES)
def test_every_file_names_its_schema_and_fits_it(name: str) -> None:
    text = (REPOSITORY / "config" / f"{name}.toml").read_text(encoding="utf-8")
    assert text.startswith("#:schema ./schema.json\n")
    jsonschema.validate(tomllib.loads(text), Environment.file_schema())


def test_the_schema_refuses_an_unknown_key() -> None:
    with pytest.raises(jsonschema.ValidationError, match="colour"):
        jsonschema.validate(any_values(colour="red"), Environment.file_schema())


def test_an_unknown_environment_lists_the_known_ones() -> None:
    missing = REPOSITORY / "config/mars.toml"
    with pytest.raises(InvalidEnvironment, match="environments here: dev, local, prod, staging"):
        load("mars", file=missing)


def test_a_file_that_is_not_toml_says_where(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_text("a = = 1")
    with pytest.raises(InvalidEnvironment, match=r"x.toml is not TOML.*line 1"):
        load("x", file=file)


def test_values_are_not_converted_silently() -> None:
    functions = tomllib.loads('sweep_minutes = "5"')
    assert "functions.sweep_minutes" in refusal("dev", any_values(functions=functions))
