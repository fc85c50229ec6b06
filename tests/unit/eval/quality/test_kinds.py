"""Figures by kind of question: means, of words the median, and no kind without a gold in words."""

from dataclasses import replace

from eval.quality.kinds import by_kind
from eval.quality.question_sets import Gold
from tests.support.judge_parts import answered, question, quote, refused


def test_each_kind_has_its_figures_and_its_ceiling() -> None:
    asked = [
        replace(answered(question("a", kind="list")), ceiling=True),
        replace(refused(question("b", kind="list")), ceiling=True),
        answered(question("c", kind="table"), quote(500, 560)),
        answered(question("d", kind="wrong_entity", answerable=False)),
    ]
    found = by_kind(asked)
    assert list(found) == ["list", "table"]
    assert (found["list"]["questions"], found["list"]["ceiling"], found["list"]["gold_in_answer"]) == (2, 1, 0.5)
    assert (found["list"]["refused_answerable"], found["table"]["gold_in_answer"]) == (0.5, 0)
    assert "words_to_gold" not in found["table"], "it has no answer with the gold"


def test_of_words_it_is_the_median() -> None:
    asked = [
        replace(answered(question(str(length))), sentences=(" ".join(["word"] * length),)) for length in (2, 4, 90)
    ]
    assert by_kind(asked)["fact"]["words_to_gold"] == 4


def test_pages_have_no_ceiling_and_are_left_out() -> None:
    assert by_kind([answered(question("p", Gold("a.pdf", 0, 9, "", 3, whole_page=True)))]) == {}
