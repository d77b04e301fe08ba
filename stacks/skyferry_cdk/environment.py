"""An environment as one frozen, validated model, read from `config/<name>.toml`.

Unknown keys are refused, and every mistake is shown at once: file, key, value and what is allowed.
"""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from skyferry_cdk.environment_rules import Problem, broken_rules

FOLDER: Final = Path("config")
DEFAULT: Final = "dev"

_HTTP_URL: Final = r"^https?://[^\s]+[^/\s]$"
_ADDRESS: Final = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"


class InvalidEnvironment(ValueError):  # noqa: N818 - says what is wrong
    """A configuration file that cannot be used; the message lists every problem in it."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Tags(_Section):
    """Put on every resource: who pays, who owns, what is inside."""

    owner: str = Field(min_length=1)
    cost_center: str = Field(min_length=1)
    data_class: Literal["public", "internal", "confidential"] = "confidential"


class Api(_Section):
    """How the API is reached and how much of it."""

    public_base_url: str | None = Field(None, pattern=_HTTP_URL)
    cors_origins: tuple[str, ...] = Field((), strict=False)
    throttle_rate: int = Field(100, ge=1, le=10_000)
    throttle_burst: int = Field(200, ge=1, le=5_000)
    manage_account_logging_role: bool = False


class Auth(_Section):
    """The OpenID Connect issuer whose access tokens are accepted."""

    issuer: str = Field(pattern=_HTTP_URL)
    audience: str = Field(min_length=1)


class Mail(_Section):
    """Who the mail comes from."""

    sender_address: str = Field(pattern=_ADDRESS)
    identity: Literal["address", "domain", "existing"] = "address"
    hosted_zone_id: str | None = Field(None, pattern=r"^Z[A-Z0-9]+$")


class Alarms(_Section):
    """Who is called."""

    page_email: str | None = Field(None, pattern=_ADDRESS)
    ticket_email: str | None = Field(None, pattern=_ADDRESS)
    runbook_base_url: str | None = Field(None, pattern=_HTTP_URL)


class Functions(_Section):
    """Settings all functions share."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    memory_mb: int = Field(512, ge=128, le=10_240)
    sweep_minutes: int = Field(5, ge=1, le=60)


class Quotas(_Section):
    """What one owner may hold and do."""

    gib: int = Field(5 * 1024, ge=1)
    files: int = Field(100_000, ge=1)
    mails_per_day: int = Field(1_000, ge=1)
    requests_per_minute: int = Field(600, ge=10)


class Laptop(_Section):
    """Only for an emulator on this machine: never in an environment that names an account."""

    aws_endpoint_url: str = Field(pattern=_HTTP_URL)
    ses_endpoint_url: str = Field(pattern=_HTTP_URL)
    #: The one origin that webhooks may point at without https.
    webhook_stand_in: str = Field(pattern=_HTTP_URL)


LogRetentionDays = Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731]


class Environment(_Section):
    """Everything that differs between two deployments."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{1,15}$")
    production: bool = False
    account: str | None = Field(None, pattern=r"^\d{12}$")
    region: str | None = Field(None, pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")
    data_protection: Literal["retain", "destroy"] = "retain"
    scan: Literal["guardduty", "off", "stand-in"] = "guardduty"
    log_retention_days: LogRetentionDays = 30
    permissions_boundary: str | None = None
    tags: Tags
    api: Api = Api()
    auth: Auth
    mail: Mail
    alarms: Alarms = Alarms()
    functions: Functions = Functions()
    quotas: Quotas = Quotas()
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


def load(name: str = DEFAULT, *, file: Path | None = None) -> Environment:
    """Read the environment of this name, from another file if one is given."""
    path = file or FOLDER / f"{name}.toml"
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
