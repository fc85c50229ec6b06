"""Which lines of the register are one person's: whoever shares a name or an id, directly or through a third line.

A person may decide under their name on a command line today and signed in tomorrow, where an id stands behind the name,
and may be called otherwise the year after. Each name and each id is therefore a label, however it is typed, and lines
that share one are one person's. This can take two people for one and never one for two.
"""

import unicodedata
from collections.abc import Iterable

from indexes.events import Approval, Event, Upload


def labels(event: Event) -> frozenset[str]:
    """Return what whoever is named in an event is known by."""
    return frozenset(label for label in map(_as_read, (event.by, event.by_id)) if label)


def latest_by_person(approvals: Iterable[Approval], *, none_of: Iterable[Upload] = ()) -> list[Approval]:
    """Return one approval a person, their later word, in the order given: who approves twice is one approval.

    Args:
        approvals: of one version.
        none_of: whose approvals do not count: those who uploaded this version.
    """
    approvals = list(approvals)
    people: list[tuple[frozenset[str], Approval | None]] = [(labels(upload), None) for upload in none_of]
    if len(approvals) <= 1 and not people:  # as of most documents, of which a register may name a hundred thousand
        return approvals
    for approval in approvals:
        ours = labels(approval)
        known = [person for person in people if not ours.isdisjoint(person[0])]
        others = [person for person in people if ours.isdisjoint(person[0])]
        uploaded = any(latest is None for _, latest in known)
        known_by = ours.union(*(theirs for theirs, _ in known))
        people = [*others, (known_by, None if uploaded else approval)]
    return [latest for _, latest in people if latest]


def _as_read(name: str) -> str:
    """What is the same of a name or address however it is typed: forms of characters, case, spaces."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
