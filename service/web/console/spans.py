"""Spans of time as people give them on the pages of the console: two days, UTC, both included, neither needed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from service.audit.errors import FilterError

_DAY_US = 86_400_000_000
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Days:
    """From a day to a day, UTC, both included; `None` where there is no end."""

    first: date | None = None
    last: date | None = None

    @property
    def since_us(self) -> int | None:
        """Where it begins, in microseconds since 1970."""
        return None if self.first is None else (self.first - _EPOCH).days * _DAY_US

    @property
    def until_us(self) -> int | None:
        """Where it has ended, in microseconds since 1970."""
        return None if self.last is None else ((self.last - _EPOCH).days + 1) * _DAY_US


def days_of(given: Mapping[str, str]) -> Days:
    """Return the span that the fields `from` and `to` give.

    Raises:
        FilterError: one is no day, or they are the wrong way round.
    """
    first, last = (_day(given.get(name, "").strip(), name) for name in ("from", "to"))
    if first and last and last < first:
        raise FilterError(f"expected the days from and to in their order, got {first} and {last}")
    return Days(first, last)


def the_last(days: int, now_us: int) -> Days:
    """Return so many days, of which today, UTC, is the last."""
    today = datetime.fromtimestamp(now_us // 1_000_000, UTC).date()
    return Days(today - timedelta(days=days - 1), today)


def _day(text: str, name: str) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise FilterError(
            f'expected "{name}" = a day like 2026-11-20, got {len(text)} characters of another form'
        ) from None
    if not _EPOCH <= day <= date(2200, 1, 1):
        raise FilterError(f'expected "{name}" = a day from 1970 to 2200, got {day}')
    return day
