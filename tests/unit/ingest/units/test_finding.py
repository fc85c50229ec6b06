"""What of a document can be quoted, and what it stands under: read from texts as people write them."""

import pytest

from indexes.documents import Document, Locator, Section
from indexes.units import MOST_CHARS, Series, Unit, UnitKind
from ingest.loading.registry import load_document
from ingest.units.finding import find_units


def _read(content: str, name: str = "a.md") -> Document:
    parsed = load_document(name, content.encode())
    return Document(name, "a" * 64, parsed.title or name, parsed.text, parsed.sections)


def _pages(*pages: str, headings: tuple[str, ...] = ()) -> Document:
    """Return a document of pages, whose texts are written as they are stored."""
    text, sections = "", []
    for number, page in enumerate(pages, 1):
        sections.append(Section(len(text), len(text) + len(page), Locator("page", number, headings)))
        text += f"{page}\n\n"
    return Document("a.pdf", "a" * 64, "T", text, tuple(sections))


def _said(document: Document) -> list[str]:
    """Return each unit as "KIND text < label", without what it does not have."""
    return [_line(document.text, unit) for unit in find_units(document)[0]]


def _line(text: str, unit: Unit) -> str:
    under = f" < {text[slice(*unit.label)]}" if unit.label else ""
    return f"{unit.kind.name} {text[unit.start : unit.end]}{under}"


def _series(document: Document) -> list[tuple[str, int, str]]:
    return [(one.kind.name, one.items, _label(document, one)) for one in find_units(document)[1]]


def _label(document: Document, series: Series) -> str:
    return document.text[slice(*series.label)] if series.label else ""


# Questions and what answers them

FAQ = """# Parking

**Q: May I leave my car in the yard overnight?**

A: Only with a blue card. The porter hands it out.

**Q: Who pays for a damaged car?**

A: The insurance.
"""


def test_a_question_is_the_label_of_its_answer_and_the_marks_are_no_part_of_either() -> None:
    assert _said(_read(FAQ)) == [
        "QUESTION May I leave my car in the yard overnight?",
        "SENTENCE Only with a blue card. < May I leave my car in the yard overnight?",
        "SENTENCE The porter hands it out. < May I leave my car in the yard overnight?",
        "QUESTION Who pays for a damaged car?",
        "SENTENCE The insurance. < Who pays for a damaged car?",
    ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", "Q: May I paint the wall?\nA: No, ask first.\n"),
        ("a.txt", "Question: May I paint the wall?\n\nAnswer: No, ask first.\n"),
        ("a.md", "Frage 3: May I paint the wall?\n\nAntwort: No, ask first.\n"),
        ("a.md", "Q1. May I paint the wall?\n\nA1. No, ask first.\n"),
        ("a.md", "F: May I paint the wall?\n\nA: No, ask first.\n"),
        ("a.md", "**May I paint the wall?**\n\nNo, ask first.\n"),
        ("a.md", "**May I paint the wall?** No, ask first.\n"),
        ("a.md", "Q: May I paint the wall? A: No, ask first.\n"),
        ("a.md", "1. May I paint the wall?\n\nNo, ask first.\n"),
        ("a.md", "- May I paint the wall?\n  - No, ask first.\n"),
        ("a.md", "- May I paint the wall?\n\n  No, ask first.\n"),
        ("a.md", "- May I paint the wall? No, ask first.\n"),
        ("a.html", "<dl><dt>May I paint the wall?</dt><dd>No, ask first.</dd></dl>"),
        ("a.html", "<p><b>May I paint the wall?</b></p><p>No, ask first.</p>"),
    ],
)
def test_however_a_question_is_set_its_answer_stands_under_it(name: str, content: str) -> None:
    document = _read(content, name)
    assert _said(document)[0].startswith("QUESTION ")
    (answer,) = [unit for unit in find_units(document)[0] if unit.kind.quotable]
    assert _line(document.text, answer).endswith("No, ask first. < May I paint the wall?")


def test_a_one_word_answer_can_be_quoted_under_its_question_only() -> None:
    assert _said(_read("Is it allowed?\n\nYes.\n\nYes.")) == [
        "QUESTION Is it allowed?",
        "SENTENCE Yes. < Is it allowed?",
        "LABEL Yes. < Is it allowed?",
    ]


