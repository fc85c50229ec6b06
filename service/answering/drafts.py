"""The port behind which answers are drafted. A draft is not an answer: `verify` decides what of it is released.

An answerer is given a question's text and the passages that were found within the asker's scope, and nothing else.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from indexes.builds import Build
from service.answering.finding.retrieve import Retrieved

SKIPPED = "…"  # says that words of the document stand between two quotes of a sentence
# What may stand between two quotes and says nothing: what closes the one, and on lines below it marks of a list's item.
_CLOSES = re.compile(r"""[\s.,;:!?"'’”»)\]|]*""")
_SIGN = r"[-*+•·–—◦▪‣●○■□>#|☐☑]+|\[[ xX]\]|[“\"]"
_COUNT = r"\(?(?:\d{1,3}(?:\.\d{1,3})*|[a-zA-Z]|[ivxlIVXL]{1,5})[.)]"
_MARK = re.compile(rf"\s*(?:{_SIGN}|{_COUNT})?[\s|]*")


@dataclass(frozen=True, slots=True)
class Quote:
    """A stretch `[start, end)` of a document's stored text that a sentence rests on, within one passage."""

    passage_id: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class DraftSentence:
    """One sentence and what it rests on.

    Its text is what its quotes say, one after the other as they stand in one document, `SKIPPED` between two that have
    words between them. `more` counts the items of a list, a procedure or a table that were left out.
    """

    text: str
    quotes: tuple[Quote, ...]
    more: int = 0


class Answerer(Protocol):
    """Drafts an answer. `kind` and `name` go on record with every answer."""

    @property
    def kind(self) -> Literal["extractive", "llm"]:
        """Whether it quotes or writes."""
        ...

    @property
    def name(self) -> str:
        """Its name and version."""
        ...

    def draft(self, text: str, *, retrieved: Retrieved, build: Build) -> Sequence[DraftSentence]:
        """Return a draft, what answers best first; empty if nothing can be said."""
        ...


def skips_words(between: str) -> bool:
    """Tell whether a stretch of stored text between two quotes says anything: more than white space and list marks."""
    first, *below = between.split("\n")
    return _CLOSES.fullmatch(first) is None or any(_MARK.fullmatch(line) is None for line in below)
