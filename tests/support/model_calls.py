"""Calls to a scripted model as the service makes them. Needs the extra `llm`."""

from collections.abc import Callable
from typing import Any

from service.models.approved import Limits
from service.models.calls import CalledModel
from service.models.errors import ModelError
from service.models.openai_like import open_model
from service.models.port import Message, Model
from tests.support.model_parts import approved
from tests.support.model_server import ModelServer

PASSAGE = "The daily allowance is 51 euros & nothing else. Taxis are not paid for. A hotel costs at most 120 euros."
MESSAGES = (
    Message("system", "Answer only from the passages."),
    Message("user", f'<passage id="k7">{PASSAGE.replace("&", "&amp;")}</passage>\nHow much is the daily allowance?'),
)
FIRST = "The daily allowance is 51 euros & nothing else. [k7]"  # what a good draft of it begins with
QUICK = Limits(timeout_s=0.6, silent_s=0.3, at_once=2)
PATIENT = Limits(timeout_s=30.0, silent_s=30.0, at_once=4)


def model_of(server: ModelServer, limits: Limits = PATIENT, **more: Any) -> CalledModel:
    """Return a model that a server plays."""
    return open_model(approved(server.url, limits=limits), **more)


def ask(
    model: Model, *, most_tokens: int = 100, stopped: Callable[[], bool] = lambda: False
) -> tuple[str, ModelError | None]:
    """Return what was passed on, and how it failed if it did."""
    came: list[str] = []
    try:
        came.extend(model.stream(MESSAGES, most_tokens=most_tokens, stopped=stopped))
    except ModelError as error:
        return "".join(came), error
    return "".join(came), None
