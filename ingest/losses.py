"""Which approved documents a new build would not hold, although the register lets them in, and what follows of it.

A document is *lost* if it is approved and there is no file, or the disk does not give it. Each source that lost any is
a problem that somebody has to mend, and so is each with approved files that cannot be taken in for what they are. If a
source lost more than half of what is approved in it, something is wrong with the library rather than with a document (a
disk that is not mounted, a folder that was moved), and nothing is published unless that is asked for: the build before
it still holds them, and what was revoked is silent there too. The same holds for a register that decides on nothing any
more.

Files that a source keeps out for what was not read of them are a problem too: somebody approved them, and they answer
nothing. One that waits for a new look, because it is read otherwise than when it was approved, is a remark.

Held against the approvals and not against the build before, so that it holds for the first build as well.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from indexes.counting import counted
from indexes.decisions import Decision
from indexes.register_state import RegisterPlace, RegisterState
from indexes.sources import SOURCES_FILE, Sources
from indexes.standing import grant
from indexes.stock import SourceStock, approved_elsewhere
from ingest.errors import LostDocumentsError
from ingest.report import Outcome

KeptOut = Literal["unapproved", "changed", "refused", "unreadable", "not_whole", "reread"]
_NAMED = 3  # documents of a source that are named in a message
_NOTHING_DONE = "nothing was published, what was live stays live"
_SHOWN = "greenlit register shows the difference"
_DO_IT_ANYWAY = "greenlit ingest --allow-missing publishes without them"


@dataclass(frozen=True, slots=True)
class Losses:
    """What one source lost, by document id: `missing` files, and `unreadable` ones, which the disk does not give.

    No loss are `refused` files, which cannot be taken in for what they are, `not_whole` ones, which their source keeps
    out for what was not read of them, `changed` ones, whose new version waits for its approval, and `reread` ones,
    which wait for a new approval because they are read otherwise than when they were approved.
    """

    stock: SourceStock
    unreadable: tuple[str, ...]
    refused: tuple[str, ...]
    changed: tuple[str, ...]
    not_whole: tuple[str, ...] = ()
    reread: tuple[str, ...] = ()

    @property
    def too_many(self) -> bool:
        """Whether the source lost more than half of what is approved in it."""
        return 2 * (len(self.stock.missing) + len(self.unreadable)) > len(self.stock.approved)

    def problems(self) -> list[str]:
        """Return what has to be mended, in words; empty if nothing has."""
        kinds = (
            (self.stock.missing, "has no file", "have no file"),
            (self.unreadable, "has a file that cannot be read", "have a file that cannot be read"),
            (self.refused, "has a file that cannot be taken in", "have a file that cannot be taken in"),
            (self.not_whole, "is kept out for what was not read of it", "are kept out for what was not read of them"),
        )
        where, of = f"source '{self.stock.source.name}'", f"of {counted(len(self.stock.approved), 'approved document')}"
        return [
            f"{where}: {len(some)} {of} {one if len(some) == 1 else more} ({_some(some)})"
            for some, one, more in kinds
            if some
        ]

    def remarks(self) -> list[str]:
        """Return what a person may want to know: that most files are not the approved versions, or wait for a look."""
        where, total = f"source '{self.stock.source.name}'", len(self.stock.approved)
        remarks = []
        if 2 * len(self.changed) > len(self.stock.approved):
            of = f"{len(self.changed)} of {counted(total, 'file')}"
            changed = "is not the approved version" if len(self.changed) == 1 else "are not the approved versions"
            remarks.append(f"{where}: {of} {changed} any more ({_some(self.changed)}): did somebody mean to change it?")
        if self.reread:
            of = f"{len(self.reread)} of {counted(total, 'approved document')}"
            waits = (
                "is read otherwise than when it was approved and waits for a new approval"
                if len(self.reread) == 1
                else "are read otherwise than when they were approved and wait for a new approval"
            )
            remarks.append(f"{where}: {of} {waits} ({_some(self.reread)}); {_SHOWN}")
        return remarks


def count_losses(stocks: Iterable[SourceStock], kept_out: Mapping[str, KeptOut]) -> list[Losses]:
    """Return what each source lost.

    Args:
        stocks: the library's stock, held against the files that were listed.
        kept_out: why documents stay out although there is a file.
    """

    def kept(stock: SourceStock, why: KeptOut) -> tuple[str, ...]:
        return tuple(name for name in stock.approved if kept_out.get(name) == why)

    return [
        Losses(
            stock,
            kept(stock, "unreadable"),
            kept(stock, "refused"),
            kept(stock, "changed"),
            kept(stock, "not_whole"),
            kept(stock, "reread"),
        )
        for stock in stocks
    ]


def missing_outcomes(stocks: Iterable[SourceStock], decisions: Mapping[str, Decision]) -> list[Outcome]:
    """Return a line for each approved document without a file."""
    outcomes = []
    for stock in stocks:
        for document in stock.missing:
            granted = grant(decisions[document], stock.source)
            by = ", ".join(granted.approved_by) if granted else ""
            reason = f"missing: approved by {by}, but there is no file: put it back, or revoke the document"
            outcomes.append(Outcome(document, "missing", reason, 0))
    return outcomes


def stop_if_lost(losses: Sequence[Losses]) -> None:
    """Stop before anything is published if a source lost more than half of what is approved in it.

    Raises:
        LostDocumentsError: naming the sources, their folders and some of the documents.
    """
    lost = [loss for loss in losses if loss.too_many]
    if lost:
        said = "; ".join(problem for loss in lost for problem in loss.problems())
        folders = ", ".join(str(loss.stock.source.folder) for loss in lost)
        raise LostDocumentsError(
            f"{_NOTHING_DONE}: {said}; see whether {folders} is all there (a disk that is not mounted, a folder that "
            f"was moved); put the files back, or revoke what is gone for good; {_DO_IT_ANYWAY}"
        )


def stop_if_register_is_gone(state: RegisterState, register: RegisterPlace, *, live_documents: int) -> None:
    """Stop before anything is published if the register decides on nothing, and the live build holds documents.

    One of which most cannot be understood, as it is saved in another encoding, is as good as gone.

    Raises:
        LostDocumentsError: naming the register.
    """
    unclear = [name for name, decision in state.decisions.items() if decision.problem]
    if live_documents and 2 * len(unclear) > len(state.decisions):
        raise LostDocumentsError(
            f"{_NOTHING_DONE}: what the register says of {len(unclear)} of "
            f"{counted(len(state.decisions), 'document')} cannot be understood: "
            f"{state.problems[0].in_words(register.shown)}; {_DO_IT_ANYWAY}"
        )
    if live_documents and not state.decisions:
        raise LostDocumentsError(
            f"{_NOTHING_DONE}: {register.shown} decides on nothing, and the live build holds "
            f"{counted(live_documents, 'document')}; put the register back, or approve "
            f"documents (greenlit approve); {_DO_IT_ANYWAY}"
        )


def left_out(sources: Sources, state: RegisterState, *, at: datetime) -> list[str]:
    """Return what is left out by no fault of a document, in words: sources off the allowlist, a register of nothing."""
    if not state.decisions:
        return ["the register approves nothing yet: run greenlit approve"]
    return [
        f"source '{name}' is not in {SOURCES_FILE}: what was approved in it is left out ({counted(count, 'document')})"
        for name, count in approved_elsewhere(sources, state.decisions, at=at).items()
    ]


def reread_remarks(documents: Sequence[str]) -> list[str]:
    """Return that documents came in which are read otherwise than when they were approved, in words, if any did."""
    if not documents:
        return []
    count = counted(len(documents), "document")
    return [f"read otherwise than when it was approved: {count} ({_some(documents)}); {_SHOWN}"]


def _some(documents: Sequence[str]) -> str:
    more = len(documents) - _NAMED
    return ", ".join(documents[:_NAMED]) + (f" and {more} more" if more > 0 else "")
