"""Question sets are read line by line, and a wrong line is named."""

import json
from pathlib import Path

import pytest

from eval.question_sets import (
    QuestionSetError,
    SetQuestion,
    read_set,
    sample,
    write_paragraph_library,
    write_real_library,
)
from indexes.sources import read_sources


def _line(qid: str, **more: object) -> str:
    return json.dumps({"qid": qid, "question": f"What is {qid}?", "answers": ["it"], "answerable": True, **more}) + "\n"


def test_a_set_is_read_and_questions_under_review_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text(_line("a") + _line("b", review=True) + _line("c", answers=[], answerable=False))
    assert read_set(path) == [
        SetQuestion("a", "What is a?", ("it",), answerable=True),
        SetQuestion("c", "What is c?", (), answerable=False),
    ]


@pytest.mark.parametrize("wrong", ["not json\n", '{"qid": "b"}\n', "[1]\n"])
def test_a_wrong_line_is_named(tmp_path: Path, wrong: str) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text(_line("a") + wrong)
    with pytest.raises(QuestionSetError, match=r"set\.jsonl, line 2: expected qid, question, answers, answerable"):
        read_set(path)


def test_a_missing_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(QuestionSetError, match=r"none\.jsonl cannot be read: No such file"):
        read_set(tmp_path / "none.jsonl")


def test_a_sample_is_the_same_every_time_whatever_the_order() -> None:
    questions = [SetQuestion(str(number), "?", (), answerable=True) for number in range(100)]
    assert sample(questions, 10) == sample(questions[::-1], 10)
    assert len({question.qid for question in sample(questions, 10)}) == 10


def test_the_halves_are_about_even_and_fixed_by_the_question() -> None:
    questions = [SetQuestion(str(number), "?", (), answerable=True) for number in range(1000)]
    tuned_on = sum(question.tuned_on for question in questions)
    assert 400 < tuned_on < 600
    assert questions[7].tuned_on == SetQuestion("7", "another wording", ("x",), answerable=False).tuned_on


def test_a_library_over_real_documents_leaves_them_where_they_stand(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "handbook_18f" / "raw").mkdir(parents=True)
    names = write_real_library(tmp_path / "library", data)
    sources = read_sources(tmp_path / "library")
    assert list(sources) == names
    assert sources["handbook"].folder == data / "handbook_18f" / "raw"


def test_a_library_of_articles_has_a_text_file_for_each(tmp_path: Path) -> None:
    for name in ("squad2", "squad11"):
        (tmp_path / "data" / name).mkdir(parents=True)
        article = {"doc_id": "Oil_crisis", "title": "Oil crisis", "text": "The crisis began in 1973."}
        (tmp_path / "data" / name / "corpus.jsonl").write_text(json.dumps(article) + "\n")
    names = write_paragraph_library(tmp_path / "library", tmp_path / "data")
    assert names == ["squad2", "squad11"]
    assert (tmp_path / "library" / "squad2" / "Oil_crisis.txt").read_text() == "The crisis began in 1973."
