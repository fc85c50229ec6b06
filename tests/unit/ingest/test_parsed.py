"""The builder keeps the rules of the stored text, whatever a loader tells it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexes.documents import Locator
from ingest import parsed
from ingest.errors import LoadError
from ingest.parsed import Parsed, TextBuilder


def _sections(document: Parsed) -> list[tuple[str, tuple[str, ...]]]:
    return [(document.text[part.start : part.end], part.locator.headings) for part in document.sections]


def test_headings_stand_in_the_text_but_outside_the_sections() -> None:
    builder = TextBuilder()
    builder.heading(1, "Retention")
    builder.paragraph("Keep masters for ten years.")
    builder.heading(2, "Proxies")
    builder.paragraph("Keep proxies for one year.")
    builder.heading(1, "Access")
    builder.paragraph("Staff only.")
    document = builder.finish("Policy")
    assert document.text.startswith("Retention\n\nKeep masters")
    assert _sections(document) == [
        ("Keep masters for ten years.", ("Retention",)),
        ("Keep proxies for one year.", ("Retention", "Proxies")),
        ("Staff only.", ("Access",)),
    ]


def test_a_heading_that_states_something_can_be_quoted_and_one_that_asks_cannot() -> None:
    builder = TextBuilder()
    for name in ("Keys", "Master keys are handed out by the chief only.", "Visitors never receive a key."):
        builder.heading(1 if name == "Keys" else 2, name)
    builder.paragraph("They are numbered.")
    builder.heading(2, "May a visitor borrow a key?")
    builder.paragraph("No.")
    assert _sections(builder.finish(None)) == [
        ("Master keys are handed out by the chief only.", ("Keys", "Master keys are handed out by the chief only.")),
        ("Visitors never receive a key.\n\nThey are numbered.", ("Keys", "Visitors never receive a key.")),
        ("No.", ("Keys", "May a visitor borrow a key?")),
    ]


def test_where_there_are_only_headings_they_are_the_text_and_questions_are_not() -> None:
    builder = TextBuilder()
    builder.page(1)
    for name in ("Opening hours", "What is open?", "Reception from eight to five"):
        builder.heading(1, name)
    assert [text for text, _ in _sections(builder.finish(None))] == ["Opening hours", "Reception from eight to five"]


def test_a_heading_replaces_those_of_its_level_and_deeper() -> None:
    builder = TextBuilder()
    for level, name in [(1, "A"), (3, "B"), (2, "C")]:
        builder.heading(level, name)
    builder.paragraph("Text.")
    assert builder.finish(None).sections[0].locator == Locator("heading", headings=("A", "C"))


def test_a_text_without_headings_is_one_section_of_the_document() -> None:
    builder = TextBuilder()
    builder.paragraph("One.")
    builder.paragraph("Two.")
    document = builder.finish("  A \n title ")
    assert document.title == "A title"
    assert document.text == "One.\n\nTwo."
    assert [(part.start, part.end, part.locator) for part in document.sections] == [(0, 10, Locator("document"))]


def test_items_and_rows_stand_close_and_paragraphs_apart() -> None:
    builder = TextBuilder()
    builder.paragraph("Bring:")
    builder.item("a camera")
    builder.item("a lamp", marker="2.")
    builder.row("Codec: ProRes")
    builder.row("Codec: DNxHR")
    assert builder.finish(None).text == "Bring:\n\n- a camera\n2. a lamp\n\nCodec: ProRes\nCodec: DNxHR"


def test_pages_make_sections_with_their_number_and_blank_pages_none() -> None:
    builder = TextBuilder()
    for number, text in enumerate(["First.", "", "Third."], start=1):
        builder.page(number)
        builder.paragraph(text)
    assert [part.locator.page for part in builder.finish(None).sections] == [1, 3]


def test_code_keeps_its_lines_and_indentation() -> None:
    builder = TextBuilder()
    builder.code("\n  def f():\n      return 1\n")
    assert builder.finish(None).text == "def f():\n      return 1"


def test_a_heading_as_long_as_a_paragraph_stays_quotable() -> None:
    builder = TextBuilder()
    builder.heading(1, "word " * 100)
    assert len(builder.finish(None).sections) == 1


def test_too_long_a_text_is_refused_with_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsed, "MAX_TEXT_CHARS", 2_000_000)
    builder = TextBuilder()
    with pytest.raises(LoadError, match="expected at most 2 million characters of text, got more: split"):
        builder.paragraph("x" * 2_000_001)


_CALLS = st.one_of(
    st.tuples(st.just("heading"), st.integers(0, 6), st.text(max_size=30)),
    st.tuples(st.sampled_from(["paragraph", "item", "item_paragraph", "row", "code"]), st.text(max_size=60)),
)


@given(st.lists(_CALLS, max_size=30))
def test_sections_are_in_order_apart_stripped_and_free_of_headings(calls: list[tuple[object, ...]]) -> None:
    builder = TextBuilder()
    for name, *arguments in calls:
        getattr(builder, str(name))(*arguments)
    document = builder.finish(None)
    position = 0
    for part in document.sections:
        assert position <= part.start < part.end <= len(document.text)
        position = part.end
        text = document.text[part.start : part.end]
        assert text == text.strip()
        assert (part.locator.kind == "heading") == bool(part.locator.headings)
