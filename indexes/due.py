"""What is due of the approvals: which end soon, which have ended, which wait for another person; counted in one place.

For those who keep the library: the doctor, `/readyz`, the desk, `greenlit register --due`. An approval that ended is no
damage: its document is silent, as was decided when it was approved. So what is told here are remarks, which stop
nothing; that nothing at all is approved any more is a problem, and `stock` tells it. Reads no file's content.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from indexes.counting import counted
from indexes.decisions import Decision
from indexes.sources import Source, Sources, source_name
from indexes.standing import Grant, approvals_of
from indexes.stock import all_grants, has_file

DUE_DAYS = 30  # an approval that ends within so many days is told of; a month is what a review takes


@dataclass(frozen=True, slots=True)
class Due:
    """What is due at a moment.

    `ending` hold and end within `days`, `ended` do not hold any more and still have a file, both the soonest first;
    `short` are documents whose newest version was approved by somebody, and not yet by as many as its source asks for.
    """

    days: int
    ending: tuple[Grant, ...]
    ended: tuple[Grant, ...]
    short: tuple[str, ...]

    def remarks(self) -> list[str]:
        """Return it in words, a line each; empty if nothing is due."""
        listed = f"greenlit register --due {self.days} lists them"
        remarks = []
        if self.ended:
            ended = counted(len(self.ended), "approval has ended", "approvals have ended")
            of_it = "what it approved" if len(self.ended) == 1 else "what they approved"
            remarks.append(f"{ended}, and nothing is answered from {of_it}: {listed}")
        if self.ending:
            ends = counted(len(self.ending), "approval ends", "approvals end")
            remarks.append(
                f"{ends} within {counted(self.days, 'day')}, the first on {self.ending[0].expires}: {listed}"
            )
        if self.short:
            wait = counted(len(self.short), "document waits", "documents wait")
            remarks.append(f"{wait} for another approval, such as '{self.short[0]}': a second person approves it too")
        return remarks


def what_is_due(
    sources: Sources,
    decisions: Mapping[str, Decision],
    *,
    at: datetime,
    days: int = DUE_DAYS,
    grants: Mapping[str, Grant] | None = None,
) -> Due:
    """Return what is due, of the sources on the allowlist.

    Costs one `lstat` for each approval that ended and each document that waits: one whose file is gone waits for
    nobody.

    Args:
        sources: the allowlist.
        decisions: what the register says, by document id (`RegisterState.decisions`).
        at: the moment, with its time zone.
        days: an approval is ending if its last day is at most so many days ahead.
        grants: as `stock.all_grants`, if somebody has asked for them already.
    """
    grants = all_grants(sources, decisions) if grants is None else grants
    last_day = due_day(at, days)
    due = [granted for granted in grants.values() if granted.expires <= last_day]
    ending = [granted for granted in due if granted.live_at(at)]
    ended = [granted for granted in due if not granted.live_at(at) and has_file(sources, granted.document)]
    asking = {name: source for name, source in sources.items() if source.approvals_required > 1}
    short = [
        document
        for document, decision in decisions.items()
        if (source := asking.get(source_name(document))) and is_short(decision, source) and has_file(sources, document)
    ]
    return Due(days, _soonest_first(ending), _soonest_first(ended), tuple(sorted(short)))


def due_day(at: datetime, days: int) -> date:
    """Return the last day of which something is due within so many days; the last that there is, if they are many."""
    today = at.astimezone(UTC).date()
    return today + timedelta(days=min(days, (date.max - today).days))


def is_short(decision: Decision, source: Source) -> bool:
    """Tell whether the version that was approved last has an approval that counts, and fewer than its source asks."""
    if not decision.approvals:
        return False
    newest = decision.approvals[-1].sha256
    return 0 < len(approvals_of(decision, source, newest)) < source.approvals_required


def _soonest_first(grants: list[Grant]) -> tuple[Grant, ...]:
    return tuple(sorted(grants, key=lambda granted: (granted.expires, granted.document)))
