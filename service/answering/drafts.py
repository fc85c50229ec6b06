"""The port behind which answers are drafted. A draft is not an answer: `verify` decides what of it is released.

An answerer is given a question's text and the passages that were found within the asker's scope, and nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from indexes.builds import Build
from service.answering.retrieve import Retrieved


@dataclass(frozen=True, slots=True)
class Quote:
    """A stretch `[start, end)` of a document's stored text that a sentence rests on, within one passage."""

    passage_id: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class DraftSentence:
    """One sentence and what it rests on."""

    text: str
    quotes: tuple[Quote, ...]


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
        """Return a draft, in reading order; empty if nothing can be said."""
        ...
