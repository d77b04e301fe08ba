"""An environment as one frozen, validated model, read from `config/<name>.toml`.

Unknown keys are refused, and every mistake is shown at once: file, key, value and what is allowed.
"""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal, Self

from pydantic import Field, ValidationError

from skyferry_cdk.environment_rules import Problem, broken_rules
from skyferry_cdk.environment_sections import (
    Alarms,
    Api,
    Auth,
    Backup,
    Budget,
    ClientKeys,
    Domain,
    Functions,
    Laptop,
    LogRetentionDays,
    Mail,
    Network,
    Quotas,
    Section,
    Tags,
    WebFirewall,
)

FOLDER: Final = Path("config")
DEFAULT: Final = "dev"


class InvalidEnvironment(ValueError):  # noqa: N818 - says what is wrong
    """A configuration file that cannot be used; the message lists every problem in it."""


class Environment(Section):
    """Everything that differs between two deployments."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{1,15}$")
    production: bool = Field(False, description="What is not safe in production is refused.")
    account: str | None = Field(
        None, pattern=r"^\d{12}$", description="Without it: the account of your AWS profile."
    )
    region: str | None = Field(
        None,
        pattern=r"^[a-z]{2}(-[a-z]+)+-\d$",
        description="Without it: that of your AWS profile.",
    )
    data_protection: Literal["retain", "destroy"] = Field(
        "retain", description="Whether bucket, table and keys outlive their stack."
    )
    scan: Literal["guardduty", "off", "stand-in"] = Field(
        "guardduty", description="Who says that a file is clean; `stand-in` on a laptop only."
    )
    log_retention_days: LogRetentionDays = Field(30, description="Of the functions' logs.")
    permissions_boundary: str | None = Field(
        None, description="Name of a managed policy, put on every role."
    )
    tags: Tags
    api: Api = Api()
    auth: Auth
    mail: Mail
    alarms: Alarms = Alarms()
    functions: Functions = Functions()
    quotas: Quotas = Quotas()
    encryption: Literal["aws-managed", "customer-managed"] = Field(
        "aws-managed", description="customer-managed: one rotated KMS key for all that is stored."
    )
    backup: Backup = Backup()
    budget: Budget | None = None
    network: Network | None = None
    web_firewall: WebFirewall = WebFirewall()
    domain: Domain | None = None
    client_keys: ClientKeys | None = None
    laptop: Laptop | None = None

    @property
    def retained(self) -> bool:
        """Whether deleting the stacks leaves the data."""
        return self.data_protection == "retain"

    @classmethod
    def parse(cls, name: str, values: Mapping[str, Any], *, source: str) -> Self:
        """The validated model; `source` is how messages call the file."""
        problems = broken_rules(name, values)
        environment: Self | None = None
        try:
            environment = cls.model_validate({"name": name, **values})
        except ValidationError as error:
            problems = [*_field_problems(error), *problems]
        if environment is None or problems:
            raise InvalidEnvironment(_report(source, problems))
        return environment

    @classmethod
    def file_schema(cls) -> dict[str, Any]:
        """JSON schema of a configuration file, for editors. Rules between keys are not in it."""
        schema = cls.model_json_schema()
        del schema["properties"]["name"]
        schema["required"].remove("name")
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            **schema,
            "title": "An environment of Skyferry",
        }


def load(name: str = DEFAULT, *, file: Path | str | None = None) -> Environment:
    """Read the environment of this name, from another file if one is given."""
    path = FOLDER / f"{name}.toml" if file is None else Path(file)
    if not path.is_file():
        known = ", ".join(sorted(one.stem for one in path.parent.glob("*.toml"))) or "none"
        raise InvalidEnvironment(f"{path} does not exist; environments here: {known}")
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise InvalidEnvironment(f"{path} is not TOML: {error}") from error
    return Environment.parse(name, values, source=str(path))


def _field_problems(error: ValidationError) -> list[Problem]:
    return [
        Problem(
            key=".".join(str(part) for part in one["loc"]),
            value=None if one["type"] == "missing" else one["input"],
            allowed=_allowed(one["type"], one["msg"]),
        )
        for one in error.errors()
    ]


def _allowed(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return "there is no such key"
    return "this key is required" if kind == "missing" else message


def _report(source: str, problems: list[Problem]) -> str:
    lines = [
        f"  {one.key}" + ("" if one.value is None else f" = {json.dumps(one.value, default=str)}")
        + f": {one.allowed}"
        for one in problems
    ]  # fmt: skip
    return "\n".join([f"{source} cannot be used:", *lines])
