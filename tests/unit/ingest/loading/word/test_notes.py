"""Footnotes and endnotes of Word documents follow the sentence that bears their mark."""

from ingest.loading.word import document as word
from ingest.loading.word.notes import PlacedNote, with_notes
from tests.support.word_files import cell, p, r, row, table, word_file


def note(number: int, text: str, kind: str = "footnote") -> str:
    return f'<w:{kind} w:id="{number}">{p(runs=f"<w:r><w:{kind}Ref/></w:r>" + r(" " + text))}</w:{kind}>'


def mark(number: int, kind: str = "footnote", *, own: str = "") -> str:
    follows = f' w:customMarkFollows="1"/><w:t>{own}</w:t' if own else "/"
    return f'<w:r><w:{kind}Reference w:id="{number}"{follows}></w:r>'


SEPARATOR = '<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>'


def test_a_note_stands_right_after_the_sentence_with_its_mark() -> None:
    body = p(
        runs=r("All staff take part.") + mark(5) + r(" Pay is monthly. It rises") + mark(9) + r(" in May. It ends.")
    )
    notes = SEPARATOR + note(5, "Interns do not.") + note(9, "By two percent.")
    document = word.load(word_file(body, footnotes=notes))
    assert document.text.split("\n") == [
        "All staff take part.",
        "Note 1: Interns do not.",
        "Pay is monthly. It rises in May.",
        "Note 2: By two percent.",
        "It ends.",
    ]
    assert document.notes == ()


def test_where_the_end_of_the_sentence_is_not_certain_the_note_follows_the_paragraph() -> None:
    text = "Boats of approx. Twelve metres (see Art. No. 4 above) may moor. Others may not"
    assert with_notes(text, [PlacedNote(9, "Note 1: By length.")]) == (
        "Boats of approx. Twelve metres (see Art. No. 4 above) may moor.\nNote 1: By length.\nOthers may not"
    )
    assert with_notes("Sign here and wait", [PlacedNote(4, "Note 1: In ink.")]) == "Sign here and wait\nNote 1: In ink."


def test_endnotes_marks_of_their_own_and_several_paragraphs() -> None:
    two = f'<w:footnote w:id="2">{p("* Not on Sundays.")}{p("Nor on holidays.")}</w:footnote>'
    body = p(runs=r("We open at nine.") + mark(2, own="*")) + p(runs=r("We close at five.") + mark(3, "endnote"))
    text = word.load(word_file(body, footnotes=two, endnotes=note(3, "In winter at four.", "endnote"))).text
    assert text == (
        "We open at nine.\nNote *: Not on Sundays.\nNor on holidays.\n\nWe close at five.\nNote i: In winter at four."
    )


def test_numbers_that_begin_anew_on_every_page_are_not_shown() -> None:
    settings = '<w:footnotePr><w:numRestart w:val="eachPage"/></w:footnotePr>'
    body = p(runs=r("All pay.") + mark(1))
    text = word.load(word_file(body, footnotes=note(1, "Not guests."), settings=settings)).text
    assert text == "All pay.\nNote: Not guests."


def test_a_section_may_begin_anew_and_count_otherwise() -> None:
    section = '<w:sectPr><w:footnotePr>{}<w:numRestart w:val="eachSect"/></w:footnotePr></w:sectPr>'
    body = p(runs=r("One.") + mark(1), properties=section.format("")) + p(runs=r("Two.") + mark(2))
    past = "<w:sectPrChange><w:sectPr/></w:sectPrChange>"
    body = body.replace("</w:sectPr>", past + "</w:sectPr>") + section.format('<w:numFmt w:val="lowerLetter"/>')
    text = word.load(word_file(body, footnotes=note(1, "First.") + note(2, "Second."))).text
    assert text == "One.\nNote 1: First.\n\nTwo.\nNote a: Second."


def test_notes_of_a_table_follow_their_row() -> None:
    bold = "<w:b/>"
    rows = [
        row(cell("Room", run=bold), cell("Price", run=bold)),
        row("Attic", cell(content=p(runs=r("55 euros") + mark(1)))),
        row("Cellar", "40 euros"),
    ]
    text = word.load(word_file(table(*rows), footnotes=note(1, "With breakfast."))).text
    assert text == "Room: Attic; Price: 55 euros\nNote 1: With breakfast.\nRoom: Cellar; Price: 40 euros"


def test_the_note_of_a_deleted_mark_is_left_out_as_deleted_and_does_not_count() -> None:
    body = p(runs=r("One.") + f"<w:del>{mark(1)}</w:del>") + p(runs=r("Two.") + mark(2))
    document = word.load(word_file(body, footnotes=note(1, "Old text.") + note(2, "New.")))
    assert document.text == "One.\n\nTwo.\nNote 1: New."
    assert [(one.kind, one.count) for one in document.notes] == [("deletions", 2)]


def test_a_mark_whose_note_is_not_there_is_said() -> None:
    document = word.load(word_file(p(runs=r("All pay.") + mark(1))))
    assert [(one.kind, one.count) for one in document.notes] == [("footnotes", 1)]


def test_raised_and_lowered_numbers_stay_apart_and_letters_stay() -> None:
    up, down, by_hand = (
        '<w:vertAlign w:val="superscript"/>',
        '<w:vertAlign w:val="subscript"/>',
        '<w:position w:val="8"/>',
    )
    body = p(runs=r("CO") + r("2", down) + r(" on May 1") + r("st", up) + r(" cost 3") + r("7", by_hand) + r(" euros"))
    assert word.load(word_file(body)).text == "CO2 on May 1st cost 3^7 euros"


def test_numbers_raised_by_hand_never_join_the_number_before() -> None:
    raised = '<w:vertAlign w:val="superscript"/>'
    body = p(
        runs=r("Records stay 6")
        + r("2", raised)
        + r(" months, 10")
        + r("6", raised)
        + r(" of them on 5 m")
        + r("2", raised)
    )
    body += p(runs=r("2", raised) + r(" From the last entry on."))
    text = word.load(word_file(body)).text
    assert text == "Records stay 6 months, 10^6 of them on 5 m²\n\n2 From the last entry on."
