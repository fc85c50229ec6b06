"""Automatic numbers of Word documents: as they are printed, and never another one."""

import pytest

from ingest.loading.word import document as word
from ingest.loading.word.numerals import numeral
from tests.support.word_files import heading_styles, item, level, lists, p, style, word_file

CLAUSES = level(0, "%1") + level(1, "%1.%2") + level(2, "(%3)", "lowerLetter") + level(3, "(%4)", "lowerRoman")


def read(body: str, numbering: str, styles: str = "") -> list[str]:
    return word.load(word_file(body, numbering=numbering, styles=styles)).text.replace("\n\n", "\n").split("\n")


def test_levels_count_within_each_other_and_show_those_above() -> None:
    body = "".join(map(item, ["one", "a", "b", "deep", "deeper", "c", "two", "d"], [0, 1, 1, 2, 3, 1, 0, 1]))
    assert read(body, lists(CLAUSES)) == [
        "1 one", "1.1 a", "1.2 b", "(a) deep", "(i) deeper", "1.3 c", "2 two", "2.1 d",
    ]  # fmt: skip


def test_numbers_have_their_words_and_signs() -> None:
    levels = level(0, "Article %1", "upperRoman") + level(1, "Step %2:") + level(2, "%3)", "decimalZero")
    body = "".join(map(item, ["scope", "open", "close", "shut", "term", "call"], [0, 1, 1, 2, 0, 1]))
    assert read(body, lists(levels)) == [
        "Article I scope", "Step 1: open", "Step 2: close", "01) shut", "Article II term", "Step 1: call",
    ]  # fmt: skip


def test_legal_numbering_shows_all_levels_in_digits() -> None:
    levels = level(0, "%1", "upperRoman") + level(1, "%1.%2", more="<w:isLgl/>")
    assert read(item("part") + item("clause", 1), lists(levels)) == ["I part", "1.1 clause"]


def test_a_list_goes_on_after_other_text_and_another_instance_of_it_goes_on_too() -> None:
    more = '<w:num w:numId="7"><w:abstractNumId w:val="1"/></w:num>'
    body = item("one") + p("Between.") + item("two") + item("three", number=7)
    assert read(body, lists(CLAUSES, instances=more)) == ["1 one", "Between.", "2 two", "3 three"]


def test_an_instance_begins_anew_once_where_it_says_so() -> None:
    more = (
        '<w:num w:numId="7"><w:abstractNumId w:val="1"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="4"/>'
        "</w:lvlOverride></w:num>"
    )
    body = item("one") + item("four", number=7) + item("five", number=7) + item("six")
    assert read(body, lists(CLAUSES, instances=more)) == ["1 one", "4 four", "5 five", "6 six"]


def test_an_instance_may_have_a_level_of_its_own() -> None:
    more = (
        '<w:num w:numId="7"><w:abstractNumId w:val="1"/><w:lvlOverride w:ilvl="0">'
        f"{level(0, 'Annex %1', 'upperLetter')}</w:lvlOverride></w:num>"
    )
    assert read(item("plans", number=7), lists(CLAUSES, instances=more)) == ["Annex A plans"]


@pytest.mark.parametrize(("restart", "second"), [("0", "1.2 b"), ("1", "1.1 b"), ("5", "1.1 b")])
def test_a_level_says_when_it_begins_anew(restart: str, second: str) -> None:
    levels = level(0, "%1") + level(1, "1.%2", more=f'<w:lvlRestart w:val="{restart}"/>')
    body = item("one") + item("a", 1) + item("two") + item("b", 1)
    assert read(body, lists(levels))[3] == second


def test_a_level_that_restarts_with_the_first_goes_on_within_the_second() -> None:
    levels = level(0, "%1") + level(1, "%1.%2") + level(2, "R%3", more='<w:lvlRestart w:val="1"/>')
    body = "".join(map(item, ["one", "a", "x", "b", "y", "two", "c", "z"], [0, 1, 2, 1, 2, 0, 1, 2]))
    assert [line for line in read(body, lists(levels)) if line[0] == "R"] == ["R1 x", "R2 y", "R1 z"]


def test_a_level_that_was_not_used_shows_where_it_would_start_and_bullets_show_nothing() -> None:
    levels = level(0, "%1.", start=3) + level(1, "•", "bullet") + level(2, "%1%2.%3")
    assert read(item("deep", 2), lists(levels)) == ["3.1 deep"]


def test_a_level_that_was_left_out_counts_as_used() -> None:
    assert read(item("a", 1) + item("b") + item("c", 1), lists(CLAUSES)) == ["1.1 a", "2 b", "2.1 c"]


