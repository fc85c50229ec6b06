"""Rows of the table for people: one a record, readable, and no formula for the program that opens it."""

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.audit.reading.export_rows import COLUMNS, header, table_row, text_lines
from service.audit.storage.store import StoredLeaf

FORMULAS = [
    "=1+1",
    "+49",
    "-1",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "\nx",
    " =1",
    "\u00a0\t =1",
    "\x00=1",
    "\ufeff=1",
    "＝1",
    "＠x",
]
PLAIN = ["", "How long?", "'=1", "a=1", "1-1", "—", " plain", "x\t=1", "What does = mean?"]


def _leaf(**more: Any) -> tuple[StoredLeaf, dict[str, Any]]:
    value = {"type": "query.finished", "origin": "greenlit/audit/2026-11", **more}
    return StoredLeaf(7, "a" * 64, "query.finished", 1_795_089_600_000_001, "r-1", json.dumps(value).encode()), value


def _cells(line: str) -> list[str]:
    (cells,) = csv.reader(io.StringIO(line, newline=""))
    return cells


def _row(texts: dict[str, tuple[bytes, str]] | None = None, **more: Any) -> dict[str, str]:
    names = _cells(header(with_texts=texts is not None))
    return dict(zip(names, _cells(table_row(*_leaf(**more), texts)), strict=True))


def test_the_header_names_the_columns() -> None:
    assert _cells(header(with_texts=False)) == list(COLUMNS)
    assert _cells(header(with_texts=True)) == [*COLUMNS, "question", "answer", "searched_for"]


def test_a_row_shows_what_the_record_says() -> None:
    hits = [{"passage_id": "p1", "document": "legal/a.md"}, {"passage_id": "p2", "document": "legal/b, c.md"}]
    citations = [{"passage_id": "p2"}, {"passage_id": "p1"}, {"passage_id": "p2"}]
    row = _row({"answer": (b"", "Ten years.")}, outcome="answered", reason=None, hits=hits, citations=citations)
    assert row == {
        "seq": "7",
        "time": "2026-11-19T12:00:00Z",
        "type": "query.finished",
        "request_id": "r-1",
        "channel": "",
        "outcome": "answered",
        "reason": "",
        "documents": "legal/b, c.md; legal/a.md",
        "leaf_hash": "a" * 64,
        "question": "",
        "answer": "Ten years.",
        "searched_for": "",
    }


def test_a_refusal_shows_its_reason_and_a_question_its_channel() -> None:
    assert _row(outcome="refused", reason="no_evidence")["reason"] == "no_evidence"
    assert _row(channel="slack")["channel"] == "slack"


def test_a_prompt_is_the_question_and_other_texts_have_no_column() -> None:
    row = _row({"prompt": (b"", "How long?"), "who": (b"", "mira@x.example"), "raw": (b"", "draft")})
    assert (row["question"], row["answer"]) == ("How long?", "")
    assert "mira@x.example" not in row.values()


@pytest.mark.parametrize("text", FORMULAS)
def test_what_a_spreadsheet_takes_for_a_formula_is_guarded(text: str) -> None:
    row = _row({"prompt": (b"", text), "answer": (b"", text)}, reason=text, channel=text, outcome=text)
    assert {row[name] for name in ("question", "answer", "reason", "channel", "outcome")} == {f"'{text}"}


def test_the_name_of_a_document_is_guarded_too() -> None:
    hits = [{"passage_id": "p1", "document": "=cmd"}]
    assert _row(hits=hits, citations=[{"passage_id": "p1"}])["documents"] == "'=cmd"


@pytest.mark.parametrize("text", PLAIN)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert _row({"prompt": (b"", text)})["question"] == text


@given(st.text())
def test_any_text_comes_back_from_the_table_but_for_its_guard(text: str) -> None:
    cell = _row({"prompt": (b"", text)})["question"]
    assert cell.removeprefix("'") == text.removeprefix("'")
    assert not cell.lstrip().startswith(("=", "+", "-", "@"))


def test_every_cell_is_quoted() -> None:
    line = table_row(*_leaf(), {"prompt": (b"", "a;=1"), "answer": (b"", 'say "=1"')})
    assert '"a;=1","say ""=1"""' in line, "a program that also cuts at semicolons finds no cell that begins with ="


def test_half_a_surrogate_pair_is_a_question_mark_in_the_table_and_itself_among_the_texts() -> None:
    texts = {"prompt": (bytes(32), "half \ud83d a smile")}
    assert _row(texts)["question"] == "half ? a smile"
    (line,) = text_lines(7, texts)
    assert line.isascii()
    assert json.loads(line) == {"seq": 7, "field": "prompt", "salt": "00" * 32, "text": "half \ud83d a smile"}


def test_texts_stand_in_the_order_of_their_fields() -> None:
    lines = text_lines(7, {"raw": (bytes(32), "b"), "answer": (bytes(32), "a")})
    assert [json.loads(line)["field"] for line in lines] == ["answer", "raw"]
