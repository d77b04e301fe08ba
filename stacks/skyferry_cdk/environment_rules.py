"""Rules between the keys of an environment. They read the raw values, so that one bad key hides no other."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple


class Problem(NamedTuple):
    """One mistake: where, what was given, what is allowed."""

    key: str
    value: object
    allowed: str


Values = Mapping[str, Any]


def broken_rules(name: str, values: Values) -> list[Problem]:
    """Every rule the values break, in the order of the rules."""
    return [problem for rule in _RULES for problem in rule(name, values)]


def _get(values: Values, key: str) -> Any:  # noqa: ANN401 - raw TOML
    """The value at a dotted key, None where a part is missing or no table."""
    found: Any = values
    for part in key.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _prod_is_production(name: str, values: Values) -> Iterator[Problem]:
    if name.startswith("prod") and values.get("production") is not True:
        yield Problem("production", values.get("production"), f"must be true in {name!r}")


def _production_is_safe(_name: str, values: Values) -> Iterator[Problem]:
    if values.get("production") is not True:
        return
    if values.get("data_protection", "retain") != "retain":
        yield Problem(
            "data_protection", values["data_protection"], 'must be "retain" in production'
        )
    if values.get("scan") == "off":
        yield Problem("scan", "off", 'must be "guardduty" in production')
    for key, why in (
        ("account", "production must name its account (12 digits)"),
        ("region", "production must name its region"),
        ("alarms.page_email", "somebody must be called in production: an e-mail address"),
    ):
        if not _get(values, key):
            yield Problem(key, None, why)
    issuer = _get(values, "auth.issuer")
    if isinstance(issuer, str) and not issuer.startswith("https://"):
        yield Problem("auth.issuer", issuer, "must start with https:// in production")
    if "*" in (_get(values, "api.cors_origins") or ()):
        yield Problem("api.cors_origins", "*", "must name the origins in production")


def _laptop_names_no_account(_name: str, values: Values) -> Iterator[Problem]:
    if "laptop" not in values:
        return
    for key in ("account", "production"):
        if values.get(key):
            yield Problem(
                "laptop", None, f"not allowed beside {key}: this section is for an emulator only"
            )


def _stand_ins_need_a_laptop(_name: str, values: Values) -> Iterator[Problem]:
    if values.get("scan") == "stand-in" and "laptop" not in values:
        yield Problem("scan", "stand-in", 'only with a [laptop] section; else "guardduty" or "off"')
    if "laptop" in values and values.get("scan", "guardduty") == "guardduty":
        yield Problem("scan", values.get("scan"), 'an emulator needs "stand-in" or "off"')


def _issuer_is_encrypted(_name: str, values: Values) -> Iterator[Problem]:
    issuer = _get(values, "auth.issuer")
    if (
        isinstance(issuer, str)
        and issuer.startswith("http://")
        and "laptop" not in values
        and values.get("production") is not True
    ):
        yield Problem("auth.issuer", issuer, "must start with https:// without a [laptop] section")


def _zone_belongs_to_a_domain(_name: str, values: Values) -> Iterator[Problem]:
    zone = _get(values, "mail.hosted_zone_id")
    if zone and _get(values, "mail.identity") != "domain":
        yield Problem("mail.hosted_zone_id", zone, 'only with mail.identity = "domain"')


def _an_emulator_refuses_some(_name: str, values: Values) -> Iterator[Problem]:
    if "laptop" not in values:
        return
    for key, off in _NOT_ON_A_LAPTOP.items():
        given = _get(values, key)
        if given is not None and given != off:
            yield Problem(key, given, "not beside [laptop]: emulators do not have it")


def _web_firewall_is_whole(_name: str, values: Values) -> Iterator[Problem]:
    mode, arn = _get(values, "web_firewall.mode"), _get(values, "web_firewall.arn")
    if mode == "existing" and not arn:
        yield Problem("web_firewall.arn", None, 'needed by web_firewall.mode = "existing"')
    if mode != "existing" and arn:
        yield Problem("web_firewall.arn", arn, 'only with web_firewall.mode = "existing"')


def _zone_is_whole(_name: str, values: Values) -> Iterator[Problem]:
    zone, name = (_get(values, f"domain.hosted_zone_{part}") for part in ("id", "name"))
    if bool(zone) != bool(name):
        missing = "name" if zone else "id"
        yield Problem(f"domain.hosted_zone_{missing}", None, "give both id and name, or neither")
    host = _get(values, "domain.name")
    if isinstance(host, str) and isinstance(name, str) and not f".{host}".endswith(f".{name}"):
        yield Problem("domain.hosted_zone_name", name, f"{host} is not in this zone")


def _one_address(_name: str, values: Values) -> Iterator[Problem]:
    url = _get(values, "api.public_base_url")
    if url and "domain" in values:
        yield Problem("api.public_base_url", url, "not beside [domain], which is the address")


def _one_way_to_start(_name: str, values: Values) -> Iterator[Problem]:
    provisioned = _get(values, "functions.provisioned_concurrency")
    if provisioned and _get(values, "functions.snap_start"):
        yield Problem(
            "functions.provisioned_concurrency", provisioned, "not with snap_start = true"
        )


def _networks_match(_name: str, values: Values) -> Iterator[Problem]:
    subnets = _get(values, "network.subnet_ids")
    if not isinstance(subnets, list):
        return
    for key in ("availability_zones", "route_table_ids"):
        given = _get(values, f"network.{key}")
        if isinstance(given, list) and given and len(given) != len(subnets):
            yield Problem(f"network.{key}", given, f"one for each of the {len(subnets)} subnet_ids")


_NOT_ON_A_LAPTOP: Final = {
    "encryption": "aws-managed",
    "web_firewall.mode": "off",
    "domain": None,
    "client_keys": None,
    "network": None,
    "budget": None,
    "backup.nightly_keep_days": None,
    "functions.canary": False,
    "functions.snap_start": False,
    "functions.provisioned_concurrency": None,
    "functions.application_signals_layer": None,
}
_RULES: Final[tuple[Callable[[str, Values], Iterator[Problem]], ...]] = (
    _prod_is_production,
    _production_is_safe,
    _laptop_names_no_account,
    _stand_ins_need_a_laptop,
    _issuer_is_encrypted,
    _zone_belongs_to_a_domain,
    _an_emulator_refuses_some,
    _web_firewall_is_whole,
    _zone_is_whole,
    _one_address,
    _one_way_to_start,
    _networks_match,
)
