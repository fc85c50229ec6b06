"""Taking stock: which documents are approved, source by source, and whether their files are there.

The register says what is approved, the library's folders what there is; here the two are held against each other. A
file whose name looks like that of another document of its source is kept from being one, unless it is the one that was
approved (first): an approved document is never pushed out by a file that is put beside it. Reads no file's content.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from indexes.counting import counted
from indexes.decisions import Decision
from indexes.library import Listed, list_documents, locate
from indexes.look_alikes import look_alikes, look_keys
from indexes.names import spelled
from indexes.register_state import RegisterPlace, RegisterState
from indexes.sources import Source, Sources, source_name
from indexes.standing import Grant, grant


@dataclass(frozen=True, slots=True)
class SourceStock:
    """What is approved in one source, by document id and in order; `missing` are those of it without a file."""

    source: Source
    approved: tuple[str, ...]
    missing: tuple[str, ...]


def take_stock(
    sources: Sources,
    decisions: Mapping[str, Decision],
    *,
    at: datetime,
    found: Collection[str] | None = None,
    grants: Mapping[str, Grant] | None = None,
) -> list[SourceStock]:
    """Hold what is approved at a moment against the files that there are.

    Args:
        sources: the allowlist.
        decisions: what the register says, by document id (`RegisterState.decisions`).
        at: the moment, with its time zone.
        found: the documents that were found, if somebody has listed the library; else each approved document is
            looked for at its place, which costs one `lstat` each.
        grants: as `all_grants`, if somebody has asked for them already.

    Returns:
        One for each source, in the allowlist's order, those without an approved document too.
    """
    grants = all_grants(sources, decisions) if grants is None else grants
    live = {name: granted for name, granted in grants.items() if granted.live_at(at)}
    missing = {name for name in live if (name not in found if found is not None else not has_file(sources, name))}
    stocks = []
    for source in sources.values():
        approved = tuple(sorted(name for name in live if source_name(name) == source.name))
        stocks.append(SourceStock(source, approved, tuple(name for name in approved if name in missing)))
    return stocks


def stock_problems(stocks: Sequence[SourceStock]) -> list[str]:
    """Return what somebody has to mend of a stock, in words: nothing approved at all, or approved and not there."""
    if not any(stock.approved for stock in stocks):
        return ["the register approves nothing now, so there is nothing to answer from: run greenlit approve"]
    problems = []
    for stock in stocks:
        if missing := stock.missing:
            have = "has" if len(missing) == 1 else "have"
            of = counted(len(stock.approved), "approved document")
            some = f"{len(missing)} of {of} {have} no file, such as '{missing[0]}'"
            mend = "put them back, or revoke them; greenlit rename keeps the approval of one that was moved"
            problems.append(f"source '{stock.source.name}': {some}: {mend}")
    return problems


def register_is_gone(state: RegisterState, register: RegisterPlace, *, held: int) -> str | None:
    """Return in words that a register is gone: it decides on nothing, or on nothing that can be understood.

    Where the live build holds no document either, nothing is gone: nobody has approved anything yet.

    Args:
        state: what the register says.
        register: where it lies, which may be nowhere.
        held: how many documents the live build holds, each of which a line of the register let in.
    """
    if not held or any(decision.problem is None for decision in state.decisions.values()):
        return None
    shown = register.shown
    it = f"{shown} decides on nothing" if register.is_there() else f"the register {shown} is not there"
    if state.decisions:
        it = f"nothing that the register says can be understood: {state.problems[0].in_words(shown)}"
    back = "put it back (greenlit restore COPIES, or your own copy)"
    return f"{it}, and the live build holds {counted(held, 'document')}: {back}"


def stock_remarks(stocks: Sequence[SourceStock]) -> list[str]:
    """Return what stops nothing, in words: sources from which nothing is answered, while others have documents."""
    empty = [stock.source.name for stock in stocks if not stock.approved]
    if not empty or len(empty) == len(stocks):
        return []
    return [f"source '{name}' has no approved document: approve some, or take it out of sources.toml" for name in empty]


def has_file(sources: Sources, document: str) -> bool:
    """Tell whether there is anything at a document's place; costs one `lstat`."""
    try:
        locate(sources, document).lstat()
    except OSError:
        return False
    return True


