"""The questions on two public handbooks: pages become files, gold is found by the words it begins and ends with."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from eval.quality.handbooks import FOLDERS, SET_FILE, STYLES, between, pages, read_handbooks
from eval.quality.question_sets import UNANSWERED_KINDS, QuestionSetError
from indexes.documents import Document
from ingest.loading.registry import load_document

PAGE = "gds/standards/logs.md"
TEXT = "Logs are kept for 30 days in production.\n\nLogs are kept for 7 days elsewhere. Ask in the channel."
ROW = {"id": "h1", "question": "How long?", "answerable": True, "kind": "number", "document": PAGE}


class _Texts:
    """One page."""

    def document(self, name: str) -> Document | None:
        parsed = load_document("logs.md", TEXT.encode())
        return Document(PAGE, "0" * 64, "logs", parsed.text, parsed.sections) if name == PAGE else None


def _set(path: Path, *rows: Mapping[str, object]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_gold_reaches_from_its_first_words_to_its_last(tmp_path: Path) -> None:
    unanswered = {"id": "h2", "question": "What for?", "answerable": False, "kind": "missing_detail", "near": PAGE}
    path = _set(
        tmp_path / "set.jsonl", ROW | {"quotes": [["for 30 days", "in production"], ["Ask in", "channel"]]}, unanswered
    )
    answered, other = read_handbooks(_Texts(), path)
    assert [gold.text for gold in answered.gold] == ["for 30 days in production", "Ask in the channel"]
    assert (other.answerable, other.gold) == (False, ())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"quotes": [["are kept for", "days"]]}, r"line 1: expected one place of 'gds/standards/logs.md' .* got 2"),
        ({"quotes": [["nowhere", "days"]]}, "got 0: name more words"),
        ({"quotes": []}, "expected at least one quote"),
        (
            {"quotes": [["30 days", "7 days"]], "document": "gds/none.md"},
            "expected a page of the handbooks, got 'gds/none.md'",
        ),
        ({"quotes": [["30 days", "7 days"]], "kind": "riddle"}, "expected a kind of keyword, .*; got 'riddle'"),
        ({}, "expected id, question, answerable, kind, and what answers it"),
    ],
)
def test_a_line_that_does_not_say_one_place_is_named(tmp_path: Path, change: dict[str, object], message: str) -> None:
    path = _set(tmp_path / "set.jsonl", ROW | change)
    with pytest.raises(QuestionSetError, match=message):
        read_handbooks(_Texts(), path)


def test_of_places_that_end_alike_the_shortest_counts() -> None:
    assert between("a b a b end", "a b", "end") == [(4, 11)]
    assert between("one place", "one place", "one place") == [(0, 9)]
    assert between("far " + "x " * 900 + "end", "far", "end") == [], "too far apart to be one gold"


def test_pages_are_named_without_the_website_around_them(tmp_path: Path) -> None:
    rows = {
        "handbook_gds": {
            "doc_id": "source/standards/logs.html.md.erb",
            "title": "Logs",
            "text": "# <%= current_page.data.title %>\n\nKept.",
        },
        "newsroom_security": {"doc_id": "docs/about.rst", "title": "About", "text": "About us"},
    }
    for folder, row in rows.items():
        (tmp_path / folder).mkdir()
        _set(tmp_path / folder / "corpus.jsonl", row)
    assert pages(tmp_path) == {
        "gds": {"standards/logs.md": '---\ntitle: "Logs"\n---\n\n# Logs\n\nKept.'},
        "newsroom": {"about.txt": "About us"},
    }


def test_a_handbook_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(QuestionSetError, match=r"handbook_gds/corpus.jsonl cannot be read"):
        pages(tmp_path)


def test_the_set_holds_words_of_ours_and_short_anchors_only() -> None:
    rows = [json.loads(line) for line in SET_FILE.read_text().splitlines()]
    assert len({row["id"] for row in rows}) == len(rows)
    answered = [row for row in rows if row["answerable"]]
    assert (len(answered), len(rows) - len(answered)) == (60, 20)
    assert {row["kind"] for row in answered} == set(STYLES)
    assert {row["kind"] for row in rows if not row["answerable"]} <= set(UNANSWERED_KINDS)
    assert {row["document"].partition("/")[0] for row in answered} == set(FOLDERS)
    assert all(len(words.split()) <= 7 for row in answered for quote in row["quotes"] for words in quote)
