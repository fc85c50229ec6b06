"""A stored text as blocks: nothing is lost, and what is marked is the quote, wherever it begins and ends."""

from hypothesis import example, given
from hypothesis import strategies as st

from indexes.documents import Locator, Section
from service.web.library.laid_out import Block, lay_out, parts_of

TEXT = "Rules\n\nTwo rights\n\nFirst one.\nSecond one.\n- an item\n- another"
AT = TEXT.index("First")
SECTIONS = [Section(AT, len(TEXT), Locator("heading", headings=("Rules", "Two rights")))]


def _marked(blocks: list[Block]) -> str:
    return "".join(block.marked for block in blocks)


def test_headings_paragraphs_and_items_are_told_apart() -> None:
    blocks = lay_out(TEXT, SECTIONS)
    shown = [(block.kind, block.text) for block in blocks]
    lines = [("heading", "Rules"), ("heading", "Two rights"), ("text", "First one."), ("text", "Second one.")]
    assert shown == [*lines, ("item", "an item"), ("item", "another")]
    assert [name for _, name in parts_of(blocks)] == ["Rules", "Two rights"]
    assert len({block.anchor for block in blocks if block.anchor}) == 2


def test_a_quote_over_several_blocks_is_marked_in_each_and_begins_once() -> None:
    start, end = TEXT.index("one."), TEXT.index("an item") + 2
    blocks = lay_out(TEXT, SECTIONS, (start, end))
    assert [block.marked for block in blocks if block.marked] == ["one.", "Second one.", "- an"]
    assert [block.begins for block in blocks if block.marked] == [True, False, False]


def test_pages_are_named_where_they_begin_and_one_goes_from_page_to_page() -> None:
    text = "Title\nof page one\n\nPage two says this."
    cut = text.index("Page two")
    sections = [Section(0, cut - 2, Locator("page", page=1)), Section(cut, len(text), Locator("page", page=2))]
    blocks = lay_out(text, sections)
    assert [block.text for block in blocks if block.kind == "page"] == ["Page 1", "Page 2"]
    assert parts_of(blocks) == [("page-1", "Page 1"), ("page-2", "Page 2")]
    assert all(block.kind in ("page", "text") for block in blocks)


def test_a_page_that_headings_part_is_named_once_and_a_heading_that_states_something_stays_one() -> None:
    text = "Bring a badge.\nTwo.\n\nNobody comes in without a badge.\n\nThree."
    first, second = text.index("\n\nNobody"), text.index("Nobody")
    named = Locator("page", page=1, headings=("Nobody comes in without a badge.",))
    blocks = lay_out(
        text, [Section(0, first, Locator("page", page=1)), Section(second, len(text), named)], (second, second + 6)
    )
    assert [block.kind for block in blocks] == ["page", "text", "text", "heading", "text"]
    assert _marked(blocks) == "Nobody"


def test_a_page_is_named_once_before_its_headings_by_its_number_and_what_is_printed_on_it() -> None:
    text = "Preface\nSafety first.\nChapter\nPart\nDrivers renew.\nOther\nOthers do not."
    places = [
        ("Safety first.", 2, "ii", ()),
        ("Drivers renew.", 4, "2", ("Chapter", "Part")),
        ("Others do not.", 4, "2", ("Other",)),
    ]
    sections = [
        Section(text.index(said), text.index(said) + len(said), Locator("page", page, headings, printed))
        for said, page, printed, headings in places
    ]
    blocks = lay_out(text, sections)
    assert [name for _, name in parts_of(blocks)] == ["Preface", "Chapter", "Part", "Other"], "not by pages"
    shown = [(block.kind, block.text, block.page) for block in blocks]
    assert shown == [
        ("page", "Page 2 of the file, printed as ii", 2),
        ("heading", "Preface", 0),
        ("text", "Safety first.", 0),
        ("page", "Page 4 of the file, printed as 2", 4),
        ("heading", "Chapter", 0),
        ("heading", "Part", 0),
        ("text", "Drivers renew.", 0),
        ("heading", "Other", 0),
        ("text", "Others do not.", 0),
    ]


@example("aaaa- - ", 4, 0, 0)
@given(st.text("ab -\n", max_size=40), st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))
def test_nothing_is_lost_and_what_is_marked_is_the_quote(text: str, cut: int, start: int, end: int) -> None:
    cut = min(cut, len(text))
    sections = [Section(0, cut, Locator("document")), Section(cut, len(text), Locator("document"))] if cut else []
    quote = (start, min(end, len(text)))
    blocks = lay_out(text, sections, quote)
    rest = text.replace("\n", "")
    for block in blocks:  # an item is shown without its mark, unless the quote begins within that
        shown = f"- {block.text}" if block.kind == "item" and rest.startswith(f"- {block.text}") else block.text
        assert rest.startswith(shown)
        rest = rest.removeprefix(shown)
    assert not rest
    assert _marked(blocks) == (text[quote[0] : quote[1]].replace("\n", "") if quote[0] < quote[1] else "")
    assert sum(block.begins for block in blocks) == bool(_marked(blocks))
