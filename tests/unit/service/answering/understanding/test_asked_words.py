"""Words of a question that matter: names, numbers, places, groups of people; as typed, longest first."""

import pytest

from service.answering.understanding.asked_words import Kind, words_that_matter


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("What is the hotel limit in New York?", {"New York": Kind.PLACE}),
        ("what is the hotel limit in new york", {"new york": Kind.PLACE}),
        ("Is the Bank of England's rule ours?", {"Bank of England": Kind.NAME}),
        ("Who files a W-8BEN in 2027?", {"W-8BEN": Kind.NAME, "2027": Kind.NUMBER}),
        ("Who certifies ISO 27001?", {"ISO 27001": Kind.NAME}),
        ("What did version 3.0 of it say?", {"version 3.0": Kind.VERSION}),
        ("What does clause F require?", {"clause F": Kind.VERSION}),
        ("May somebody under 16 work?", {"under 16": Kind.COUNTED}),
        ("May I spend 200 euros?", {"200": Kind.AMOUNT}),
        ("Does IT give US staff a VPN?", {"IT": Kind.NAME, "US": Kind.NAME, "VPN": Kind.NAME}),
        ("Do freelance editors get paid?", {"freelance editors": Kind.GROUP}),
        ("As a works council member, may I ride?", {"works council member": Kind.GROUP}),
        ("As a new employee, may I ride?", {}),
        ("Can my boss park in the yard?", {}),
        ("Can Maria borrow a bicycle?", {}),
        ("How do employees get a bicycle?", {}),
        ("Is it open on Fridays?", {"Fridays": Kind.NAME}),
    ],
)
def test_what_matters_is_found_as_typed(asked: str, words: dict[str, Kind]) -> None:
    assert {word.typed: word.kind for word in words_that_matter(asked)} == words


@pytest.mark.parametrize(
    "asked", ["WHAT IS THE LIMIT FOR TRAVEL?", "What Is The Limit For Travel?", "Travel Expense Limit", "", "?", "²"]
)
def test_capitals_of_a_whole_question_tell_nothing(asked: str) -> None:
    assert [word for word in words_that_matter(asked) if word.kind is Kind.NAME] == []


def test_lists_are_looked_at_in_capitals_too() -> None:
    assert [word.typed for word in words_that_matter("WHAT IS THE LIMIT IN OSLO FOR TRAINEES?")] == ["OSLO", "TRAINEES"]
