"""Examines the language model that is configured: its approval, and one question about a made-up document.

Nothing of the library is sent. Whether its answers are any good is not said here: that takes a question set.
"""

import time
from collections.abc import Collection
from datetime import date
from pathlib import Path

from indexes.counting import counted
from service.answering.supported.entailment_model import EntailmentModel
from service.models.approved import ANY_SOURCE, ApprovedModel
from service.models.endpoints import Endpoints
from service.models.errors import ModelError
from service.models.trying import Tried, try_model
from service.operating.checks import Found

_SOON_DAYS = 14  # an approval takes people some time
_SHORT = 12  # digits of a digest that tell two apart


def examined_model(endpoints: Endpoints, name: str, *, known_sources: Collection[str], today: date) -> Found:
    """Return how a model is, for operators, after asking it once.

    Args:
        endpoints: gives its client.
        name: as `models.toml` names it.
        known_sources: the names of the sources that there are.
        today: the day, in UTC.

    Raises:
        ModelNotApprovedError: it may not be called.
        ModelError: it was called, and no text came.
    """
    approved, model = endpoints.open(name)
    tried = try_model(model)
    if tried.problem is not None:
        raise ModelError(f"{tried.problem}; {_approval(approved)}")
    remarks = [*approved.remarks(known_sources), *_doubts(approved, tried, today)]
    return Found(f"{_approval(approved)}; {_timed(tried)}", remarks)


def examined_entailment(folder: Path, *, least: float) -> Found:
    """Return how an entailment model is, for operators, after asking it about a made-up sentence.

    Raises:
        EncoderError: it is missing, cannot be loaded, or is of another kind.
    """
    model = EntailmentModel(folder, least=least)
    began_s = time.perf_counter()
    doubts = model.doubts()
    took_ms = (time.perf_counter() - began_s) * 500  # of two sentences
    told = (
        f"sentences are held to the entailment model {folder.name} ({model.digest[:_SHORT]}) with a share of "
        f"{least:g} at least, {took_ms:.0f} ms each"
    )
    return Found(told, doubts)


def _approval(approved: ApprovedModel) -> str:
    endpoint = approved.endpoint
    return (
        f"'{approved.name}' is {endpoint.model} at {endpoint.url}, owned by {approved.owner}, approved by "
        f"{approved.approved_by} until {approved.expires.isoformat()}, and may be sent {_may_be_sent(approved)}"
    )


def _may_be_sent(approved: ApprovedModel) -> str:
    sources, groups = approved.may_send.sources, approved.may_send.groups
    if sources is None or ANY_SOURCE in sources:
        of_which = "passages of every source"
    else:
        of_which = f"passages of {', '.join(sorted(sources))}"
    return of_which if groups is None else f"{of_which} that {' or '.join(sorted(groups))} may read"


def _doubts(approved: ApprovedModel, tried: Tried, today: date) -> list[str]:
    doubts = []
    if (left := (approved.expires - today).days) < _SOON_DAYS:
        when = f"in {counted(left, 'day')}" if left else "today"
        doubts.append(f"model '{approved.name}': its approval ends {when}")
    if not tried.holds_the_fact:
        doubts.append(f"model '{approved.name}': asked about a made-up document, it did not say what that says")
    return doubts


def _timed(tried: Tried) -> str:
    first = f"first words after {tried.first_s:.1f} s, " if tried.first_s is not None else ""
    return f"asked about a made-up document: {first}done after {tried.whole_s:.1f} s"
