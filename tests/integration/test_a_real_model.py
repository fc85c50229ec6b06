"""A real language model behind the client: its words come through. What they are is not looked at: it is a poor one."""

import contextlib

import pytest

from service.models.approved import Limits
from service.models.errors import ModelCutOffError
from service.models.openai_like import open_model
from service.models.port import Message
from tests.support.model_parts import approved
from tests.support.small_model import missing, small_model

PATIENT = Limits(timeout_s=600.0, silent_s=300.0)  # a machine that is busy otherwise takes its time


@pytest.mark.skipif(missing() is not None, reason=missing() or "")
def test_a_completion_of_a_real_model_comes_through() -> None:
    with small_model() as url:
        model = open_model(approved(url, limits=PATIENT))
        pieces = model.stream([Message("user", "Count.")], most_tokens=6, stopped=lambda: False)
        assert next(pieces).strip()
        with contextlib.suppress(ModelCutOffError):  # it may have more to say
            assert list(pieces)
