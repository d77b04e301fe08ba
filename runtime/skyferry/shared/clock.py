"""The one clock."""

from datetime import UTC, datetime


def now() -> datetime:
    """UTC, whole milliseconds: what is stored is exactly what was decided on."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
