"""What a language model did for a question, and whoever asked it, as far as the model goes: records, and no doing.

`Consulted.as_json` is kept whole, sealed beside the end of the question; what it says of that to whoever asked is a
`ByModel` and a sentence (`in_words`). `consulting` makes it, `past.past_models` reads it again.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from service.answering.answers import ByModel, Citation, Sentence
from service.answering.drafts import DraftSentence
from service.answering.progress import TellStep, silent
from service.answering.writing.judge import Judgement
from service.answering.writing.offering import Given
from service.answering.writing.records import Written
from service.answering.writing.rewrite import Rewriting

FORMAT = 1


class Instead(StrEnum):
    """Why a model's words are not the answer though it was to write, or did not choose though it was to."""

    NOT_APPROVED = "not_approved"
    NOTHING_SENT = "nothing_sent"
    FAILED = "failed"
    DECLINED = "declined"
    UNSUPPORTED = "unsupported"


_WORDS = {
    Instead.NOT_APPROVED: "The language model was not asked, for it is not approved now",
    Instead.NOTHING_SENT: "The language model was not asked, for it may not be sent what was found",
    Instead.FAILED: "The language model could not be asked",
    Instead.DECLINED: "The language model found no answer in it",
    Instead.UNSUPPORTED: "Nothing that the language model wrote held up",
}


def in_words(instead: Instead, *, writes: bool) -> str:
    """Return what is said to whoever asked; `writes` tells whether the model was to write."""
    return f"{_WORDS[instead]}, so these are quotes." if writes else f"{_WORDS[instead]}."


@dataclass(frozen=True, slots=True)
class Entailed:
    """What an entailment model said of a sentence: the digest of its files, and the share of entailment, in [0, 1]."""

    digest: str
    share: float


@dataclass(frozen=True, slots=True)
class Passed:
    """A sentence of a model that passed.

    Attributes:
        n: its number in the answer, from 1.
        draft: the sentence with its quotes, as it was checked.
        sentence: as it is told; `citations` its own, numbered as in the answer.
        score: how well they bear it, in [0, 1].
        entailed: what an entailment model said of it, `None` where none was asked.
    """

    n: int
    draft: DraftSentence
    sentence: Sentence
    citations: tuple[Citation, ...]
    score: float
    entailed: Entailed | None = None


def never() -> bool:
    """Nobody wants it to stop."""
    return False


def nowhere(_passed: Passed) -> None:
    """Pass a sentence on to nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Whoever asked.

    Attributes:
        tell: is told of each step as it begins.
        stopped: whether they want no more.
        pass_on: makes a sentence durable, and tells them; what it raises ends the question.
    """

    tell: TellStep = silent
    stopped: Callable[[], bool] = never
    pass_on: Callable[[Passed], None] = nowhere


NOBODY = Listener()


@dataclass(frozen=True, slots=True)
class Ruling:
    """What is left to answer from after a model judged: all but the passages `taken_away`, by their ids.

    `says_none` tells that it found that no passage answers which it was given.
    """

    taken_away: frozenset[str] = frozenset()
    says_none: bool = False


NO_RULING = Ruling()


@dataclass(frozen=True, slots=True, kw_only=True)
class Consulted:
    """What a model did for a question.

    Attributes:
        writes: whether it was to write.
        name: the model's, as `models.toml` has it; `called` is its name at the endpoint, `endpoint` a digest of where
            that is; both empty if it was not approved.
        judged_of: what the judgement was of.
        passed: its sentences that were passed on.
        rewriting: what it made of a follow-up, where it was to.
        answers: whether it was consulted for the answer; where it was not, it only rewrote.
        instead: why its words are not the answer, or it did not choose; `None` where all went as it was to.
        why_not: why it may not be called, for operators; never shown to askers.
        stopped: whether whoever asked wanted no more.
    """

    name: str
    writes: bool
    called: str = ""
    endpoint: str = ""
    judged_of: Given | None = None
    judgement: Judgement | None = None
    ruling: Ruling = NO_RULING
    written: Written | None = None
    passed: tuple[Passed, ...] = ()
    instead: Instead | None = None
    why_not: str = field(default="", repr=False)
    stopped: bool = False
    rewriting: Rewriting | None = None
    answers: bool = True

    @property
    def rewrote(self) -> bool:
        """Whether the question was searched for in its words."""
        return self.rewriting is not None and self.rewriting.text is not None

    @property
    def judged(self) -> bool:
        """Whether it said which passages answer, or that none does."""
        said = self.judgement is not None and self.judgement.answering is not None
        return said or self.ruling.says_none

    @property
    def failed(self) -> bool:
        """Whether it could not be asked, or broke."""
        return self.instead in (Instead.NOT_APPROVED, Instead.FAILED)

    @property
    def by_model(self) -> ByModel | None:
        """What is said of it with the answer; `None` where it had no part in it."""
        wrote = bool(self.passed)
        if not wrote and not self.judged and not self.rewrote:
            return None
        left_out = self.written.left_out if wrote and self.written else 0
        return ByModel(self.name, wrote, self.judged, left_out, self.rewrote)

    @property
    def template_hash(self) -> str | None:
        """The hash of the prompt that it was asked with last; `None` where it was not asked."""
        short = [part.call for part in (self.rewriting, self.judgement) if part and part.call]
        calls = [*short, *(self.written.calls if self.written else ())]
        return calls[-1].prompt_hash if calls else None

    @property
    def params(self) -> dict[str, str | int | bool]:
        """What a leaf says of it, beside the name of whoever drafted: codes and numbers."""
        by, written = self.by_model, self.written
        said: dict[str, str | int | bool] = {
            "model": self.name,
            "called": self.called,
            "writes": self.writes,
            "wrote": bool(self.passed),
            "judged": self.judged,
            "rewrote": self.rewrote,
            "left_out": by.left_out if by else 0,
        }
        if self.rewriting and self.rewriting.why_not:
            said["not_rewritten"] = self.rewriting.why_not
        if written:
            said |= {"became": written.became.value, "calls": len(written.calls)}
        return said | ({"instead": self.instead.value} if self.instead else {})

    def as_json(self) -> dict[str, Any]:
        """Return the form that is kept, sealed: of texts, integers and truth values, at most some 300 KB."""
        judgement, given = self.judgement, self.judged_of
        return {
            "format": FORMAT,
            "model": self.name,
            "rewriting": self.rewriting.as_json() if self.rewriting else None,
            "judgement": {
                "given": [[one.id, one.passage.passage_id] for one in given.offered],
                "call": judgement.call.as_json(),
                "answering": None if judgement.answering is None else list(judgement.answering),
            }
            if judgement and given
            else None,
            "taken_away": sorted(self.ruling.taken_away),
            "says_none": self.ruling.says_none,
            "written": self.written.as_json() if self.written else None,
            "instead": self.instead.value if self.instead else None,
            "why_not": self.why_not,
        }
