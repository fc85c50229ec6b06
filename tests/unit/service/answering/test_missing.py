"""What of a question nothing cited holds; and when that is the very subject."""

from datetime import date

import pytest

from indexes.documents import Locator, Passage
from indexes.standing import Grant
from service.answering.answers import Citation
from service.answering.drafts import Quote
from service.answering.missing import MOST, lacks_the_subject, not_mentioned
from service.answering.verify import VerifiedQuote

DAY = date(2027, 1, 1)
HOTELS = "Employees may spend up to 165 euros for a hotel night."


def _cited(
    quote: str, *, before: str = "", after: str = "", title: str = "Travel", headings: tuple[str, ...] = ()
) -> Citation:
    text = f"{before}{quote}{after}"
    locator = Locator("heading", headings=headings)
    passage = Passage("p1", "people/travel.md", "a" * 64, title, 100, 100 + len(text), text, locator)
    start = 100 + len(before)
    grant = Grant("people/travel.md", "a" * 64, "", frozenset(), approved_by=(), approved_on=DAY, expires=DAY)
    return Citation(1, VerifiedQuote(Quote("p1", start, start + len(quote), quote), passage, grant))


@pytest.mark.parametrize(
    ("asked", "missing"),
    [
        ("How much may a hotel night cost in Bergen?", ("Bergen",)),
        ("How much may a trainee in new york spend in 2027?", ("trainee", "new york", "2027")),
        ("Can Maria spend 200 euros for a hotel?", ()),  # who asks, and a figure beside the document's
        ("May employees spend more? I mean staff.", ()),
        ("What may freelance editors spend?", ("freelance editors",)),
        ("What does Form W-8BEN say of hotels?", ("Form W-8BEN",)),
    ],
)
def test_words_that_nothing_cited_holds_are_named_as_typed(asked: str, missing: tuple[str, ...]) -> None:
    assert not_mentioned(asked, [_cited(HOTELS)]) == missing


@pytest.mark.parametrize(
    ("asked", "held"),
    [
        ("What about hotels in Oslo?", {"quote": "In Oslo the limit is 210 euros."}),
        ("What about hotels in Oslo?", {"quote": HOTELS, "title": "Travel from Oslo"}),
        ("What about hotels in Oslo?", {"quote": HOTELS, "headings": ("Norway", "Oslo")}),
        ("What about hotels in Oslo?", {"quote": HOTELS, "after": " This is so in Oslo too."}),
        ("Do trainees pay?", {"quote": "A trainee does not pay."}),
        ("Do the self-employed pay?", {"quote": "Freelancers do not pay."}),
        ("What is due in Germany?", {"quote": "German tax is due."}),
        ("Who fills in the W-8BEN?", {"quote": "Form W8BEN is filled in by artists."}),
        ("What is the limit in the United States?", {"quote": "The limit in the US is 300 dollars."}),
        ("Does the AI Review Board meet?", {"quote": "The Board meets monthly."}),
        ("Who is the AIPM?", {"quote": "The AI Programme Manager keeps the list."}),
    ],
)
def test_what_is_cited_holds_a_word_in_other_forms_and_above_it(asked: str, held: dict[str, str]) -> None:
    assert not_mentioned(asked, [_cited(**held)]) == ()  # type: ignore[arg-type]


def test_another_paragraph_of_the_same_passage_is_not_cited() -> None:
    cited = _cited(HOTELS, before="In Oslo it rains.\n", after="\nIn Bergen too.")
    assert not_mentioned("What about hotels in Oslo or Bergen?", [cited]) == ("Oslo", "Bergen")


def test_any_citation_may_hold_a_word() -> None:
    both = [_cited(HOTELS), _cited("In Oslo the limit is 210 euros.")]
    assert not_mentioned("What about hotels in Oslo?", both) == ()


def test_with_nothing_cited_nothing_is_missing() -> None:
    assert not_mentioned("What about hotels in Oslo?", []) == ()
    assert not lacks_the_subject("Who is Maria Holm?", [])


def test_at_most_so_many_are_named_each_once() -> None:
    asked = "Hotels in Oslo, Bergen, Leeds, Berlin, Rome, Paris, Oslo, Vienna?"
    assert not_mentioned(asked, [_cited(HOTELS)]) == ("Oslo", "Bergen", "Leeds", "Berlin", "Rome")
    assert MOST == 5


TWO = "How much may a hotel night cost, and when do I need a visa for China?"


def test_a_part_that_was_not_answered_is_named_as_a_whole() -> None:
    part = "When do I need a visa for China"
    assert not_mentioned(TWO, [_cited(HOTELS)], [f"{part}?"]) == (part,)
    assert not_mentioned(TWO, [_cited(HOTELS)], []) == ("China",)
    assert not_mentioned(TWO, [_cited(HOTELS)]) == (part,), "shown again: no word of it is cited"


def test_parts_beyond_what_is_looked_up_are_not_said_to_be_missing() -> None:
    asked = "\n".join(f"{n}. How much may a {what} cost?" for n, what in enumerate("hotel meal car bike taxi".split()))
    assert not_mentioned(asked, [_cited(HOTELS)], []) == ()
    assert not_mentioned(asked, [_cited(HOTELS)]) == ("How much may a meal cost", "How much may a car cost")


@pytest.mark.parametrize(
    ("asked", "quote"),
    [
        ("Who is Maria Holm?", "Tom Berg runs the office."),
        ("What is the Kubernetes policy?", "The travel policy is reviewed every year."),
        ("What did version 3.0 of the travel policy say?", "This is version 3.1 of the travel policy."),
        ("What does clause F require?", "Clause A requires a signature."),
    ],
)
def test_a_subject_that_nothing_cited_holds_is_lacking(asked: str, quote: str) -> None:
    assert lacks_the_subject(asked, [_cited(quote)])


@pytest.mark.parametrize(
    ("asked", "quote"),
    [
        ("Who is Maria Holm?", "Maria Holm runs the office."),
        ("How much may a hotel night cost in Bergen?", HOTELS),
        ("Can Maria spend more for a hotel?", HOTELS),
        ("What is the hotel limit for trainees?", HOTELS),
        ("What does clause A require?", "Clause A requires a signature."),
    ],
)
def test_a_rule_for_all_does_not_lack_the_subject(asked: str, quote: str) -> None:
    assert not lacks_the_subject(asked, [_cited(quote)])
