"""Questions of several parts: split where it is certain."""

import pytest

from service.answering.understanding.parts import MOST_PARTS, parts_beyond, parts_of, shortened

HOTEL, CERTIFICATE = "How much may a hotel night cost?", "When do I need a certificate?"


@pytest.mark.parametrize(
    ("asked", "parts"),
    [
        ("How much may a hotel night cost, and when do I need a certificate?", [HOTEL, CERTIFICATE]),
        ("How much may a hotel night cost and when do I need a certificate?", [HOTEL, CERTIFICATE]),
        (f"{HOTEL} {CERTIFICATE}", [HOTEL, CERTIFICATE]),
        (f"{HOTEL} And {CERTIFICATE}", [HOTEL, CERTIFICATE]),
        (f"1. {HOTEL}\n2. {CERTIFICATE}", [HOTEL, CERTIFICATE]),
        (f"I have two questions:\n- {HOTEL}\n- {CERTIFICATE}", [HOTEL, CERTIFICATE]),
        ("can i borrow a bike and do i need a helmet", ["can i borrow a bike?", "Do i need a helmet"]),
        ("Who writes the minutes and who approves them?", ["Who writes the minutes?", "Who approves the minutes?"]),
        (
            "What is the limit for hotels and what about flights?",
            ["What is the limit for hotels?", "What is the limit for flights?"],
        ),
    ],
)
def test_what_certainly_asks_twice_is_split(asked: str, parts: list[str]) -> None:
    assert parts_of(asked) == tuple(parts)


@pytest.mark.parametrize(
    "asked",
    [
        "How much salt and pepper is allowed?",
        "Do I need to say what it costs and how to apply?",
        "When and where do I send it?",
        "What is the overtime rule? Why?",
        "My laptop was stolen and I am in Oslo, what do I do?",
        "How do I know what a hotel may cost and when I need a certificate?",
        "Who approves invoices and pays them?",
        "What is a device that is on a list and is a phone?",
        "What is due? Note: this is for the archive and nobody else.",
        "hotels",
        "?",
        "",
    ],
)
def test_what_only_may_be_two_questions_is_one(asked: str) -> None:
    assert parts_of(asked) == (asked,)


def test_what_is_told_before_a_question_stays_with_it() -> None:
    asked = "I am a trainee in Oslo. Do I get overtime? And may I borrow a bicycle?"
    assert parts_of(asked) == ("I am a trainee in Oslo. Do I get overtime?", "may I borrow a bicycle?")


def test_parts_that_are_not_looked_up_are_all_named() -> None:
    parts = [f"What is a{n}?" for n in range(10)]
    assert parts_beyond(" ".join(parts[:MOST_PARTS])) == ()
    assert parts_beyond(" ".join(parts[:4])) == ("What is a3",)
    assert parts_beyond(" ".join(parts)) == tuple(f"What is a{n}" for n in range(3, 10))
    of_maria = "What may a night cost? Who pays for meals? When does the office open? May Maria take the dog?"
    assert parts_beyond(of_maria) == ("May I take the dog",), "as it would be searched for"


def test_a_long_part_is_named_by_its_beginning() -> None:
    named = shortened(f"How much may {'a very long ' * 20} night cost?")
    assert len(named) <= 82
    assert named.endswith(" …")
