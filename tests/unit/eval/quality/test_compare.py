"""Two runs are compared question by question, only where they asked the same."""

from dataclasses import replace

import pytest

from eval.quality.compare import compare, comparison_text, missing_sets
from eval.quality.question_sets import SetQuestion
from eval.quality.runs import RunError
from tests.support.judge_parts import a_run, a_set_run, answered, question, refused


def _unanswered(name: str) -> SetQuestion:
    return question(name, kind="wrong_entity", answerable=False)


BEFORE = a_run(
    a_set_run(
        answered(question("same"), rank=1),
        answered(question("better"), rank=4),
        answered(question("worse"), rank=1),
        answered(question("gone"), rank=1),
        answered(_unanswered("none"), evidence=0.9),
    )
)
AFTER = a_run(
    a_set_run(
        answered(question("new"), rank=1),
        answered(question("better"), rank=1),
        refused(question("worse"), rank=None),
        answered(question("same"), rank=1),
        refused(_unanswered("none"), evidence=0.1),
    )
)


def test_only_questions_in_both_runs_are_compared() -> None:
    (found,) = compare(BEFORE, AFTER)
    assert (found.name, found.both, found.only_before, found.only_after) == ("studio", 4, ("gone",), ("new",))


def test_a_difference_is_after_minus_before() -> None:
    by_name = {one.name: one for one in compare(BEFORE, AFTER)[0].differences}
    assert by_name["hit@5"].before == 1
    assert by_name["hit@5"].after == pytest.approx(2 / 3)
    assert by_name["hit@5"].difference.value == pytest.approx(-1 / 3, abs=1e-4)
    assert by_name["hit@1"].difference.value == 0, "one gained, one lost"
    assert by_name["hit@1"].p == 1
    assert by_name["cited_document"].difference.questions == 2, "answered in both"
    assert by_name["auroc"].difference.value > 0
    assert by_name["auroc"].p is None


def test_questions_that_flipped_are_listed_by_which_way() -> None:
    flips = {one.name: one for one in compare(BEFORE, AFTER)[0].flips}
    assert flips["hit@1"].gained == ("better: What is better?",)
    assert flips["hit@1"].lost == ("worse: What is worse?",)
    assert flips["refused_unanswerable"].gained == ("none: What is none?",)
    assert flips["refused_answerable"].gained == ("worse: What is worse?",)
    assert flips["gold_in_answer"].lost == ("worse: What is worse?",)


def test_a_run_does_not_differ_from_itself() -> None:
    (found,) = compare(BEFORE, BEFORE)
    assert {one.difference.value for one in found.differences} == {0.0}
    assert {(one.difference.low, one.difference.high) for one in found.differences} == {(0.0, 0.0)}
    assert found.flips == ()


def test_what_is_consistent_is_told_from_chance() -> None:
    before = a_run(a_set_run(*[answered(question(str(at)), rank=2) for at in range(30)]))
    after = a_run(a_set_run(*[answered(question(str(at)), rank=1 if at < 15 else 2) for at in range(30)]))
    hit = next(one for one in compare(before, after)[0].differences if one.name == "hit@1")
    assert hit.difference.low > 0
    assert hit.p is not None
    assert hit.p < 0.01


def test_a_question_that_was_reworded_is_another_question() -> None:
    one = BEFORE.sets[0]
    reworded = replace(one.asked[0], question=replace(one.asked[0].question, question="Otherwise?"))
    changed = replace(BEFORE, sets=(replace(one, asked=(reworded, *one.asked[1:])),))
    assert compare(BEFORE, changed)[0].only_before == ("same",)


def test_runs_without_a_set_in_common_are_told() -> None:
    other = a_run(a_set_run(name="other"))
    with pytest.raises(RunError, match="expected two runs with a set in common, got sets studio and other"):
        compare(BEFORE, other)
    assert missing_sets(BEFORE, other) == ["other", "studio"]


def test_runs_without_a_question_in_common_are_told() -> None:
    with pytest.raises(RunError, match="expected two runs of 'studio' with questions in common, got none"):
        compare(BEFORE, a_run(a_set_run(answered(question("z")))))


def test_the_text_names_sets_questions_and_flips() -> None:
    text = comparison_text(compare(BEFORE, AFTER), ["other"])
    assert "only in one of the runs, not compared: other" in text
    assert "studio: 4 questions in both runs" in text
    assert "not compared: 1 only in A, 1 only in B" in text
    assert "+ hit@1  better: What is better?" in text
    assert "- hit@1  worse: What is worse?" in text
    row = next(line.split() for line in text.splitlines() if line.startswith("hit@5"))
    assert row[:5] == ["hit@5", "3", "1.000", "0.667", "-0.333"]


def test_a_long_list_of_flips_is_cut_and_says_so() -> None:
    before = a_run(a_set_run(*[answered(question(f"{at:02}"), rank=2) for at in range(25)]))
    after = a_run(a_set_run(*[answered(question(f"{at:02}"), rank=1) for at in range(25)]))
    lines = comparison_text(compare(before, after), []).splitlines()
    assert sum(line.startswith("+ hit@1") for line in lines) == 21
    assert "+ hit@1  and 5 more" in lines
