"""Question sets are read whole or not at all: the first wrong line is named, with what was expected and what came."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eval.quality.libraries import Place
from eval.quality.question_sets import (
    ANSWERED_KINDS,
    UNANSWERED_KINDS,
    Gold,
    QuestionSetError,
    SetQuestion,
    gold_of_quote,
    read_set,
    sample,
)
from indexes.documents import Document, Locator, Section
from tests.support.judge_parts import ALLOWANCE, POLICY, REVIEW, a_place

ANSWERED = {
    "id": "s-1",
    "question": "Who reviews a vendor?",
    "answerable": True,
    "kind": "who",
    "document": POLICY,
    "quotes": [REVIEW],
}
UNANSWERED = {"id": "s-2", "question": "Who reviews a film?", "answerable": False, "kind": "wrong_entity"}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = a_place(tmp_path)
    with contextlib.closing(place.build.passages):
        yield place


def _write(tmp_path: Path, *lines: Any) -> Path:
    path = tmp_path / "set.jsonl"
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return path


def test_a_set_is_read_and_its_quotes_are_found_in_the_stored_text(tmp_path: Path, place: Place) -> None:
    path = _write(
        tmp_path, ANSWERED | {"note": "of the vendors"}, "", UNANSWERED | {"near": POLICY, "note": "no films"}
    )
    first, second = read_set(path, place)
    document = place.document(POLICY)
    assert document is not None
    (found,) = first.gold
    assert document.text[found.start : found.end] == REVIEW == found.text
    assert (first.id, first.question, first.answerable, first.kind) == ("s-1", "Who reviews a vendor?", True, "who")
    assert second == SetQuestion("s-2", "Who reviews a film?", answerable=False, kind="wrong_entity")


def test_only_a_newline_ends_a_line(tmp_path: Path, place: Place) -> None:
    question = "Who\u2028reviews\u0085a vendor?"
    line = json.dumps(ANSWERED | {"question": question}, ensure_ascii=False)
    (tmp_path / "set.jsonl").write_bytes(f"\ufeff{line}\r\n\r\n{json.dumps(UNANSWERED)}".encode())
    assert [one.question for one in read_set(tmp_path / "set.jsonl", place)] == [question, "Who reviews a film?"]


def test_white_space_of_a_quote_may_differ_from_the_text(tmp_path: Path, place: Place) -> None:
    path = _write(tmp_path, ANSWERED | {"quotes": ["The security\n team  reviews"]})
    assert read_set(path, place)[0].gold[0].text == "The security team reviews"


def test_every_place_of_a_quote_and_every_quote_alone_answers(tmp_path: Path, place: Place) -> None:
    path = _write(tmp_path, ANSWERED | {"quotes": [ALLOWANCE, "fifty euros"]})
    assert [gold.text for gold in read_set(path, place)[0].gold] == [ALLOWANCE, ALLOWANCE, "fifty euros"]


@pytest.mark.parametrize("kind", [*ANSWERED_KINDS, *UNANSWERED_KINDS])
def test_every_kind_belongs_to_one_sort_of_question(tmp_path: Path, place: Place, kind: str) -> None:
    lines = [ANSWERED | {"kind": kind}, UNANSWERED | {"kind": kind}]
    fits, other = lines if kind in ANSWERED_KINDS else lines[::-1]
    assert read_set(_write(tmp_path, fits), place)[0].kind == kind
    with pytest.raises(QuestionSetError, match=r"line 1: expected of .* a kind of .*; got"):
        read_set(_write(tmp_path, other), place)


@pytest.mark.parametrize("field", ["id", "question", "answerable", "kind", "document", "quotes"])
def test_a_missing_field_is_named(tmp_path: Path, place: Place, field: str) -> None:
    line = {name: value for name, value in ANSWERED.items() if name != field}
    with pytest.raises(QuestionSetError, match=rf"set\.jsonl, line 2: expected the field '{field}', .*; got none"):
        read_set(_write(tmp_path, UNANSWERED, line), place)


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("id", 7, "expected 'id' to be a text that is not empty, got 7"),
        ("question", "  ", "expected 'question' to be a text that is not empty, got '  '"),
        ("answerable", "yes", "expected 'answerable' to be true or false, got 'yes'"),
        ("answerable", 1, "expected 'answerable' to be true or false, got 1"),
        ("quotes", [], "expected 'quotes' to be a list of texts, none empty, got "),
        ("quotes", "one", "expected 'quotes' to be a list of texts"),
        ("quotes", ["a", ""], "expected 'quotes' to be a list of texts"),
        ("quotes", [1], "expected 'quotes' to be a list of texts"),
        ("page", "3", "expected 'page' to be a whole number, got '3'"),
        ("page", True, "expected 'page' to be a whole number, got True"),
        ("note", 3, "expected 'note' to be a text"),
    ],
)
def test_a_field_of_another_type_is_named(
    tmp_path: Path, place: Place, field: str, value: object, expected: str
) -> None:
    with pytest.raises(QuestionSetError, match=f"line 1: {expected}"):
        read_set(_write(tmp_path, ANSWERED | {field: value}), place)


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (ANSWERED | {"answer": "x"}, "answer"),
        (ANSWERED | {"near": POLICY}, "near"),
        (UNANSWERED | {"document": POLICY}, "document"),
        (UNANSWERED | {"quotes": [REVIEW]}, "quotes"),
        (UNANSWERED | {"page": 1}, "page"),
    ],
)
def test_a_field_that_does_not_belong_is_named(
    tmp_path: Path, place: Place, line: dict[str, object], field: str
) -> None:
    with pytest.raises(QuestionSetError, match=rf"line 1: expected of .* no fields but id, .*; got '{field}'"):
        read_set(_write(tmp_path, line), place)


@pytest.mark.parametrize("line", ["not json", "[1]", '"text"'])
def test_a_line_that_is_no_object_is_named(tmp_path: Path, place: Place, line: str) -> None:
    with pytest.raises(QuestionSetError, match=r"line 2: expected one JSON object, got "):
        read_set(_write(tmp_path, ANSWERED, line), place)


def test_an_id_that_is_taken_is_named_with_both_lines(tmp_path: Path, place: Place) -> None:
    with pytest.raises(QuestionSetError, match=r"line 3: expected an id of its own, got 's-1' again, as on line 1"):
        read_set(_write(tmp_path, ANSWERED, UNANSWERED, ANSWERED), place)


def test_a_document_that_nobody_is_answered_from_is_named(tmp_path: Path, place: Place) -> None:
    for name in ("legal/none.md", "legal/old.md"):  # the second is in the build, but was revoked
        with pytest.raises(QuestionSetError, match=rf"line 1: expected a document that answers now, got '{name}'"):
            read_set(_write(tmp_path, ANSWERED | {"document": name}), place)


def test_a_quote_that_is_not_in_its_document_is_named(tmp_path: Path, place: Place) -> None:
    path = _write(tmp_path, ANSWERED | {"quotes": [REVIEW, "The security team reviews every vendor"]})
    with pytest.raises(
        QuestionSetError, match=rf"line 1: expected a quote of '{POLICY}', word for word; .*every vendor'"
    ):
        read_set(path, place)


def test_a_page_of_a_document_without_pages_is_wrong(tmp_path: Path, place: Place) -> None:
    with pytest.raises(QuestionSetError, match=r"line 1: expected '.*' on page 2 of '.*', got no page"):
        read_set(_write(tmp_path, ANSWERED | {"page": 2}), place)


class Paged:
    """Texts with one document of two pages, which both hold the same rule."""

    def document(self, name: str) -> Document | None:
        sections = (Section(0, 9, Locator("page", 1)), Section(10, 28, Locator("page", 2)))
        return Document(name, "a" * 64, "Paged", "The rule.\nThe rule. One more.", sections)


def test_a_page_chooses_among_the_places_of_a_quote(tmp_path: Path) -> None:
    line = ANSWERED | {"quotes": ["The rule."]}
    assert [gold.page for gold in read_set(_write(tmp_path, line), Paged())[0].gold] == [1, 2]
    assert read_set(_write(tmp_path, line | {"page": 2}), Paged())[0].gold == (Gold(POLICY, 10, 19, "The rule.", 2),)


def test_a_quote_on_another_page_is_named_with_the_right_one(tmp_path: Path) -> None:
    line = ANSWERED | {"quotes": ["One more."], "page": 1}
    with pytest.raises(QuestionSetError, match=r"expected 'One more\.' on page 1 of '.*', got page 2"):
        read_set(_write(tmp_path, line), Paged())


def test_a_draft_that_nobody_finished_is_refused(tmp_path: Path, place: Place) -> None:
    path = _write(tmp_path, ANSWERED | {"question": " TODO: … (Vendors)"})
    with pytest.raises(
        QuestionSetError, match=r"line 1: expected a question, got a draft that begins with TODO: write"
    ):
        read_set(path, place)


@pytest.mark.parametrize("content", ["", "\n\n"])
def test_an_empty_set_is_wrong(tmp_path: Path, place: Place, content: str) -> None:
    with pytest.raises(QuestionSetError, match=r"set\.jsonl: expected at least one question, got none"):
        read_set(_write(tmp_path, content), place)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, place: Place) -> None:
    with pytest.raises(QuestionSetError, match=r"none\.jsonl cannot be read as a question set: No such file"):
        read_set(tmp_path / "none.jsonl", place)
    (tmp_path / "latin.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(QuestionSetError, match=r"latin\.jsonl cannot be read as a question set: expected UTF-8"):
        read_set(tmp_path / "latin.jsonl", place)


def test_marks_of_a_quote_are_marks_and_not_patterns() -> None:
    document = Document("a.md", "a" * 64, "", "Costs (2026): $5. Costs 2026: $5.", ())
    assert [gold.start for gold in gold_of_quote(document, "Costs (2026): $5.")] == [0]


def test_a_sample_is_the_same_every_time_whatever_the_order() -> None:
    questions = [SetQuestion(str(number), "?", answerable=True, kind="fact") for number in range(100)]
    assert sample(questions, 10) == sample(questions[::-1], 10)
    assert len({question.id for question in sample(questions, 10)}) == 10


def test_the_halves_are_about_even_and_fixed_by_the_id() -> None:
    questions = [SetQuestion(str(number), "?", answerable=True, kind="fact") for number in range(1000)]
    assert 400 < sum(question.tuned_on for question in questions) < 600
    assert questions[7].tuned_on == SetQuestion("7", "another wording", answerable=False, kind="x").tuned_on
