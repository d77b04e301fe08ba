"""Names that the infrastructure and the runtime share. Standard library only.

A name is written here once; a misspelt one is then an import error instead of an AccessDenied at night.
"""

from enum import StrEnum
from typing import Final

METRICS_NAMESPACE: Final = "Skyferry"
#: Dimensions of every business metric: several environments may share an account, functions a metric.
ENVIRONMENT_DIMENSION: Final = "environment"
SERVICE_DIMENSION: Final = "service"
#: PUBLIC_BASE_URL of the api function where it has none: the address that API Gateway was called by. (The
#: gateway's own address cannot be in the environment of a function that the gateway itself names.)
ADDRESS_OF_REQUEST: Final = "request"


#: Headers of every answer of the API, whether a handler makes it or the gateway itself: nothing is cached,
#: sniffed, framed or run, and a link's token goes along to no other site.
ANSWER_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
}


class Env(StrEnum):
    """Environment variables of the functions. Every one a function gets is required: no empty defaults."""

    ENVIRONMENT = "SKYFERRY_ENVIRONMENT"
    TABLE_NAME = "TABLE_NAME"
    BUCKET_NAME = "BUCKET_NAME"
    PROCESS_UPLOAD_QUEUE_URL = "PROCESS_UPLOAD_QUEUE_URL"
    SEND_EMAIL_QUEUE_URL = "SEND_EMAIL_QUEUE_URL"
    DELIVER_WEBHOOK_QUEUE_URL = "DELIVER_WEBHOOK_QUEUE_URL"
    #: The one origin without https that webhooks may point at: the laptop cloud's receiver, or `none`.
    WEBHOOK_STAND_IN = "WEBHOOK_STAND_IN"
    #: Id of the event source mapping that feeds send_email.
    SEND_EMAIL_MAPPING_ID = "SEND_EMAIL_MAPPING_ID"
    SCAN_GATE = "SCAN_GATE"
    #: Id of the KMS key that signs receipts.
    RECEIPT_KEY_ID = "RECEIPT_KEY_ID"
    PUBLIC_BASE_URL = "PUBLIC_BASE_URL"
    SENDER_ADDRESS = "SENDER_ADDRESS"
    CONFIGURATION_SET = "CONFIGURATION_SET"
    #: Origins that browsers may call the API from: `*`, `none`, or a comma-separated list.
    CORS_ORIGINS = "CORS_ORIGINS"
    #: Quotas of one owner.
    QUOTA_BYTES = "QUOTA_BYTES"
    QUOTA_FILES = "QUOTA_FILES"
    MAILS_PER_DAY = "MAILS_PER_DAY"
    REQUESTS_PER_MINUTE = "REQUESTS_PER_MINUTE"
    OIDC_ISSUER = "OIDC_ISSUER"
    OIDC_AUDIENCE = "OIDC_AUDIENCE"


class ScanGate(StrEnum):
    """Whether a file needs a scan verdict before anybody may download it."""

    OFF = "off"
    REQUIRED = "required"


class Function(StrEnum):
    """The functions: value = folder below `skyferry/functions`, queue, test and runbook."""

    AUTHORIZER = "authorizer"
    API = "api"
    PROCESS_UPLOAD = "process_upload"
    DISPATCH_OUTBOX = "dispatch_outbox"
    SEND_EMAIL = "send_email"
    EMAIL_FEEDBACK = "email_feedback"
    DELIVER_WEBHOOK = "deliver_webhook"
    SWEEP = "sweep"
    PAUSE_SENDING = "pause_sending"


#: The environment variables each function is given, no more and no fewer.
#: `functions/<function>/settings.py` has a model with the same fields; a test compares the three.
FUNCTION_ENVIRONMENT: Final[dict[Function, frozenset[Env]]] = {
    Function.AUTHORIZER: frozenset({Env.ENVIRONMENT, Env.OIDC_ISSUER, Env.OIDC_AUDIENCE}),
    Function.API: frozenset(
        {
            Env.ENVIRONMENT,
            Env.TABLE_NAME,
            Env.BUCKET_NAME,
            Env.SCAN_GATE,
            Env.CORS_ORIGINS,
            Env.PUBLIC_BASE_URL,
            Env.RECEIPT_KEY_ID,
            Env.QUOTA_BYTES,
            Env.QUOTA_FILES,
            Env.MAILS_PER_DAY,
            Env.REQUESTS_PER_MINUTE,
            Env.WEBHOOK_STAND_IN,
        }
    ),
    Function.PROCESS_UPLOAD: frozenset(
        {Env.ENVIRONMENT, Env.TABLE_NAME, Env.BUCKET_NAME, Env.SCAN_GATE}
    ),
    Function.DISPATCH_OUTBOX: frozenset(
        {
            Env.ENVIRONMENT,
            Env.TABLE_NAME,
            Env.SEND_EMAIL_QUEUE_URL,
            Env.DELIVER_WEBHOOK_QUEUE_URL,
        }
    ),
    Function.SEND_EMAIL: frozenset(
        {
            Env.ENVIRONMENT,
            Env.TABLE_NAME,
            Env.PUBLIC_BASE_URL,
            Env.SENDER_ADDRESS,
            Env.CONFIGURATION_SET,
        }
    ),
    Function.EMAIL_FEEDBACK: frozenset({Env.ENVIRONMENT, Env.TABLE_NAME}),
    Function.DELIVER_WEBHOOK: frozenset(
        {
            Env.ENVIRONMENT,
            Env.TABLE_NAME,
            Env.DELIVER_WEBHOOK_QUEUE_URL,
            Env.WEBHOOK_STAND_IN,
        }
    ),
    Function.SWEEP: frozenset(
        {
            Env.ENVIRONMENT,
            Env.TABLE_NAME,
            Env.BUCKET_NAME,
            Env.PROCESS_UPLOAD_QUEUE_URL,
            Env.SEND_EMAIL_QUEUE_URL,
            Env.DELIVER_WEBHOOK_QUEUE_URL,
        }
    ),
    Function.PAUSE_SENDING: frozenset({Env.ENVIRONMENT, Env.SEND_EMAIL_MAPPING_ID}),
}