def live_grants(sources: Sources, decisions: Mapping[str, Decision], *, at: datetime) -> dict[str, Grant]:
    """Return the approvals that hold at a moment, by document id, of the sources on the allowlist."""
    return {name: granted for name, granted in all_grants(sources, decisions).items() if granted.live_at(at)}


def all_grants(sources: Sources, decisions: Mapping[str, Decision]) -> dict[str, Grant]:
    """Return the approvals that hold or have ended, by document id, of the sources on the allowlist."""
    grants = {}
    for document, decision in decisions.items():
        source = sources.get(source_name(document))
        if source and (granted := grant(decision, source)):
            grants[document] = granted
    return grants


def approved_elsewhere(sources: Sources, decisions: Mapping[str, Decision], *, at: datetime) -> dict[str, int]:
    """Return how many documents are approved in sources that are not on the allowlist (any more), by source."""
    counts: dict[str, int] = {}
    today = at.astimezone(UTC).date()
    for document, decision in decisions.items():
        name = source_name(document)
        if name not in sources and any(approval.expires >= today for approval in decision.approvals):
            counts[name] = counts.get(name, 0) + 1
    return counts


def list_library(
    sources: Sources, decisions: Mapping[str, Decision], *, at: datetime, listed: list[Listed] | None = None
) -> list[Listed]:
    """List every file of every source as `list_documents` does, those that look like another one with that problem.

    Args:
        sources: the allowlist.
        decisions: what the register says, by document id.
        at: the moment, with its time zone.
        listed: what `list_documents` gave, if somebody has asked it already.
    """
    listed = list_documents(sources) if listed is None else listed
    if not _any_alike([*(item.document for item in listed), *decisions]):
        return listed
    live = live_grants(sources, decisions, at=at)
    alike: dict[str, str] = {}
    for source in sources:
        fit = {item.document for item in listed if not item.problem} | live.keys()
        alike |= look_alikes(_in_order_of_right([name for name in fit if source_name(name) == source], decisions, live))
    return [
        replace(item, problem=_looks_like(item.document, alike[item.document], live))
        if item.document in alike and not item.problem
        else item
        for item in listed
    ]


def _any_alike(names: Iterable[str]) -> bool:
    """Tell whether two names look alike, whichever of them are documents: as good as never, and quickly told."""
    first: dict[str, str] = {}
    return any(first.setdefault(key, name) != name for name in names for key in look_keys(name))


def approved_look_alike(document: str, live: Mapping[str, Grant]) -> str | None:
    """Return the approved document that this one would be taken for, in words; `None` if it would be for none.

    Args:
        document: a document id; one that is approved itself would be taken for none.
        live: as `live_grants`.
    """
    if document in live:
        return None
    keys = set(look_keys(document))
    for other in live:
        if source_name(other) == source_name(document) and not keys.isdisjoint(look_keys(other)):
            return _looks_like(document, other, live)
    return None


def _in_order_of_right(names: Sequence[str], decisions: Mapping[str, Decision], live: Mapping[str, Grant]) -> list[str]:
    """What is approved before what is not, what was decided on first before what was later or never, then by name."""

    def right(name: str) -> tuple[bool, datetime, str]:
        events = decisions[name].events if name in decisions else ()
        since = events[0].at if events else datetime.max.replace(tzinfo=UTC)
        return name not in live, since, name

    return sorted(names, key=right)


def _looks_like(document: str, other: str, live: Mapping[str, Grant]) -> str:
    approved = ", which is approved: rename this file, or revoke that document" if other in live else ": rename one"
    return f"'{spelled(document)}' looks like '{spelled(other)}'{approved}, so that nobody takes one for the other"
