"""Layers that are switched off, by whatever means, are told from what is covered."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, TextStringObject
from reportlab.pdfgen.canvas import Canvas

from tests.support.pdf_looks import looked_at, pdf, written

_NAME = NameObject


def _draw(page: Canvas) -> None:
    page.drawString(20, 550, "always shown")
    page._code.append("/OC /Off BDC")
    page.drawString(20, 520, "switched off 650")
    page._code.append("EMC")
    page.beginForm("inner")
    page.drawString(20, 490, "in a form")
    page.endForm()
    page.doForm("inner")


def _off(group: DictionaryObject) -> DictionaryObject:
    return DictionaryObject({_NAME("/OFF"): ArrayObject([group.indirect_reference])})


def _base_off(_group: DictionaryObject) -> DictionaryObject:
    return DictionaryObject({_NAME("/BaseState"): _NAME("/OFF")})


def _by_usage(group: DictionaryObject) -> DictionaryObject:
    view = DictionaryObject({_NAME("/ViewState"): _NAME("/OFF")})
    group[_NAME("/Usage")] = DictionaryObject({_NAME("/View"): view})
    event = DictionaryObject(
        {
            _NAME("/Event"): _NAME("/View"),
            _NAME("/Category"): ArrayObject([_NAME("/View")]),
            _NAME("/OCGs"): ArrayObject([group.indirect_reference]),
        }
    )
    return DictionaryObject({_NAME("/AS"): ArrayObject([event])})


def _layered(how: Callable[[DictionaryObject], DictionaryObject], *, membership: bool = False) -> bytes:
    """Make a page whose second line, and whose form, belong to a layer that is off."""
    writer = PdfWriter(io.BytesIO(pdf(_draw)))
    group = DictionaryObject({_NAME("/Type"): _NAME("/OCG"), _NAME("/Name"): TextStringObject("members")})
    writer._add_object(group)
    shown = group
    if membership:
        shown = DictionaryObject({_NAME("/Type"): _NAME("/OCMD"), _NAME("/OCGs"): group.indirect_reference})
        writer._add_object(shown)
    defaults = how(group)
    groups = ArrayObject([group.indirect_reference])
    writer.root_object[_NAME("/OCProperties")] = DictionaryObject({_NAME("/OCGs"): groups, _NAME("/D"): defaults})
    resources: Any = writer.pages[0]["/Resources"]
    resources[_NAME("/Properties")] = DictionaryObject({_NAME("/Off"): shown.indirect_reference})
    for form in resources["/XObject"].get_object().values():
        form.get_object()[_NAME("/OC")] = shown.indirect_reference
    return written(writer)


@pytest.mark.parametrize("how", [_off, _base_off, _by_usage])
def test_a_layer_that_is_off_is_not_read(how: Callable[[DictionaryObject], DictionaryObject]) -> None:
    looked = looked_at(_layered(how))
    assert looked.text == "always shown"
    assert looked.notes == {"hidden_layer": (6, ("1",))}


def test_a_layer_that_is_off_by_another_s_state_is_not_read() -> None:
    assert looked_at(_layered(_off, membership=True)).text == "always shown"


def test_a_layer_that_is_on_is_read() -> None:
    looked = looked_at(_layered(lambda _group: DictionaryObject()))
    assert looked.text == "always shown switched off 650 in a form"
    assert looked.notes == {}