#: Seconds between the attempts to deliver to a webhook; one attempt more than there are pauses.
WEBHOOK_PAUSES: Final = (5, 30, 120, 600, 3600)
WEBHOOK_ATTEMPTS: Final = len(WEBHOOK_PAUSES) + 1


class Table:
    """The single table: attribute names of its keys, its two indexes and its TTL."""

    PARTITION_KEY: Final = "pk"
    SORT_KEY: Final = "sk"
    TTL: Final = "ttl"
    #: Rows that need work at a time: partition `due_shard`, sort `due_at` (RFC 3339 UTC).
    DUE_INDEX: Final = "due"
    DUE_SHARD: Final = "due_shard"
    DUE_AT: Final = "due_at"
    #: What an owner's feeds show: partition `feed_pk`, a feed of an owner; sort `feed_sk`, by time.
    FEED_INDEX: Final = "feed"
    FEED_PK: Final = "feed_pk"
    FEED_SK: Final = "feed_sk"
    #: Sort-key prefix of outbox rows; the stream's filter lets only inserts of these through.
    OUTBOX_PREFIX: Final = "OUTBOX#"


class Prefix:
    """Key prefixes in the file bucket. An upload URL only ever points below INBOX."""

    INBOX: Final = "inbox/"
    FILES: Final = "files/"


class Metric(StrEnum):
    """Business metrics, namespace `METRICS_NAMESPACE`, by environment and function."""

    TRANSFERS_CREATED = "TransfersCreated"
    TRANSFERS_READY = "TransfersReady"
    FILES_VERIFIED = "FilesVerified"
    FILES_REFUSED = "FilesRefused"
    SCANS_THROTTLED = "ScansThrottled"
    SCANS_TIMED_OUT = "ScansTimedOut"
    BYTES_VERIFIED = "BytesVerified"
    MAILS_SENT = "MailsSent"
    MAILS_FAILED = "MailsFailed"
    SENDING_PAUSED = "SendingPaused"
    DOWNLOADS = "Downloads"
    WEBHOOKS_DELIVERED = "WebhooksDelivered"
    WEBHOOKS_FAILED = "WebhooksFailed"
    SWEPT = "Swept"


class ScanVerdict(StrEnum):
    """Result values of GuardDuty Malware Protection for S3 (also what a custom scanner reports)."""

    NO_THREATS_FOUND = "NO_THREATS_FOUND"
    THREATS_FOUND = "THREATS_FOUND"
    UNSUPPORTED = "UNSUPPORTED"
    ACCESS_DENIED = "ACCESS_DENIED"
    FAILED = "FAILED"


#: EventBridge detail types that wake `process_upload`.
OBJECT_CREATED: Final = "Object Created"
SCAN_RESULT: Final = "GuardDuty Malware Protection Object Scan Result"
#: The one other event of GuardDuty's about a bucket that is no trouble.
SCAN_ACTIVE: Final = "GuardDuty Malware Protection Resource Status Active"

#: Message tags on each mail, by which `email_feedback` finds the mail an SES event speaks of.
MAIL_TAGS: Final = ("owner", "transfer_id", "recipient_id", "kind")

#: Scopes of access tokens.
SCOPE_READ: Final = "transfers:read"
SCOPE_WRITE: Final = "transfers:write"
SCOPE_ADMIN: Final = "admin"

#: Keys of the authorizer's context, as the handlers read them. Values are strings (API Gateway's rule).
PRINCIPAL_OWNER: Final = "owner"
PRINCIPAL_SCOPES: Final = "scopes"
PRINCIPAL_NAME: Final = "name"
#: Only where the issuer says that it is verified.
PRINCIPAL_EMAIL: Final = "email"
