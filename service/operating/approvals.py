"""Counts of what is approved at a moment, held against the build that answers: for metrics. Names no document.

What a person should do about it, and which documents are meant, is told by the register, the doctor and `/readyz`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from indexes.decisions import Decision
from indexes.last_ingest import StaysOut
from indexes.sources import Sources, source_name
from indexes.standing import Grant, grant

SOON_DAYS = (14, 30)  # an alert for what is to be renewed now; a plan for the month


@dataclass(frozen=True, slots=True)
class Approved:
    """What is approved now.

    Attributes:
        answerable: documents whose approved version the build holds.
        waiting: documents that are approved, and not in the build, or in another version: a new build takes them in.
        stays_out: such ones that the last ingestion could not take in.
        ended: documents of which the approval has ended, and nothing else came.
        ending: by days, how many live approvals end within so many days from now.
        next_end_at: when the first of them ends; `None` where none does.
    """

    answerable: int
    waiting: int
    stays_out: int
    ended: int
    ending: Mapping[int, int]
    next_end_at: datetime | None


def approved_at(
    at: datetime,
    sources: Sources,
    decisions: Mapping[str, Decision],
    *,
    built: Collection[tuple[str, str]],
    left: Mapping[str, StaysOut],
) -> Approved:
    """Count what is approved at a moment.

    Args:
        at: the moment, with its time zone.
        sources: the allowlist.
        decisions: what the register says, by document id.
        built: document and version (SHA-256, hex) of all that the build holds; empty where there is none.
        left: what the last ingestion left out, by document.
    """
    granted = [given for name, one in decisions.items() if (given := _grant(name, one, sources)) is not None]
    live = [given for given in granted if given.live_at(at)]
    of_build = frozenset(built)
    absent = [given for given in live if (given.document, given.sha256) not in of_build]
    out = sum(given.document in left and left[given.document].sha256 == given.sha256 for given in absent)
    ends = sorted(given.ends_at() for given in live)
    return Approved(
        answerable=len(live) - len(absent),
        waiting=len(absent) - out,
        stays_out=out,
        ended=len(granted) - len(live),
        ending={days: sum(end <= at + timedelta(days=days) for end in ends) for days in SOON_DAYS},
        next_end_at=ends[0] if ends else None,
    )


def _grant(document: str, decision: Decision, sources: Sources) -> Grant | None:
    source = sources.get(source_name(document))
    return grant(decision, source) if source is not None else None
