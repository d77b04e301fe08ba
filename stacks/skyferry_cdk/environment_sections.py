"""The sections of an environment's file, one model each."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

HTTP_URL: Final = r"^https?://[^\s]+[^/\s]$"
ADDRESS: Final = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"

FunctionName = Literal[
    "authorizer",
    "api",
    "process_upload",
    "dispatch_outbox",
    "send_email",
    "email_feedback",
    "deliver_webhook",
    "sweep",
    "pause_sending",
]


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Tags(Section):
    """Put on every resource: who pays, who owns, what is inside."""

    owner: str = Field(min_length=1)
    cost_center: str = Field(min_length=1)
    data_class: Literal["public", "internal", "confidential"] = "confidential"


class Api(Section):
    """How the API is reached and how much of it."""

    public_base_url: str | None = Field(
        None, pattern=HTTP_URL, description="Of links in mails, if it is not the API's own address."
    )
    cors_origins: tuple[str, ...] = Field(
        (), strict=False, description="Web pages that may call the API and upload; `*` for all."
    )
    throttle_rate: int = Field(
        100, ge=1, le=10_000, description="Requests a second of all callers together."
    )
    throttle_burst: int = Field(200, ge=1, le=5_000, description="At once.")
    manage_account_logging_role: bool = Field(
        False,
        description="API Gateway writes logs only if the account has a role for it; one stack of an account owns it.",
    )


class Auth(Section):
    """The OpenID Connect issuer whose access tokens are accepted."""

    issuer: str = Field(pattern=HTTP_URL)
    audience: str = Field(min_length=1, description="The `aud` that tokens must have.")


class Mail(Section):
    """Who the mail comes from."""

    sender_address: str = Field(pattern=ADDRESS)
    identity: Literal["address", "domain", "existing"] = Field(
        "address", description="Verify this address or its domain; `existing`: verified elsewhere."
    )
    hosted_zone_id: str | None = Field(
        None,
        pattern=r"^Z[A-Z0-9]+$",
        description="Of the domain: DKIM and MAIL FROM are written there; else printed as outputs.",
    )


class Alarms(Section):
    """Who is called."""

    page_email: str | None = Field(
        None, pattern=ADDRESS, description="What must be seen at once; a mail asks to be confirmed."
    )
    ticket_email: str | None = Field(None, pattern=ADDRESS, description="For working hours.")
    runbook_base_url: str | None = Field(
        None, pattern=HTTP_URL, description="Where docs/runbooks is read; alarms then link to it."
    )


class Functions(Section):
    """Settings all functions share."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Also DEBUG logs no secret."
    )
    memory_mb: int = Field(512, ge=128, le=10_240, description="More memory is more processor.")
    sweep_minutes: int = Field(5, ge=1, le=60, description="How often lost work is looked for.")
    canary: bool = Field(
        False,
        description="New versions get a tenth of the traffic for five minutes, and go back when alarms ring.",
    )
    snap_start: bool = Field(False, description="Of the functions a caller waits for.")
    provisioned_concurrency: int | None = Field(
        None,
        ge=1,
        le=1_000,
        description="Environments kept ready of the functions a caller waits for.",
    )
    reserved_concurrency: dict[FunctionName, Annotated[int, Field(ge=0, le=10_000)]] = Field(
        default={}, description="At most so many of a function at once."
    )
    application_signals_layer: str | None = Field(
        None,
        pattern=r"^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:layer:[\w-]+:\d+$",
        description="ARN of AWS's layer for the region and runtime; switches Application Signals on.",
    )


class Quotas(Section):
    """What one owner may hold and do."""

    gib: int = Field(5 * 1024, ge=1, description="Stored, until a transfer is purged.")
    files: int = Field(100_000, ge=1, description="Stored.")
    mails_per_day: int = Field(1_000, ge=1, description="Recipients of a UTC day.")
    requests_per_minute: int = Field(600, ge=10, description="To the API, with a token.")


class Network(Section):
    """Run the functions in subnets of yours. Everything by id, nothing is looked up."""

    vpc_id: str = Field(pattern=r"^vpc-[0-9a-f]{8,17}$")
    availability_zones: tuple[str, ...] = Field(min_length=1, strict=False)
    subnet_ids: tuple[Annotated[str, Field(pattern=r"^subnet-[0-9a-f]{8,17}$")], ...] = Field(
        min_length=1, strict=False, description="Private subnets, one for each availability zone."
    )
    security_group_ids: tuple[Annotated[str, Field(pattern=r"^sg-[0-9a-f]{8,17}$")], ...] = Field(
        default=(),
        strict=False,
        description="Without one, a group of its own that lets everything out.",
    )
    route_table_ids: tuple[Annotated[str, Field(pattern=r"^rtb-[0-9a-f]{8,17}$")], ...] = Field(
        default=(),
        strict=False,
        description="One for each subnet: makes gateway endpoints for S3 and DynamoDB there.",
    )


class WebFirewall(Section):
    """AWS WAF in front of the API."""

    mode: Literal["off", "managed", "existing"] = "off"
    count_only: bool = Field(False, description="Block nothing; look first what would be blocked.")
    requests_per_five_minutes: int = Field(
        2_000, ge=10, le=2_000_000_000, description="From one address."
    )
    arn: str | None = Field(
        None, pattern=r"^arn:aws[a-z-]*:wafv2:", description="Of an existing web ACL."
    )


class Domain(Section):
    """The API under a name of yours."""

    name: str = Field(pattern=r"^([a-z0-9-]+\.)+[a-z]{2,}$")
    certificate_arn: str = Field(
        pattern=r"^arn:aws[a-z-]*:acm:", description="In the API's region, for this name."
    )
    hosted_zone_id: str | None = Field(
        None, pattern=r"^Z[A-Z0-9]+$", description="Writes the alias records into this zone."
    )
    hosted_zone_name: str | None = Field(None, pattern=r"^([a-z0-9-]+\.)+[a-z]{2,}$")


class ClientKeys(Section):
    """Keys that say which client a request comes from; never who may do what."""

    clients: tuple[Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9]{0,39}$")], ...] = Field(
        min_length=1, strict=False
    )
    rate: int | None = Field(
        None, ge=1, le=10_000, description="Requests a second for each client."
    )
    burst: int | None = Field(None, ge=1, le=5_000, description="At once; twice the rate without.")
    requests_per_month: int | None = Field(None, ge=1, description="Of each client.")


class Backup(Section):
    """Of the table; transfers in the bucket live 30 days at most and have versions."""

    point_in_time_days: int = Field(35, ge=1, le=35)
    nightly_keep_days: int | None = Field(
        None, ge=1, le=36_500, description="AWS Backup every night, kept so long."
    )


class Budget(Section):
    """A mail before a month costs more."""

    monthly_usd: float = Field(gt=0, strict=False)
    email: str = Field(pattern=ADDRESS)


class Laptop(Section):
    """Only for an emulator on this machine: never in an environment that names an account."""

    aws_endpoint_url: str = Field(pattern=HTTP_URL)
    ses_endpoint_url: str = Field(pattern=HTTP_URL)
    #: The one origin that webhooks may point at without https.
    webhook_stand_in: str = Field(pattern=HTTP_URL)


LogRetentionDays = Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731]
