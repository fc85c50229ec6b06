"""A question and what became of it, of its records: also what a model wrote of it, sentence by sentence."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.audit.reading.past_turns import WrittenSentence, turn_of
from service.audit.reading.unseal import Unsealer
from tests.support.small_log import ANSWER, QUESTION, SmallLog, open_small_log


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SmallLog]:
    with open_small_log(tmp_path / "var") as log:
        yield log


def test_a_turn_has_the_sentences_that_a_model_wrote(log: SmallLog) -> None:
    request_id, received = log.begin()
    log.say(request_id, received, "Ten years.")
    log.say(request_id, received, "Not more.", 2)
    receipt = log.end(request_id, received)
    leaves = log.store.of_request(request_id)
    turn = turn_of(leaves, Unsealer(store=log.store, keyring=log.opened.keyring).open_all(leaves))
    assert (turn.question, turn.answer, turn.receipt) == (QUESTION, ANSWER, receipt)
    assert turn.sentences == (
        WrittenSentence("Ten years.", (1,), "supported"),
        WrittenSentence("Not more.", (2,), "supported"),
    )


def test_a_turn_whose_texts_were_erased_has_none(log: SmallLog) -> None:
    request_id, received = log.begin()
    log.say(request_id, received, "Ten years.")
    log.end(request_id, received)
    log.erasure.by_request("ann", request_id, ground="asker_request", purpose="why")
    leaves = log.store.of_request(request_id)
    turn = turn_of(leaves, Unsealer(store=log.store, keyring=log.opened.keyring).open_all(leaves))
    assert (turn.question, turn.answer, turn.sentences) == ("", None, ())
