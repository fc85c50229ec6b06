"""Which language model has a part in answers, and which part, as the settings say. Calls nothing by itself."""

from dataclasses import dataclass

from service.answering.supported.entailment import Entails
from service.models.endpoints import Endpoints


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """A language model that may write, judge, or both; approved anew on every question.

    Attributes:
        endpoints: the approved models.
        name: which one.
        writes: whether it writes answers; they are quotes otherwise.
        judges: whether it says first which passages answer, or that none does.
        quotes_instead: whether quotes are given where it fails or what it writes does not hold up; a question fails, or
            is refused, otherwise.
        entails: an entailment model that what it writes is held to besides; `None` for none.
    """

    endpoints: Endpoints
    name: str
    writes: bool
    judges: bool
    quotes_instead: bool = True
    entails: Entails | None = None
