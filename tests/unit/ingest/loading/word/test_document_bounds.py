"""Hostile and huge Word documents: read in bounded time, or refused with a reason."""

import time
from collections.abc import Callable

import pytest

from ingest.errors import LoadError
from ingest.loading.word import document as word
from ingest.loading.word import parts
from tests.support.word_files import cell, item, level, lists, p, r, row, table, word_file

_SLOW_S = 5.0  # of the processor: each takes less than one; what grows with the square takes minutes


def nested_tables(depth: int) -> str:
    inside = p("Deep down.")
    for _ in range(depth):
        inside = table(row(cell(content=inside + p()), "beside"))
    return inside


@pytest.mark.parametrize(
    ("make", "holds"),
    [
        (lambda: word_file(p() * 20_000 + p("Text.")), "Text."),
        (lambda: word_file(p(runs=r("word ", "<w:i/>") * 20_000)), "word word"),
        (lambda: word_file(nested_tables(50)), "Deep down."),
        (lambda: word_file(item("x", 8) * 4_000, numbering=lists(level(8, "%1.%2.%3.%4.%5.%6.%7.%8.%9." * 9))), "x"),
        (lambda: word_file(table(*[row(cell("a", '<w:gridSpan w:val="999999999"/>'), "b")] * 2_000)), "a"),
        (lambda: word_file(p(runs=r("gone"), properties="<w:rPr><w:del w:id='1'/></w:rPr>") * 8_000), "gonegone"),
        (lambda: word_file(p(runs=r("a") + '<w:r><w:footnoteReference w:id="1"/></w:r>' * 10_000)), "a"),
        (lambda: word_file(p(runs='<w:r><w:fldChar w:fldCharType="begin"/></w:r>' * 10_000 + r("end"))), "end"),
    ],
    ids=["empty paragraphs", "runs", "nested tables", "numbers", "spans", "joined", "marks", "fields"],
)
def test_it_is_read_in_time(make: Callable[[], bytes], holds: str) -> None:
    content = make()
    began = time.process_time()
    assert holds in word.load(content).text
    assert time.process_time() - began < _SLOW_S


def test_what_is_nested_too_deeply_or_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LoadError, match="nested too deeply"):
        word.load(word_file(nested_tables(100)))
    assert parts.MAX_UNPACKED_BYTES == 100_000_000
    monkeypatch.setattr(parts, "MAX_UNPACKED_BYTES", 2_000_000)
    with pytest.raises(LoadError, match="unpacks to at most 2 MB"):
        word.load(word_file(p("Text."), {"word/styles.xml": " " * 2_010_000}, styles=""))


def test_styles_and_lists_that_refer_to_each_other_in_a_ring_end() -> None:
    ring = '<w:style w:type="paragraph" w:styleId="A"><w:name w:val="A"/><w:basedOn w:val="B"/></w:style>'
    ring += '<w:style w:type="paragraph" w:styleId="B"><w:name w:val="B"/><w:basedOn w:val="A"/><w:pPr><w:numPr>'
    ring += '<w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
    document = word.load(word_file(p("Text.", style="A"), styles=ring, numbering=lists('<w:numStyleLink w:val="B"/>')))
    assert document.text == "Text."
