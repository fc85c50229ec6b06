"""What is counted of follow-ups; the shipped conversations can be asked."""

import json
from pathlib import Path

import pytest

from eval.quality.follow_ups import SHIPPED_CONVERSATIONS, read_turns, understood
from eval.quality.question_sets import QuestionSetError


def _conversations(tmp_path: Path, *rows: dict[str, object]) -> Path:
    path = tmp_path / "conversations.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def _row(question: str, meant: str) -> dict[str, object]:
    return {"conversation": "one", "question": question, "stands_alone_as": meant}


def test_recall_is_the_share_of_what_was_meant(tmp_path: Path) -> None:
    path = _conversations(
        tmp_path,
        _row("What is the password policy?", "What is the password policy?"),
        _row("Does it apply to contractors?", "Does the password policy apply to contractors?"),
        _row("Who is the data protection officer?", "Who is the data protection officer?"),
    )
    counted = understood(read_turns(path))
    assert counted.turns == 2
    assert counted.as_typed == pytest.approx((2 / 4 + 1) / 2)
    assert (counted.rewritten, counted.precision) == (1.0, 1.0)
    assert (counted.standing, counted.kept) == (1, 1.0)


def test_a_line_without_a_field_is_named(tmp_path: Path) -> None:
    with pytest.raises(QuestionSetError, match="line 1: expected the fields"):
        read_turns(_conversations(tmp_path, {"conversation": "one", "question": "Why?"}))


def test_forty_conversations_of_two_or_three_turns_are_shipped() -> None:
    rows = [json.loads(line) for line in SHIPPED_CONVERSATIONS.read_text(encoding="utf-8").splitlines()]
    assert len(rows) == 40
    assert {len(row["turns"]) for row in rows} == {2, 3}
