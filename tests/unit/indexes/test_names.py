"""A document's name reads as it is, or it is no document's name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexes.errors import DocumentNameError
from indexes.names import MAX_NAME_CHARS, check_document_name, misleading_in, printable, spelled


@pytest.mark.parametrize(
    "name", ["legal/a.md", "legal/AI use/policy (v2).pdf", "people/übersicht.docx", "a/b/c/d/e.txt", "legal/отчёт.md"]
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
        ("legal/so\u00adft.md", r"u\{00ad\} \(SOFT HYPHEN\)"),
        ("legal/a\u034fb.md", r"u\{034f\} \(COMBINING GRAPHEME JOINER\)"),
        ("legal/a\u3164.md", r"u\{3164\} \(HANGUL FILLER\)"),
        ("legal/a\ufe0f.md", r"u\{fe0f\} \(VARIATION SELECTOR-16\)"),
        ("legal/a\U000e0101.md", r"u\{e0101\}"),
        (
            "legal/u\u0308bersicht.md",
            r"'legal/u\\u\{0308\}bersicht\.md' is not in Unicode's composed form \(NFC\); .*macOS.*'legal/übers",
        ),
        ("legal/e\u0301/a.md", r"rename the file to 'legal/é/a\.md', typed anew"),
        ("legal/\u212b.md", "not in Unicode's composed form"),
    ],
)
def test_a_name_that_could_mislead_is_refused_with_the_rule_it_breaks(name: str, message: str) -> None:
    with pytest.raises(DocumentNameError, match=message):
        check_document_name(name)


def test_a_name_is_spelled_so_that_two_that_look_alike_can_be_told_apart() -> None:
    assert spelled("legal/p\u043elicy.md") == r"legal/p\u{043e}licy.md"
    assert spelled("legal/policy.md") == "legal/policy.md"


def test_a_line_of_text_may_hold_letters_of_every_script_and_no_character_that_moves_on_a_terminal() -> None:
    assert misleading_in("Richtlinie für KI, μ-law, می‌خواهم ⚖️") is None
    assert misleading_in("red \x1b[31m") == r"\u{001b} (a control character)"
    assert misleading_in("a\u2066b") == r"\u{2066} (LEFT-TO-RIGHT ISOLATE)"
    assert misleading_in("one\ntwo") == r"\u{000a} (a control character)"


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
