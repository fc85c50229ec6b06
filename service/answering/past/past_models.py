"""What a language model did for a question of the past, read from its record; and its words, checked again.

The model is never asked. What it ruled then is applied as it stands on record, and each sentence that it wrote is read
from its recorded output and held against the passages of the build once more (`writing.again`).
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from indexes.builds import Build
from service.answering.answers import ByModel, Sentence, one_text
from service.answering.consulted import FORMAT, NO_RULING, Instead, Ruling, in_words
from service.answering.consulting import checks_of
from service.answering.supported.entailment import Entails
from service.answering.writing.again import verified_again
from service.answering.writing.records import Written, written_from_json


@dataclass(frozen=True, slots=True)
class PastModel:
    """What was kept of a model: what it ruled, and what it wrote, `None` if nothing."""

    ruling: Ruling = NO_RULING
    written: Written | None = None


def by_model(answerer: Mapping[str, Any] | None) -> tuple[ByModel | None, str | None]:
    """Return what is said of a model with an answer, and why its words are not the answer, by a leaf's `answerer`."""
    params = (answerer or {}).get("params", {})
    if "model" not in params:
        return None, None
    wrote, judged = bool(params["wrote"]), bool(params["judged"])
    part = ByModel(params["model"], wrote, judged, int(params["left_out"])) if wrote or judged else None
    instead = Instead(params["instead"]) if "instead" in params else None
    return part, in_words(instead, writes=bool(params["writes"])) if instead else None


def past_model(raw: str) -> PastModel:
    """Read what was kept of a model.

    Raises:
        ValueError: it is of another format.
    """
    value = json.loads(raw)
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise ValueError(f"expected what is kept of a model in format {FORMAT}")
    written = written_from_json(value["written"]) if value["written"] else None
    return PastModel(Ruling(frozenset(value["taken_away"]), value["says_none"]), written)


def differs(written: Written, text: str, answer: str | None, *, build: Build, entails: Entails | None) -> Iterator[str]:
    """Yield what differs when a recorded output is checked again, in words that hold nothing of it.

    Args:
        written: the record.
        text: the question, as it was searched for.
        answer: the answer on record.
        build: the build that answered.
        entails: the entailment model of now; one that is not that of then is not asked.
    """
    same = entails is not None and entails.digest == written.entailment
    again = verified_again(
        written, passage=build.passages.passage, supports=checks_of(text, build, entails if same else None)
    )
    yield from (f"written: {difference}" for difference in again.differences)
    passed = one_text([Sentence(one.claim.text, ()) for one in written.released]) or None
    if answer is not None and written.released and passed != answer:
        yield "answer: expected the sentences that passed, got another text"
