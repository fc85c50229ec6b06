"""Which kinds of answer a question wants, by its words."""

import pytest

from service.answering.understanding.wanted import Want, wanted, wants_series


@pytest.mark.parametrize(
    ("question", "wants"),
    [
        ("How many days of leave do I get?", "number time"),
        ("How many people fit in?", "number"),
        ("What do we have to pay for a second copy?", "number"),
        ("How sure must both be before we stop?", "number"),
        ("How does the lift work?", "step"),
        ("Between what times can I be reached?", "time"),
        ("What is the hotel limit a night?", "number"),
        ("hotel limit", "number"),
        ("how mcuh is the daily rate", "number"),
        ("How long are invoices kept?", "number time"),
        ("When do I have to report a lost laptop?", "time"),
        ("library hours", "time"),
        ("How often is the scaffolding inspected?", "frequency"),
        ("At what intervals is the lift tested?", "frequency"),
        ("notice period", "number time"),
        ("Who pays for breakfast?", "person"),
        ("Which team approves vendors?", "person"),
        ("Where do I find the travel form?", "place"),
        ("How do I reach the helpdesk?", "place"),
        ("Can you tell me where the first aid box is?", "place"),
        ("Can I work from home on Fridays?", "rule"),
        ("Is smoking allowed in the yard?", "rule"),
        ("cna i bring my dog", "rule"),
        ("How do I request a laptop?", "step"),
        ("I lost my laptop, what do I do?", "step"),
        ("My badge is gone", "step"),
        ("What do I do when the alarm rings?", "step"),
        ("What is phishing?", "definition"),
        ("waht is phishing", "definition"),
        ("What does PII mean?", "definition"),
        ("What are the red lines for AI?", "list"),
        ("Which documents must I keep?", "list"),
        ("What must I leave outside?", "list"),
        ("What do I have to wear on the roof?", "list"),
        ("What does a guard do at night?", "list"),
        ("List the keys", "list"),
        ("Who signs the price list?", "number person"),
        ("What steps are there to book travel?", "list step"),
        ("Why must I lock my screen?", "reason"),
        ("Which team approves vendors and how long does it take?", "number person time"),
        ("May I use a chatbot, and who approves it?", "person rule"),
        ("Wie lange werden Rechnungen aufbewahrt?", "number time"),
        ("Wer darf das Lager betreten?", "person"),
        ("Combien de jours de congé ?", "number"),
        ("laptop lost report", ""),
        ("", ""),
    ],
)
def test_a_question_tells_which_kinds_of_answer_it_wants(question: str, wants: str) -> None:
    assert " ".join(sorted(wanted(question))) == wants


def test_capitals_and_spaces_make_no_difference() -> None:
    assert wanted("  WHO   PAYS for Breakfast ?! ") == wanted("who pays for breakfast") == {Want.PERSON}


def test_lists_and_procedures_are_asked_for_as_a_whole() -> None:
    assert wants_series(wanted("What are the red lines?"))
    assert wants_series(wanted("How do I request a laptop?"))
    assert not wants_series(wanted("Who pays for breakfast?"))
