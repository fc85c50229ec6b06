"""Text of a document inside Markdown stays text: checked with a real parser, on anything that means something there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from service.chat_completions.markdown import as_text

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
PLAIN = {"text", "text_special", "code_inline"}
_MARKS = list("a \n\t\\`*_[]()!#+-.1><|~&=:${}^@")
_PARTS = ["&lt;", "&#33;", "://", "https://x.example", "www.x.example", "www.", "a@b.c", "mailto:a@b.c", "javascript:x"]
_PARTS += ["![a](b)", "[a]: b", "<img src=x>", "<!--", "```", "---", "1)"]
PIECES = st.lists(st.sampled_from(_MARKS + _PARTS), max_size=12).map("".join)


def _shown(markdown: str) -> str:
    """Return what a page shows of a paragraph, which holds nothing but text and code."""
    text = ""
    for token in PARSER.parse(markdown):
        assert token.type in ("paragraph_open", "paragraph_close", "inline"), (token.type, markdown)
        for child in token.children or []:
            assert child.type in PLAIN, (child.type, markdown)
            text += child.content
    return text


@given(PIECES)
def test_whatever_it_holds_is_shown_as_it_is(text: str) -> None:
    assert _shown(as_text(text)) == " ".join(text.split())


@pytest.mark.parametrize(
    "text",
    [
        "![x](http://evil.example/x.png)",
        "![x](x.png)",
        "[click](http://evil.example)",
        "[click](evil)",
        "<img src=x onerror=alert(1)>",
        "<b>x</b>",
        "# Heading",
        "*x* _x_ ~~x~~",
    ],
)
def test_nothing_is_loaded_or_linked_or_drawn(text: str) -> None:
    html = PARSER.render(as_text(text))
    assert not any(tag in html for tag in ("<img", "<a ", "<b", "<h1", "<em", "<s>"))


@pytest.mark.parametrize(
    "word", ["https://evil.example/a?b", "www.evil.example", "ann@evil.example", "(ftp://x.example)"]
)
def test_what_a_page_would_link_by_itself_is_code(word: str) -> None:
    assert as_text(f"See {word} now.") == f"See `{word}` now."
    assert as_text(f"See {word}.") == f"See `{word}`."  # whose end is no part of it


def test_ordinary_words_stay_as_they_are() -> None:
    said = "The daily allowance (fifty euros, 50.00 €) holds from 9:30 - see “Travel”, page 3: it's final!"
    assert as_text(said) == said


def test_what_other_pages_would_draw_stays_text_too() -> None:
    assert as_text("$x$ {{USER}} <think>a</think>") == r"\$x\$ \{\{USER\}\} &lt;think&gt;a&lt;/think&gt;"
