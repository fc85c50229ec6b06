"""Trying an endpoint says whether a text comes, whether it holds the fact, and how long that took."""

import itertools

from service.models.errors import ModelCutOffError, ModelUnavailableError
from service.models.trying import FACT, Tried, try_model
from tests.support.model_parts import SayingModel


def tried(model: SayingModel) -> Tried:
    ticks = itertools.count()
    return try_model(model, clock_s=lambda: float(next(ticks)))


def test_a_model_that_reads_the_document_is_said_to() -> None:
    model = SayingModel("The code is ", f"{FACT}.")
    assert tried(model) == Tried(None, holds_the_fact=True, first_s=1.0, whole_s=2.0)
    assert FACT in model.asked[0][-1].text


def test_a_model_that_says_something_else_is_said_to() -> None:
    assert tried(SayingModel("I cannot know that.")).holds_the_fact is False


def test_what_fails_is_the_result() -> None:
    assert tried(SayingModel(error=ModelUnavailableError("it is down"))) == Tried("it is down", False, None, 1.0)
    assert tried(SayingModel("The co", error=ModelCutOffError("it ended"))).problem == "it ended"
