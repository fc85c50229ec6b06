"""A written answer of the past, checked again from its record: the model is not asked."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from indexes.documents import Passage
from service.answering.supported.support import Offered, Support
from service.answering.writing.again import verified_again
from service.answering.writing.records import Written, written_from_json
from service.answering.writing.write import write
from service.models.errors import ModelTimedOutError
from tests.support.model_texts import A, B, C
from tests.support.written_answers import Released, Says, Scripted, given, never, stands_there

GOOD = f"Invoices are kept for ten years. [{B}]\nThey are destroyed by the archive. [{B}]\nContracts are blue. [{C}]"
PASSAGES = {one.passage.passage_id: one.passage for one in given().offered}


def written(*texts: Says | list[Says], withdrawn: str = "") -> Written:
    answer = write(
        "?",
        given(),
        model=Scripted(*texts, piece=3),
        supports=stands_there,
        stopped=never,
        release=Released(withdrawn=withdrawn),
    )
    return written_from_json(answer.as_json())


@pytest.mark.parametrize(
    "texts",
    [
        [GOOD],
        ["Parking is free.", GOOD],
        ["NO_ANSWER"],
        ["", ""],
        [[GOOD[:60], ModelTimedOutError("x")]],
        ["Parking is free. " * 5000, f"Contracts are kept for 5 years after they end. [{A}] " * 5000],
    ],
)
def test_nothing_differs_with_the_same_passages_and_release(texts: list[Says]) -> None:
    answer = written(*texts)
    again = verified_again(answer, passage=PASSAGES.get, supports=stands_there)
    assert again.differences == ()
    assert again.sentences == answer.sentences


def test_nothing_differs_where_whoever_asked_stopped_it() -> None:
    released = Released()
    answer = write(
        "?",
        given(),
        model=Scripted(GOOD),
        supports=stands_there,
        stopped=lambda: bool(released.sentences),
        release=released,
    )
    assert verified_again(answer, passage=PASSAGES.get, supports=stands_there).differences == ()


def test_a_sentence_that_was_withdrawn_counts_as_one_that_held_and_what_leaned_on_it_as_one_that_did_not() -> None:
    answer = written(GOOD, GOOD, withdrawn="Invoices")
    assert [one.codes for _, one in answer.sentences[:2]] == [("withdrawn",), ("leans",)]
    assert verified_again(answer, passage=PASSAGES.get, supports=stands_there).differences == ()


def test_what_differs_is_said_without_a_word_of_the_answer() -> None:
    def stricter(sentence: str, cited: Sequence[Offered]) -> Support:
        held = stands_there(sentence, cited)
        return replace(held, score=0.5, failed=("name",)) if "archive" in sentence else replace(held, score=0.75)

    answer = written(GOOD)
    older = replace(answer, calls=tuple(replace(call, prompt_hash="0" * 64) for call in answer.calls))
    assert verified_again(older, passage=PASSAGES.get, supports=stricter).differences == (
        "prompt: call 0 was made with another version of it",
        "sentence 0: its support was 1000000 millionths, and is 750000",
        "sentence 1: it was released, and is left_out (name)",
        "sentence 2: its support was 250000 millionths, and is 750000",
    )


def test_an_output_that_is_read_otherwise_is_seen() -> None:
    answer = written(GOOD)
    fewer = replace(answer, calls=(replace(answer.calls[0], raw=f"Invoices are kept for ten years. [{B}]"),))
    other = replace(answer, calls=(replace(answer.calls[0], raw=GOOD.replace("ten", "nine")),))
    assert verified_again(fewer, passage=PASSAGES.get, supports=stands_there).differences == (
        "sentences: expected 3, got 1",
    )
    assert "sentence 0: it reads otherwise" in (
        verified_again(other, passage=PASSAGES.get, supports=stands_there).differences
    )


def test_a_passage_that_is_not_in_the_build_is_seen() -> None:
    def none_of(_passage_id: str) -> Passage | None:
        return None

    again = verified_again(written(GOOD), passage=none_of, supports=stands_there)
    assert again.differences == ("given: expected 3 passages, 3 of them are not in the build",)