@pytest.mark.parametrize("heading", ["Can a guest park here?", "When guests can park"])
def test_a_short_answer_right_below_a_heading_that_asks_can_be_quoted(heading: str) -> None:
    assert _said(_read(f"## {heading}\n\nNo. They park outside.\n\nNo.\n")) == [
        "SENTENCE No.",
        "SENTENCE They park outside.",
        "LABEL No.",
    ]


def test_a_numbered_list_of_questions_with_answers_is_no_list() -> None:
    document = _read("1. May I park?\n\nTwo days.\n\n2. May I sleep here?\n\nNo.\n")
    assert _said(document) == [
        "QUESTION May I park?",
        "SENTENCE Two days. < May I park?",
        "QUESTION May I sleep here?",
        "SENTENCE No. < May I sleep here?",
    ]
    assert _series(document) == []


def test_an_empty_answer_leaves_its_question_without_one() -> None:
    assert _said(_read("Q: May I park?\nA:\n\nQ: May I sleep?\nA: No.\n", "a.txt")) == [
        "QUESTION May I park?",
        "QUESTION May I sleep?",
        "SENTENCE No. < May I sleep?",
    ]


def test_a_question_in_prose_is_answered_by_the_sentences_behind_it() -> None:
    assert _said(_read("Rules change often. What does it mean? It means work. Ask us.\n\nThe end is near now.")) == [
        "SENTENCE Rules change often.",
        "QUESTION What does it mean?",
        "SENTENCE It means work. < What does it mean?",
        "SENTENCE Ask us. < What does it mean?",
        "SENTENCE The end is near now.",
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        'Everybody should ask themselves "May I do this?"',
        "Ask whether you may; nobody minds a question.",
        'The form says "Do you smoke?" on its first page.',
    ],
)
def test_a_sentence_that_quotes_a_question_says_something(sentence: str) -> None:
    assert _said(_read(sentence)) == [f"SENTENCE {sentence}"]


def test_a_question_of_which_a_list_is_the_answer() -> None:
    document = _read("What do I bring?\n\n- a passport\n- two photos\n")
    assert _said(document) == [
        "QUESTION What do I bring?",
        "ITEM a passport < What do I bring?",
        "ITEM two photos < What do I bring?",
    ]
    assert _series(document) == [("ITEM", 2, "What do I bring?")]


def test_questions_that_a_lead_in_announces_are_a_checklist() -> None:
    document = _read("Before you send it, check:\n\n- Is the address right?\n- Is it signed?\n")
    assert _series(document) == [("ITEM", 2, "Before you send it, check:")]
    assert _said(document)[1] == "ITEM Is the address right? < Before you send it, check:"


def test_a_list_of_ten_questions_alone_holds_no_answer() -> None:
    units, series = find_units(_read("\n".join(f"- What about number {n}?" for n in range(10))))
    assert ({unit.kind for unit in units}, series) == ({UnitKind.QUESTION}, ())


def test_an_answer_ends_with_the_next_title_heading_or_question() -> None:
    text = "Can I park?\n\nOnly on Sundays.\n\nBicycle room\n\nIt is open at night.\n\n## Rest\n\nIt is quiet here."
    assert _said(_read(text)) == [
        "QUESTION Can I park?",
        "SENTENCE Only on Sundays. < Can I park?",
        "LABEL Bicycle room",
        "SENTENCE It is open at night. < Bicycle room",
        "SENTENCE It is quiet here.",
    ]


def test_a_question_does_not_stand_over_the_whole_rest() -> None:
    text = "Can I park?\n\n" + "\n\n".join(f"This is paragraph {n} of the text." for n in range(30))
    units, _ = find_units(_read(text))
    assert 3 <= sum(unit.label is not None for unit in units) <= 8


# Short facts


@pytest.mark.parametrize(
    "fact",
    ["Invoices: ten years", "Library: 9–17", "Canteen: 11:30–14:00", "Post room – extension 5520", "Notice: 3 months."],
)
def test_a_short_fact_bears_its_own_label(fact: str) -> None:
    assert _said(_read(f"## Hours\n\n{fact}\n\nIt is open on all working days.")) == [
        f"FACT {fact}",
        "SENTENCE It is open on all working days.",
    ]
    assert _said(_pages(fact)) == [f"FACT {fact}"]


