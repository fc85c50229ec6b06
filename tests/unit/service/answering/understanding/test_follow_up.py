"""Follow-ups as members of staff type them, and questions that must stay as they are."""

import pytest

from service.answering.understanding.follow_up import goes_on, stand_alone

ANSWERED = "What is the limit for hotel costs in Berlin?"


@pytest.mark.parametrize(
    ("before", "typed", "searched_for"),
    [
        ("May editors upload footage?", "and for freelancers?", "May editors upload footage for freelancers?"),
        ("May editors upload footage?", "What about stills?", "May editors upload footage: stills?"),
        (ANSWERED, "and in Paris?", "What is the limit for hotel costs in Paris?"),
        (ANSWERED, "Are there exceptions?", "Are there exceptions (hotel costs)?"),
        ("Can I claim a taxi?", "What about a rental car?", "Can I claim a rental car?"),
        ("How long are query logs kept?", "Who can read them?", "Who can read query logs?"),
        (ANSWERED, "Who decides about it?", "Who decides about hotel costs?"),
        (ANSWERED, "How many of them are needed?", "How many of hotel costs are needed?"),
        ("How long are query logs kept?", "Why?", "How long are query logs kept: why?"),
        ("When must dailies be delivered?", "To whom?", "When must dailies be delivered: to whom?"),
        ("When must dailies be sent?", "What happens if they are late?", "What happens if dailies are late?"),
        ("What is the password policy?", "Does it apply to guests?", "Does the password policy apply to guests?"),
        ("What is the password policy?", "What are its exceptions?", "What are the password policy's exceptions?"),
        ("Who approves a new AI vendor?", "And who pays for it?", "Who pays for a new AI vendor?"),
        ("What was the Babelsberg pilot?", "Who led the pilot?", "Who led the Babelsberg pilot?"),
    ],
)  # fmt: skip
def test_a_question_that_leans_is_said_in_full(before: str, typed: str, searched_for: str) -> None:
    assert stand_alone(typed, [before]) == searched_for


@pytest.mark.parametrize(
    "typed",
    [
        "Who is the data protection officer?",
        "How long must a password be?",
        "What is a screener and who may order it?",  # explains its own pronoun
        "Is it allowed to film in the cutting room?",  # a pronoun for nothing
        "What does the IT department do?",
        "The whole package has arrived. How many days do we take to check it?",
        "In which format are masters delivered?",
        "How many days of leave do employees have this year?",
        "How many days of leave do I get?",  # to leave is something that people do
        "Who do I ask about travel?",
        "Thanks",
        "please",
        "",
    ],
)
def test_a_question_that_stands_alone_stays(typed: str) -> None:
    assert stand_alone(typed, [ANSWERED]) is None


def test_the_first_question_of_a_conversation_stays_whatever_it_leans_on() -> None:
    assert stand_alone("Is it allowed?", []) is None


def test_the_subject_is_carried_over_a_follow_up_and_left_with_the_next_subject() -> None:
    asked = ["How long are query logs kept?", "Who can read them?"]
    assert stand_alone("Can they be erased?", asked) == "Can query logs be erased?"
    asked += ["What is a digital replica?"]
    assert stand_alone("Does it need consent?", asked) == "Does a digital replica need consent?"


def test_what_is_asked_about_besides_is_not_piled_up() -> None:
    for asked in (["May editors upload footage?", "What about stills?"], ["May editors upload footage: stills?"]):
        assert stand_alone("What about scripts?", asked) == "May editors upload footage: scripts?"
    assert stand_alone("What about rule 2?", ["What about rule 1?"]) is None


def test_a_question_about_nothing_explains_nothing() -> None:
    assert stand_alone("Is it allowed?", ["Why?", "Really?"]) is None


def test_only_words_that_were_typed_are_searched_for() -> None:
    asked = "What are the <b>rates</b> of “Nachtschicht” in 2025?"
    searched_for = stand_alone("and in 2026?", [asked])
    assert searched_for == "What are the <b>rates</b> of “Nachtschicht” in 2026?"


@pytest.mark.parametrize(
    "typed", ["And for freelancers?", "what about stills", "In Paris?", "Why?", "Since when?", "To whom?"]
)
def test_what_asks_nothing_by_itself_goes_on(typed: str) -> None:
    assert goes_on(typed)


@pytest.mark.parametrize(
    "typed", ["Who approves it?", "And who approves it?", "Is it safe?", "How long are they kept?"]
)
def test_what_has_a_question_of_its_own_does_not_only_go_on(typed: str) -> None:
    assert not goes_on(typed)
