"""How a question in a conversation is searched for: as it was typed, or rewritten to stand alone, and by whom.

1  without questions before it there is nothing to lean on
2  rules rewrite (`understanding.follow_up`), unless a language model is to
3  a model has to be approved at this moment; it is sent this question and those before it, and nothing else
4  what it says is used if it passes the checks (`writing.rewrite`); else rules stand in, and why is on record

What a model's approval says of sources and groups is about passages, of which it is sent none here. Earlier questions
are words to understand this one by, never evidence; answers are not even looked at.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from service.answering.consulted import Consulted, Listener
from service.answering.progress import Step
from service.answering.understanding.follow_up import stand_alone
from service.answering.writing.mandate import Mandate
from service.answering.writing.records import STOPPED
from service.answering.writing.rewrite import Rewriting, Unasked, rewrite
from service.models.errors import ModelsError


@dataclass(frozen=True, slots=True)
class StandingAlone:
    """How a question is searched for, `None` as it was typed; and what a language model did for that, if it was to."""

    searched_for: str | None = field(default=None, repr=False)
    consulted: Consulted | None = None

    @property
    def is_stopped(self) -> bool:
        """Whether whoever asked wants no more."""
        return self.consulted is not None and self.consulted.stopped


def standing_alone(text: str, earlier: Sequence[str], *, mandate: Mandate | None, listener: Listener) -> StandingAlone:
    """Return how a question is searched for.

    Args:
        text: as it was typed.
        earlier: the questions before it in the conversation, the newest last.
        mandate: the model, and its part; `None` where none has one.
        listener: whoever asked.

    Raises:
        AuditUnavailableError: what models are approved cannot be put on record.
    """
    if not earlier:  # 1
        return StandingAlone()
    if mandate is None or not mandate.rewrites:
        return StandingAlone(stand_alone(text, earlier))  # 2
    listener.tell(Step.UNDERSTANDING)
    by_rules = functools.partial(stand_alone, text, earlier)
    did = Consulted(name=mandate.name, writes=mandate.writes, answers=False)
    try:
        approved, model = mandate.endpoints.open(mandate.name)  # 3
    except ModelsError as error:
        unasked = Rewriting(why_not=Unasked.NOT_APPROVED.value)
        return StandingAlone(by_rules(), replace(did, rewriting=unasked, why_not=str(error)))
    rewriting = rewrite(text, earlier, model=model, stopped=listener.stopped)
    did = replace(did, called=approved.endpoint.model, endpoint=approved.endpoint.digest, rewriting=rewriting)
    if rewriting.why_not == STOPPED:
        return StandingAlone(None, replace(did, stopped=True))
    return StandingAlone(rewriting.text if rewriting.is_used else by_rules(), did)  # 4
