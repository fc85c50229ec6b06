"""What a stand-in for a model reads of the prompt is what the prompt was made of."""

from eval.written.heard import heard, sentences_of
from service.answering.writing.prompt import to_judge, to_write
from service.models.port import Message
from tests.support.model_texts import A, B
from tests.support.written_answers import given


def test_the_question_and_the_passages_are_read_as_they_were_put_in() -> None:
    asked = heard(to_write("May R&D <i>upload</i>?", given("Use <b> & such.", "Two lines.\nOf text.")))
    assert asked.question == "May R&D <i>upload</i>?"
    assert asked.passages == {A: "Use <b> & such.", B: "Two lines.\nOf text."}
    assert not asked.judges
    assert asked.everything == "May R&D <i>upload</i>? Use <b> & such. Two lines. Of text."


def test_a_judge_is_told_apart_and_names_every_passage() -> None:
    asked = heard(to_judge("What?", given("One.", "Two.")))
    assert asked.judges
    assert asked.judgement() == f"{A} {B}"


def test_a_prompt_of_another_form_holds_nothing() -> None:
    asked = heard([Message("user", "Hello there")])
    assert (asked.question, asked.passages, asked.judgement()) == ("", {}, "NONE")


def test_sentences_end_as_sentences_do_and_short_ones_are_none() -> None:
    assert sentences_of("Rules\nIt costs 1.5 euros a day. Yes. Ask the archive first!\nNo end of it here") == [
        "It costs 1.5 euros a day.",
        "Ask the archive first!",
    ]
