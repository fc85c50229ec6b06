"""What is kept of an answer that a model wrote: what it was sent, what it said, and what became of each sentence.

Meant for the sealed payload of a record, beside question and answer, as JSON of texts and integers. With the build of
that moment it is enough to check the answer again (`again`). Knows no log.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from service.answering.drafts import Quote
from service.answering.writing.checking import Checked, Done
from service.answering.writing.claims import Claim, Flaw
from service.models.port import Message

FORMAT = 1
WHOLE, STOPPED, FAILED, TOO_LONG = "whole", "stopped", "failed", "too_long"  # how a call ended; or `reading.Ended`
_MILLION = 1_000_000


class Became(StrEnum):
    """What became of an answer."""

    WRITTEN = "written"  # all that it says was released
    TRIMMED = "trimmed"  # a part of it was
    DECLINED = "declined"  # the model says that the passages do not answer
    UNSUPPORTED = "unsupported"  # nothing of it held up, asked twice
    FAILED = "failed"  # the model broke before anything was released
    STOPPED = "stopped"  # by whoever asked, before anything was released
    NOTHING_GIVEN = "nothing_given"  # there was no passage that it could be given


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the model: `kind` names the template (`prompt`), `ended` how it ended, `failure` the error's code."""

    kind: str
    messages: tuple[Message, ...]
    prompt_hash: str
    most_tokens: int
    raw: str = field(repr=False)
    ended: str
    failure: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the form that is kept."""
        return {
            "kind": self.kind,
            "messages": [{"role": one.role, "text": one.text} for one in self.messages],
            "prompt_hash": self.prompt_hash,
            "most_tokens": self.most_tokens,
            "raw": self.raw,
            "ended": self.ended,
            "failure": self.failure,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Call":
        """Read what `as_json` wrote."""
        return cls(**{**value, "messages": tuple(Message(one["role"], one["text"]) for one in value["messages"])})


@dataclass(frozen=True, slots=True)
class Written:
    """An answer that a model wrote, or why there is none.

    `given` are id and passage id of what it was given, best first; `sentences` all that it wrote, with the number of
    the call, from 0, that it was read from; `entailment` is the digest of the model that they were held to besides.
    """

    model: str
    given: tuple[tuple[str, str], ...]
    calls: tuple[Call, ...]
    sentences: tuple[tuple[int, Checked], ...]
    became: Became
    entailment: str | None = None

    @property
    def released(self) -> tuple[Checked, ...]:
        """What may be read, in order."""
        return tuple(one for _, one in self.sentences if one.is_released)

    @property
    def left_out(self) -> int:
        """How many sentences of the call that was released from did not hold up; small talk is not counted."""
        last = max((call for call, one in self.sentences if one.is_released), default=len(self.calls) - 1)
        return sum(one.done is Done.LEFT_OUT for call, one in self.sentences if call == last)

    def as_json(self) -> dict[str, Any]:
        """Return the form that is kept."""
        return {
            "format": FORMAT,
            "model": self.model,
            "given": [list(one) for one in self.given],
            "calls": [call.as_json() for call in self.calls],
            "sentences": [_sentence(call, one) for call, one in self.sentences],
            "became": self.became.value,
            "entailment": self.entailment,
        }


def written_from_json(value: Mapping[str, Any]) -> Written:
    """Read what `Written.as_json` wrote, now or when it held less: without an entailment model, none was asked.

    Raises:
        ValueError: it is of another format.
    """
    if value.get("format") != FORMAT:
        raise ValueError(f"expected a written answer of format {FORMAT}, got {value.get('format')}")
    return Written(
        model=value["model"],
        given=tuple((one, passage) for one, passage in value["given"]),
        calls=tuple(map(Call.from_json, value["calls"])),
        sentences=tuple((one["call"], _checked(one)) for one in value["sentences"]),
        became=Became(value["became"]),
        entailment=value.get("entailment"),
    )


def millionths(score: float) -> int:
    """Return a score as it is kept."""
    return round(score * _MILLION)


def _sentence(call: int, one: Checked) -> dict[str, Any]:
    return {
        "call": call,
        "text": one.claim.text,
        "ids": list(one.claim.ids),
        "not_offered": one.claim.not_offered,
        "flaw": one.claim.flaw.value if one.claim.flaw else None,
        "done": one.done.value,
        "codes": list(one.codes),
        "score_u": millionths(one.score),
        "entailed_u": None if one.entailed is None else millionths(one.entailed),
        "quotes": [
            {"passage_id": quote.passage_id, "span": [quote.start, quote.end], "text": quote.text}
            for quote in one.quotes
        ],
    }


def _checked(one: Mapping[str, Any]) -> Checked:
    flaw = Flaw(one["flaw"]) if one["flaw"] else None
    return Checked(
        claim=Claim(one["text"], tuple(one["ids"]), one["not_offered"], flaw),
        done=Done(one["done"]),
        codes=tuple(one["codes"]),
        score=one["score_u"] / _MILLION,
        quotes=tuple(
            Quote(quote["passage_id"], quote["span"][0], quote["span"][1], quote["text"]) for quote in one["quotes"]
        ),
        entailed=None if one.get("entailed_u") is None else one["entailed_u"] / _MILLION,
    )
