"""Asks a model which of some passages answer a question: one short call, before anything is written or quoted.

The reply is ids, or the word for none of them; anything else is no judgement, and said to be none. A judgement can only
take passages away: nothing is ever shown because of it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from service.answering.writing.calling import Wanted, short_reply
from service.answering.writing.offering import Given
from service.answering.writing.prompt import NONE, prompt_hash, to_judge
from service.answering.writing.records import WHOLE, Call
from service.models.port import Model

MOST_TOKENS = 120  # ten ids of some eight tokens each
_MOST_CHARS = 600
_BETWEEN = re.compile(r"[\s,;]+")


@dataclass(frozen=True, slots=True)
class Judgement:
    """Which passages answer, by a model: `answering` in the order given, empty for none of them.

    `None` if there is no judgement: the call failed, was stopped, or the reply was not what it had to be; `call` says.
    """

    answering: tuple[str, ...] | None
    call: Call

    @property
    def says_none(self) -> bool:
        """Whether the model says that no passage answers."""
        return self.answering == ()


def judge(question: str, given: Given, *, model: Model, stopped: Callable[[], bool]) -> Judgement:
    """Return which passages answer a question, by a model.

    Args:
        question: its text, standing alone.
        given: the passages, at least one.
        model: judges.
        stopped: whether whoever asked wants no more.
    """
    wanted = Wanted("judge", prompt_hash("judge"), MOST_TOKENS, _MOST_CHARS)
    call = short_reply(wanted, to_judge(question, given), model=model, stopped=stopped)
    return Judgement(judged(call.raw, given) if call.ended == WHOLE else None, call)


def judged(reply: str, given: Given) -> tuple[str, ...] | None:
    """Read a reply: ids that were given, or the word for none of them; `None` for anything else."""
    words = [word.strip("[]") for word in _BETWEEN.split(reply.strip().removesuffix(".")) if word]
    if words == [NONE]:
        return ()
    if not words or not given.ids.issuperset(words):
        return None
    return tuple(one.id for one in given.offered if one.id in words)
