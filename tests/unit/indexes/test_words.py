"""Words and terms: the same for passages and for questions."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexes.words import STOP_WORDS, content_terms, terms, terms_in_order, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Keep the masters.", ["keep", "the", "masters"]),
        ("23.976 fps, 10,000 EUR", ["23.976", "fps", "10,000", "eur"]),
        ("don’t and don't", ["don't", "and", "don't"]),
        ("mp3/WAV_file (v2)", ["mp3", "wav", "file", "v2"]),
        ("Übergröße 東京 été", ["übergröße", "東京", "été"]),
        ("ｆｕｌｌｗｉｄｔｈ ﬁle", ["fullwidth", "file"]),
        ("6 months² and 10⁶ events", ["6", "months", "2", "and", "10", "6", "events"]),
        ("900 m² of CO₂", ["900", "m2", "of", "co2"]),
        ("2½ hours, ¾ day", ["2.5", "hours", "0.75", "day"]),
        ("", []),
        ("—…!?", []),
    ],
)
def test_words_are_lower_cased_words_and_numbers(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_forms_of_one_word_are_one_term() -> None:
    assert len(set(terms("approve approves approved approving"))) == 1
    assert terms("the author's author") == ["the", "author", "author"]


def test_content_terms_are_distinct_and_carry_a_subject() -> None:
    assert content_terms("How long do we keep the masters, and which masters?") == ["long", "keep", "master"]


def test_whilst_and_amongst_are_stop_words_as_while_is() -> None:
    assert content_terms("whilst amongst how many") == []


def test_a_question_of_stop_words_has_no_content() -> None:
    assert content_terms(" ".join(sorted(STOP_WORDS))) == []


@given(st.text())
def test_a_text_holds_every_content_term_of_itself(text: str) -> None:
    held = terms(text)
    assert set(content_terms(text)) <= set(held)
    assert held[: len(terms_in_order(text))] == terms_in_order(text)


@given(st.text(alphabet="aAbB1 2.,-/:()'%€kmMITUSayp\n"))
def test_a_text_of_signs_and_figures_holds_every_content_term_of_itself(text: str) -> None:
    assert set(content_terms(text)) <= set(terms(text))


def test_what_a_text_may_be_found_by_besides_stands_after_its_words_and_once() -> None:
    assert terms("An on-demand, on-demand crew") == ["an", "on", "demand", "on", "demand", "crew", "ondemand"]


def test_private_signs_of_a_text_are_no_terms_of_its_own() -> None:
    assert terms("\ue000it \ue000<18") == ["it", "18"]


def test_threads_stem_alike() -> None:
    texts = [f"approving masters number {number} carefully" for number in range(200)]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(terms, texts)) == [terms(text) for text in texts]
