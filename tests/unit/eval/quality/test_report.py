"""The page of a run is one file that loads and runs nothing, shows what went wrong, and escapes what it shows."""

import re
from dataclasses import replace
from pathlib import Path

from eval.quality.report import REPORT_FILE, report, worst, write_report
from eval.quality.tables import shown
from tests.support.judge_parts import a_run, a_set_run, answered, hit, question, quote, refused


def test_a_page_is_written_beside_the_run(tmp_path: Path) -> None:
    path = write_report(a_run(), tmp_path)
    assert path == tmp_path / REPORT_FILE
    assert path.read_text().startswith("<!doctype html>")


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    page = report(a_run())
    assert "default-src 'none'" in page
    assert not re.search(r"<script|<link|<img|<iframe|@import|url\(|\bon\w+=|(?:src|href)=|https?://", page)


def test_what_documents_and_questions_hold_is_shown_as_text() -> None:
    hostile = "<script>alert('x')</script>"
    one = replace(question("a"), question=hostile, id=hostile, gold=(replace(question("a").gold[0], text=hostile),))
    asked = replace(answered(one, rank=None), sentences=(hostile,), hits=(hit(document=hostile),))
    page = report(a_run(a_set_run(asked, name=hostile)))
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 6


def test_every_figure_is_there_with_its_interval_and_its_meaning() -> None:
    run = a_run()
    page = report(run)
    for name, figure in run.sets[0].figures["all"].items():
        assert f'<th scope="row">{name}</th>' in page
        assert f'<td class="n">{shown(name, figure)}</td>' in page
    assert "the first passage found is right" in page


def test_several_sets_have_their_mean_and_one_has_none() -> None:
    assert "mean of the sets" not in report(a_run())
    assert "mean of the sets" in report(a_run(a_set_run(), a_set_run(name="other")))


def test_what_was_left_out_is_told() -> None:
    one = a_set_run(replace(answered(), relevant=0))
    page = report(a_run(replace(one, unlocated=("x", "y"))))
    assert "2 questions left out" in page
    assert "1 asked whose gold is too long" in page


def test_the_worst_questions_are_listed_by_what_went_wrong() -> None:
    unanswered = question("u", kind="wrong_entity", answerable=False)
    late = answered(question("late"), rank=7)
    lost = answered(question("lost"), rank=None)
    besides = answered(question("besides"), quote(500, 600), rank=1)
    lists = worst(a_set_run(answered(), late, lost, besides, refused(question("no"), rank=1), answered(unanswered)))
    found = {one.title: [asked.question.id for asked in one.asked] for one in lists}
    assert found == {
        "Found late or not at all": ["lost", "late"],
        "Found, but not quoted in the answer": ["besides"],
        "Refused, though the library answers it": ["no"],
        "Answered, though nothing in the library does": ["u"],
    }


def test_a_long_list_is_cut_and_says_so() -> None:
    (one,) = worst(a_set_run(*[answered(question(str(at)), rank=None) for at in range(20)]))
    assert (len(one.asked), one.more) == (15, 5)
    assert "5 more in run.json" in report(
        a_run(a_set_run(*[answered(question(str(at)), rank=None) for at in range(20)]))
    )


def test_a_set_without_faults_says_so() -> None:
    assert "studio: nothing." in report(a_run(a_set_run(answered())))


def test_what_was_found_instead_is_shown() -> None:
    asked = replace(answered(rank=None), hits=(hit(document="legal/wrong.md", score=0.91),))
    page = report(a_run(a_set_run(asked)))
    assert "legal/wrong.md, Vendors (0.910)" in page
    assert "right passage not found" in page
