"""Tables line up, and show every figure with its interval."""

from eval.quality.intervals import Figure
from eval.quality.tables import kinds_table, run_table, shown, table
from tests.support.judge_parts import a_run, a_set_run, answered, question, refused


def test_columns_line_up() -> None:
    assert table([["set", "figure"], ["a", "hit@1"], ["longer", "x"]]) == "set     figure\na       hit@1\nlonger  x"


def test_shares_have_three_decimals_and_times_none() -> None:
    assert shown("hit@1", Figure(0.51237, 0.44, 0.6, 9)) == "0.512 [0.440, 0.600]"
    assert shown("find_ms_median", Figure(45.4, 44.0, 46.6, 9)) == "45 [44, 47]"
    assert shown("words_to_gold", Figure(45.4, 44.0, 46.6, 9)) == "45 [44, 47]"


def test_a_run_shows_each_set_and_of_several_their_mean() -> None:
    one = run_table(a_run()).splitlines()
    assert one[1].split()[:3] == ["studio", "hit@1", "3"]
    assert not [line for line in one if line.startswith("(mean)")]
    several = run_table(a_run(a_set_run(), a_set_run(name="other")))
    assert "(mean)" in several
    assert "other" in several


def test_a_half_without_questions_has_a_dash() -> None:
    assert run_table(a_run(a_set_run(answered()))).splitlines()[1].count(" -") == 1


def test_kinds_stand_below_one_another_where_a_set_has_several() -> None:
    several = a_set_run(answered(question("a", kind="list")), refused(question("b", kind="table")), name="mixed")
    lines = kinds_table(a_run(a_set_run(answered(), name="plain"), several)).splitlines()
    assert [line.split()[:3] for line in lines] == [
        ["set", "kind", "questions"],
        ["mixed", "list", "1"],
        ["mixed", "table", "1"],
    ]
    assert lines[2].endswith("1.00"), "all of its questions were refused"
    assert kinds_table(a_run(a_set_run(answered(), name="plain"))) == ""
