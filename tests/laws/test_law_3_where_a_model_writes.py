"""Law 3 where a language model writes: each sentence that is told cites quotes that bear it, word for word in place.

Every script of the scripted model, over real HTTP, through the API: whatever it says, this holds of what is told.
"""

from typing import Any

import pytest

from tests.support.fakes import TinyLibrary
from tests.support.model_answers import open_with_model
from tests.support.model_server import SCRIPTS
from tests.support.model_server.drafts import EFFECT, GENERAL_KNOWLEDGE, INVENTED_QUOTE, OTHER_LANGUAGE
from tests.support.service_parts import POLICY, POLICY_TEXT, TRAVEL, TRAVEL_TEXT, VENDOR_QUESTION, Studio

SENTENCE = "The security team reviews every new AI vendor within ten working days."
TEXTS = {POLICY: POLICY_TEXT, TRAVEL: TRAVEL_TEXT}
SLOW = {"slow", "byte_a_second", "silent", "falls_silent", "header_a_second", "only_comments", "huge", "long"}
NEVER_TOLD = [GENERAL_KNOWLEDGE, INVENTED_QUOTE, OTHER_LANGUAGE, EFFECT, "Sign in to the network", "search_the_web"]


def _stands(studio: Studio, answer: dict[str, Any]) -> None:
    """Hold what was told against the stored texts."""
    build = studio.service.live_build.get()
    for sentence in answer["sentences"]:
        assert sentence["citations"], "no sentence without a citation"
        assert sentence["check"] in ("verbatim", "supported")
    for citation in answer["citations"]:
        start, end = citation["span"]
        assert (build.passages.text(citation["document"]) or "")[start:end] == citation["quote"]


@pytest.mark.few_over(8)
@pytest.mark.parametrize("script", sorted(set(SCRIPTS) - SLOW))
def test_whatever_a_model_says_what_is_told_stands_in_a_document(
    library: TinyLibrary, script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.models.calls.PAUSE_S", 0.0)
    with open_with_model(library, script) as (studio, server):
        answer = studio.ask(VENDOR_QUESTION)
        _stands(studio, answer)
        assert server.asked
    assert answer["outcome"] == "answered"
    assert not [text for text in NEVER_TOLD if text in (answer["answer"] or "")]
    wrote = answer["model"] is not None and answer["model"]["wrote"]
    assert wrote or answer["notes"][0].endswith("so these are quotes.")
    assert {one["check"] for one in answer["sentences"]} == {"supported" if wrote else "verbatim"}


def test_a_sentence_whose_quote_is_not_in_place_is_not_told(
    library: TinyLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_with_model(library, "good") as (studio, _):
        passages = type(studio.service.live_build.get().passages)
        stored = passages.text
        monkeypatch.setattr(passages, "text", lambda self, name: (stored(self, name) or "").upper())
        answer = studio.ask(VENDOR_QUESTION)
    assert answer["sentences"] == []
    assert SENTENCE not in str(answer)
