"""How well a follow-up is understood: what its rewriting holds of what was meant, and whether the passage is found.

Two measures. On public conversations, of which each question is known as it would stand alone: *content-word recall*,
the share of the content words of that form which the rewriting holds, beside the question as it was typed; and how many
questions that stand alone already are left as they are. On the shipped conversations over the sample library, of which
the last question has a known passage: whether that is among the first five, with rewriting and without.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.quality.ask import is_right
from eval.quality.libraries import Place
from eval.quality.question_sets import QuestionSetError, gold_of_quote, lines_of
from indexes.words import content_terms
from service.answering.steps import Steps
from service.answering.understanding.follow_up import stand_alone

FIRST = 5  # passages among which the right one is looked for
PUBLIC_CONVERSATIONS = Path("followups", "conversations.jsonl")
SHIPPED_CONVERSATIONS = Path(__file__).parents[1] / "sets" / "conversations.jsonl"


@dataclass(frozen=True, slots=True)
class Turn:
    """A question in a conversation: what was asked before, and how it would stand alone.

    `was_read` says that its conversation was read while the rules were written: every second one was.
    """

    text: str
    earlier: tuple[str, ...]
    meant: str
    was_read: bool

    @property
    def leans(self) -> bool:
        """Whether it lacks a content word of what was meant."""
        return not set(content_terms(self.meant)) <= set(content_terms(self.text))


@dataclass(frozen=True, slots=True)
class Understood:
    """What was counted of some turns: shares from 0 to 1.

    `as_typed` and `rewritten` are content-word recall; `precision` is the share of the rewriting's content words that
    were meant; `kept` is the share of questions standing alone that were left as they are.
    """

    turns: int
    as_typed: float
    rewritten: float
    precision: float
    standing: int
    kept: float


@dataclass(frozen=True, slots=True)
class Found:
    """How many of some conversations have the right passage among the first five."""

    conversations: int
    as_typed: int
    rewritten: int
    missed: tuple[str, ...]


def read_turns(path: Path) -> list[Turn]:
    """Read the public conversations: every question but the first of each.

    Raises:
        QuestionSetError: the file is missing or a line is wrong.
    """
    turns: list[Turn] = []
    earlier: dict[str, list[str]] = {}
    for value in _rows(path, ("conversation", "question", "stands_alone_as")):
        name, text = value["conversation"], value["question"]
        before = earlier.setdefault(name, [])
        if before:
            was_read = list(earlier).index(name) % 2 == 0
            turns.append(Turn(text, tuple(before), value["stands_alone_as"], was_read))
        before.append(text)
    return turns


def understood(turns: Sequence[Turn]) -> Understood:
    """Count what the rewriting of turns holds of what was meant."""
    if not turns:
        raise ValueError("expected at least one turn")
    rewritten = [stand_alone(turn.text, turn.earlier) for turn in turns]
    texts = [text or turn.text for text, turn in zip(rewritten, turns, strict=True)]
    standing = [text for text, turn in zip(rewritten, turns, strict=True) if not turn.leans]
    return Understood(
        turns=len(turns),
        as_typed=_mean(_held(turn.meant, turn.text) for turn in turns),
        rewritten=_mean(_held(turn.meant, text) for text, turn in zip(texts, turns, strict=True)),
        precision=_mean(_held(text, turn.meant) for text, turn in zip(texts, turns, strict=True)),
        standing=len(standing),
        kept=_mean(float(text is None) for text in standing),
    )


def found_first(path: Path, *, place: Place, steps: Steps) -> Found:
    """Ask the last question of each shipped conversation as it was typed and as it is rewritten.

    Raises:
        QuestionSetError: the file is missing, or a quote is not in the library.
    """
    counts = {"as_typed": 0, "rewritten": 0}
    missed = []
    rows = list(_rows(path, ("id", "turns", "document", "quotes")))
    for value in rows:
        document = place.document(value["document"])
        gold = [one for quote in value["quotes"] for one in gold_of_quote(document, quote)] if document else []
        if not gold:
            raise QuestionSetError(f"{path}: expected quotes of '{value['document']}' word for word in {value['id']}")
        *earlier, text = value["turns"]
        for way, asked in (("as_typed", text), ("rewritten", stand_alone(text, earlier) or text)):
            hits = steps.find(asked, build=place.build, scope=place.scope, k=FIRST).hits
            is_found = any(is_right(hit.passage, one) for hit in hits for one in gold)
            counts[way] += is_found
            if way == "rewritten" and not is_found:
                missed.append(value["id"])
    return Found(len(rows), counts["as_typed"], counts["rewritten"], tuple(missed))


def _rows(path: Path, fields: Sequence[str]) -> list[dict[str, Any]]:
    try:
        lines = lines_of(path.read_text(encoding="utf-8"))
        values = [json.loads(line) for line in lines if line.strip()]
    except (OSError, ValueError) as error:
        raise QuestionSetError(f"{path} cannot be read as conversations ({type(error).__name__})") from error
    for number, value in enumerate(values, 1):
        if not isinstance(value, dict) or not all(value.get(field) for field in fields):
            raise QuestionSetError(f"{path}, line {number}: expected the fields {', '.join(fields)}")
    return values


def _held(wanted: str, text: str) -> float:
    terms = set(content_terms(wanted))
    return len(terms & set(content_terms(text))) / len(terms) if terms else 1.0


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return sum(listed) / len(listed) if listed else 1.0
