"""The time, in UTC: the one clock that doors hand down to whoever decides by it."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)
