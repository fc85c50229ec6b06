"""What the second look says of a document as a whole."""

import pytest

from ingest.loading.pdf.report import _is_unreadable
from tests.support.pdf_looks import looked_at, pdf


def test_codes_that_mean_no_character_are_no_text() -> None:
    assert _is_unreadable("\ue001\ue002 \ue003 a")
    assert _is_unreadable("\x01\x02\ufffd\ufffd")
    assert not _is_unreadable("a text with a bullet \uf0b7")
    assert not _is_unreadable("Łódź 東京")
    assert not _is_unreadable("")


def test_time_is_counted_over_the_whole_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.loading.pdf.report.DOCUMENT_S", 1e-9)
    looked = looked_at(pdf(*[lambda page: page.drawString(20, 550, "read all the same")] * 3))
    assert looked.pages == ("read all the same",) * 3
    assert looked.notes == {"pages_not_looked_at": (3, ("1", "2", "3"))}
