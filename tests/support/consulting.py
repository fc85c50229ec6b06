"""A language model that is consulted about questions: within the process, approved, and as a test says it behaves.

`mandate_of` makes a `Mandate` of a scripted model; `saying` a script that cites the passages it is given.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, cast

from service.answering.supported.entailment import Entails
from service.answering.writing.mandate import Mandate
from service.models.approved import ApprovedModel
from service.models.endpoints import Endpoints
from service.models.following import Models
from service.models.port import Message, Model
from tests.support.model_parts import approved

TODAY = date(2026, 11, 20)
_PASSAGE = re.compile(r'<passage id="([^"]+)">\n(.*?)\n</passage>', re.DOTALL)


class ApprovedNow:
    """Stands for `models.toml`: `models` may be changed between two questions."""

    def __init__(self, *models: ApprovedModel) -> None:
        self.models = {one.name: one for one in models}

    def now(self) -> Mapping[str, ApprovedModel]:
        """Return what is approved."""
        return self.models

    def problem(self) -> str | None:
        """There is none."""
        return None


def mandate_of(  # noqa: PLR0913  (each is a part of a mandate)
    model: Model,
    *,
    models: Any = None,
    writes: bool = True,
    judges: bool = False,
    rewrites: bool = False,
    quotes_instead: bool = True,
    entails: Entails | None = None,
) -> Mandate:
    """Return a mandate whose model is approved for everything, unless `models` says otherwise."""
    endpoints = Endpoints(
        models=cast("Models", models or ApprovedNow(approved())),
        connect=lambda _approved, _key: model,
        environment={},
        today=lambda: TODAY,
    )
    return Mandate(
        endpoints=endpoints,
        name="writer",
        writes=writes,
        judges=judges,
        rewrites=rewrites,
        quotes_instead=quotes_instead,
        entails=entails,
    )


def passages_in(messages: Sequence[Message]) -> dict[str, str]:
    """Return the passages that a model was given, by their ids."""
    return dict(_PASSAGE.findall(messages[-1].text))


def saying(*sentences: str) -> Callable[[Sequence[Message]], str]:
    """Return a script that says sentences, each citing the passage that has most of its words."""

    def said(messages: Sequence[Message]) -> str:
        passages = passages_in(messages)
        return "\n".join(f"{one} [{_nearest(one, passages)}]" for one in sentences)

    return said


def naming(*words: str) -> Callable[[Sequence[Message]], str]:
    """Return a judge's script: it names the passages that hold a word, or none."""

    def said(messages: Sequence[Message]) -> str:
        named = [one for one, text in passages_in(messages).items() if any(word in text for word in words)]
        return " ".join(named) or "NONE"

    return said


def alone_in(messages: Sequence[Message]) -> str:
    """Return the word that a model is to write where a question stands alone."""
    found = re.search(r"\bwrite (ALONE_\w+) and nothing else", messages[0].text)
    assert found, "it is not asked to rewrite"
    return found[1]


def _nearest(sentence: str, passages: Mapping[str, str]) -> str:
    wanted = set(re.findall(r"\w+", sentence.lower()))
    return max(passages, key=lambda one: len(wanted & set(re.findall(r"\w+", passages[one].lower()))))