def test_bullets_are_a_dash_but_for_those_that_say_something() -> None:
    ticks = (
        '<w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="&#xF0FC;"/><w:rPr><w:rFonts '
        'w:ascii="Wingdings"/></w:rPr></w:lvl>'
    )
    body = item("dot") + item("yes", number=2)
    assert read(body, lists(level(0, "&#xF0B7;", "bullet"), ticks)) == ["- dot", "✓ yes"]


def test_headings_bear_the_numbers_that_their_styles_are_linked_to() -> None:
    levels = level(0, "%1", more='<w:pStyle w:val="Heading1"/>') + level(
        1, "%1.%2", more='<w:pStyle w:val="Heading2"/>'
    )
    linked = heading_styles('<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>')
    body = (
        p("Terms", style="Heading1") + p("Days", style="Heading2") + p("A day is a day.") + p("Duty", style="Heading1")
    )
    document = word.load(word_file(body + p("Pay."), numbering=lists(levels), styles=linked))
    assert [part.locator.headings for part in document.sections] == [("1 Terms", "1.1 Days"), ("2 Duty",)]


def test_a_style_inherits_its_list_and_has_its_own_level() -> None:
    styles = style("Clause", '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>')
    styles += style("Sub", '<w:pPr><w:numPr><w:ilvl w:val="1"/></w:numPr></w:pPr>', base="Clause")
    body = p("one", style="Clause") + p("a", style="Sub")
    assert read(body, lists(CLAUSES), styles) == ["1 one", "1.1 a"]


def test_list_zero_takes_a_paragraph_out_of_its_styles_list() -> None:
    styles = style("Clause", '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>')
    off = '<w:numPr><w:numId w:val="0"/></w:numPr>'
    body = p("one", style="Clause") + p("plain", style="Clause", properties=off) + p("two", style="Clause")
    assert read(body, lists(CLAUSES), styles) == ["1 one", "plain", "2 two"]


def test_a_list_style_names_the_list_that_counts() -> None:
    styles = style("Legal", '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>', kind="numbering")
    numbering = lists(level(0, "§ %1"), '<w:numStyleLink w:val="Legal"/>')
    assert read(item("one") + item("two", number=2), numbering, styles) == ["§ 1 one", "§ 2 two"]


def test_a_deleted_paragraph_does_not_count_and_what_is_left_of_it_joins_the_next() -> None:
    gone = p(
        properties='<w:numPr><w:numId w:val="1"/></w:numPr><w:rPr><w:del w:id="1"/></w:rPr>',
        runs="<w:del><w:r><w:delText>gone</w:delText></w:r></w:del>",
    )
    half = item("half ", properties='<w:rPr><w:del w:id="2"/></w:rPr>')
    assert read(item("one") + gone + half + item("two"), lists(CLAUSES)) == ["1 one", "2 half two"]


def test_an_empty_numbered_paragraph_counts_and_shows_nothing() -> None:
    assert read(item("one") + item("") + item("three"), lists(CLAUSES)) == ["1 one", "3 three"]


def test_a_number_whose_form_is_not_known_is_said_and_never_guessed() -> None:
    document = word.load(word_file(item("one"), numbering=lists(level(0, "%1.", "hebrew2"))))
    assert document.text == "one"
    assert [(note.kind, note.count) for note in document.notes] == [("numbers", 1)]


@pytest.mark.parametrize(
    ("kind", "number", "printed"),
    [
        ("upperRoman", 1949, "MCMXLIX"),
        ("lowerLetter", 28, "bb"),
        ("upperLetter", 26, "Z"),
        ("ordinal", 112, "112th"),
        ("ordinal", 23, "23rd"),
        ("cardinalText", 342, "Three hundred forty-two"),
        ("ordinalText", 20, "Twentieth"),
        ("ordinalText", 21, "Twenty-first"),
        ("custom:001, 002", 7, "007"),
        ("decimalEnclosedCircle", 3, "③"),
        ("chineseCounting", 21, "二十一"),
        ("chicago", 6, "††"),
        ("none", 1, ""),
        ("lowerRoman", 0, None),
        ("lowerLetter", 10_000_000, None),
        ("bahtText", 1, None),
    ],
)
def test_numerals(kind: str, number: int, printed: str | None) -> None:
    assert numeral(kind, number) == printed


def test_numbers_in_words_are_known_in_english_only() -> None:
    assert numeral("ordinal", 1, english=False) is None
