"""The questions of an empty page: made of headings, answered by what somebody may read, others each day."""

import dataclasses

import pytest

from service.access.principals import Principal
from service.answering.library.starting import Starting, as_question
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import open_studio

STAFF = Principal("mira", frozenset({"staff"}), frozenset(), "test")
_SUBJECTS = ("lanterns", "wardrobes", "carriages", "curtains", "ladders", "mirrors")


@pytest.mark.parametrize(
    ("heading", "question"),
    [
        ("Library music", "What are the rules for library music?"),
        ("3. Trains and flights", "What are the rules for trains and flights?"),
        ("AI vendors", "What are the rules for AI vendors?"),
        ("What a screener is", "What is a screener?"),
        ("When the checklist is needed", "When is the checklist needed?"),
        ("How long records are kept", "How long are records kept?"),
        ("Who may agree to which price", "Who may agree to which price?"),
        ("WHAT MAY NOT BE TAKEN IN", "What may not be taken in?"),
        ("3. ACCOUNTS AND EQUIPMENT", "What are the rules for accounts and equipment?"),
        ("VFX", "What are the rules for VFX?"),
        ("Who may look", None),
        ("Who may order one", None),
        ("Contacts", None),
        ("Hours 2 to 24", None),
        ("Clause A: no training", None),
        ("Why we label", None),
        ("On set", None),
        ("", None),
        ("A heading that is much too long to be a subject of anything", None),
    ],
)
def test_a_heading_that_names_a_subject_makes_a_question(heading: str, question: str | None) -> None:
    assert as_question(heading) == question


@pytest.fixture
def lending(library: TinyLibrary) -> TinyLibrary:
    library.allow("board", groups=("board",))
    for subject in _SUBJECTS:
        text = f"# House of {subject}\n\n## Lending {subject}\n\nRules for lending {subject} are kept at the desk.\n"
        library.add(f"legal/{subject}.md", text)
    # Its sections say nothing of their headings, so no question is made of them.
    library.add("legal/empty.md", "# Attic\n\n## Broken pianos\n\nSee elsewhere.\n")
    library.add("board/towers.md", "# Towers\n\n## Selling towers\n\nRules for selling towers.\n", groups=["board"])
    library.ingest()
    return library


def test_four_are_offered_that_are_answered_each_by_another_document(lending: TinyLibrary) -> None:
    with open_studio(lending) as studio:
        reading, starting = studio.service.reading, Starting(studio.service.answering)
        questions = starting.questions(reading.within(STAFF))
        offered = {f"What are the rules for lending {subject}?": subject for subject in _SUBJECTS}
        assert len(questions) == 4
        assert set(questions) <= set(offered)
        for question in questions:
            (first, *_) = studio.ask(question)["citations"]
            assert first["document"] == f"legal/{offered[question]}.md"
        assert starting.questions(reading.within(STAFF)) == questions
        days = {tuple(sorted(questions))}
        for _ in range(6):
            lending.clock.pass_days(1)
            days.add(tuple(sorted(starting.questions(reading.within(STAFF)))))
        assert set().union(*days) <= set(offered)  # of pianos none: nothing is said of them
        assert len(days) > 1
        board = dataclasses.replace(STAFF, groups=frozenset({"board"}))
        assert starting.questions(reading.within(board)) == ("What are the rules for selling towers?",)
        lending.revoke("board/towers.md")
        assert starting.questions(reading.within(board)) == ()
