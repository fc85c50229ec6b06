"""Words that are seen and not stored are counted, but for those that only stand otherwise."""

from ingest.loading.pdf.unlike import lacking

_SENTENCE = "The sluice keeper opens the gates at high water and closes them before the ferry lands."


def test_words_that_are_nowhere_near_are_counted_by_page() -> None:
    seen = {1: _SENTENCE, 2: f"{_SENTENCE} Visitors wear helmets throughout."}
    assert lacking(seen, {1: _SENTENCE, 2: _SENTENCE}, []) == {2: 4}
    assert lacking(seen, {2: _SENTENCE}, []) == {2: 4}  # page 2 holds what page 1 says
    assert lacking({1: _SENTENCE}, {1: "", 3: _SENTENCE}, []) == {1: 15}


def test_words_that_stand_otherwise_or_say_nothing_are_not() -> None:
    seen = {1: "The k e e p e r of the fire-\nbrigade\nHandbook of the harbour, page 7"}
    assert lacking(seen, {1: "The keeper of the firebrigade"}, ["Handbook of the harbour, page 7"]) == {}
    assert lacking({1: "The keeper shouts"}, {1: "The keeper"}, []) == {}  # one word is no news
