"""The gate fails where a figure fell beyond its tolerance, and where there is nothing to judge; absence is no pass."""

from dataclasses import replace
from pathlib import Path

import pytest

from eval.quality.gate import (
    EXACT,
    GATED,
    LOWER_IS_BETTER,
    GateError,
    SetThresholds,
    Threshold,
    gate_table,
    judge,
    questions_hash,
    read_thresholds,
    thresholds_of,
    tolerance,
    write_thresholds,
)
from eval.quality.intervals import Figure
from eval.quality.metrics import CLAUSE, MEANINGS
from eval.quality.question_sets import Gold
from eval.quality.runs import Run
from tests.support.judge_parts import a_run, a_set_run, answered, question, refused

RUN = a_run()
BASELINE = thresholds_of(RUN, {})


def _with(name: str, baseline: float, tolerance: float = 0.05) -> dict[str, SetThresholds]:
    one = BASELINE["studio"]
    return {"studio": replace(one, figures={name: Threshold(baseline, tolerance)})}


def test_a_run_holds_to_its_own_baseline() -> None:
    judged = judge(RUN, BASELINE)
    assert {one.verdict for one in judged} == {"ok"}
    assert {one.name for one in judged} == {name for name in GATED if name in RUN.sets[0].figures["all"]}


@pytest.mark.parametrize(
    ("name", "baseline", "verdict"),
    [
        ("hit@5", 0.6667, "ok"),
        ("hit@5", 0.7167, "ok"),
        ("hit@5", 0.7168, "FELL"),
        ("hit@5", 0.6167, "ok"),
        ("hit@5", 0.6166, "better"),
        ("refused_answerable", 0.2833, "ok"),
        ("refused_answerable", 0.2832, "FELL"),
        ("refused_answerable", 0.3834, "better"),
    ],
)
def test_a_figure_may_move_by_its_tolerance_and_no_further(name: str, baseline: float, verdict: str) -> None:
    """The run's hit@5 is 0.6667, and it refuses 0.3333 of what it should answer, where less is better."""
    run = a_run(a_set_run(answered(question("a")), answered(question("b")), refused(question("c"))))
    wanted = thresholds_of(run, {})["studio"]
    (one,) = judge(run, {"studio": replace(wanted, figures={name: Threshold(baseline, 0.05)})})
    assert one.verdict == verdict


def test_the_table_shows_every_figure_with_what_it_had_to_be() -> None:
    lines = [line.split() for line in gate_table(judge(RUN, _with("hit@1", 0.9))).splitlines()]
    assert lines == [
        ["set", "figure", "baseline", "limit", "got", "verdict"],
        ["studio", "hit@1", "0.900", "at", "least", "0.850", "0.333", "FELL"],
    ]
    assert "at most 0.383" in gate_table(judge(RUN, _with("refused_answerable", 0.333)))


def test_a_set_without_a_baseline_is_no_pass() -> None:
    run = a_run(a_set_run(), a_set_run(name="other"))
    with pytest.raises(GateError, match="expected a baseline of the set 'other', got none"):
        judge(run, BASELINE)


def test_a_set_that_did_not_run_is_no_pass() -> None:
    with pytest.raises(GateError, match="expected a run of the set 'studio', which the baseline names; it ran: other"):
        judge(a_run(a_set_run(name="other")), BASELINE | {"other": BASELINE["studio"]})


def test_a_run_of_nothing_is_no_pass() -> None:
    with pytest.raises(GateError, match="expected a run with at least one set, got none"):
        judge(replace(RUN, sets=()), BASELINE)
    with pytest.raises(GateError, match="expected questions of the set 'studio', got none"):
        judge(replace(RUN, sets=(replace(RUN.sets[0], asked=()),)), BASELINE)


def test_a_figure_that_the_run_lacks_is_no_pass() -> None:
    with pytest.raises(GateError, match=r"expected the figure page_hit@1 of the set 'studio', .*; the run lacks it"):
        judge(RUN, _with("page_hit@1", 0.5))


