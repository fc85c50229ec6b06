"""Quotes are found word for word, and passages in another markup by their sequence of words."""

from hypothesis import given
from hypothesis import strategies as st

from eval.quality.locate import find_quote, find_words

_WORDS = st.lists(st.sampled_from("alpha beta gamma delta epsilon zeta eta theta".split()), min_size=1, max_size=12)


def test_a_quote_is_found_everywhere_it_stands() -> None:
    assert find_quote("Pay on time.\nPay  on time.", "Pay on time.") == [(0, 12), (13, 26)]
    assert find_quote("Pay on time.", "Pay in time.") == []
    assert find_quote("Pay on time.", " \n ") == []


@given(words=_WORDS, blanks=st.lists(st.sampled_from([" ", "\n", "\n\n", "\t "]), min_size=12, max_size=12))
def test_any_white_space_stands_for_any_other(words: list[str], blanks: list[str]) -> None:
    text = "".join(word + blank for word, blank in zip(words, blanks, strict=False)).strip()
    assert (0, len(text)) in find_quote(text, " ".join(words))


def test_a_passage_in_markdown_is_found_in_plain_text() -> None:
    text = "Before that. Ask your lead first: Ann or Bob.\n- Then fill in the form.\nAfter that."
    passage = "Ask your **lead** first: _Ann_ or [Bob](#bob).\n\n* Then fill in the `form`."
    span = find_words(text, passage)
    assert span is not None
    assert text[slice(*span)] == "Ask your lead first: Ann or Bob.\n- Then fill in the form"


def test_a_passage_that_is_not_there_is_not_found() -> None:
    assert find_words("The archive opens at nine in the morning.", "Drones need a licence from the city.") is None
    assert find_words("The archive opens at nine.", "--- ***") is None
    assert find_words("", "words") is None


def test_words_that_are_scattered_are_no_passage() -> None:
    filler = "and so on for a while without any end "
    assert (
        find_words(f"one two three four {filler * 3} five six seven eight", "one two three four five six seven eight")
        is None
    )


def test_the_right_one_of_two_similar_passages_is_found() -> None:
    text = "Red cars stop at the gate at noon. Filler here. Blue cars stop at the gate at dawn."
    span = find_words(text, "Blue cars stop at the gate at dawn.")
    assert span is not None
    assert text[slice(*span)] == "Blue cars stop at the gate at dawn"
