"""Asks a question so that a model within this process has its part in the answer, as the reader's own steps have it.

The model is approved in a file of the judge's own. Nothing is recorded, and nothing is told to anybody.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from eval.quality.libraries import Place
from indexes.clock import utc_now
from service.answering.consulted import Passed
from service.answering.steps import HITS, Steps, Worked
from service.answering.writing.mandate import Mandate
from service.answering.writing.records import Written
from service.models.endpoints import Connect, Endpoints
from service.models.following import Models
from service.models.models_file import MODELS_FILE
from service.models.port import Model

MODEL = "measured"
_ENTRY = """[[model]]
name = "{name}"
url = "{url}"
model = "{model}"
owner = "eval@greenlit.example"
approved_by = "eval@greenlit.example"
expires = 9999-12-31
sources = ["*"]
region = "this machine"
retention = "none"
training = false
timeout_s = 120
at_once = 64
"""


@dataclass(frozen=True, slots=True)
class Said:
    """What became of a question with a model, and beside it of quotes alone.

    `written` is what it wrote with what became of each sentence, `None` where it was not asked to; `seen` are the
    documents that it was given passages of.
    """

    worked: Worked
    written: Written | None
    seen: frozenset[str]
    quotes_refused: bool

    @property
    def passed(self) -> tuple[Passed, ...]:
        """The sentences of the model that would be read, in order."""
        return self.worked.consulted.passed if self.worked.consulted else ()


def approve(folder: Path, *, url: str = "http://127.0.0.1:9/v1", model: str = MODEL) -> Path:
    """Approve a model for everything in a library, in the place of whatever is approved there; return the file."""
    path = folder / MODELS_FILE
    path.write_text(_ENTRY.format(name=MODEL, url=url, model=model), encoding="utf-8")
    return path


@dataclass(frozen=True, slots=True)
class Asks:
    """Which model is asked, as `models.toml` names it, and what for."""

    name: str = MODEL
    writes: bool = True
    judges: bool = False


def mandate_of(
    asks: Asks, approved_in: Path, connect: Connect, *, environment: Mapping[str, str], tell: Callable[[str], None]
) -> Mandate:
    """Return a model's part in answers, of which nothing is put on record.

    Args:
        asks: which model, and what for.
        approved_in: the folder of its `models.toml`.
        connect: makes its client.
        environment: where its key is.
        tell: is told why it cannot be asked, in lines for a person.
    """
    models = Models(library=approved_in, on_change=lambda _said: None, notice=tell)
    endpoints = Endpoints(models=models, connect=connect, environment=environment, today=lambda: utc_now().date())
    return Mandate(endpoints=endpoints, name=asks.name, writes=asks.writes, judges=asks.judges)


def ask(question: str, *, model: Model, steps: Steps, place: Place, approved_in: Path) -> Said:
    """Return what becomes of a question that a model within this process may write the answer to.

    Args:
        question: its text.
        model: writes.
        steps: the reader's steps; they find, and quote where the model's answer does not hold up.
        place: what is asked, and what may be seen of it.
        approved_in: the folder in which `approve` approved it.
    """
    mandate = mandate_of(Asks(), approved_in, lambda _approved, _key: model, environment={}, tell=lambda _why: None)
    writing = replace(steps, mandate=mandate)
    found = steps.find(question, build=place.build, scope=place.scope, k=HITS)
    worked = writing.answer(question, found, build=place.build, now=lambda: place.scope)
    quoted = steps.answer(question, found, build=place.build, now=lambda: place.scope)
    written = worked.consulted.written if worked.consulted else None
    given = [place.build.passages.passage(passage_id) for _, passage_id in written.given] if written else []
    return Said(worked, written, frozenset(one.document for one in given if one), quoted.reason is not None)
