"""One door to all loaders: every failure is a reason, and every document keeps the rules."""

from collections.abc import Callable

import pytest
from docx.document import Document
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import LoadError
from ingest.loading import registry
from ingest.loading.registry import LOADERS, load_document
from ingest.parsed import Parsed

Texts = Callable[[Parsed], list[str]]


@pytest.mark.parametrize("name", ["a.md", "a.html", "a.txt", "a.docx", "a.pdf"])
def test_an_empty_file_is_refused(name: str) -> None:
    with pytest.raises(LoadError, match=r"expected a document, got an empty file \(0 bytes\)"):
        load_document(name, b"")


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.md", b"# Only a heading"), ("a.html", b"<html></html>"), ("a.txt", b" \n "), ("a.md", b"<!-- -->")],
)
def test_a_document_without_text_is_refused(name: str, content: bytes) -> None:
    with pytest.raises(LoadError, match="expected text, got none"):
        load_document(name, content)


def test_an_error_of_a_parser_is_a_reason_without_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def load(self, content: bytes) -> Parsed:
            raise ZeroDivisionError(content.decode())

    monkeypatch.setitem(registry.LOADERS, "plain", Broken())
    with pytest.raises(LoadError, match=r"the parser failed with ZeroDivisionError$"):
        load_document("a.txt", b"confidential")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.html", "<p>Seen.</p>" + "<div>" * 30_000 + "x"),
        ("a.html", "<p>Seen.</p>" + "</i>" * 2000 + "<div>" * 3000 + "x"),
        ("a.md", "Seen.\n\n" + "> " * 30_000 + "x"),
    ],
)
def test_what_cannot_be_read_whole_is_refused_and_not_cut_off(name: str, content: str) -> None:
    with pytest.raises(LoadError, match="nested too deeply"):
        load_document(name, content.encode())


def test_a_deep_list_is_read_to_its_bottom() -> None:
    deep = "\n".join("  " * depth + f"- level {depth}" for depth in range(40))
    assert load_document("a.md", deep.encode()).text.endswith("- level 39")


def test_every_loader_keeps_the_rules(
    make_pdf: Callable[..., bytes],
    write_lines: Callable[..., object],
    make_docx: Callable[[Callable[[Document], None]], bytes],
    texts: Texts,
) -> None:
    def fill(document: Document) -> None:
        document.add_heading("A", level=1)
        document.add_paragraph("One.")

    documents = {
        "markdown": ("a.md", b"# A\n\nOne.\n\n```\n  x\n```\n\n## B\n\n- two\n\n|a|b|\n|-|-|\n|1|2|"),
        "html": ("a.html", b"<h1>A</h1> <p> One. </p><pre>\n  x\n y</pre><h2>B</h2><ul><li> two"),
        "cues": ("a.srt", b"1\n00:00:01,000 --> 00:00:02,000\n  <i>One</i>\n\n00:00:02,000 --> 00:00:03,000\nline. \n"),
        "plain": ("a.txt", b"A\n===\n  One.\n\nB\n---\n- two\n  \tthree"),
        "word": ("a.docx", make_docx(fill)),
        "pdf": ("a.pdf", make_pdf(write_lines(" One. ", "• two"), write_lines("Three."))),
    }
    assert set(documents) == set(LOADERS)
    for name, content in documents.values():
        assert texts(load_document(name, content))


@given(st.text(alphabet=st.sampled_from(list("ab#-*|> \n\t`=_<!&{%}1.é\u200b\u00a0")), max_size=80))
def test_texts_of_any_shape_keep_the_rules(text: str) -> None:
    for name in ("a.md", "a.html", "a.txt"):
        try:
            document = load_document(name, text.encode())
        except LoadError:
            continue
        position = 0
        for part in document.sections:
            assert position <= part.start < part.end <= len(document.text)
            assert document.text[part.start : part.end] == document.text[part.start : part.end].strip()
            position = part.end
