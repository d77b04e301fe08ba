"""The limits of api.md, in one place. Sizes in bytes, durations in seconds."""

from datetime import timedelta
from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * KIB
GIB: Final = 1024 * MIB
TIB: Final = 1024 * GIB

HOUR: Final = 3600
DAY: Final = 24 * HOUR

MAX_FILE_SIZE: Final = 5 * TIB
#: GuardDuty Malware Protection scans nothing larger; behind a gate such a file could never be released.
MAX_SCANNED_FILE_SIZE: Final = 100_000_000_000
#: S3 has no SHA-256 of an object that came in parts, so ours is computed by reading it. More than this
#: cannot be read in one function's time; the sender declares crc64nvme, which S3 computes itself.
MAX_HASHED_FILE_SIZE: Final = 16 * GIB
MAX_FILES: Final = 1_000
MAX_RECIPIENTS: Final = 50
MAX_TITLE: Final = 200
MAX_TAGS: Final = 20
MAX_TAG_VALUE: Final = 256
MAX_MESSAGE: Final = 2_000
MAX_NAME: Final = 255
MAX_PATH: Final = 1_024
MAX_DOWNLOADS: Final = 1_000_000
MAX_USES: Final = 1_000_000
MAX_ALLOWED_TYPES: Final = 50
MIN_EXPIRY: Final = HOUR
MAX_EXPIRY: Final = 30 * DAY
DEFAULT_EXPIRY: Final = 7 * DAY
MAX_BODY: Final = 256 * KIB
#: A body that nobody reads: the form of a one-click unsubscription.
MAX_UNREAD_BODY: Final = KIB
#: Completing an upload of 10,000 parts names each of them.
MAX_COMPLETE_BODY: Final = 2 * MIB

#: Below this one presigned POST, in which S3 itself enforces the exact length; from here on multipart,
#: because only that can be resumed.
MULTIPART_FROM: Final = 16 * MIB
MIN_PART_SIZE: Final = 8 * MIB
MAX_PART_SIZE: Final = 5 * GIB
MAX_PARTS: Final = 10_000
PART_WINDOW: Final = 100
#: S3 takes no smaller part but the last.
SMALLEST_PART: Final = 5 * MIB
#: Of an upload whose part URLs bind no length, what has arrived is summed up at every so many.
CHECK_EVERY: Final = 16
#: Upload instructions in the answer to a create: more would make it, and its stored copy, too large.
INLINE_UPLOADS: Final = 100

MIN_PASSWORD: Final = 8
MAX_PASSWORD: Final = 128
#: How long a link stays unlocked after its password was given.
UNLOCK_LIFE: Final = 15 * 60
#: Tries of a link's password, from one source and from all together, in a window.
UNLOCK_TRIES: Final = 10
UNLOCK_TRIES_OF_ALL: Final = 100
UNLOCK_WINDOW: Final = 15 * 60

UPLOAD_URL_LIFE: Final = 15 * 60
DOWNLOAD_URL_LIFE: Final = 5 * 60

#: A deleted or expired transfer is purged after this; until then `restore` is possible.
PURGE_AFTER: Final = 7 * DAY
#: Without a verdict for so long, a file is refused: nothing waits for ever.
MAX_SCAN_TIME: Final = HOUR
#: How often the sweep looks at a transfer whose work is under way.
RECHECK_AFTER: Final = 10 * 60
#: An outbox row that nobody marked after this is sent again by the sweep.
OUTBOX_PATIENCE: Final = 60
#: An uncertain mail of which no event came is shown as failed after this.
MAIL_PATIENCE: Final = 2 * HOUR
#: Recipients are reminded so long before the end, of transfers that live long enough for that.
REMIND_BEFORE: Final = DAY
MIN_LIFE_TO_REMIND: Final = 2 * DAY
#: Webhooks of an owner.
MAX_WEBHOOKS: Final = 10
MAX_DESCRIPTION: Final = 200
#: A receiver must take the connection, and answer, within this each.
WEBHOOK_TIMEOUT: Final = 5
#: And be done with it within this.
WEBHOOK_DEADLINE: Final = 10
DELIVERY_LIFE: Final = 30 * DAY
#: What happened stays readable for so long after its transfer was purged.
EVENTS_AFTER_PURGE: Final = 30 * DAY
#: Feeds show what is older than this. A change gets its time and ids before it is committed; a request ends
#: after 29 s and a worker's decision sooner, so that nothing appears behind a reader's position.
FEED_SETTLE: Final = 35
IDEMPOTENCY_LIFE: Final = DAY
IDEMPOTENCY_LEASE: Final = 30


def part_size(size: int) -> int:
    """The part size to advise for a file: whole MiB, at least 8, at most 10,000 parts."""
    needed = -(-size // MAX_PARTS)
    return max(MIN_PART_SIZE, -(-needed // MIB) * MIB)


def seconds(number: int) -> timedelta:
    return timedelta(seconds=number)
