"""Rewritings of follow-ups that somebody else made: those that still ask what was asked, and those that do not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexes.words import STOP_WORDS, terms
from service.answering.understanding import rewording
from service.answering.understanding.rewording import MOST_CHARS, Fault, fault_of
from tests.support.examples import examples

FOOTAGE = "May editors upload unreleased footage to a chatbot?"
NEVER = "What must never be uploaded to a chatbot?"
LOGS = "How long are query logs kept?"
HOTEL = "What is the limit for hotel costs in Berlin in 2026?"


@pytest.mark.parametrize(
    ("before", "typed", "rewriting"),
    [
        (FOOTAGE, "And for freelancers?", "May freelancers upload unreleased footage to a chatbot?"),
        (FOOTAGE, "and for freelancers", "May freelancers upload unreleased footage to a chatbot?"),
        (FOOTAGE, "Why?", "Why may editors upload unreleased footage to a chatbot?"),
        (FOOTAGE, "What about stills?", "May editors upload unreleased stills to a chatbot?"),
        (FOOTAGE, "Which one is approved?", "Which chatbot is approved?"),
        (FOOTAGE, "Who decides that?", "Who decides that editors may upload footage to a chatbot?"),
        (FOOTAGE, "And if they don't ask?", "May editors upload footage to a chatbot if they do not ask?"),
        (NEVER, "And by freelancers?", "What must never be uploaded to a chatbot by freelancers?"),
        (NEVER, "Who decides on it?", "Who decides what is uploaded to a chatbot?"),
        (LOGS, "Who can read them?", "Who can read the query logs?"),
        (LOGS, "Who won’t read them?", "Who will not read the query logs?"),
        (LOGS, "Who can't read them?", "Who can not read the query logs?"),
        (LOGS, "How long are they kept for guests?", "How long are the query logs kept for guests?"),
        (HOTEL, "and in Paris?", "What is the limit for hotel costs in Paris in 2026?"),
        (HOTEL, "Since when?", "Since when is that the limit for hotel costs in Berlin?"),
        (HOTEL, "Are there others above 90 €?", "Are there other hotel costs above 90 €?"),
        ("Wer prüft einen Anbieter?", "Und wann?", "Und wann prüft wer einen Anbieter?"),
    ],
)  # fmt: skip
def test_what_still_asks_it_has_no_fault(before: str, typed: str, rewriting: str) -> None:
    assert fault_of(rewriting, typed, [before]) is None


@pytest.mark.parametrize(
    ("before", "typed", "rewriting", "fault"),
    [
        # it adds
        (FOOTAGE, "And for freelancers?", "May freelancers in Spain upload unreleased footage?", Fault.ADDS),
        (HOTEL, "and in Paris?", "What is the limit of 120 euros for hotel costs in Paris?", Fault.ADDS),
        (HOTEL, "and in Paris?", "What is the limit for hotel costs in Paris in 2025?", Fault.ADDS),
        (LOGS, "Who can read them?", "Who can read all query logs?", Fault.ADDS),
        (LOGS, "Who can read them?", "Who can only read query logs?", Fault.ADDS),
        (LOGS, "Who can read them?", "Who must and can read query logs?", Fault.ADDS),
        (LOGS, "Who can read them?", "When can who read query logs?", Fault.ADDS),
        ("Who runs the service?", "Is it safe?", "Is the IT service safe?", Fault.ADDS),
        # it drops
        (FOOTAGE, "And for freelancers in Spain?", "May freelancers upload unreleased footage?", Fault.DROPS),
        (HOTEL, "And with 90 guests?", "What is the limit for hotel costs in Berlin with guests?", Fault.DROPS),
        (HOTEL, "And above 90 euros?", "What is the limit for hotel costs in Berlin above euros?", Fault.ADDS),
        (LOGS, "Who can read them?", "Can they read query logs?", Fault.DROPS),
        (LOGS, "Must they be kept?", "Are query logs kept?", Fault.DROPS),
        (LOGS, "Are all kept?", "Are query logs kept?", Fault.DROPS),
        (LOGS, "Are they kept only here?", "Are query logs kept?", Fault.DROPS),
        (LOGS, "Is one year enough for them?", "Is the year enough for query logs?", Fault.DROPS),
        (LOGS, "Do guests pay editors for it?", "Do editors pay guests for logs?", Fault.DROPS),
        # it denies otherwise
        (LOGS, "Who may not read them?", "Who may read query logs?", Fault.DROPS),
        (LOGS, "Who can't read them?", "Who can read query logs?", Fault.DROPS),
        (NEVER, "And by freelancers?", "What must be uploaded to a chatbot by freelancers?", Fault.DENIES),
        (NEVER, "And for freelancers?", "What must freelancers upload to a chatbot?", Fault.DENIES),
        (NEVER, "Who decides on it?", "Who never decides what is uploaded to a chatbot?", Fault.DENIES),
        ("Is it kept without exception?", "Who says so?", "Who says it is kept without exception?", Fault.DENIES),
        # it is no question
        (LOGS, "Who can read them?", "", Fault.NO_QUESTION),
        (LOGS, "Who can read them?", "logs?", Fault.NO_QUESTION),
        (LOGS, "Who can read them?", "Who can read query logs.", Fault.NO_QUESTION),
        (LOGS, "Who can read them?", "Who can read\nquery logs?", Fault.NO_QUESTION),
        (LOGS, "Who can read them?", "Query logs are kept. Who can read them?", Fault.NO_QUESTION),
        (LOGS, "Who can read them?", "Who can read <b>query logs</b>?", Fault.NO_QUESTION),
        (LOGS, "Who can read them?", "Who can read [query](logs)?", Fault.NO_QUESTION),
        (LOGS, "Who can read them?", "Who can read query\u202e logs?", Fault.NO_QUESTION),
        (LOGS, "Who can read them?", "Who can read query\u200b logs?", Fault.NO_QUESTION),
        (LOGS, "Who can read them?", "**Who can read query logs?", Fault.NO_QUESTION),
        # it is long, or the same
        (LOGS, "Who can read them?", f"Who can read {'query logs ' * 9}?", Fault.TOO_LONG),
        (LOGS, "Who can read them?", "who can read them?", Fault.SAME),
    ],
)  # fmt: skip
def test_what_asks_something_else_is_told_by_its_fault(before: str, typed: str, rewriting: str, fault: Fault) -> None:
    assert fault_of(rewriting, typed, [before]) is fault


def test_what_it_goes_on_with_is_the_newest_question_that_asks_something() -> None:
    earlier = [NEVER, "And by freelancers?"]
    denied = "What must never be uploaded by guests?"
    assert fault_of(denied, "And by guests?", earlier) is None
    assert fault_of(denied.replace("never ", ""), "And by guests?", earlier) is Fault.DENIES
    assert fault_of("How long are logs kept by guests?", "And by guests?", [NEVER, LOGS]) is None


def test_words_of_any_earlier_question_may_be_taken_up() -> None:
    assert fault_of("Who can read query logs in Berlin?", "Who can read them?", [HOTEL, LOGS]) is None


def test_nothing_is_longer_than_anybody_reads() -> None:
    long = f"{'query logs ' * 100}?"
    assert len(long) > MOST_CHARS
    assert fault_of(long, "Who can read them?", [long]) is Fault.TOO_LONG


def test_words_that_join_are_stop_words() -> None:
    assert rewording._JOINING <= STOP_WORDS
    assert rewording._POINTING <= STOP_WORDS


_WORDS = "who may not read keep logs 30 90 days query all only freelancers Berlin never except must 2026".split()


@settings(max_examples=examples(80, thorough=2000), deadline=None)
@given(
    st.lists(st.sampled_from(_WORDS), min_size=2, max_size=8), st.sampled_from(["Why?", "Who reads them for 30 days?"])
)
def test_whatever_passes_holds_no_word_that_nobody_typed(said: list[str], typed: str) -> None:
    rewriting = f"{' '.join(said)}?"
    if fault_of(rewriting, typed, [LOGS]) is None:
        there = set(terms(f"{typed} {LOGS}"))
        assert all(set(terms(word)) <= there for word in said)
