"""A model has a part in answers, from the question to the auditor: over real HTTP, as an asker and an auditor see it.

A good draft is released sentence by sentence, a half-true one trimmed and marked, a false one refused; and the record
tells an auditor why, also years later, when it is replayed, exported, verified and erased.
"""

import json
from typing import Any

from service.audit.checking.verify_store import verify_store
from service.audit.reading.auditor import Filter
from tests.support.event_streams import AS_EVENTS, told
from tests.support.fakes import TinyLibrary
from tests.support.model_answers import open_with_model
from tests.support.model_server import saying
from tests.support.service_parts import VENDOR_QUESTION, Studio

TRUE = "Every new AI vendor is reviewed by the security team within ten working days."
FALSE = "Every new AI vendor is reviewed by the legal team within two working days."


def _drafting(*sentences: str) -> Any:
    """Return a script that says sentences, each citing the first passage."""
    return saying(lambda asked: "\n".join(f"{one} [{next(iter(asked.passages))}]" for one in sentences))


def _stream(studio: Studio) -> list[tuple[str, dict[str, Any]]]:
    return told(studio.api.post("/v1/ask", json={"question": VENDOR_QUESTION}, headers=AS_EVENTS).text)


def _why(studio: Studio, request_id: str) -> list[tuple[str, list[str]]]:
    """Return what an auditor reads of each sentence that the model wrote: what was done with it, and the codes."""
    auditor = studio.service.auditing.auditor
    (finished,) = (
        one["seq"]
        for one in auditor.records("ann", Filter(request_id=request_id))["records"]
        if one["type"] == "query.finished"
    )
    texts = auditor.payload("ann", finished, purpose="a complaint")["texts"]
    return [(one["done"], one["codes"]) for one in json.loads(texts["raw"])["written"]["sentences"]]


def test_a_good_draft_a_half_true_one_and_a_false_one(library: TinyLibrary) -> None:
    scripts = [_drafting(TRUE), _drafting(TRUE, FALSE), _drafting(FALSE), _drafting(FALSE)]
    with open_with_model(library, *scripts, model_fails="refuse") as (studio, _):
        (*_, (_, good)), (*events, (_, half_true)), (*_, (_, false)) = (_stream(studio) for _ in range(3))
        assert (good["answer"], good["model"]["left_out"]) == (TRUE, 0)
        assert [data["text"] for name, data in events if name == "sentence"] == [TRUE]
        assert (half_true["answer"], half_true["model"]["left_out"]) == (TRUE, 1)
        assert (false["answer"], false["refusal"]["reason"]) == (None, "unsupported_draft")
        assert _why(studio, good["request_id"]) == [("released", [])]
        (kept, (left_out, codes)) = _why(studio, half_true["request_id"])
        assert (kept, left_out) == (("released", []), "left_out")
        assert codes
        assert {done for done, _ in _why(studio, false["request_id"])} == {"left_out"}
        for answer in (good, half_true, false):
            seen = studio.service.replay.run("ann", answer["receipt"]["seq"])
            assert (seen["verdict"], seen["differences"]) == ("identical", [])


def test_a_written_answer_is_shown_again_verified_and_erased(library: TinyLibrary) -> None:
    with open_with_model(library, _drafting(TRUE)) as (studio, _):
        first = studio.ask(VENDOR_QUESTION, conversation_id="c-1")
        browser, service = studio.browser(), studio.service
        shown = service.auditing.conversations.one(service.owner.principal_id, "c-1")
        again = service.past_answers.again(service.owner, shown.turns[0])
        assert again is not None
        assert again.as_json() == first, "an earlier answer is the same, also what is said of the model"
        assert TRUE in browser.get("/conversations/c-1").text
        studio.opened.log.publish()
        keys = [leaf["vkey"] for leaf in studio.all_leaves() if leaf.get("purpose") == "signing"]
        verdict = verify_store(studio.store, keys=keys, keyring=studio.opened.keyring, signed=None)
        assert not verdict.problems
        service.auditing.own.erase(service.owner.principal_id, first["request_id"])
        seqs = [leaf.seq for leaf in studio.store.of_request(first["request_id"])]
        assert len(seqs) == 3
        assert studio.store.payloads_of(seqs) == {}
