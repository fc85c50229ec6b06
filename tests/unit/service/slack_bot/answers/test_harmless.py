"""Texts of others, without what shows nothing and moves what stands beside it."""

import pytest

from service.slack_bot.answers.harmless import day_in_words, harmless, on_one_line, place_in_words


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<!channel> *bold* `code` :lock: <http://evil|bank>", "<!channel> *bold* `code` :lock: <http://evil|bank>"),
        ("due \u202etnemyap\u202c \u2066now\u2069", "due tnemyap now"),
        ("a\x00b\x07c\td", "a b c d"),
        ("one\r\ntwo\u2028three", "one\ntwo\nthree"),
        ("half \ud800 pair\ufffe", "half  pair"),
        ("tag\U000e0041\u200b!", "tag!"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        (None, ""),
    ],
)
def test_only_what_misleads_is_taken_out(text: object, shown: str) -> None:
    assert harmless(text) == shown


def test_what_is_cut_says_so_and_what_is_one_line_stays_one() -> None:
    assert harmless("abcdef", most=4) == "abc…"
    assert on_one_line("Rules\n for\ttravel", most=50) == "Rules for travel"


@pytest.mark.parametrize(
    ("locator", "words"),
    [
        ({"kind": "page", "page": 3}, "page 3"),
        ({"kind": "heading", "path": ["Travel rules", "By train"]}, "By train"),
        ({"kind": "heading", "path": ["Trains", "By\u202e night"]}, "Trains › By night"),
        ({"kind": "document"}, ""),
        (None, ""),
    ],
)
def test_a_place_is_said_in_words(locator: object, words: str) -> None:
    assert place_in_words(locator, "Travel rules") == words


def test_a_day_is_written_out_and_what_is_none_stays() -> None:
    assert (day_in_words("2036-12-31"), day_in_words("soon")) == ("31 Dec 2036", "soon")
