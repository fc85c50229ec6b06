"""Both ways: what a reader sees and the stored text lacks, and what it has that nobody sees."""

from pathlib import Path

import pytest

from eval.quality.question_sets import QuestionSetError
from eval.reading import both_ways
from eval.reading.both_ways import Library, compare, compared
from eval.reading.readers import HTML, Reader


def _page(tmp_path: Path, body: str) -> Path:
    path = tmp_path / "newsroom_security" / "raw" / "a.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"<html><body>{body}</body></html>", encoding="utf-8")
    return path


def test_a_page_that_is_read_whole_lacks_nothing(tmp_path: Path) -> None:
    one = compare(_page(tmp_path, "<h1>Keys</h1><p>A red key.</p>"), HTML, "a.html")
    assert (one.seen, one.stored, one.lacks.total(), one.adds.total()) == (4, 4, 0, 0)


def test_what_lacks_and_what_is_too_many_is_counted_by_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = Reader("half", {HTML: lambda _: "red red keys blue"})
    monkeypatch.setattr(both_ways, "OURS", read)
    one = compare(_page(tmp_path, "<p>red keys and red doors</p><p>keys</p>"), HTML, "a.html")
    assert one.lacks == {"and": 1, "doors": 1, "keys": 1}
    assert (one.lacks_nowhere, one.adds, one.adds_nowhere) == (2, {"blue": 1}, 1)
    library = Library("x", HTML, [one])
    assert library.share("lacks", "seen") == 3 / 6
    assert library.share("adds_nowhere", "stored") == 1 / 4


def test_a_document_that_is_kept_out_lacks_all(tmp_path: Path) -> None:
    path = _page(tmp_path, "<p>caf\N{LATIN SMALL LETTER E WITH ACUTE} open</p>")
    path.write_bytes(path.read_text(encoding="utf-8").encode("latin-1"))
    one = compare(path, HTML, "a.html")
    assert one.lacks.total() == one.seen > 0
    assert "UTF-8" in one.refused


def test_libraries_are_summed_up_by_format_and_what_cannot_be_looked_at_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _page(tmp_path, "<p>red keys</p>")
    (tmp_path / "newsroom_security" / "raw" / "b.pdf").write_bytes(b"%PDF-")
    monkeypatch.setattr(both_ways, "can_look", lambda: False)
    told: list[str] = []
    (library,) = compared(tmp_path, told.append)
    assert library.as_json() | {"read_s": 0, "look_s": 0} == {
        "library": "newsroom_security",
        "format": "html",
        "documents": 1,
        "pages": 1,
        "words": 2,
        "lacks": 0.0,
        "lacks_nowhere": 0.0,
        "adds": 0.0,
        "adds_nowhere": 0.0,
        "read_s": 0,
        "look_s": 0,
        "refused": {},
        "worst": [],
    }
    assert told[-1].endswith("1 documents are not looked at: that needs pypdfium2, which is not installed")


def test_no_library_at_all_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(QuestionSetError, match="expected real libraries"):
        compared(tmp_path, lambda _: None)
