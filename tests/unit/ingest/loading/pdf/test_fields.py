"""Filled forms are read as label and value, where they stand."""

import io
from typing import Any

from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, FloatObject, NameObject, NumberObject, TextStringObject
from reportlab.pdfgen.canvas import Canvas

from tests.support.pdf_looks import looked_at, pdf, written

_NAME, _TEXT = NameObject, TextStringObject


def _box(page: Canvas, kind: str, x: float, y: float, **more: Any) -> None:
    getattr(page.acroForm, kind)(x=x, y=y, **more)


def test_text_fields_take_their_label_from_the_left_from_above_or_from_the_form() -> None:
    def draw(page: Canvas) -> None:
        page.drawString(20, 550, "Retention period:")
        _box(page, "textfield", 200, 545, width=150, height=18, value="14 days", name="retention")
        page.drawString(20, 522, "Responsible")
        _box(page, "textfield", 20, 500, width=150, height=18, value="the reception", name="owner")
        _box(page, "textfield", 20, 440, width=150, height=18, value="May 2025", name="as_of", tooltip="Valid from")
        _box(page, "textfield", 20, 400, width=150, height=18, value="HR", name="dept.code_name")
        page.drawString(20, 370, "From")
        _box(page, "textfield", 50, 365, width=60, height=18, value="8:00", name="from")
        page.drawString(120, 370, "to")
        _box(page, "textfield", 140, 365, width=60, height=18, value="9:30", name="to")
        page.drawString(20, 310, "Kept for")
        _box(page, "textfield", 80, 305, width=40, height=18, value="14", name="days")
        page.drawString(124, 310, "days after the visit.")
        page.drawString(20, 340, "Remarks:")
        _box(page, "textfield", 200, 335, width=150, height=18, value="", name="remarks")

    looked = looked_at(pdf(draw))
    assert looked.placed == (
        "Retention period: 14 days",
        "Responsible: the reception",
        "Valid from: May 2025",
        "code name: HR",
        "From: 8:00",
        "to: 9:30",
        "Kept for: 14 days after the visit.",
        "Remarks: left empty",
    )
    assert looked.text == ""  # no label stands alone
    assert looked.notes == {}


def test_boxes_and_options_say_what_was_chosen_and_what_was_not() -> None:
    def draw(page: Canvas) -> None:
        _box(page, "checkbox", 20, 550, size=12, checked=True, name="a")
        page.drawString(40, 552, "Data leave the country")
        _box(page, "checkbox", 20, 530, size=12, checked=False, name="b")
        page.drawString(40, 532, "Data are sold")
        page.drawString(20, 502, "Payment:")
        for at, (value, label) in enumerate([("c1", "cash"), ("c2", "card"), ("c3", "invoice")]):
            x = 80 + 80 * at
            _box(page, "radio", x, 500, size=12, name="pay", value=value, selected=value == "c2")
            page.drawString(x + 18, 502, label)
        page.drawString(20, 472, "Country")
        _box(
            page,
            "choice",
            80,
            468,
            width=90,
            height=18,
            name="d",
            value="pl",
            options=[("Poland", "pl"), ("Italy", "it")],
        )
        page.drawString(20, 440, "Vegetarian")
        _box(page, "checkbox", 80, 438, size=12, checked=True, name="e")
        page.drawString(110, 440, "Vegan")
        _box(page, "checkbox", 150, 438, size=12, checked=False, name="f")

    assert set(looked_at(pdf(draw)).placed) == {
        "Data leave the country: ticked",
        "Data are sold: not ticked",
        "Payment: card (not cash, invoice)",
        "Country: Poland",
        "Vegetarian: ticked",
        "Vegan: not ticked",
    }


def test_a_form_that_nobody_filled_is_left_as_it_is_printed() -> None:
    def draw(page: Canvas) -> None:
        page.drawString(20, 550, "Name:")
        _box(page, "textfield", 100, 545, width=150, height=18, value="", name="name")
        _box(page, "checkbox", 20, 520, size=12, checked=False, name="box")
        page.drawString(40, 522, "I agree")

    looked = looked_at(pdf(draw))
    assert looked.text == "Name: I agree"
    assert looked.placed == ()
    assert looked.notes == {}


def _widget(kind: str, y: float, **more: Any) -> DictionaryObject:
    numbers = ArrayObject([FloatObject(value) for value in (100, y, 200, y + 16)])
    widget = {"/Type": _NAME("/Annot"), "/Subtype": _NAME("/Widget"), "/FT": _NAME(kind), "/Rect": numbers}
    widget |= {f"/{key}": value for key, value in more.items()}
    return DictionaryObject({_NAME(key): value for key, value in widget.items()})


def _form(*widgets: DictionaryObject) -> bytes:
    writer = PdfWriter(io.BytesIO(pdf(lambda page: page.drawString(20, 30, "A form"))))
    for widget in widgets:
        writer.add_annotation(0, widget)
    return written(writer)


def test_passwords_buttons_and_hidden_fields_say_nothing_and_what_cannot_be_read_is_counted() -> None:
    looked = looked_at(
        _form(
            _widget("/Tx", 500, T=_TEXT("code"), V=_TEXT("secret"), Ff=NumberObject(1 << 13)),
            _widget("/Btn", 470, T=_TEXT("send"), V=_TEXT("secret"), Ff=NumberObject(1 << 16)),
            _widget("/Tx", 440, T=_TEXT("away"), V=_TEXT("secret"), F=NumberObject(2)),
            _widget("/Tx", 410, T=_TEXT("odd"), V=NumberObject(5)),
            _widget("/Sig", 380, T=_TEXT("signed"), V=DictionaryObject()),
            _widget("/Sig", 350, T=_TEXT("unsigned")),
            _widget("/Tx", 320, T=_TEXT("read only"), V=_TEXT("kept"), Ff=NumberObject(1)),
            _widget("/Ch", 290, T=_TEXT("several"), V=ArrayObject([_TEXT("one"), _TEXT("two")])),
        )
    )
    assert looked.placed == ("read only: kept", "several: one, two")
    assert looked.notes == {"form_fields": (2, ("1",))}


def test_more_fields_than_anybody_fills_are_counted_in_time() -> None:
    widgets = [_widget("/Tx", 100, T=_TEXT(f"field {number}"), V=_TEXT("x")) for number in range(60)]
    loop = _widget("/Tx", 50, V=_TEXT("loop"))
    assert len(looked_at(_form(*widgets, loop)).placed) == 61