def test_a_sentence_with_a_label_of_its_own_stands_under_no_other() -> None:
    assert _said(_read("Hamburg: from eight to seven. Leeds: from nine to five.")) == [
        "SENTENCE Hamburg: from eight to seven.",
        "SENTENCE Leeds: from nine to five.",
    ]


def test_what_stands_alone_under_a_heading_is_what_the_heading_names() -> None:
    assert _said(_read("# Desk\n\n## Helpdesk\n\nExtension 4410\n\n## Doctor\n\nRoom B12, second floor\n")) == [
        "SENTENCE Extension 4410",
        "SENTENCE Room B12, second floor",
    ]


def test_a_definition_stands_behind_its_term() -> None:
    content = "<dl><dt>Per diem</dt><dd>50 euros a day. It covers meals only.</dd></dl>"
    assert _said(_read(content, "a.html")) == [
        "SENTENCE Per diem: 50 euros a day.",
        "SENTENCE It covers meals only. < Per diem",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "Table 3: Rooms of the building",
        "Figure 2: The way to the yard",
        "Introduction ........ 4",
        "Total costs in the year",
        "Annual report 2026 of the works council",
        "See below",
        "Chapter 4 Storage of records in the archive",
    ],
)
def test_what_stands_on_a_page_as_a_line_is_no_fact(line: str) -> None:
    assert _said(_pages(f"{line}\n\nThe archive keeps all records for ten years.")) == [
        f"LABEL {line}",
        "SENTENCE The archive keeps all records for ten years.",
    ]


def test_lines_of_a_program_are_no_facts() -> None:
    units, _ = find_units(_read("```\nconst bob = {\n  name: 'Bob',\n}\n```\n"))
    assert not {unit.kind for unit in units} & {UnitKind.FACT, UnitKind.ROW}


def test_a_bare_title_names_what_stands_below_it() -> None:
    assert _said(_read("**Visitors**\n\nThey wear a badge all day.\n\n**Dogs.** They stay outside the house.")) == [
        "LABEL Visitors",
        "SENTENCE They wear a badge all day. < Visitors",
        "LABEL Dogs. < Visitors",
        "SENTENCE They stay outside the house. < Dogs.",
    ]


# Lists

STEPS = """# Tools

To ask for a tool:

1. Fill in the form. It is on the intranet.
2. Wait for the board.
   - It meets on Tuesdays.
   - It answers in writing.
3. Install the tool.
"""


def test_steps_stand_under_their_lead_in_and_what_is_nested_under_its_step() -> None:
    document = _read(STEPS)
    assert _said(document) == [
        "LABEL To ask for a tool:",
        "STEP Fill in the form. < To ask for a tool:",
        "SENTENCE It is on the intranet. < To ask for a tool:",
        "STEP Wait for the board. < To ask for a tool:",
        "ITEM It meets on Tuesdays. < Wait for the board.",
        "ITEM It answers in writing. < Wait for the board.",
        "STEP Install the tool. < To ask for a tool:",
    ]
    assert _series(document) == [("STEP", 3, "To ask for a tool:"), ("ITEM", 2, "Wait for the board.")]


def test_a_series_goes_from_its_first_mark_to_the_end_of_its_last_item() -> None:
    document = _read(STEPS)
    _, (steps, nested) = find_units(document)
    assert document.text[steps.start : steps.end].startswith("1. Fill in")
    assert document.text[steps.start : steps.end].endswith("3. Install the tool.")
    assert document.text[nested.start : nested.end].startswith("- It meets")


@pytest.mark.parametrize(
    ("lead", "label"),
    [
        ("These uses are forbidden:", "These uses are forbidden:"),
        ("The following uses are forbidden. Nobody may allow them.", "The following uses are forbidden."),
        ("**Forbidden uses**", "Forbidden uses"),
        ("Folgendes ist verboten. Niemand darf es.", "Folgendes ist verboten."),
        ("Nobody may allow them, whoever asks.", ""),
        ("Leave goes on until March of the following year.", ""),
        ("Urlaub geht in die folgenden Monate mit.", ""),
    ],
)
def test_what_announces_a_list_is_its_label(lead: str, label: str) -> None:
    document = _read(f"{lead}\n\n- No voice of a person.\n- No face of a person.\n")
    assert _series(document) == [("ITEM", 2, label)]


