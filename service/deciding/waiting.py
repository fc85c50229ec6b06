"""What waits for a decision, in the order of risk: expired, changed, one approval short, never decided, soon to expire.

Inside each, what has waited longest comes first, and what has no known beginning last. Pure functions of the register's
overview.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from operator import itemgetter
from typing import Literal

from indexes.due import DUE_DAYS
from indexes.events import time_text
from indexes.lines import DocumentStanding
from indexes.sources import Source
from indexes.standing import Standing
from service.deciding.errors import WishError

_SOON = timedelta(days=DUE_DAYS)
_RISKS = ("expired", "changed", "short", "undecided", "expiring")
_NO_TIME = "~"  # behind every time, as texts are ordered
_BETWEEN = "|"
_PARTS = 3

Why = Literal["expired", "changed", "short", "undecided", "expiring"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A document that waits for a decision: why, and since when (of what expires soon: when), where that is known.

    What nobody said anything of waits since its file was last written.
    """

    line: DocumentStanding
    source: Source
    why: Why
    at: datetime | None

    def key(self) -> tuple[str, ...]:
        """Return its place in the order."""
        return str(_RISKS.index(self.why)), time_text(self.at) if self.at else _NO_TIME, self.line.document


Placed = tuple[tuple[str, ...], Waiting]  # with its place


@dataclass(frozen=True, slots=True)
class Page:
    """Some of what waits, in order; `total` of it all, and the `after` of the next page, if there is one.

    `counts` are of all that waits, for whatever reason, by reason.
    """

    items: Sequence[Waiting]
    total: int
    next: str | None
    counts: Mapping[Why, int] = field(default_factory=dict)


def waiting_in(lines: Iterable[DocumentStanding], source: Source, now: datetime) -> Iterator[Waiting]:
    """Return what waits of a source, in any order."""
    for line in lines:
        granted = line.grant
        begun = [approval.at for approval in line.approvals] + [upload.at for upload in line.uploads]
        since = min(begun, default=line.changed_at)
        if line.standing is Standing.EXPIRED and granted:
            yield Waiting(line, source, "expired", granted.ends_at())
        elif line.standing is Standing.CHANGED:
            yield Waiting(line, source, "changed", since)
        elif line.standing is Standing.PENDING:
            yield Waiting(line, source, "short" if line.approvals else "undecided", since)
        elif line.standing is Standing.APPROVED and granted and granted.expires <= _soon(now):
            yield Waiting(line, source, "expiring", granted.ends_at())


class Kept:
    """What waited when it was looked last, each with its place: where a line is the same, so is what waits of it."""

    def __init__(self) -> None:
        self._of: dict[str, tuple[DocumentStanding, date, Placed | None]] = {}

    def waiting_in(self, lines: Iterable[DocumentStanding], source: Source, now: datetime) -> Iterator[Placed]:
        """Return what waits of a source, in any order."""
        today = now.astimezone(UTC).date()
        for line in lines:
            kept = self._of.get(line.document)
            if kept is None or kept[0] is not line or kept[1] != today:
                found = next(waiting_in((line,), source, now), None)
                kept = (line, today, (found.key(), found) if found else None)
                self._of[line.document] = kept
            if kept[2]:
                yield kept[2]


def page_of(found: Iterable[Placed], *, after: str | None, limit: int, why: Why | None = None) -> Page:
    """Return a page, in order; only of what waits for one reason, if one is given.

    Raises:
        WishError: `after` is not the `next` of a page.
    """
    begin = _key(after) if after is not None else ()
    placed = list(found)
    counts = Counter(one.why for _, one in placed)
    placed = [one for one in placed if why in (None, one[1].why)]
    left = sorted((one for one in placed if one[0] > begin), key=itemgetter(0))
    page = left[:limit]
    following = _BETWEEN.join(page[-1][0]) if len(left) > limit else None
    return Page([item for _, item in page], len(placed), following, counts)


def _key(after: str) -> tuple[str, ...]:
    parts = tuple(after.split(_BETWEEN, _PARTS - 1))
    if len(parts) != _PARTS or parts[0] not in map(str, range(len(_RISKS))):
        raise WishError("after: expected the `next` of the page before, got something else")
    return parts


def _soon(now: datetime) -> date:
    return (now.astimezone(UTC) + _SOON).date()
