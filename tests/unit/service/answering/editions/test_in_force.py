"""Of two editions of a rule the one in force comes first: what is put back, what is left out, and what is said."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from indexes.builds import Build
from service.answering.boundary import Scope
from service.answering.editions.dated import Dated
from service.answering.editions.in_force import Asked, asks_for, in_force, times_of
from service.answering.editions.namesakes import Edition
from service.answering.finding.retrieve import Retrieved
from service.answering.steps import Steps, Worked
from tests.support.answering_parts import RANKING, Made, a_scope, open_made
from tests.support.fakes import HashingEncoder
from tests.support.service_parts import ALWAYS_ENOUGH, Drafts, whole

OLD, NEW, COMING = "hr/Hotel policy 2023.md", "hr/Hotel policy 2025.md", "hr/Hotel policy 2027.md"
BEFORE = "Breakfast in a hotel is paid by the company."
NOW = "Breakfast in a hotel is paid by the employee."
SWANS = "Swans live on the lake."
QUESTION = "Who pays for breakfast in a hotel?"
TWO: Made = {OLD: [[BEFORE]], NEW: [[NOW]], "hr/swans.md": [[SWANS]]}
QUOTING = Drafts(lambda seen, _build: [whole(hit) for hit in seen.hits if SWANS not in hit.passage.text])
MARK = "an older version: 'Hotel policy 2025' is in force"


@dataclass(frozen=True)
class _Asking:
    """A build, and who asks it."""

    build: Build
    scope: Scope

    def steps(self) -> Steps:
        return Steps(encoder=HashingEncoder(), ranking=RANKING, calibration=ALWAYS_ENOUGH, answerer=QUOTING)

    def find(self, text: str = QUESTION) -> Retrieved:
        return self.steps().find(text, build=self.build, scope=self.scope)

    def answer(self, text: str = QUESTION, *, meanwhile: Scope | None = None) -> Worked:
        scopes = iter([self.scope])  # the draft is made of it; what is checked may be another by then
        return self.steps().answer(
            text, self.find(text), build=self.build, now=lambda: next(scopes, meanwhile or self.scope)
        )


@contextlib.contextmanager
def _asking(made: Made = TWO, *, hidden: Sequence[str] = (), **changed: Any) -> Iterator[_Asking]:
    with open_made(made) as build:
        yield _Asking(build, replace(a_scope(build, hidden=hidden), **changed))


def _documents(found: Retrieved) -> list[str]:
    return [hit.passage.document for hit in found.hits]


def _cited(worked: Worked) -> dict[str, str | None]:
    return {citation.verified.passage.document: citation.note for citation in worked.citations}


def test_the_document_in_force_comes_first_and_answers_alone() -> None:
    with _asking() as asking:
        found, worked = asking.find(), asking.answer()
    assert _documents(found)[:2] == [NEW, OLD]
    assert [hit.rank for hit in found.hits] == [1, 2, 3]
    assert _cited(worked) == {NEW: None}
    assert OLD in _documents(worked.found), "what was found goes on record all the same"
    assert OLD not in {one.passage.document for one in worked.passages}


def test_what_only_the_older_one_says_is_answered_and_marked() -> None:
    made = {OLD: [[BEFORE], ["Tickets for the opera have to be refused by everybody."]], NEW: [[NOW]]}
    with _asking(made) as asking:
        assert _cited(asking.answer("Who has to refuse tickets for the opera?"))[OLD] == MARK


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("Who paid for breakfast in a hotel in 2023?", {OLD: MARK}),
        ("Who paid for breakfast in a hotel before 2025?", {OLD: MARK}),
        ("Who pays for breakfast in a hotel in 2025?", {NEW: None}),
        ("Who pays for breakfast in a hotel in 2026?", {NEW: None}),
        ("Who paid for breakfast in a hotel under the old policy?", {OLD: MARK, NEW: None}),
        ("What has changed for breakfast in a hotel?", {OLD: MARK, NEW: None}),
    ],
)
def test_a_question_may_ask_for_the_older_one(text: str, cited: dict[str, str | None]) -> None:
    with _asking() as asking:
        assert _cited(asking.answer(text)) == cited


def test_each_part_of_a_question_asks_for_its_own_time() -> None:
    with _asking() as asking:
        both = asking.answer("Who pays for breakfast in a hotel? Who paid for breakfast in a hotel in 2023?")
        assert _cited(both) == {OLD: MARK, NEW: None}
        assert _cited(asking.answer("Who pays for breakfast in a hotel? Who lives on the lake?")) == {NEW: None}


def test_what_does_not_hold_yet_comes_after_what_does() -> None:
    with _asking({COMING: [[BEFORE]], NEW: [[NOW]]}) as asking:
        assert _cited(asking.answer()) == {NEW: None}
        assert _cited(asking.answer("Who pays for breakfast in a hotel in 2027?")) == {
            COMING: "not in force yet, but from 2027: 'Hotel policy 2025' is in force"
        }
    with _asking({COMING: [[BEFORE]]}) as asking:
        assert _cited(asking.answer()) == {COMING: None}, "there is nothing that holds until then"


def test_an_approval_supersedes_whatever_titles_say() -> None:
    made = {"hr/Stays.md": [[BEFORE]], "legal/Rule 7.md": [[NOW]]}
    with _asking(made, replaced={"hr/Stays.md": "legal/Rule 7.md"}) as asking:
        assert _cited(asking.answer()) == {"legal/Rule 7.md": None}
        both = asking.answer("Who paid for breakfast in a hotel under the old rules?")
    assert _cited(both) == {"hr/Stays.md": "an older version: 'Rule 7' is in force", "legal/Rule 7.md": None}


def test_an_approval_may_turn_round_what_dates_say() -> None:
    with _asking(replaced={NEW: OLD}) as asking:
        assert _cited(asking.answer()) == {OLD: None}


def test_law_2_what_may_not_be_read_puts_nothing_back_and_is_not_named() -> None:
    with _asking(hidden=[NEW]) as asking:
        assert in_force(QUESTION, asking.find().hits, build=asking.build, scope=asking.scope) == {}
        assert _cited(asking.answer()) == {OLD: None}
    with open_made(TWO) as build, open_made({name: TWO[name] for name in (OLD, "hr/swans.md")}) as without:
        hidden = _Asking(build, a_scope(build, hidden=[NEW])).find()
        assert _documents(hidden) == _documents(_Asking(without, a_scope(without)).find())


def test_law_2_what_is_withdrawn_meanwhile_is_not_named_and_the_older_one_answers() -> None:
    with _asking() as asking:
        worked = asking.answer(meanwhile=a_scope(asking.build, hidden=[NEW]))
    assert _cited(worked) == {OLD: None}


def test_documents_that_are_no_editions_stay_as_they_are_found() -> None:
    with _asking({"hr/Norway 2023.md": [[BEFORE]], "hr/Sweden 2025.md": [[NOW]]}) as asking:
        assert len(_cited(asking.answer("Who pays for breakfast in a hotel? The company or the employee?"))) == 2
        assert in_force(QUESTION, asking.find().hits, build=asking.build, scope=asking.scope) == {}


OF_2023, OF_MAY_2025 = (Edition("a", "A", Dated(begins=day, version=(day[0] - 2022,))) for day in ((2023,), (2025, 5)))
UNDATED = Edition("b", "B", Dated())


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("How old must I be for a car?", Asked.CURRENT),
        ("How often are passwords changed?", Asked.CURRENT),
        ("Is there a limit of 2000 euros?", Asked.CURRENT),
        ("What is the limit from June 2025 on?", Asked.CURRENT),
        ("What was the limit in April 2025?", Asked.OTHER),
        ("limit until 2025", Asked.OTHER),
        ("limit 2024", Asked.OTHER),
        ("What does version 1 say?", Asked.OTHER),
        ("What does version 3 say?", Asked.CURRENT),
        ("What was the previous limit?", Asked.BOTH),
        ("How has the limit changed since 2023?", Asked.BOTH),
        ("limit 2023 and 2026", Asked.BOTH),
        ("What was the limit in 2019?", Asked.BOTH),
        ("What is the difference between the two?", Asked.BOTH),
    ],
)
def test_what_a_question_asks_for(text: str, asked: Asked) -> None:
    assert asks_for(times_of(text), OF_2023, OF_MAY_2025) is asked


def test_where_no_date_is_known_a_time_asks_for_both() -> None:
    assert asks_for(times_of("What was the limit in 2023?"), UNDATED, OF_MAY_2025) is Asked.BOTH
    assert asks_for(times_of("What is the limit?"), UNDATED, OF_MAY_2025) is Asked.CURRENT
