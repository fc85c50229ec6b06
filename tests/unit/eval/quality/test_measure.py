"""Sets go the user's way into a build, are asked and counted; a set that cannot be asked says why."""

import contextlib
import json
from pathlib import Path

import pytest

from eval.quality import measure
from eval.quality.libraries import Place
from eval.quality.measure import (
    NORTHLIGHT,
    SET_NAMES,
    SHIPPED,
    limited,
    prepare,
    prepare_live,
    run_file,
    run_sets,
    set_names,
)
from eval.quality.question_sets import QuestionSetError, SetQuestion
from tests.support.judge_parts import POLICY, POLICY_TEXT, REVIEW, a_library, a_place, steps

ANSWERED = {"id": "s-1", "question": "Which team reviews a new vendor?", "answerable": True, "kind": "who"}
UNANSWERED = {"id": "s-2", "question": "Which orbit do satellites follow?", "answerable": False, "kind": "wrong_entity"}


def _lines(path: Path) -> Path:
    lines = (ANSWERED | {"document": POLICY, "quotes": [REVIEW]}, UNANSWERED)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return a_place(tmp_path)


def test_a_set_of_ones_own_is_asked_of_the_live_build(tmp_path: Path, place: Place) -> None:
    told: list[str] = []
    with contextlib.closing(place.build.passages):
        run = run_file(_lines(tmp_path / "mine.jsonl"), place=place, steps=steps(), limit=None, tell=told.append)
    (one,) = run.sets
    assert (one.name, one.passages, len(one.asked)) == ("mine", 2, 2), "passages of what was revoked are not counted"
    assert one.figures["all"]["hit@1"].value == 1
    assert one.figures["all"]["refused_unanswerable"].value == 1
    assert run.overall["all"]["hit@1"].value == 1
    assert run.settings["set"] == "mine.jsonl"
    assert run.settings["threshold"] == 0.5
    assert told == ["mine: 2 questions asked of 2 passages in 0 s"]


def test_the_shipped_set_is_asked_of_a_copy_with_its_own_register(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = a_library(tmp_path)
    _lines(tmp_path / f"{NORTHLIGHT}.jsonl")
    monkeypatch.setattr(measure, "SHIPPED_LIBRARY", library.folder)
    monkeypatch.setattr(measure, "SHIPPED_SETS", tmp_path)
    register = library.register_path.read_bytes()
    run = run_sets([NORTHLIGHT], steps=steps(), data=None, work=None, limit=None, tell=lambda _: None)
    assert run.sets[0].figures["all"]["hit@1"].value == 1
    assert library.register_path.read_bytes() == register
    assert {hit.document for asked in run.sets[0].asked for hit in asked.hits} == {POLICY}, "the other was revoked"


def test_the_shipped_set_needs_the_sample_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "SHIPPED_LIBRARY", tmp_path / "gone")
    with pytest.raises(QuestionSetError, match=r"'northlight' needs the sample library: expected the folder .*gone"):
        prepare(NORTHLIGHT, data=None, work=tmp_path, encoder=steps().encoder)


def test_a_public_set_is_made_in_a_folder_that_can_be_used_again(tmp_path: Path) -> None:
    data, work = tmp_path / "data", tmp_path / "work"
    for name in ("squad2", "handbook_18f"):
        (data / name).mkdir(parents=True)
    article = {"doc_id": "Policy", "title": "Policy", "text": POLICY_TEXT.partition("## Travel")[0]}
    (data / "squad2" / "corpus.jsonl").write_text(json.dumps(article) + "\n")
    start = article["text"].index(REVIEW)
    row = {
        "qid": "q1",
        "question": "Which team reviews a new vendor?",
        "answers": ["security team"],
        "answerable": True,
        "doc_id": "Policy",
        "passage": [start, start + len(REVIEW)],
        "spans": [{"text": "security team", "start": start + 4, "end": start + 17}],
    }
    lost = row | {"qid": "q2", "spans": []}
    (data / "squad2" / "questions.jsonl").write_text(json.dumps(row) + "\n" + json.dumps(lost) + "\n")
    elsewhere = {"qid": "h1", "question": "How do satellites fly?", "answers": ["high"], "answerable": True}
    (data / "handbook_18f" / "questions.jsonl").write_text(json.dumps(elsewhere) + "\n")
    for _ in range(2):
        told: list[str] = []
        run = run_sets(["squad2"], steps=steps(), data=data, work=work, limit=None, tell=told.append)
        assert [asked.question.id for asked in run.sets[0].asked] == ["q1", "h1"]
        assert run.sets[0].figures["all"]["gold_in_answer"].value == 1
        assert run.sets[0].unlocated == ("q2",)
        assert told[0] == "squad2: question q2 is left out: its answer was not found in the stored texts"
    assert (work / "squad2" / "builds" / "current").is_file()


