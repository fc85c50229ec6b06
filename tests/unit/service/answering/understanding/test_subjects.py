"""What a question is about, by its own words."""

import pytest

from service.answering.understanding.subjects import subject_of


@pytest.mark.parametrize(
    ("question", "subject"),
    [
        ("What is throat cancer?", "throat cancer"),
        ("Tell me about the Bronze Age collapse.", "the Bronze Age collapse"),
        ("What are the side effects of long-term use?", "long-term use"),
        ("How was Netflix started?", "Netflix"),
        ("Can I claim a taxi at night?", "a taxi"),
        ("When must dailies be delivered?", "dailies"),
        ("How many vacation days do I have?", "vacation days"),
        ("What were the purposes of the Lewis and Clark expedition?", "the Lewis and Clark expedition"),
        ("What about the BBC experiment?", "the BBC experiment"),
        ("How much is the daily travel allowance?", "the daily travel allowance"),
        ("Are there exceptions (hotel costs)?", "hotel costs"),
        ("Is it allowed?", ""),
        ("Why?", ""),
        ("", ""),
    ],
)
def test_the_subject_is_a_phrase_of_the_question(question: str, subject: str) -> None:
    assert subject_of(question) == subject