def test_short_items_are_quotable_under_a_lead_in_and_links_are_not() -> None:
    assert _said(_read("Offices:\n\n- Oslo\n- Bergen\n"))[1:] == ["ITEM Oslo < Offices:", "ITEM Bergen < Offices:"]
    assert _said(_read("- Home\n- About us\n")) == ["LABEL Home", "LABEL About us"]


def test_items_of_a_page_are_quotable() -> None:
    assert _said(_pages("Limits\n\n- Hotel: 140 euros a night\n- Breakfast: 18 euros.\n- Tips: none")) == [
        "LABEL Limits",
        "ITEM Hotel: 140 euros a night",
        "ITEM Breakfast: 18 euros.",
        "ITEM Tips: none",
    ]


def test_a_list_goes_on_over_a_page_s_end() -> None:
    bullets = _pages("You bring:\n\n- a lamp\n- a coat", "- a tent\n- a map\n\nThe rest is there.")
    assert _series(bullets) == [("ITEM", 4, "You bring:")]
    steps = _pages("Do this:\n\n1. Open the door.\n2. Close it.", "Mind the step there.\n\n3. Lock it.")
    assert _series(steps) == [("STEP", 3, "Do this:")]


def test_a_procedure_over_five_pages_is_one() -> None:
    pages = [f"{2 * page + 1}. Open door {page}.\n2 of a kind.\n{2 * page + 2}. Close it again." for page in range(5)]
    assert _series(_pages(*pages)) == [("STEP", 10, "")]


def test_a_heading_between_ends_a_list_and_so_does_a_number_that_begins_anew() -> None:
    assert _series(_read("1. Open it.\n2. Close it.\n\n## Next\n\n3. Lock it.\n4. Go home.\n")) == [
        ("STEP", 2, ""),
        ("STEP", 2, ""),
    ]
    assert [items for _, items, _ in _series(_pages("1. Open it.\n2. Close it.", "1. Lock it.\n2. Go."))] == [2, 2]


def test_letters_and_roman_numbers_are_marks() -> None:
    document = _pages("The limit does not apply to:\n\n(a) damage on purpose;\n(b) injury of staff.")
    assert _said(document)[1:] == [
        "ITEM (a) damage on purpose; < The limit does not apply to:",
        "ITEM (b) injury of staff. < The limit does not apply to:",
    ]
    assert _series(_pages("It is void if:\n\ni. it rains;\nii. it snows;\niii. it storms.")) == [
        ("ITEM", 3, "It is void if:")
    ]
    assert _said(_pages("A. Smith signs for the board of the firm.")) == [
        "SENTENCE A. Smith signs for the board of the firm."
    ]


# Tables


def test_a_row_bears_the_names_of_its_columns() -> None:
    document = _read("| What | Number |\n| --- | --- |\n| Helpdesk | 4410 |\n| Doctor | 5520 |\n")
    assert _said(document) == [
        "LABEL What; Number",
        "ROW What: Helpdesk; Number: 4410",
        "ROW What: Doctor; Number: 5520",
    ]
    assert _series(document) == [("ROW", 2, "")]


def test_rows_without_names_stand_under_the_line_that_names_them() -> None:
    document = _pages("Role; Duty\nClerk; Opens the letters and sorts them by floor\nPorter; Locks the doors")
    assert _said(document) == [
        "LABEL Role; Duty",
        "ROW Clerk; Opens the letters and sorts them by floor < Role; Duty",
        "ROW Porter; Locks the doors < Role; Duty",
    ]


def test_rows_with_figures_stand_under_names_without() -> None:
    document = _pages(
        "Activity; Due before; Approved by\nAnimals; 7 days; Vet\nGroups of more than fifty people; 15 days; Board"
    )
    assert [said.partition(" ")[0] for said in _said(document)] == ["LABEL", "ROW", "ROW"]


def test_a_row_of_a_page_whose_cells_stand_below_each_other() -> None:
    document = _pages(
        "Level; Reaction; Rhythm\n\nS2 High\n\nA compromised account or a limited leak\n\nS4 Low; Note; none"
    )
    assert _said(document) == [
        "LABEL Level; Reaction; Rhythm",
        "LABEL S2 High",
        "SENTENCE A compromised account or a limited leak < S2 High",
        "ROW S4 Low; Note; none < Level; Reaction; Rhythm",
    ]


