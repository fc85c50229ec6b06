"""What a model says is passed on as plain text, however it comes in pieces, or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.models.errors import ModelReplyError
from service.models.plain_text import CHARS_A_TOKEN, PlainText

MOST_TOKENS = 100


def passed(*pieces: str) -> str:
    text = PlainText("writer", most_tokens=MOST_TOKENS)
    return "".join([*(text.take(piece) for piece in pieces), text.end()])


@pytest.mark.parametrize(
    "text",
    [
        "The allowance is 51 euros [k7].",
        "Grüße, 北京, 🎬 and a tab\tand\r\nlines.",
        "Run `greenlit read <file>`; x < 5 and y > 3; see <https://example.org>.",
        "Of [7] and [a] and [",
        "A <b>bold</b> word",
        "ends with <",
    ],
)
def test_plain_text_is_passed_on_as_it_is_however_it_is_cut(text: str) -> None:
    assert passed(text) == passed(*text) == text


@pytest.mark.parametrize(
    "text",
    [
        "<!DOCTYPE html><p>51 euros</p>",
        "\n <html lang='en'>",
        "See <script>alert(1)</script>",
        "<think>Let me see</think>51 euros",
        "51 euros</think>",
        "< thinking >",
        "<tool_call>{}</tool_call>",
        "<function=search>{}</function>",
        "[TOOL_CALLS][]",
        "51 euros<|im_end|>",
        "[INST] and",
        "<<SYS>> and",
        "<  /  function_call >",
        "◁think▷ hm",
    ],
)
def test_pages_reasoning_calls_of_tools_and_marks_of_a_template_are_refused_however_they_are_cut(text: str) -> None:
    for pieces in ((text,), tuple(text)):
        with pytest.raises(ModelReplyError, match="expected plain text of model 'writer', got HTML, reasoning"):
            passed(*pieces)


def test_nothing_of_a_mark_is_passed_on_before_it_is_known_as_one() -> None:
    text = PlainText("writer", most_tokens=MOST_TOKENS)
    assert "".join(text.take(char) for char in "51 euros <thinkin") == "51 euros "


@pytest.mark.parametrize("mark", ["[INST", "[/ins", "[", "[tool_calls"])
def test_a_square_bracket_waits_as_long_as_it_may_begin_a_mark(mark: str) -> None:
    text = PlainText("writer", most_tokens=MOST_TOKENS)
    assert "".join(text.take(char) for char in f"51 euros [k7] {mark}") == "51 euros [k7] "


def test_a_citation_is_passed_on_at_once_for_a_reader_waits_for_the_sentence_before_it() -> None:
    text = PlainText("writer", most_tokens=MOST_TOKENS)
    assert text.take("It costs 51 euros. [p0a1b2c3d]") == "It costs 51 euros. [p0a1b2c3d]"


@pytest.mark.parametrize("text", ["a\x00b", "a\x1b[2Jb", "a\x9bb", "half \ud83d of it", "a\x7f"])
def test_control_characters_and_halves_of_characters_are_refused_by_number(text: str) -> None:
    with pytest.raises(ModelReplyError, match=r"got one that holds the character U\+"):
        passed(text)


@pytest.mark.parametrize("pieces", [(), ("",), (" \n", "\t ")])
def test_no_text_is_refused(pieces: tuple[str, ...]) -> None:
    with pytest.raises(ModelReplyError, match="got an empty one"):
        passed(*pieces)


def test_a_text_far_beyond_its_limit_of_tokens_is_refused() -> None:
    longest = "x" * (MOST_TOKENS * CHARS_A_TOKEN)
    assert passed(longest) == longest
    with pytest.raises(ModelReplyError, match="expected at most 1600 characters of model 'writer', got more"):
        passed(longest, "x")


PARTS = st.sampled_from(
    ["<", "[", "◁", " ", "/", ">", "|", "think", "tool_call", "function_call", "<SYS>", "51", "INST]"]
)


@given(
    parts=st.lists(PARTS | st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=8), max_size=20),
    data=st.data(),
)
def test_the_cuts_never_change_what_is_passed_on_or_refused(parts: list[str], data: st.DataObject) -> None:
    text = "".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    outcomes = []
    for way in ([text], pieces):
        try:
            outcomes.append(passed(*way))
        except ModelReplyError as error:
            outcomes.append(str(error))
    assert outcomes[0] == outcomes[1]
