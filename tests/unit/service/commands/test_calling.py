"""Calls to the running service: how long they may take."""

import pytest

from service.commands.calling import patience_s
from service.settings import Settings

_LONGEST_CALL_S = 600  # that models.toml allows


@pytest.mark.parametrize("asked", [{"answerer": "llm"}, {"judge": "llm"}])
def test_where_a_model_is_asked_a_question_may_take_as_long_as_its_calls(asked: dict[str, str]) -> None:
    quoting = Settings(_env_file=None, model="writer")
    assert patience_s(quoting) == 60
    assert patience_s(quoting.model_copy(update=asked)) > 3 * _LONGEST_CALL_S
