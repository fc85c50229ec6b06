"""What differs between two readings of a document: short, in place, bounded."""

import time

from ingest.difference import MOST_LINES, differing_lines

LONG = "The yearly report is kept with the minutes of the board, and with all of its annexes, "


def test_a_word_that_differs_is_shown_with_what_stands_around_it() -> None:
    old = f"Masters\n\n{LONG}for 62 months after the end of the year, and then destroyed by the archive.\n\nEnd."
    lines, more = differing_lines(old, old.replace("62", "6"))
    assert lines == [
        "@@ -3 +3 @@",
        "- …with all of its annexes, for 62 months after the end of the y…",
        "+ …with all of its annexes, for 6 months after the end of the y…",
    ]
    assert more == 0


def test_what_came_and_what_went_is_shown_where_it_did() -> None:
    lines, _ = differing_lines("one\n\ntwo\n\nthree\n\nfour", "one\n\nthree\n\na note\n\nanother\n\nfour")
    assert lines == ["@@ -3 +3 @@", "- two", "@@ -7 +5 @@", "+ a note", "+ another"]


def test_readings_that_differ_in_empty_lines_only_show_nothing() -> None:
    assert differing_lines("one\n\ntwo", "one\ntwo") == ([], 0)


def test_much_is_cut_and_counted() -> None:
    old, new = "\n".join(f"a {n}" for n in range(100)), "\n".join(f"b {n}" for n in range(90))
    lines, more = differing_lines(old, new)
    assert len(lines) == MOST_LINES
    assert (lines[:2], more) == (["@@ -1 +1 @@", "- a 0"], 100 + 90 - (MOST_LINES - 1))
    (_, gone, came), _ = differing_lines("x" * 5000, "y" * 5000)
    assert len(gone) == len(came) < 200


def test_texts_too_long_to_compare_are_not_compared() -> None:
    began = time.process_time()
    lines, more = differing_lines("\n".join("a b" * 20_000), "\n".join("b a c" * 20_000))
    assert len(lines) == MOST_LINES
    assert more > 90_000
    assert time.process_time() - began < 5
