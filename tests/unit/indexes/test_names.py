"""A document's name reads as it is, or it is no document's name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexes.errors import DocumentNameError
from indexes.names import MAX_NAME_CHARS, check_document_name, printable


@pytest.mark.parametrize(
    "name", ["legal/a.md", "legal/AI use/policy (v2).pdf", "people/übersicht.docx", "a/b/c/d/e.txt"]
)
def test_an_ordinary_name_is_returned_as_it_is(name: str) -> None:
    assert check_document_name(name) == name


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "1 to 512 characters, got 0"),
        ("legal/" + "x" * MAX_NAME_CHARS, "1 to 512 characters, got 518"),
        ("a.md", "expected a document name like"),
        ("/legal/a.md", "expected a document name like"),
        ("legal//a.md", "expected a document name like"),
        ("legal/", "expected a document name like"),
        ("legal/./a.md", "expected a document name like"),
        ("legal/../security/a.md", "expected a document name like"),
        ("..", "expected a document name like"),
        ("legal/.a.md", r"hidden parts \(\.name\)"),
        ("legal/.git/a.md", r"hidden parts \(\.name\)"),
        ("legal\\a.md", "expected a document name like"),
        ("legal/a\nb.md", r"u\{000a\} \(a control character\)"),
        ("legal/a\x00.md", r"u\{0000\}"),
        ("legal/gnp\u202edm.md", r"u\{202e\} \(RIGHT-TO-LEFT OVERRIDE\)"),
        ("legal/a\u200b.md", r"u\{200b\} \(ZERO WIDTH SPACE\)"),
        ("legal/a\u2028.md", r"u\{2028\} \(LINE SEPARATOR\)"),
        ("legal/a\udcff.md", r"u\{dcff\}"),
        ("legal/a\ue000.md", r"u\{e000\}"),
    ],
)
def test_a_name_that_could_mislead_is_refused_with_the_rule_it_breaks(name: str, message: str) -> None:
    with pytest.raises(DocumentNameError, match=message):
        check_document_name(name)


@given(st.text(max_size=40))
def test_what_is_shown_of_a_name_is_always_one_printable_line(name: str) -> None:
    shown = printable(name)
    assert len(shown.splitlines()) <= 1
    shown.encode()
    assert printable(shown) == shown


@given(st.text(min_size=1, max_size=30))
def test_the_message_of_a_refusal_is_printable_too(name: str) -> None:
    with pytest.raises(DocumentNameError) as caught:
        check_document_name(f"{name}\\")  # no name may hold a backslash
    assert printable(str(caught.value)) == str(caught.value)
