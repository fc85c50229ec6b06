"""Forms that only Adobe's own programs show are refused; attached files are counted."""

import io

import pytest
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, BooleanObject, DictionaryObject, NameObject, StreamObject

from ingest.errors import LoadError
from ingest.loading.pdf.structure import attached_files, check_xfa
from tests.support.pdf_looks import opened, pdf, written

_WAIT = pdf(lambda page: page.drawString(20, 550, "Please wait. If this message is not replaced ..."))
_FORM = pdf(lambda page: page.acroForm.textfield(x=20, y=500, width=100, height=18, value="kept", name="one"))


def _xfa(content: bytes, *, rendered_elsewhere: bool) -> bytes:
    writer = PdfWriter(io.BytesIO(content))
    packet = StreamObject()
    packet.set_data(b"<xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'/>")
    root = writer.root_object
    form = root.get("/AcroForm", DictionaryObject({NameObject("/Fields"): ArrayObject()})).get_object()
    form[NameObject("/XFA")] = writer._add_object(packet)
    root[NameObject("/AcroForm")] = form
    if rendered_elsewhere:
        root[NameObject("/NeedsRendering")] = BooleanObject(value=True)
    return written(writer)


@pytest.mark.parametrize("content", [_xfa(_FORM, rendered_elsewhere=True), _xfa(_WAIT, rendered_elsewhere=False)])
def test_a_form_without_pages_of_its_own_is_refused(content: bytes) -> None:
    with opened(content) as document, pytest.raises(LoadError, match="got an XFA form: print it to PDF"):
        check_xfa(document)


@pytest.mark.parametrize("content", [_FORM, _WAIT, _xfa(_FORM, rendered_elsewhere=False)])
def test_forms_that_any_program_shows_are_not(content: bytes) -> None:
    with opened(content) as document:
        check_xfa(document)


def test_attached_files_are_counted() -> None:
    writer = PdfWriter(io.BytesIO(_WAIT))
    writer.add_attachment("terms.txt", b"terms")
    with opened(written(writer)) as document:
        assert attached_files(document) == 1
    with opened(_WAIT) as document:
        assert attached_files(document) == 0
