"""What a page says of a document that is to be decided on: where it stands in words, and what may be done.

Pure functions of a `Case`; no page is made here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

from indexes.approvals import months_later
from indexes.counting import counted
from indexes.due import DUE_DAYS
from indexes.events import Approval, Event, Upload
from indexes.standing import Standing
from service.deciding.deciding import Case
from service.deciding.waiting import Waiting, Why, waiting_in
from service.web.desk.desk import Indexed

_FRESH = timedelta(hours=1)  # after a decision, it is said since when it is in the index
_TAGS = {"expired": "wrong", "changed": "soon", "short": "", "undecided": "", "expiring": "soon"}
_DONE = {  # what was done, and where the document then stands
    "approve": {Standing.APPROVED, Standing.PENDING, Standing.CHANGED},
    "revoke": {Standing.REVOKED},
    "reject": {Standing.REJECTED},
    "upload": {Standing.PENDING, Standing.CHANGED, Standing.REVOKED, Standing.REJECTED},
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the queue, or of all documents."""

    document: str
    why: str
    tag: str
    day: tuple[str, date] | None  # since, on or until, and when
    token: str  # what a list brings back of it: version, decisions seen, name

    @property
    def name(self) -> str:
        """The file's name."""
        return PurePosixPath(self.document).name

    @property
    def folder(self) -> str:
        """Where it lies."""
        return str(PurePosixPath(self.document).parent)


def row_of(waiting: Waiting) -> Row:
    """Return the row of what waits."""
    line, needed = waiting.line, waiting.source.approvals_required
    words = {
        "expired": "expired",
        "changed": "changed",
        "short": f"{len(line.approvals)} of {needed}",
        "undecided": "not a document" if line.problem else "new",
        "expiring": "ends",
    }
    why, tag = words[waiting.why], "wrong" if line.problem else _TAGS[waiting.why]
    day = ("since", waiting.at.date()) if waiting.at else None
    if waiting.why == "expiring" and line.grant:
        day = ("on", line.grant.expires)
    return Row(line.document, why, tag, day, token_of(line.document, line.sha256, line.decisions))


def due_in_words(counts: Mapping[Why, int]) -> list[tuple[Why, str]]:
    """Return what is due of what waits, in words, each with the reason by which the list can be asked for it."""
    words: dict[Why, tuple[str, str]] = {
        "expired": ("approval has ended", "approvals have ended"),
        "expiring": (f"approval ends within {DUE_DAYS} days", f"approvals end within {DUE_DAYS} days"),
        "short": ("waits for a second approval", "wait for a second approval"),
    }
    some = [(why, counts.get(why, 0), one, more) for why, (one, more) in words.items()]
    return [(why, counted(count, one, more)) for why, count, one, more in some if count]


def token_of(document: str, sha256: str | None, decisions: int) -> str:
    """Return what a list brings back of a document: the version and the decisions that were seen."""
    return f"{sha256 or ''}.{decisions}.{document}"


def read_token(token: str) -> tuple[str, str, int]:
    """Return document, version and decisions seen.

    Raises:
        ValueError: it is none.
    """
    sha256, decisions, document = token.split(".", 2)
    return document, sha256, int(decisions)


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One line of a document's history."""

    what: str
    by: str
    at: datetime
    note: str
    until: date | None


def history_of(events: tuple[Event, ...]) -> list[HistoryLine]:
    """Return a document's history, newest first."""
    lines = []
    for event in reversed(events):
        if isinstance(event, Approval):
            lines.append(HistoryLine("approved", event.by, event.at, event.note, event.expires))
        elif isinstance(event, Upload):
            lines.append(HistoryLine("uploaded", event.by, event.at, "", None))
        else:
            what = "revoked" if event.event == "revoke" else "rejected"
            lines.append(HistoryLine(what, event.by, event.at, event.reason, None))
    return lines


def may_do(case: Case) -> list[str]:
    """Return what may be done with a document: approve or renew, revoke, reject."""
    line = case.line
    able = []
    if line.grant:
        able.append("revoke")
    if line.standing in (Standing.PENDING, Standing.CHANGED, Standing.EXPIRED):
        able.append("reject")
    if line.sha256 and case.would_count and not (line.standing is Standing.PENDING and case.has_approved):
        same = line.grant is not None and line.grant.sha256 == line.sha256
        renews = same and line.standing in (Standing.APPROVED, Standing.EXPIRED)
        able.append("renew" if renews else "approve")
    return able


def values_of(case: Case, indexed: Indexed, now: datetime) -> dict[str, Any]:
    """Return what a page about a document shows of where it stands."""
    line, source = case.line, case.source
    why = next(waiting_in([line], source, now), None)
    today = now.astimezone(UTC).date()
    granted = line.grant
    groups = source.groups
    if granted and (kept := [group for group in source.groups if group in granted.groups]):
        groups = tuple(kept)  # as narrow as it was approved before
    decided = [event for event in case.history if not isinstance(event, Upload)]
    fresh = bool(decided) and now - decided[-1].at < _FRESH
    in_index = indexed.has(line.document, granted.sha256 if granted else None)
    return {
        "case": case,
        "line": line,
        "source": source,
        "file_name": PurePosixPath(line.document).name,
        "why": why.why if why else None,
        "row": row_of(why) if why else None,
        "history": history_of(case.history),
        "able": may_do(case),
        "expires": months_later(today, source.review_months),
        "today": today,
        "groups": groups,
        "title": (granted.title if granted else ""),
        "supersedes": case.supersedes,
        "others": [name for name in case.others if name != line.document],
        "in_index": in_index and line.standing in (Standing.APPROVED, Standing.CHANGED, Standing.PENDING),
        "index_since": indexed.made_at.isoformat() if fresh and in_index and indexed.made_at else None,
        "last": history_of((decided[-1],))[0] if decided else None,
        "days_left": (granted.expires - today).days if granted else None,
    }


def done_as(done: str, standing: Standing) -> str:
    """Return what was done, if it can be so: an address that somebody made up says nothing."""
    return done if standing in _DONE.get(done, ()) else ""
