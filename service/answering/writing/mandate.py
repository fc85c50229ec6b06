"""Which language model has a part in answers, and which part, as the settings say. Calls nothing by itself."""

from dataclasses import dataclass

from service.answering.supported.entailment import Entails
from service.models.endpoints import Endpoints


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """A language model that may write, judge, rewrite follow-ups; approved anew on every question.

    Attributes:
        endpoints: the approved models.
        name: which one.
        writes: whether it writes answers; they are quotes otherwise.
        judges: whether it says first which passages answer, or that none does.
        rewrites: whether it rewrites questions that lean on those before them; rules do otherwise, and where it fails.
        quotes_instead: whether quotes are given where it fails or what it writes does not hold up; a question fails, or
            is refused, otherwise.
        entails: an entailment model that what it writes is held to besides; `None` for none.
    """

    endpoints: Endpoints
    name: str
    writes: bool
    judges: bool
    rewrites: bool = False
    quotes_instead: bool = True
    entails: Entails | None = None

    @property
    def answers(self) -> bool:
        """Whether it has a part in answers themselves, and is given passages."""
        return self.writes or self.judges
