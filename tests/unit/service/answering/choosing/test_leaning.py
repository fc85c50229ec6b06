"""What leans on the sentence before it begins with a word that points back."""

import pytest

from service.answering.choosing.leaning import leans


@pytest.mark.parametrize(
    "text", ["They answer within a day.", "“This holds for guests.", "Its owner decides.", "these"]
)
def test_a_word_that_points_back_leans(text: str) -> None:
    assert leans(text)


@pytest.mark.parametrize("text", ["", "…", "Legal answers.", "Italy is near.", "Ask them."])
def test_other_beginnings_do_not(text: str) -> None:
    assert not leans(text)
