"""Words that a line's end parts."""

import pytest

from ingest.loading.pdf.words import joined, words_of


@pytest.mark.parametrize(
    ("above", "below", "whole"),
    [
        ("an indem-", "nification of", "an indemnification of"),
        ("ninety thou-", "sand euros", "ninety thousand euros"),
        ("Trans-", "portation by", "Transportation by"),
        ("a paint-", "ing", "a painting"),
        ("the part-", "ner", "the partner"),
        ("a long-", "term loan", "a long-term loan"),
        ("the co-", "owner", "the co-owner"),
        ("a full-", "time post", "a full-time post"),
        ("by e-", "mail", "by e-mail"),
        ("an X-", "ray", "an X-ray"),
        ("Ms Smith-", "Jones", "Ms Smith-Jones"),
        ("a 24-", "hour watch", "a 24-hour watch"),
        ("twenty-", "four hours", "twenty-four hours"),
        ("EU-", "wide rules", "EU-wide rules"),
        ("state-of-the-", "art tools", "state-of-the-art tools"),
        ("short-", "and long-term", "short- and long-term"),
        ("a long\xad", "term loan", "a longterm loan"),
        ("well-", "known", "well-known"),
    ],
)
def test_hyphens_go_that_were_only_there_for_the_lines_end(above: str, below: str, whole: str) -> None:
    assert joined(above, below, words_of([above, below])) == whole


def test_the_parts_of_a_parted_word_are_no_words() -> None:
    assert words_of(["We pay an indem-", "nification for a well-known", "painting"]) == {
        *("we", "pay", "an", "for", "a", "well-known", "painting")
    }


def test_the_document_decides_before_the_language() -> None:
    assert joined("a multi-", "user system", frozenset({"multiuser"})) == "a multiuser system"
    assert joined("a frame-", "average level", frozenset({"frame-average"})) == "a frame-average level"