def test_rows_of_two_cells_without_a_header_are_rows() -> None:
    document = _pages("Oslo office: 4410\nBergen office: 5520\nTroms office: 6630")
    assert (_said(document)[1], _series(document)) == ("ROW Bergen office: 5520", [("ROW", 3, "")])


def test_a_sentence_with_semicolons_is_no_row() -> None:
    text = "The yard is closed; the gate is locked; nobody may enter it."
    assert _said(_pages(text)) == [f"SENTENCE {text}"]


def test_a_long_row_is_cut_and_each_part_stands_under_its_first_cell() -> None:
    rule = " ".join(f"Rule {n} holds for everybody in the house." for n in range(20))
    document = _read(f"| Topic | Rule |\n| --- | --- |\n| Travel | {rule} |\n| Food | None. |\n")
    cut = [unit for unit in find_units(document)[0] if unit.series == 0][:-1]
    assert len(cut) == 20
    assert {_line(document.text, unit).partition(" < ")[2] for unit in cut[1:]} == {"Topic: Travel"}


# Long sentences


def test_a_long_sentence_is_quotable_in_its_clauses() -> None:
    parts = [
        f"the insurer of the contractor numbered {n} in the list pays for damage up to {n} million" for n in range(12)
    ]
    text = "Under this clause " + ", and ".join(parts) + "."
    document = _read(text)
    units, _ = find_units(document)
    assert {unit.kind for unit in units} == {UnitKind.CLAUSE}
    assert all(60 <= unit.end - unit.start <= MOST_CHARS for unit in units)
    assert "".join(document.text[unit.start : unit.end].replace(" ", "") for unit in units) == text.replace(" ", "")


def test_a_clause_keeps_what_is_said_of_its_subject() -> None:
    liability = "and a liability insurance of at least four million euros, which ends thirty months after the end of it"
    others = [
        f"an insurance of the machines of kind {n} against fire, water, theft and storm in all weathers"
        for n in range(9)
    ]
    document = _read(f"The builder keeps at its own cost {', and '.join(others)}, {liability}, and tells us.")
    assert any(liability in said for said in _said(document))


@pytest.mark.parametrize("before", ["", "- ", "Bring:\n\n- ", "Can I?\n\n", "1. First.\n2. "])
def test_a_long_stretch_without_any_mark_cannot_be_quoted(before: str) -> None:
    units, _ = find_units(_read(before + "word " * 1000 + "end."))
    assert units[-1].kind is UnitKind.LABEL


# What is too much, and what every document keeps to

BAD = {
    "a list of 400": "Bring:\n\n" + "\n".join(f"- thing number {n}" for n in range(400)),
    "a table of 1,200": "| A | B |\n| --- | --- |\n" + "\n".join(f"| Row {n} | {n} euros |" for n in range(1200)),
    "nested seven deep": "\n".join(f"{'  ' * n}- level {n} of the list" for n in range(7)),
    "5,000 characters": "It is so, " * 500 + "always.",
    "only marks": "- -\n\n1.\n\nQ:\n\nA:\n\n?\n",
    "colons": ":\n\n- :\n\n" + "x: \n\n" * 50,
}


@pytest.mark.parametrize("name", BAD)
def test_units_are_in_order_apart_bounded_and_within_their_sections(name: str) -> None:
    document = _read(BAD[name])
    units, series = find_units(document)
    earliest = 0
    for unit in units:
        assert earliest <= unit.start < unit.end
        assert any(section.start <= unit.start and unit.end <= section.end for section in document.sections)
        assert not unit.kind.quotable or unit.end - unit.start <= MOST_CHARS
        assert -1 <= unit.series < len(series)
        earliest = unit.end
    for one in series:
        assert 0 <= one.start < one.end <= len(document.text)


def test_a_series_counts_all_of_its_items() -> None:
    assert _series(_read(BAD["a list of 400"])) == [("ITEM", 400, "Bring:")]
    assert _series(_read(BAD["a table of 1,200"])) == [("ROW", 1200, "")]


def test_a_document_of_one_heading_says_nothing() -> None:
    document = Document("a.md", "a" * 64, "T", "Only a heading", (Section(0, 14, Locator("document")),))
    assert _said(document) == ["LABEL Only a heading"]
