"""Which kinds of answer a unit offers, by its words, its kind and its label."""

import pytest

from indexes.units import UnitKind
from service.answering.choosing.offers import offered
from service.answering.understanding.wanted import Want

EVERY = frozenset(Want)


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("Staff get thirty days of leave.", Want.NUMBER),
        ("Hotel: 140 euros a night", Want.NUMBER),
        ("The rate is 4.5 %.", Want.NUMBER),
        ("It is reported within an hour.", Want.TIME),
        ("The price freeze begins on 1 March 2026.", Want.TIME),
        ("Library: 9:00 to 17:00", Want.TIME),
        ("The room is cleaned daily.", Want.TIME),
        ("The security team reviews every vendor.", Want.PERSON),
        ("It is signed by Ann Berg.", Want.PERSON),
        ("The form is in the staff portal.", Want.PLACE),
        ("Write to help@x.example.", Want.PLACE),
        ("Only with a blue card.", Want.RULE),
        ("A script must not leave the studio.", Want.RULE),
        ("No.", Want.RULE),
        ("Call the desk at once.", Want.STEP),
        ("If it rings, leave the building.", Want.STEP),
        ("A lost laptop is reported to security.", Want.STEP),
        ("Phishing is a message that pretends to be another.", Want.DEFINITION),
        ("PII means data on a person.", Want.DEFINITION),
        ("Bring a badge, a form, and a pen.", Want.LIST),
        ("Screens are locked because visitors pass.", Want.REASON),
    ],
)
def test_a_unit_offers_what_its_words_say(text: str, want: Want) -> None:
    assert want in offered(text, EVERY, kind=UnitKind.SENTENCE, labelled=False)


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("4.2 Lunch is served.", Want.NUMBER),  # the number of a section
        ("Since 2024 lunch is served.", Want.NUMBER),  # a year
        ("Lunch is served from 1 October.", Want.NUMBER),  # a day
        ("Lunch is served.", Want.NUMBER),
        ("Lunch is served.", Want.TIME),
        ("Lunch is served.", Want.RULE),
        ("Lunch is served.", Want.REASON),
        ("Lunch is served.", Want.DEFINITION),
    ],
)
def test_what_only_looks_like_it_is_no_offer(text: str, want: Want) -> None:
    assert want not in offered(text, EVERY, kind=UnitKind.SENTENCE, labelled=False)


def test_items_rows_and_steps_offer_a_list_and_steps_a_step() -> None:
    both = frozenset({Want.LIST, Want.STEP})
    assert offered("Soup", both, kind=UnitKind.ITEM, labelled=True) == {Want.LIST}
    assert offered("Soup", both, kind=UnitKind.ROW, labelled=True) == {Want.LIST}
    assert offered("Soup", both, kind=UnitKind.STEP, labelled=True) == both
    assert offered("Soup", both, kind=UnitKind.SENTENCE, labelled=True) == set()


def test_a_fact_under_a_term_defines_it() -> None:
    wants = frozenset({Want.DEFINITION})
    assert offered("PII: data on people", wants, kind=UnitKind.FACT, labelled=True) == wants
    assert offered("PII: data on people", wants, kind=UnitKind.FACT, labelled=False) == set()


def test_only_what_is_asked_for_is_looked_for() -> None:
    assert offered("Call 4410 at once.", frozenset({Want.NUMBER}), kind=UnitKind.STEP, labelled=False) == {Want.NUMBER}
    assert offered("Call 4410 at once.", frozenset(), kind=UnitKind.STEP, labelled=False) == set()
