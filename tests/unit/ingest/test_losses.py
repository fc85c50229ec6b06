"""What a source lost: told each time, and a reason to publish nothing when it is most of the source."""

import contextlib
from dataclasses import replace
from pathlib import Path

import pytest

from indexes.decisions import Decision, Problem
from indexes.register import Register
from indexes.register_state import RegisterState
from indexes.sources import Source
from indexes.stock import SourceStock
from ingest.errors import LostDocumentsError
from ingest.losses import (
    Losses,
    count_losses,
    left_out,
    missing_outcomes,
    stop_if_lost,
    stop_if_register_is_gone,
)
from ingest.report import Outcome
from tests.support.fakes import APPROVAL, NOON

LEGAL = Source("legal", "folder", Path("/library/legal"), "o@x.example", ("staff",), 1, 12)
APPROVED = tuple(f"legal/{letter}.md" for letter in "abcdef")


def _losses(*, missing: int = 0, unreadable: int = 0, refused: int = 0, changed: int = 0) -> Losses:
    """Return losses of so many of six documents each, from the first on."""
    names = iter(APPROVED)

    def some(count: int) -> tuple[str, ...]:
        return tuple(next(names) for _ in range(count))

    stock = SourceStock(LEGAL, APPROVED, some(missing))
    return Losses(stock, some(unreadable), some(refused), some(changed))


@pytest.mark.parametrize(
    ("losses", "stops"),
    [
        (_losses(), False),
        (_losses(missing=3), False),
        (_losses(missing=4), True),
        (_losses(missing=2, unreadable=2), True),
        (_losses(unreadable=4), True),
        (_losses(missing=3, refused=3), False),
        (_losses(refused=6), False),
        (_losses(changed=6), False),
        (Losses(SourceStock(LEGAL, (), ()), (), (), ()), False),
    ],
)
def test_more_than_half_of_what_is_approved_in_a_source_stops_the_publication(losses: Losses, stops: bool) -> None:  # noqa: FBT001
    if stops:
        with pytest.raises(
            LostDocumentsError, match="nothing was published, what was live stays live: source 'legal': "
        ):
            stop_if_lost([losses])
    else:
        stop_if_lost([losses])


def test_each_kind_of_loss_is_named_with_a_few_of_its_documents() -> None:
    assert _losses(missing=4, unreadable=1, refused=1).problems() == [
        "source 'legal': 4 of 6 approved documents have no file (legal/a.md, legal/b.md, legal/c.md and 1 more)",
        "source 'legal': 1 of 6 approved documents has a file that cannot be read (legal/e.md)",
        "source 'legal': 1 of 6 approved documents has a file that cannot be taken in (legal/f.md)",
    ]
    assert _losses(changed=6).problems() == []


def test_that_most_files_changed_is_worth_knowing_and_stops_nothing() -> None:
    assert _losses(changed=3).remarks() == []
    (remark,) = _losses(changed=4).remarks()
    assert "4 of 6 files are not the approved versions any more" in remark


def test_only_approved_documents_are_losses() -> None:
    stock = SourceStock(LEGAL, ("legal/a.md", "legal/b.md"), ("legal/b.md",))
    (losses,) = count_losses([stock], {"legal/a.md": "changed", "legal/pending.md": "refused", "hr/x.md": "unreadable"})
    assert losses == Losses(stock, (), (), ("legal/a.md",))


def test_a_missing_document_has_a_line_that_says_who_approved_it() -> None:
    stock = SourceStock(LEGAL, ("legal/a.md",), ("legal/a.md",))
    decision = Decision(approvals=(APPROVAL,), events=(APPROVAL,))
    assert missing_outcomes([stock], {"legal/a.md": decision}) == [
        Outcome(
            "legal/a.md",
            "missing",
            "missing: approved by ann@x.example, but there is no file: put it back, or revoke the document",
            0,
        )
    ]


def test_a_register_of_nothing_stops_what_would_take_documents_away() -> None:
    nothing, register = RegisterState(), Register(Path("/library/register.jsonl"))
    stop_if_register_is_gone(nothing, register, live_documents=0)
    stop_if_register_is_gone(replace(nothing, decisions={"legal/a.md": Decision()}), register, live_documents=7)
    with pytest.raises(
        LostDocumentsError, match=r"register\.jsonl decides on nothing, and the live build holds 7 docum"
    ):
        stop_if_register_is_gone(nothing, register, live_documents=7)


@pytest.mark.parametrize(("unclear", "stops"), [(1, False), (2, False), (3, True), (4, True)])
def test_a_register_of_which_most_cannot_be_understood_stops_it_too(unclear: int, *, stops: bool) -> None:
    problem = Problem(1, "UTF-16 text, expected UTF-8", to=9)
    decisions = {f"legal/{n}.md": Decision(problem=problem if n < unclear else None) for n in range(4)}
    state = RegisterState(decisions=decisions, problems=(problem,))
    with (
        pytest.raises(LostDocumentsError, match=r"register\.jsonl, lines 1 to 9: UTF-16 text, expected UTF-8")
        if stops
        else contextlib.nullcontext()
    ):
        stop_if_register_is_gone(state, Register(Path("/library/register.jsonl")), live_documents=4)


def test_what_is_left_out_is_told_by_its_source() -> None:
    approved = Decision(approvals=(APPROVAL,), events=(APPROVAL,))
    state = RegisterState(decisions={"legal/a.md": approved, "wiki/b.md": approved, "wiki/c.md": approved})
    assert left_out({"legal": LEGAL}, state, at=NOON) == [
        "source 'wiki' is not in sources.toml: what was approved in it is left out (2 documents)"
    ]
    assert left_out({"legal": LEGAL}, RegisterState(), at=NOON) == [
        "the register approves nothing yet: run greenlit approve"
    ]
