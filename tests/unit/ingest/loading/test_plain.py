"""Plain text: wrapped lines are joined, lines that were broken on purpose are not."""

from collections.abc import Callable

from ingest.loading import plain
from ingest.parsed import Parsed

Texts = Callable[[Parsed], list[str]]


def _text(content: str) -> str:
    return plain.load(content.encode()).text


def test_wrapped_lines_are_one_sentence() -> None:
    wrapped = (
        "All camera originals are kept for ten years on two media, in two\n"
        "places, and are checked once a year by the archive desk, which\n"
        "reports to the Head of Post.\n\nProxies are kept for one year."
    )
    assert _text(wrapped) == wrapped.replace("two\nplaces", "two places").replace("which\nreports", "which reports")


def test_lines_that_were_broken_on_purpose_stay() -> None:
    address = "Northlight Archive\n12 Harbour Road\nBergen"
    body = "Write to the archive desk at the address above when a reel is missing, and\nsay where it was last seen."
    joined = body.replace("and\nsay", "and say")
    assert _text(f"{address}\n\n{body}") == f"{address}\n\n{joined}"


def test_only_underlined_lines_are_headings(texts: Texts) -> None:
    document = plain.load(b"Policy\n======\n\nOne.\n\nScope\n-----\nTwo.\n\nNOT A HEADING\n\nThree.\n\n---\n\nFour.")
    assert texts(document) == ["One.", "Two.\n\nNOT A HEADING\n\nThree.\n\nFour."]
    assert [part.locator.headings for part in document.sections] == [("Policy",), ("Policy", "Scope")]
    assert document.title == "Policy"


def test_items_and_their_wrapped_lines() -> None:
    assert _text("Bring:\n- a camera\n  and a lens\n- a lamp\n\n1) first\n2) second") == (
        "Bring:\n\n- a camera and a lens\n- a lamp\n1. first\n2. second"
    )


def test_columns_become_cells() -> None:
    assert _text("Codec\tUse\nProRes\tEdit") == "Codec; Use\nProRes; Edit"


def test_windows_line_ends_and_a_byte_order_mark_are_accepted() -> None:
    assert _text("\ufeffOne.\r\n\r\nTwo.\r\n") == "One.\n\nTwo."