def _changed_runs() -> list[Run]:
    asked = RUN.sets[0].asked
    reworded = replace(asked[0], question=replace(asked[0].question, question="What is the easy one?"))
    easier = replace(asked[0], question=replace(asked[0].question, gold=(Gold("legal/policy.md", 0, 9, "Anything."),)))
    variants = [asked[:-1], (reworded, *asked[1:]), (easier, *asked[1:])]
    return [replace(RUN, sets=(replace(RUN.sets[0], asked=variant),)) for variant in variants]


@pytest.mark.parametrize("run", _changed_runs(), ids=["left out", "reworded", "another gold"])
def test_questions_that_were_changed_are_no_pass(run: Run) -> None:
    with pytest.raises(
        GateError, match=r"expected the 5 questions of 'studio' that the baseline was made with, got \d"
    ):
        judge(run, BASELINE)


def test_the_order_of_questions_does_not_matter() -> None:
    one = RUN.sets[0]
    assert questions_hash(replace(one, asked=one.asked[::-1])) == questions_hash(one)


def test_a_baseline_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "thresholds.toml"
    write_thresholds(path, BASELINE, RUN)
    assert read_thresholds(path) == BASELINE
    assert "0123abcd" in path.read_text(), "the run it was made from"


def test_a_tolerance_that_a_person_set_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "thresholds.toml"
    old = _with("hit@1", 0.9, 0.011)
    again = thresholds_of(RUN, old)["studio"].figures
    assert (again["hit@1"].baseline, again["hit@1"].tolerance) == (0.3333, 0.011)
    assert again["hit@5"].tolerance == tolerance(RUN.sets[0].figures["all"]["hit@5"])
    write_thresholds(path, {"studio": replace(BASELINE["studio"], figures=again)}, RUN)
    assert read_thresholds(path)["studio"].figures["hit@1"].tolerance == 0.011


def test_a_tolerance_is_smaller_with_more_questions() -> None:
    """1.96 * sqrt(0.1 / 100) is 0.06198."""
    assert tolerance(Figure(0.5, 0.4, 0.6, 100)) == 0.062
    assert tolerance(Figure(0.5, 0.4, 0.6, 10_000)) == 0.007


def test_a_baseline_that_is_not_there_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(GateError, match=r"none\.toml cannot be read: No such file .*`greenlit eval gate --write`"):
        read_thresholds(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "expected at least one set, got none"),
        ("[a]\nquestions = 1\nquestions_sha256 = 'x'\n[a.figures]\n", "expected figures of the set 'a', got none"),
        ("[a]\nquestions = 1\n", "expected what `greenlit eval gate --write` writes, got something else"),
        ("a = 1\n", "expected what `greenlit eval gate --write` writes"),
        ("not toml", "expected what `greenlit eval gate --write` writes"),
        (
            "[a]\nquestions = 1\nquestions_sha256 = 'x'\n[a.figures]\n'hit@1' = {baseline = nan, tolerance = 0.1}\n",
            "number",
        ),
        (
            "[a]\nquestions = 1\nquestions_sha256 = 'x'\n[a.figures]\n'hit@1' = {baseline = 1, tolerance = 1}\n",
            "tolerance",
        ),
        ("[a]\nquestions = 1\nquestions_sha256 = 'x'\n[a.figures]\n'hit@1' = {baseline = 1}\n", "tolerance"),
    ],
)
def test_a_baseline_that_holds_nothing_to_anything_is_wrong(tmp_path: Path, content: str, told: str) -> None:
    path = tmp_path / "thresholds.toml"
    path.write_text(content)
    with pytest.raises(GateError, match=told):
        read_thresholds(path)


def test_what_is_held_to_a_baseline_exists_and_is_no_time() -> None:
    assert set(GATED) <= set(MEANINGS)
    assert set(GATED) >= LOWER_IS_BETTER
    assert not [name for name in GATED if "_ms_" in name]


@pytest.mark.parametrize("name", ["misquotes_released", "question_quoted", "clause_missed"])
def test_what_is_plainly_wrong_is_no_noise(name: str) -> None:
    assert tolerance(Figure(0.0, 0.0, 0.0, 200), exact=name in EXACT) == 0
    run = a_run(a_set_run(answered(question("c", kind=CLAUSE))))
    wanted = thresholds_of(run, {})["studio"].figures[name]
    assert (wanted.baseline, wanted.tolerance) == (0, 0)
