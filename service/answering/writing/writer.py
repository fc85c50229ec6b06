"""The language model that an installation asks, and what for. It says which; calling it is `write`'s and `judge`'s."""

from dataclasses import dataclass

from service.models.endpoints import Endpoints


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """A language model that may write, judge, or both; approved anew on every question.

    Attributes:
        endpoints: gives the client, if it may be called today.
        name: the model, as `models.toml` names it.
        writes: whether answers are its words, each sentence checked.
        judges: whether it says which passages answer.
        quotes_instead: whether quotes answer where it cannot be asked; else nothing does.
    """

    endpoints: Endpoints
    name: str
    writes: bool
    judges: bool
    quotes_instead: bool = True
