"""What a language model did for a question, as an auditor reads it: each sentence, what became of it and why.

Made of the sealed text that is kept beside the end of the question (`service.answering.consulted`). What is of another
form is shown as it is kept. Checks nothing: that is the replay's part.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from service.web.console.words import INSTEAD

_FORMAT = 1
_DONE: Mapping[str, str] = {
    "released": "released",
    "cited_anew": "released, with another citation",
    "left_out": "left out",
    "aside": "left out: no part of an answer",
}
_WHY: Mapping[str, str] = {
    "number": "a number that the passage does not say",
    "date": "a date that the passage does not say",
    "name": "a name that the passage does not say",
    "unit": "another unit",
    "quantifier": "all, some or none, other than in the passage",
    "negation": "allows what is forbidden, or the reverse",
    "roles": "turns round who does what, or what comes first",
    "condition": "leaves out a condition or an exception",
    "joined": "joins what no one passage says",
    "not_said": "no passage says it",
    "not_entailed": "the entailment model does not find that the passage says it",
    "uncited": "no citation",
    "leans": "leans on a sentence that was left out",
    "withdrawn": "its passage may not be read any more",
    "address": "an address that the passage does not hold",
    "misquoted": "quotes what the passage does not say",
    "garbled": "a word with its letters changed",
    "instructs": "tells its reader to do something that no passage says",
    "asks": "asks for something",
    "no_quote": "no words of the passage are near enough to it",
    "heading": "a heading",
    "talk": "talk about the answer",
    "declines": "says that the passages do not answer",
    "question": "a question",
    "code": "code or markup",
    "fragment": "hardly a word",
    "leak": "repeats the prompt",
    "repeats": "said before",
    "cut_off": "the text ended within it",
    "too_long": "too long",
}
_NOT_REWRITTEN: Mapping[str, str] = {
    "no_question": "it is not one question on one line",
    "too_long": "it is too long",
    "adds": "it says a word that nobody typed",
    "drops": "it lacks a word of the question",
    "denies": "it denies what was not denied, or the reverse",
    "instructs": "it tells whoever answers what to say",
    "same": "it is the question over again",
    "leans": "it is said to stand alone and does not ask by itself",
    "not_approved": "the model was not approved then",
    "long_question": "the question is too long to be rewritten",
    "failed": "the call failed",
    "stopped": "whoever asked wanted no more",
}
_ENDED: Mapping[str, str] = {"whole": "to its end", "stopped": "stopped", "failed": "failed"}
_CALLS: Mapping[str, str] = {
    "rewrite": "to rewrite a follow-up",
    "judge": "to judge",
    "write": "to write",
    "again": "to write once more",
}


@dataclass(frozen=True, slots=True)
class Claimed:
    """A sentence of a model: what became of it, why in words, and the quotes that bear it; `call` counts from 1."""

    call: int
    text: str = field(repr=False)
    became: str
    why: str
    quotes: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class ModelPart:
    """What a model did: in words what it rewrote and judged, how its calls ended; its sentences; all as it is kept."""

    name: str
    told: tuple[str, ...]
    sentences: tuple[Claimed, ...]
    kept: str = field(repr=False)


def model_part(raw: str) -> ModelPart | None:
    """Return what a model did, from the text that is kept of it; `None` where that is of another form."""
    try:
        value = json.loads(raw)
        if value["format"] != _FORMAT:
            return None
        written = value["written"] or {"calls": [], "sentences": []}
        return ModelPart(
            name=str(value["model"]),
            told=tuple(_told(value, written)),
            sentences=tuple(map(_claimed, written["sentences"])),
            kept=json.dumps(value, indent=2, ensure_ascii=False),
        )
    except (ValueError, KeyError, TypeError):
        return None


def _told(value: Mapping[str, Any], written: Mapping[str, Any]) -> list[str]:
    judgement, rewriting = value["judgement"], value["rewriting"]
    calls = [part["call"] for part in (rewriting, judgement) if part and part["call"]] + written["calls"]
    told = [_called(call) for call in calls]
    if rewriting:
        told.append(_rewrote(rewriting))
    if judgement and judgement["answering"] is not None:
        given, answering = len(judgement["given"]), len(judgement["answering"])
        told.append(f"It was given {given} to judge, and said that {answering or 'none'} of them answer.")
    elif judgement:
        told.append("What it said was no judgement, so nothing was taken away.")
    if value["instead"]:
        instead = INSTEAD.get(value["instead"], value["instead"])
        told.append(f"{instead[:1].upper()}{instead[1:]}.")
    if value["why_not"]:
        told.append(f"Why it was not asked: {value['why_not']}")
    return told


def _rewrote(rewriting: Mapping[str, Any]) -> str:
    if rewriting["why_not"]:
        why = _NOT_REWRITTEN.get(rewriting["why_not"], rewriting["why_not"])
        return f"Its rewriting of the question was not used: {why}. Rules stood in."
    if rewriting["stands_alone"]:
        return "It said that the question stands alone, so it was searched for as typed."
    return f"It rewrote the question, by {len(rewriting['earlier'])} before it: {rewriting['text']}"


def _called(call: Mapping[str, Any]) -> str:
    failure = f" ({call['failure']})" if call["failure"] else ""
    ended = _ENDED.get(call["ended"], f"ended: {call['ended']}")
    return f"Asked {_CALLS.get(call['kind'], call['kind'])}: {ended}{failure}, prompt {call['prompt_hash'][:12]}."


def _claimed(one: Mapping[str, Any]) -> Claimed:
    codes = [*([one["flaw"]] if one["flaw"] else []), *one["codes"]]
    why = [_WHY.get(code, code) for code in dict.fromkeys(codes)]
    if one["not_offered"]:
        why.append("cites what was not offered")
    if one["entailed_u"] is not None:
        why.append(f"entailed by {one['entailed_u'] / 1_000_000:.2f}")
    return Claimed(
        call=one["call"] + 1,
        text=one["text"],
        became=_DONE.get(one["done"], one["done"]),
        why="; ".join(why),
        quotes=tuple(quote["text"] for quote in one["quotes"]),
    )
