"""What a model writes is held to an entailment model besides: what falls, what is on record, what a replay says."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from service.answering.answers import Answer
from service.answering.supported.entailment import Shares
from service.audit.reading.unseal import Unsealer
from tests.support.consulting import mandate_of, saying
from tests.support.entailment import Entailing, is_entailed, says_nothing
from tests.support.fakes import TinyLibrary
from tests.support.replay_parts import ANSWER, Archive, is_identical, open_archive, with_documents
from tests.support.written_answers import Scripted

TRUE = "Every new AI vendor is reviewed by the security team within ten working days."
AGAIN = "The security team reviews every new AI vendor."


@pytest.fixture
def archive(library: TinyLibrary) -> Iterator[Archive]:
    with open_archive(with_documents(library)) as archive:
        yield archive


def _ask(archive: Archive, entails: Entailing | None, *texts: Any) -> Answer:
    archive.mandate = mandate_of(Scripted(*texts or (saying(TRUE), saying(TRUE))), entails=entails)
    return archive.ask()


def _kept(archive: Archive) -> dict[str, Any]:
    """Return what is kept of what was written, of the newest question."""
    leaf = archive.store.leaf(archive.store.size() - 1)
    assert leaf is not None
    raw = Unsealer(store=archive.store, keyring=archive.opened.keyring).open(leaf).texts["raw"]
    written: dict[str, Any] = json.loads(raw)["written"]
    return written


def _replayed(archive: Archive, answer: Answer, entails: Entailing | None) -> dict[str, Any]:
    archive.mandate = mandate_of(Scripted(), entails=entails)
    return archive.replay(answer.receipt.seq)


def _of_words(*words: str) -> Entailing:
    """Return one that finds entailed what holds one of some words."""

    def judges(premise: str, text: str) -> Shares:
        return is_entailed(premise, text) if any(word in text for word in words) else says_nothing(premise, text)

    return Entailing(judges)


def test_what_is_entailed_is_told_and_its_record_names_the_model_and_the_share(archive: Archive) -> None:
    assert _ask(archive, Entailing()).text == TRUE
    (sentence,) = archive.leaves("query.sentence")
    assert sentence["entailment"] == {"digest": "e" * 64, "share_u": 900_000}
    kept = _kept(archive)
    assert (kept["entailment"], [one["entailed_u"] for one in kept["sentences"]]) == ("e" * 64, [900_000])


def test_what_is_not_entailed_is_not_told_and_quotes_stand_in(archive: Archive) -> None:
    answer = _ask(archive, Entailing(says_nothing))
    assert (answer.text, archive.leaves("query.sentence")) == (ANSWER, [])
    assert "Nothing that the language model wrote held up" in (answer.instead or "")
    (first, _) = _kept(archive)["sentences"]
    assert (first["codes"], first["entailed_u"], first["done"]) == (["not_entailed"], 100_000, "left_out")


def test_one_sentence_may_fall_and_the_answer_says_that_it_is_trimmed(archive: Archive) -> None:
    answer = _ask(archive, _of_words("ten working days"), saying(TRUE, AGAIN))
    assert (answer.text, answer.model and answer.model.left_out) == (TRUE, 1)


def test_without_one_nothing_of_it_is_on_record(archive: Archive) -> None:
    assert _ask(archive, None).text == TRUE
    (sentence,) = archive.leaves("query.sentence")
    assert "entailment" not in sentence
    kept = _kept(archive)
    assert (kept["entailment"], kept["sentences"][0]["entailed_u"]) == (None, None)


def test_a_replay_asks_the_same_one_again(archive: Archive) -> None:
    answer = _ask(archive, _of_words("ten working days"), saying(TRUE, AGAIN))
    assert is_identical(_replayed(archive, answer, _of_words("ten working days")))
    differs = _replayed(archive, answer, Entailing())
    assert differs["differences"] == [
        "written: sentence 1: it was left_out (not_entailed), and is released",
    ]
    (differs, *_) = _replayed(archive, answer, Entailing(lambda *_: Shares(0.7, 0.2, 0.1)))["differences"]
    assert differs == "written: sentence 0: it was entailed by 900000 millionths, and is by 700000"


@pytest.mark.parametrize("now", [None, replace(Entailing(says_nothing), digest="f" * 64)])
def test_a_replay_says_that_it_is_another_and_asks_it_nothing(archive: Archive, now: Entailing | None) -> None:
    answer = _ask(archive, _of_words("ten working days"), saying(TRUE, AGAIN))
    (differs,) = _replayed(archive, answer, now)["differences"]
    assert differs == (
        f"written: entailment: the model {'e' * 12} held sentences to what they cite, which is another now and was not "
        "asked"
    )
    assert now is None or now.asked == []


def test_what_was_written_without_one_is_checked_again_without_one(archive: Archive) -> None:
    answer = _ask(archive, None)
    now = Entailing(says_nothing)
    assert is_identical(_replayed(archive, answer, now))
    assert now.asked == []
