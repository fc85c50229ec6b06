"""What a question says of whoever asks it: persons are left out, groups and places told apart."""

import pytest

from indexes.words import content_terms
from service.answering.understanding.asker import of_the_asker, without_persons


@pytest.mark.parametrize(
    ("asked", "by_anybody"),
    [
        ("Can Maria borrow a bicycle?", "Can I borrow a bicycle?"),
        ("can maria borrow a bicycle?", "can I borrow a bicycle?"),
        ("Can Maria and Tom borrow a bicycle?", "Can I borrow a bicycle?"),
        ("May Aslaug borrow a bicycle?", "May I borrow a bicycle?"),  # in no list, but who else borrows?
        ("Can my colleague Aslaug borrow a bicycle?", "Can my colleague borrow a bicycle?"),
        ("Does Mr Smith get overtime?", "Does I get overtime?"),
        ("Is Maria allowed to borrow a bike?", "Is I allowed to borrow a bike?"),
        ("How many days of leave does Priya get?", "How many days of leave does I get?"),
        ("What do I do when Tom is ill?", "What do I do when I is ill?"),
        ("Can I book a flight for Maria?", "Can I book a flight?"),
        ("I'm Anna, how do I book a hotel?", "how do I book a hotel?"),
        ("Hello, I am Tom Berg from Legal, who signs?", "I am from Legal, who signs?"),
        ("My boss Henrik asks: when is overtime paid?", "My boss asks: when is overtime paid?"),
    ],
)
def test_a_person_as_whom_or_for_whom_it_is_asked_is_left_out(asked: str, by_anybody: str) -> None:
    assert without_persons(asked) == by_anybody


@pytest.mark.parametrize(
    "asked",
    [
        "Who is Maria Holm?",
        "What is Maria's phone number?",
        "What does Maria Holm do?",
        "When did Henry issue the Edict of Nantes?",
        "Can Slack be used for client data?",
        "Can Zoom record meetings?",
        "How does Cody work?",
        "When does Procurement have to send its summary?",
        "Can IT borrow a bicycle?",
        "May trainees borrow a bicycle?",
        "Should Berlin pay tax?",
        "Who painted it for Charles Porter?",
        "Maria",
    ],
)
def test_a_name_that_is_asked_about_stays(asked: str) -> None:
    assert without_persons(asked) == asked


@pytest.mark.parametrize(
    ("asked", "his_own"),
    [
        ("Can a trainee in Bergen borrow a bicycle?", "trainee Bergen"),
        ("I am a freelance editor in Oslo, do I get overtime pay?", "freelance editor Oslo"),
        ("I work in Bergen. How much may a hotel night cost?", "Bergen"),
        ("As a trainee, for how many weeks do I get sick pay?", "trainee"),
        ("as a works council member, may I borrow a bike", "works council member"),
        ("Is a manager entitled to overtime pay?", "manager"),
        ("we are a team of contractors in berlin, can we get access", "team contractors berlin"),
        ("I am ill, what do I do?", ""),
        ("How much may a hotel night cost in Bergen?", ""),  # no word of who asks
        ("Who approves what editors buy?", ""),
        ("As a trainee, who are the other trainees?", ""),  # they are asked about too
    ],
)
def test_words_for_who_asks_are_told_from_what_is_asked(asked: str, his_own: str) -> None:
    assert of_the_asker(asked) == set(content_terms(his_own))
