"""A draft has a line for sections of the library, with a quote that is there, and cannot be measured with unedited."""

import contextlib
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from eval.quality.draft_set import draft_lines
from eval.quality.libraries import Place, open_place
from eval.quality.question_sets import QuestionSetError, read_set
from tests.support.judge_parts import POLICY, REVIEW, a_library, a_place


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = a_place(tmp_path)
    with contextlib.closing(place.build.passages):
        yield place


def test_sections_are_proposed_with_their_first_sentence(place: Place) -> None:
    lines = [json.loads(line) for line in draft_lines(place)]
    assert [line["quotes"] for line in lines] == [[REVIEW], ["The daily travel allowance is fifty euros."]]
    assert lines[0]["question"] == "TODO: … (Vendors)"
    assert {line["document"] for line in lines} == {POLICY}, "the other document was revoked"
    assert len({line["id"] for line in lines}) == 2


def test_a_draft_is_refused_until_somebody_wrote_the_questions(tmp_path: Path, place: Place) -> None:
    path = tmp_path / "draft.jsonl"
    path.write_text("\n".join(draft_lines(place)))
    with pytest.raises(QuestionSetError, match="line 1: expected a question, got a draft that begins with TODO"):
        read_set(path, place)
    path.write_text(path.read_text().replace("TODO: … (", "What about ("))
    assert len(read_set(path, place)) == 2


def test_a_long_document_gives_a_few_lines_spread_over_it(tmp_path: Path) -> None:
    library = a_library(tmp_path)
    sections = (f"## Part {at}\n\nShort one. Rule number {at} is that somebody has to sign." for at in range(1, 21))
    library.add("legal/long.md", "# Long\n\n" + "\n\n".join(sections), expires=date(2099, 1, 1))
    library.ingest()
    place = open_place(library.folder, library.builds, library.encoder)
    with contextlib.closing(place.build.passages):
        lines = [json.loads(line) for line in draft_lines(place)]
    quotes = [line["quotes"][0] for line in lines if line["document"] == "legal/long.md"]
    assert quotes == [f"Rule number {at} is that somebody has to sign." for at in (1, 6, 11, 16)]
