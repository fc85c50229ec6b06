"""What a model is told, as it reads it: the question, and the passages by the ids that it may cite.

For models that are no models: they stand in for one where answers are measured. Reads the prompt as
`service.answering.writing.prompt` makes it; a prompt of another form holds no passages.
"""

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass

from service.answering.writing.prompt import JUDGE, NONE
from service.models.port import Message

_PASSAGE = re.compile(r'<passage id="([^"]+)">\n(.*?)\n</passage>', re.DOTALL)
_QUESTION = re.compile(r"<question>(.*?)</question>", re.DOTALL)
_END = re.compile(r"[.!](?=\s|$)")
_LEAST_WORDS = 4


@dataclass(frozen=True, slots=True)
class Heard:
    """What was asked. `judges` says that ids are wanted rather than an answer; `passages` are best first."""

    question: str
    passages: dict[str, str]
    judges: bool = False

    @property
    def everything(self) -> str:
        """All that others put into the prompt, as one text with plain blanks."""
        return " ".join(" ".join([self.question, *self.passages.values()]).split())

    def judgement(self) -> str:
        """Return the ids of all passages, as a judge writes them."""
        return " ".join(self.passages) or NONE


def heard(messages: Iterable[Message]) -> Heard:
    """Return what some messages tell."""
    told = list(messages)
    data = "\n".join(one.text for one in told if one.role == "user")
    question = _QUESTION.search(data)
    return Heard(
        question=html.unescape(question[1]).strip() if question else "",
        passages={found[1]: html.unescape(found[2]).strip() for found in _PASSAGE.finditer(data)},
        judges=any(one.role == "system" and one.text.startswith(JUDGE) for one in told),
    )


def sentences_of(text: str) -> list[str]:
    """Return the sentences of a passage, roughly: each stands on one line and ends as a sentence does."""
    found = []
    for line in text.split("\n"):
        at = 0
        for end in _END.finditer(line):
            found.append(line[at : end.end()].strip())
            at = end.end()
    return [one for one in found if len(one.split()) >= _LEAST_WORDS]
