"""What waits for a decision, in the order of risk: expired, changed, one approval short, never decided, soon to expire.

Inside each, what has waited longest comes first, and what has no known beginning last. Pure functions of the register's
overview.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from indexes.approvals import DocumentStanding
from indexes.events import time_text
from indexes.sources import Source
from indexes.standing import Standing
from service.deciding.errors import WishError

EXPIRES_SOON = timedelta(days=30)
_RISKS = ("expired", "changed", "short", "undecided", "expiring")
_NO_TIME = "~"  # behind every time, as texts are ordered
_BETWEEN = "|"
_PARTS = 3

Why = Literal["expired", "changed", "short", "undecided", "expiring"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A document that waits for a decision: why, and since when (of what expires soon: when), where that is known."""

    line: DocumentStanding
    source: Source
    why: Why
    at: datetime | None

    def key(self) -> tuple[str, ...]:
        """Return its place in the order."""
        return str(_RISKS.index(self.why)), time_text(self.at) if self.at else _NO_TIME, self.line.document


@dataclass(frozen=True, slots=True)
class Page:
    """Some of what waits, in order; `total` of it all, and the `after` of the next page, if there is one."""

    items: Sequence[Waiting]
    total: int
    next: str | None


def waiting_in(lines: Iterable[DocumentStanding], source: Source, now: datetime) -> Iterator[Waiting]:
    """Return what waits of a source, in any order."""
    for line in lines:
        granted = line.grant
        begun = [approval.at for approval in line.approvals] + [upload.at for upload in line.uploads]
        since = min(begun, default=None)
        if line.standing is Standing.EXPIRED and granted:
            yield Waiting(line, source, "expired", granted.ends_at())
        elif line.standing is Standing.CHANGED:
            yield Waiting(line, source, "changed", since)
        elif line.standing is Standing.PENDING:
            yield Waiting(line, source, "short" if line.approvals else "undecided", since)
        elif line.standing is Standing.APPROVED and granted and granted.expires <= _soon(now):
            yield Waiting(line, source, "expiring", granted.ends_at())


def page_of(found: Iterable[Waiting], *, after: str | None, limit: int) -> Page:
    """Return a page, in order.

    Raises:
        WishError: `after` is not the `next` of a page.
    """
    ordered = sorted(found, key=Waiting.key)
    begin = _key(after) if after is not None else ()
    left = [item for item in ordered if item.key() > begin]
    page = left[:limit]
    return Page(page, len(ordered), _BETWEEN.join(page[-1].key()) if len(left) > limit else None)


def _key(after: str) -> tuple[str, ...]:
    parts = tuple(after.split(_BETWEEN, _PARTS - 1))
    if len(parts) != _PARTS or parts[0] not in map(str, range(len(_RISKS))):
        raise WishError("after: expected the `next` of the page before, got something else")
    return parts


def _soon(now: datetime) -> date:
    return (now.astimezone(UTC) + EXPIRES_SOON).date()