@pytest.mark.parametrize("data", [None, Path("/nowhere/at/all")])
def test_a_public_set_needs_its_data(tmp_path: Path, data: Path | None) -> None:
    with pytest.raises(QuestionSetError, match=r"'pdfs' needs the public sets: expected GREENLIT_EVAL_DATA .*, got .*"):
        prepare("pdfs", data=data, work=tmp_path, encoder=steps().encoder)


def test_data_in_another_form_is_named(tmp_path: Path) -> None:
    (tmp_path / "squad2").mkdir()
    (tmp_path / "squad2" / "corpus.jsonl").write_text('{"name": "x"}\n')
    with pytest.raises(QuestionSetError, match="the set 'squad2' is not in the form that was expected"):
        prepare("squad2", data=tmp_path, work=tmp_path / "work", encoder=steps().encoder)


def test_sets_are_named_with_commas_or_all_at_once() -> None:
    assert set_names("squad2, northlight,squad2") == ["squad2", "northlight"]
    assert set_names("all") == list(SET_NAMES)


@pytest.mark.parametrize(("listed", "got"), [("squad3", "squad3"), ("squad2,all", "all"), ("", ""), (" , ", " , ")])
def test_an_unknown_set_is_named(listed: str, got: str) -> None:
    with pytest.raises(QuestionSetError, match=f"expected sets of northlight, .*, or all; got '{got}'"):
        set_names(listed)


def test_a_set_that_is_missing_is_named(tmp_path: Path, place: Place) -> None:
    with (
        contextlib.closing(place.build.passages),
        pytest.raises(QuestionSetError, match="cannot be read as a question"),
    ):
        prepare_live(tmp_path / "none.jsonl", place)


def test_a_limit_holds_for_answerable_questions_and_for_each_other_kind() -> None:
    questions = [SetQuestion(f"a{at}", "?", answerable=True, kind="fact") for at in range(9)]
    questions += [SetQuestion(f"b{at}", "?", answerable=False, kind="one") for at in range(9)]
    questions += [SetQuestion(f"c{at}", "?", answerable=False, kind="two") for at in range(2)]
    assert limited(questions, None) == questions
    few = limited(questions, 3)
    assert [sum(one.kind == kind for one in few) for kind in ("fact", "one", "two")] == [3, 3, 2]
    assert few == limited(questions[::-1], 3)


def test_the_shipped_sets_fit_the_sample_library(tmp_path: Path) -> None:
    """Every quote of them is found where it says; its texts are asked of by the fake encoder."""
    guide = (Path(__file__).resolve().parents[4] / "EVALUATION.md").read_text(encoding="utf-8")
    asked_of: set[str] = set()
    for name in SHIPPED:
        prepared = prepare(name, data=None, work=tmp_path, encoder=steps().encoder)
        with contextlib.closing(prepared.place.build.passages):
            answered = [question for question in prepared.questions if question.answerable]
            unanswered = len(prepared.questions) - len(answered)
            assert len(answered) >= 60
            assert unanswered >= 15
            asked_of |= {gold.document for question in answered for gold in question.gold}
            assert f"| {len(answered)} answerable, {unanswered} not" in guide
            assert asked_of <= set(prepared.place.scope.grants)
    assert asked_of == set(prepared.place.scope.grants), "every document that answers is asked of"
    assert [path.name for path in tmp_path.iterdir()] == [NORTHLIGHT], "they share one copy of the library"
