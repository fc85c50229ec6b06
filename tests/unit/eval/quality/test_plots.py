"""Plots hold the numbers they show."""

from eval.quality.plots import HEIGHT, WIDTH, hit_plot, latency_plot, refusal_plot
from tests.support.judge_parts import a_run, a_set_run, answered, question, refused


def _points(line: str) -> list[tuple[float, float]]:
    return [(float(x) / WIDTH, 1 - float(y) / HEIGHT) for x, _, y in (point.partition(",") for point in line.split())]


def test_hits_rise_with_k_to_the_share_that_was_found() -> None:
    asked = [answered(question("a"), rank=1), answered(question("b"), rank=3), answered(question("c"), rank=None)]
    (line,) = hit_plot(a_run(a_set_run(*asked))).lines
    shares = [round(y, 2) for _, y in _points(line.points)]
    assert shares == [0.33, 0.33, *[0.67] * 8]
    assert [x for x, _ in _points(line.points)] == sorted(x for x, _ in _points(line.points))


def test_refusals_go_from_none_to_all_and_the_threshold_in_use_is_marked() -> None:
    (line,) = refusal_plot(a_run()).lines
    points = _points(line.points)
    assert points[0] == (0, 0)
    assert points[-1] == (1, 1)
    assert line.mark is not None
    assert (round(line.mark[0] / WIDTH, 3), round(1 - line.mark[1] / HEIGHT, 3)) == (0.333, 0.5)


def test_a_set_of_one_sort_has_no_refusal_curve() -> None:
    assert refusal_plot(a_run(a_set_run(answered(), refused(question("b"))))).lines == ()
    only = a_set_run(refused(question("u", kind="wrong_entity", answerable=False)))
    assert hit_plot(a_run(only)).lines == ()


def test_bars_count_every_question_once() -> None:
    plot = latency_plot(a_run())
    tallest = max(bar.height for bar in plot.bars)
    assert tallest == HEIGHT
    assert plot.y_ticks[-1][1] == "5", "all five took as long"
    assert plot.x_ticks[-1][1] == "220"


def test_a_run_without_questions_has_empty_plots() -> None:
    run = a_run()
    empty = type(run)(**{name: getattr(run, name) for name in run.__slots__ if name != "sets"}, sets=())
    assert latency_plot(empty).bars[0].height == 0
    assert hit_plot(empty).lines == ()
