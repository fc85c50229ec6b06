"""A real language model behind the client and behind a whole service. It is a poor one: what it says is not looked at.

What is: nothing is released that no passage supports, and all of it is on record.
"""

import contextlib
import json
from collections.abc import Iterator

import pytest

from service.models.approved import Limits
from service.models.errors import ModelCutOffError
from service.models.models_file import MODELS_FILE
from service.models.openai_like import open_model
from service.models.port import Message
from tests.support.fakes import TinyLibrary
from tests.support.model_parts import ENTRY, approved, written
from tests.support.replay_parts import is_identical
from tests.support.service_parts import (
    POLICY,
    POLICY_TEXT,
    TRAVEL,
    TRAVEL_TEXT,
    VENDOR_QUESTION,
    open_studio,
    sealed_texts,
    with_rules,
)
from tests.support.small_model import missing, small_model

PATIENT = Limits(timeout_s=600.0, silent_s=300.0)  # a machine that is busy otherwise takes its time
TEXTS = {POLICY: POLICY_TEXT, TRAVEL: TRAVEL_TEXT}
MOST_TOKENS = 24  # some 6 a second

pytestmark = pytest.mark.skipif(missing() is not None, reason=missing() or "")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with small_model() as address:
        yield address


def test_a_completion_of_a_real_model_comes_through(url: str) -> None:
    model = open_model(approved(url, limits=PATIENT))
    pieces = model.stream([Message("user", "Count.")], most_tokens=6, stopped=lambda: False)
    assert next(pieces).strip()
    with contextlib.suppress(ModelCutOffError):  # it may have more to say
        assert list(pieces)


def test_what_it_writes_is_told_only_where_it_holds_up_and_all_of_it_is_on_record(
    url: str, library: TinyLibrary
) -> None:
    entry = ENTRY | {"url": url, "sources": ["*"], "timeout_s": 600, "silent_s": 300, "most_tokens": MOST_TOKENS}
    (library.folder / MODELS_FILE).write_text(written(entry))
    with open_studio(with_rules(library), connect=open_model, answerer="llm", model="writer") as studio:
        answer = studio.ask(VENDOR_QUESTION)
        (changed,) = [leaf for leaf in studio.all_leaves() if leaf["type"] == "models.changed"]
        leaves = studio.leaves()
        (raw,) = sealed_texts(studio.state, "raw")
        replayed = studio.service.replay.run("auditor@x.example", answer["receipt"]["seq"])

    wrote = bool(answer["model"] and answer["model"]["wrote"])  # where it had no part in the answer, none is named
    assert answer["model"] is None or answer["model"]["name"] == "writer"
    for citation in answer["citations"]:
        assert " ".join(citation["quote"].split()) in " ".join(TEXTS[citation["document"]].split())
    assert {sentence["check"] for sentence in answer["sentences"]} <= ({"supported"} if wrote else {"verbatim"})
    assert all(sentence["citations"] for sentence in answer["sentences"])

    assert changed["models"] == ["writer"]
    told = [leaf["n"] for leaf in leaves if leaf["type"] == "query.sentence"]
    assert [leaves[0]["type"], leaves[-1]["type"]] == ["query.received", "query.finished"]
    assert told == (list(range(1, len(answer["sentences"]) + 1)) if wrote else [])
    assert VENDOR_QUESTION in raw
    assert json.loads(raw)["written"]["calls"][0]["raw"] is not None
    assert is_identical(replayed)
