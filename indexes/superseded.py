"""Which documents are superseded by which, as approvals say: what of it counts, and what a person should know of it.

Edges go from a document to those that it supersedes. Two that supersede each other, on whatever way round, say nothing
of which is in force, so neither counts (`counting`). Pure functions; whose approvals hold, and who may see which of the
documents, is settled before (`standing`, the reader's boundary).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime

from indexes.decisions import Decision
from indexes.errors import TermsError
from indexes.events import is_proven
from indexes.names import printable
from indexes.sources import Source, source_name

Edges = Mapping[str, AbstractSet[str]]


def counting(edges: Edges) -> dict[str, frozenset[str]]:
    """Return the edges that count, without those of a circle: what a document supersedes, of those that do."""
    circle = _circles(edges)
    kept = (
        (document, frozenset(old for old in olds if circle[old] != circle[document]))
        for document, olds in edges.items()
    )
    return {document: olds for document, olds in kept if olds}


def _circles(edges: Edges) -> dict[str, str]:
    """Return for each document the one that its circle is told by: itself, where it is in none.

    Looks along each edge once (Tarjan, "Depth-first search and linear graph algorithms", 1972), and nests no calls.
    """
    found: dict[str, int] = {}  # the number of each document, in the order in which they are found
    back: dict[str, int] = {}  # the lowest number that each leads back to, as far as it was looked
    waiting: list[str] = []  # those that were found and have no circle yet
    circle: dict[str, str] = {}

    def begun(document: str) -> tuple[str, Iterator[str]]:
        found[document] = back[document] = len(found)
        waiting.append(document)
        return document, iter(edges.get(document, ()))

    for start in edges:
        way = [] if start in found else [begun(start)]
        while way:
            document, ahead = way[-1]
            for old in ahead:
                if old not in found:
                    way.append(begun(old))
                    break
                if old not in circle:
                    back[document] = min(back[document], found[old])
            else:
                way.pop()
                if way:
                    back[way[-1][0]] = min(back[way[-1][0]], back[document])
                while back[document] == found[document] and document not in circle:
                    circle[waiting.pop()] = document
    return circle


def _leads_to(edges: Edges, start: str, end: str) -> bool:
    seen, ahead = {start}, [start]
    while ahead:
        document = ahead.pop()
        if document == end:
            return True
        further = edges.get(document, frozenset()) - seen
        seen |= further
        ahead.extend(further)
    return False


def replacements(edges: Edges) -> dict[str, str]:
    """Return by which document each superseded one is replaced in the end, of those in the edges.

    Where several supersede the same and none of them the others, it is the last by name: one has to be told.

    Args:
        edges: of documents that may all be told of; those of a circle are passed over.
    """
    by: dict[str, str] = {}
    for document, olds in sorted(counting(edges).items()):
        by |= dict.fromkeys(olds, document)
    return _lasts(by)


def _lasts(by: Mapping[str, str]) -> dict[str, str]:
    """Return where each chain ends, of chains that are no circles."""
    last: dict[str, str] = {}
    for document in by:
        passed, at = [], document
        while at in by and at not in last:
            passed.append(at)
            at = by[at]
        last |= dict.fromkeys(passed, last.get(at, at))
    return last


def check_superseding(
    document: str, olds: Collection[str], decisions: Mapping[str, Decision], *, now: datetime
) -> None:
    """Check that an approval of a document may name others as superseded.

    Raises:
        TermsError: it names itself, one that the register does not know, or one that supersedes it.
    """
    said = _said(decisions, on=now.astimezone(UTC).date())
    for old in olds:
        if old == document:
            raise TermsError(f"expected supersedes = other documents, got '{printable(old)}' itself")
        if old not in decisions:
            raise TermsError(f"expected supersedes = documents that the register knows, got '{printable(old)}'")
        if _leads_to(said, old, document):
            raise TermsError(
                f"'{printable(old)}' is said to supersede '{printable(document)}', so neither would count: approve "
                f"'{printable(old)}' again first, with an empty supersedes"
            )


def supersession_remarks(decisions: Mapping[str, Decision], *, now: datetime) -> Iterator[str]:
    """Say which approvals name as superseded what does not count: a circle, or a document that nobody decided on."""
    said = _said(decisions, on=now.astimezone(UTC).date())
    counts = counting(said)
    for document, olds in sorted(said.items()):
        for old in sorted(olds):
            names = f"the approval of '{document}' says that it supersedes '{old}'"
            if old not in decisions:
                yield f"{names}, which the register does not know: if that is a slip, approve it again"
            elif old not in counts.get(document, ()):
                yield f"{names}, and that one comes round to supersede it: neither counts until one is approved again"


def _said(decisions: Mapping[str, Decision], *, on: date) -> dict[str, frozenset[str]]:
    """Return what the last approval of each document says, of those that hold on a day."""
    last = ((name, one.approvals[-1]) for name, one in decisions.items() if one.approvals)
    return {name: frozenset(one.supersedes) for name, one in last if one.supersedes and one.expires >= on}


def superseding(
    document: str, decisions: Mapping[str, Decision], sources: Iterable[Source], *, on: date
) -> tuple[str, ...]:
    """Return which documents of some sources supersede another on a day, as their last approvals say."""
    by_name = {source.name: source for source in sources}
    return tuple(
        name
        for name, olds in sorted(_said(decisions, on=on).items())
        if document in olds
        and (source := by_name.get(source_name(name)))
        and document in said_before(decisions[name], source)
    )


def said_before(decision: Decision | None, source: Source) -> tuple[str, ...]:
    """Return what the last approval of a document names as superseded, of those that count in its source."""
    counting = [one for one in decision.approvals if is_proven(one) or not source.proven] if decision else []
    return counting[-1].supersedes if counting else ()
