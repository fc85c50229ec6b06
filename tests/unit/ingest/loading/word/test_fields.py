"""Fields of Word documents: results are read, codes are not, contents are left out, forms show what was chosen."""

import pytest

from ingest.loading.word import document as word
from tests.support.word_files import p, r, style, word_file


def mark(kind: str, inside: str = "") -> str:
    return f'<w:r><w:fldChar w:fldCharType="{kind}">{inside}</w:fldChar></w:r>'


def code(text: str) -> str:
    return f'<w:r><w:instrText xml:space="preserve">{text}</w:instrText></w:r>'


def field(said: str, result: str | None = None, *, form: str = "") -> str:
    shown = "" if result is None else mark("separate") + result
    return mark("begin", f"<w:ffData>{form}</w:ffData>" if form else "") + code(said) + shown + mark("end")


def test_results_are_read_and_codes_are_not() -> None:
    inner = field(" MERGEFIELD name ", r("inner"))
    choice = (
        mark("begin") + code(" IF ") + inner + code(' = "a" "x" "y" ') + mark("separate") + r("chosen") + mark("end")
    )
    body = p(runs=r("See ") + field(" REF x ", r("clause 4")) + r(", ") + choice + r("."))
    body += p(runs='<w:fldSimple w:instr=" DATE ">' + r("1 May") + "</w:fldSimple>")
    assert word.load(word_file(body)).text == "See clause 4, chosen.\n\n1 May"


def test_a_field_that_never_ends_hides_nothing() -> None:
    body = p(runs=mark("begin") + code(" REF x ") + r("shown")) + p("Text after it.")
    assert word.load(word_file(body)).text == "shown\n\nText after it."


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        ('<w:ddList><w:result w:val="1"/><w:listEntry w:val="krona"/><w:listEntry w:val="franc"/></w:ddList>', "franc"),
        (
            '<w:ddList><w:default w:val="0"/><w:listEntry w:val="krona"/><w:listEntry w:val="franc"/></w:ddList>',
            "krona",
        ),
        ('<w:ddList><w:result w:val="7"/><w:listEntry w:val="krona"/></w:ddList>', ""),
        ('<w:checkBox><w:default w:val="0"/><w:checked/></w:checkBox>', "☒"),
        ('<w:checkBox><w:default w:val="1"/></w:checkBox>', "☒"),
        ('<w:checkBox><w:default w:val="1"/><w:checked w:val="0"/></w:checkBox>', "☐"),
    ],
)
def test_form_fields_show_what_was_chosen(form: str, shown: str) -> None:
    text = word.load(word_file(p(runs=r("Paid in: ") + field(" FORM ", form=form)))).text
    assert text == f"Paid in: {shown}".strip()


def test_a_form_field_with_a_result_shows_that() -> None:
    body = p(runs=r("Name: ") + field(" FORMTEXT ", r("Ada"), form='<w:textInput><w:default w:val="?"/></w:textInput>'))
    assert word.load(word_file(body)).text == "Name: Ada"


def test_contents_are_left_out_and_counted_by_their_lines() -> None:
    styles = style("TOC2", named="toc 2")
    body = p(runs=mark("begin") + code(" TOC \\o ") + mark("separate") + r("Rent 1")) + p("Use 2") + p(runs=mark("end"))
    body += "<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val='Table of Contents'/></w:docPartObj></w:sdtPr>"
    body += f"<w:sdtContent>{p('Contents')}</w:sdtContent></w:sdt>" + p("End 3", style="TOC2") + p("Pay the rent.")
    document = word.load(word_file(body, styles=styles))
    assert document.text == "Pay the rent."
    assert [(note.kind, note.count) for note in document.notes] == [("contents_lines", 4)]


def test_what_only_word_works_out_is_said() -> None:
    body = p(runs=field(" LISTNUM ") + r("Clause ") + field(" EQ \\f(1,2) ") + field(' SYMBOL 174 \\f "Symbol" '))
    document = word.load(word_file(body))
    assert document.text == "Clause →"
    assert [note.kind for note in document.notes] == ["equations", "numbers"]
