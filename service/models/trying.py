"""Tries an endpoint with a question about a made-up document, for `greenlit doctor`: nothing of the library is sent.

It says whether a text comes, how long that takes, and whether it holds what the document says. It does not judge the
model: that takes a question set (`greenlit eval`).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from service.models.errors import ModelError
from service.models.port import Message, Model

FACT = "4417"
MESSAGES = (
    Message("system", "Answer in one short sentence, only from the document that you are given."),
    Message(
        "user",
        '<passage id="k7">Bicycle shed. The shed behind the mill at Marlbrook opens with the code 4417. '
        "The code changes every spring.</passage>\n\nQuestion: Which code opens the shed?",
    ),
)
_MOST_TOKENS = 64


@dataclass(frozen=True, slots=True)
class Tried:
    """How it went: `problem` in words, `None` if a text came, and whether that holds the fact.

    `first_s` and `whole_s` are seconds to the first piece, `None` where none came, and to the end.
    """

    problem: str | None
    holds_the_fact: bool
    first_s: float | None
    whole_s: float


def try_model(model: Model, *, clock_s: Callable[[], float] = time.monotonic) -> Tried:
    """Ask a model about the made-up document. Raises nothing: what fails is the result."""
    begun_s, first_s, text, problem = clock_s(), None, "", None
    try:
        for piece in model.stream(MESSAGES, most_tokens=_MOST_TOKENS, stopped=lambda: False):
            first_s = clock_s() - begun_s if first_s is None else first_s
            text += piece
    except ModelError as error:
        problem = str(error)
    return Tried(problem, FACT in text, first_s, clock_s() - begun_s)
