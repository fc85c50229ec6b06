"""What a language model did for a question of the past, read from its record; and its words, checked again.

The model is never asked. What it ruled then is applied as it stands on record, each sentence that it wrote is read from
its recorded output and held against the passages of the build once more (`writing.again`), and what it said of a
follow-up is held against the questions once more (`writing.rewrite`).
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
from service.answering.writing.rewrite import Rewriting, prompt_hash, read


@dataclass(frozen=True, slots=True)
class PastModel:
    """What was kept of a model: what it ruled, what it wrote, what it made of a follow-up; `None` if nothing."""

    ruling: Ruling = NO_RULING
    written: Written | None = None
    rewriting: Rewriting | None = None


def by_model(answerer: Mapping[str, Any] | None) -> tuple[ByModel | None, str | None]:
    """Return what is said of a model with an answer, and why its words are not the answer, by a leaf's `answerer`."""
    params = (answerer or {}).get("params", {})
    if "model" not in params:
        return None, None
    wrote, judged = bool(params["wrote"]), bool(params["judged"])
    rewrote = bool(params.get("rewrote"))  # a leaf of before models could rewrite says nothing of it
    did = ByModel(params["model"], wrote, judged, int(params["left_out"]), rewrote)
    part = did if wrote or judged or rewrote else None
    instead = Instead(params["instead"]) if "instead" in params else None
    return part, in_words(instead, writes=bool(params["writes"])) if instead else None


def past_model(raw: str) -> PastModel:
    """Read what was kept of a model, now or before one could rewrite or be held to another: then it was not.

    Raises:
        ValueError: it is of another format.
    """
    value = json.loads(raw)
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise ValueError(f"expected what is kept of a model in format {FORMAT}")
    written = written_from_json(value["written"]) if value["written"] else None
    rewriting = Rewriting.from_json(value["rewriting"]) if value.get("rewriting") else None
    return PastModel(Ruling(frozenset(value["taken_away"]), value["says_none"]), written, rewriting)


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


def rewritten_otherwise(rewriting: Rewriting, asked: str, searched_for: str) -> Iterator[str]:
    """Yield what differs when what a model said of a follow-up is checked again, in words that hold nothing of it.

    Args:
        rewriting: the record.
        asked: the question as it was typed.
        searched_for: what was searched for, by the record; the same where it was taken as typed.
    """
    call = rewriting.call
    if call is not None:
        if call.prompt_hash != prompt_hash():
            yield "prompt: the follow-up was rewritten with another version of it"
        again = read(call, asked, rewriting.earlier, rewriting.alone)
        if again != rewriting:
            yield f"rewriting: it was {_in_words(rewriting)}, and is {_in_words(again)}"
    if rewriting.is_used and searched_for != (rewriting.text or asked):
        yield "rewriting: expected what was searched for to be what the model made of the question, got another text"


def _in_words(rewriting: Rewriting) -> str:
    if rewriting.why_not:
        return f"not used ({rewriting.why_not})"
    return "the question as it stands alone already" if rewriting.stands_alone else "used"
