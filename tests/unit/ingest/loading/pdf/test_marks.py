"""Marks on a page: text that is struck out or typed on is out or in; notes that are not read are counted."""

from typing import Any

from pypdf.generic import ArrayObject, DictionaryObject, FloatObject, NameObject, NumberObject, TextStringObject
from reportlab.pdfgen.canvas import Canvas

from tests.support.pdf_looks import annotated, looked_at, pdf

_BOX = (15, 546, 110, 562)


def _numbers(*values: float) -> ArrayObject:
    return ArrayObject(map(FloatObject, values))


def _mark(kind: str, *box: float, **more: Any) -> dict[Any, Any]:
    return {
        NameObject("/Subtype"): NameObject(f"/{kind}"),
        NameObject("/Rect"): _numbers(*(box or _BOX)),
        **{NameObject(f"/{key}"): value for key, value in more.items()},
    }


def _page(page: Canvas) -> None:
    page.drawString(20, 550, "The sauna is open until ten on weekdays.")
    page.drawString(20, 520, "It is closed on Sundays.")


def test_only_what_a_strikeout_covers_is_out_in_whichever_order_its_corners_come() -> None:
    end = 20 + 11 * 0.5 * 20
    orders = [
        _numbers(20, 562, end, 562, 20, 546, end, 546),
        _numbers(20, 546, end, 546, end, 562, 20, 562),
    ]
    for quad in orders:
        looked = looked_at(annotated(pdf(_page), _mark("StrikeOut", QuadPoints=quad)))
        assert looked.text.endswith("on weekdays. It is closed on Sundays.")
        assert "The sauna" not in looked.text
        count, where = looked.notes["struck_text"]
        assert 3 < count < 7
        assert where == ("1",)


def test_what_is_marked_to_be_blackened_is_out() -> None:
    looked = looked_at(annotated(pdf(_page), _mark("Redact", 15, 546, 400, 562)))
    assert looked.text == "It is closed on Sundays."
    assert looked.notes == {"covered_text": (8, ("1",))}


def test_what_an_opaque_mark_covers_is_out() -> None:
    field = DictionaryObject({NameObject("/Type"): NameObject("/Annot")})
    field.update(_mark("Square", 15, 515, 300, 533, IC=_numbers(0, 0, 0), C=_numbers(0, 0, 0)))
    looked = looked_at(annotated(pdf(_page), field))
    assert looked.text == "The sauna is open until ten on weekdays."
    assert looked.notes == {"covered_text": (5, ("1",))}


def test_what_was_typed_onto_the_page_is_read_unless_it_is_hidden() -> None:
    typed = TextStringObject("From May it is open until eight.")
    shown = _mark("FreeText", 20, 480, 300, 500, Contents=typed, DA=TextStringObject("/Helv 12 Tf 1 0 0 rg"))
    hidden = _mark("FreeText", 20, 440, 300, 460, Contents=TextStringObject("Secret"), F=NumberObject(2))
    not_viewed = _mark("FreeText", 20, 440, 300, 460, Contents=TextStringObject("Secret"), F=NumberObject(32))
    looked = looked_at(annotated(pdf(_page), shown, hidden, not_viewed))
    assert looked.placed == ("From May it is open until eight.",)
    assert looked.notes == {}


def test_what_was_typed_after_a_label_is_read_with_it() -> None:
    def draw(page: Canvas) -> None:
        page.drawString(20, 550, "Retention period:")
        page.drawString(20, 520, "A line that ends")

    marks = [
        _mark("FreeText", 150, 546, 300, 562, Contents=TextStringObject("14 days")),
        _mark("FreeText", 150, 516, 300, 532, Contents=TextStringObject("A remark")),
    ]
    looked = looked_at(annotated(pdf(draw), *marks))
    assert looked.placed == ("Retention period: 14 days", "A remark")
    assert looked.text == "A line that ends"


def test_the_words_of_notes_are_counted_and_links_and_empty_marks_are_not() -> None:
    said = TextStringObject("Wrong since May")
    marks = [
        _mark("Text", Contents=said),
        _mark("Highlight", Contents=said, QuadPoints=_numbers(20, 562, 60, 562, 20, 546, 60, 546)),
        _mark("Caret", Contents=said),
        _mark("Highlight", QuadPoints=_numbers(20, 562, 60, 562, 20, 546, 60, 546)),
        _mark("Highlight", Contents=TextStringObject("open until  TEN")),  # says what it marks
        _mark("Popup", Contents=said),
        _mark("Link"),
        _mark("Text", Contents=said, F=NumberObject(2)),
        _mark("FileAttachment"),
        _mark("RichMedia"),
    ]
    looked = looked_at(annotated(pdf(_page, _page), *marks, page=1))
    assert looked.notes == {"annotations": (3, ("2",)), "attachments": (1, ("2",)), "embedded": (1, ("2",))}
    assert looked.pages[0] == looked.pages[1]


def test_damaged_marks_are_left_out_and_the_rest_is_read() -> None:
    marks = [
        _mark("StrikeOut", QuadPoints=ArrayObject([NameObject("/None")])),
        _mark("FreeText", 1, 2, Contents=TextStringObject("where?")),
        _mark("Ink", InkList=NumberObject(4)),
        _mark("Line"),
        _mark("Redact", QuadPoints=_numbers(1, 2, 3)),
        {NameObject("/Subtype"): NumberObject(1), NameObject("/F"): NameObject("/x")},
        _mark("Text", Contents=TextStringObject("read")),
    ]
    looked = looked_at(annotated(pdf(_page), *marks))
    assert looked.text == "The sauna is open until ten on weekdays. It is closed on Sundays."
    assert looked.notes == {"annotations": (1, ("1",))}
