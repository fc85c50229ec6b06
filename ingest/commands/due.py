"""What `register --due DAYS` lists: approvals that end within so many days or have ended, the soonest first.

The same as `indexes.due` counts, with where each document's file stands and the command that renews it, where a
renewal is what it needs.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from indexes.approvals import Approvals
from indexes.console import Part, Style, err, out
from indexes.counting import counted
from indexes.due import due_day
from indexes.lines import DocumentStanding
from indexes.sources import Source, source_name
from indexes.standing import Grant, Standing
from ingest import show

_RENEWABLE = (Standing.APPROVED, Standing.EXPIRED)
_SOON_DAYS = 7


@dataclass(frozen=True, slots=True)
class DueLine:
    """An approval that is due: `days_left` is below 0 once it has ended, and 0 on its last day."""

    line: DocumentStanding
    grant: Grant
    source: Source
    days_left: int

    @property
    def renew(self) -> str | None:
        """The command that renews it; `None` where its file is another by now, or gone."""
        if self.line.standing not in _RENEWABLE or self.line.problem:
            return None
        return f"greenlit approve {self.line.document} --renew --by WHO"

    def as_json(self) -> dict[str, Any]:
        """Return the public form."""
        told = show.standing_json(self.line)
        return {**told, "owner": self.source.owner, "days_left": self.days_left, "renew": self.renew}


def due_lines(approvals: Approvals, *, days: int, now: datetime) -> list[DueLine]:
    """Return what is due, the soonest first; what ended and has no file any more is due to nobody.

    Args:
        approvals: the library.
        days: at most so many are left.
        now: the time, with its zone.

    Raises:
        RegisterError: the register cannot be read.
    """
    today, last_day = now.astimezone(UTC).date(), due_day(now, days)
    found = []
    for line in approvals.overview():
        granted = line.grant
        if granted is None or granted.expires > last_day:
            continue
        left = (granted.expires - today).days
        if left >= 0 or line.standing is not Standing.MISSING:
            found.append(DueLine(line, granted, approvals.sources[source_name(line.document)], left))
    return sorted(found, key=lambda one: (one.grant.expires, one.line.document))


def show_due(lines: Iterable[DueLine], *, days: int) -> None:
    """Print what is due, and how it is renewed, a line a source."""
    lines = list(lines)
    if not lines:
        err.line(f"nothing is due within {counted(days, 'day')}")
        return
    rows = ((*_row(one), one.line.standing.value, one.source.owner, ", ".join(one.grant.approved_by)) for one in lines)
    out.table(("document", "until", "left", "standing", "owner", "approved by"), rows)
    for source in dict.fromkeys(one.source.name for one in lines if one.renew):
        count = sum(one.source.name == source and one.renew is not None for one in lines)
        err.line(f"to renew {count} of them: greenlit approve {source} --renew --within {max(days, 1)} --by WHO")


def _row(one: DueLine) -> tuple[Part, Part, Part]:
    left = "ended" if one.days_left < 0 else counted(one.days_left, "day")
    return one.line.document, str(one.grant.expires), (left, _style(one.days_left))


def _style(days_left: int) -> Style:
    return "red" if days_left < 0 else "yellow" if days_left <= _SOON_DAYS else "green"
