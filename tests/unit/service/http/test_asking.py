"""The same question under the same name is one question on record, and says nothing that may not be said any more."""

from typing import Any

from tests.support.event_streams import AS_EVENTS, told
from tests.support.service_parts import POLICY, TRAVEL, VENDOR_QUESTION, Studio

_NAMED = {"Idempotency-Key": "delivery-1"}


def _ask(studio: Studio, headers: dict[str, str], question: str = VENDOR_QUESTION) -> Any:
    return studio.api.post("/v1/ask", json={"question": question}, headers=headers)


def test_a_question_that_is_sent_again_is_one_question(studio: Studio) -> None:
    first = _ask(studio, _NAMED).json()
    leaves = len(studio.leaves())

    assert _ask(studio, _NAMED).json() == first
    assert told(_ask(studio, _NAMED | AS_EVENTS).text)[-1] == ("done", first)
    assert len(studio.leaves()) == leaves
    assert _ask(studio, {"Idempotency-Key": "delivery-2"}).json()["request_id"] != first["request_id"]


def test_a_revocation_in_between_is_heeded(studio: Studio) -> None:
    first = _ask(studio, _NAMED).json()
    studio.library.revoke(POLICY)

    again = _ask(studio, _NAMED).json()

    assert first["citations"][0]["document"] == POLICY
    assert POLICY not in str(again)


def test_a_revocation_of_what_was_only_offered_is_heeded_too(studio: Studio) -> None:
    first = _ask(studio, _NAMED).json()
    studio.library.revoke(TRAVEL)

    again = _ask(studio, _NAMED).json()

    assert [passage["document"] for passage in first["passages"]] == [TRAVEL]
    assert (again["answer"], TRAVEL in str(again)) == (first["answer"], False)


def test_what_was_erased_in_between_is_not_given_again(studio: Studio) -> None:
    first = _ask(studio, _NAMED).json()
    erased = studio.api.post("/v1/audit/own/erase", json={"request_id": first["request_id"]})
    assert erased.status_code == 200

    again = _ask(studio, _NAMED).json()

    assert again["request_id"] != first["request_id"], "it is asked anew"


def test_that_an_answer_was_given_again_is_on_record(studio: Studio) -> None:
    for _ in range(2):
        _ask(studio, _NAMED)

    looks = [leaf for leaf in studio.all_leaves() if leaf["type"] == "audit.read"]
    assert [leaf["what"] for leaf in looks] == ["own"]


def test_another_question_under_the_name_and_a_name_of_another_form_are_refused(studio: Studio) -> None:
    _ask(studio, _NAMED)

    twice, none = _ask(studio, _NAMED, "Who pays for taxis?"), _ask(studio, {"Idempotency-Key": "no blanks"})

    assert (twice.status_code, twice.json()["type"]) == (422, "urn:greenlit:problem:named-twice")
    assert (none.status_code, none.json()["detail"]) == (
        422,
        "Idempotency-Key: expected 1 to 128 letters, digits or . _ : -",
    )


def test_the_program_that_brings_a_question_is_on_record_as_the_channel(studio: Studio) -> None:
    for channel in ("api", "cli", "mcp", "slack"):
        assert _ask(studio, {"Greenlit-Channel": channel}).status_code == 200
    other = _ask(studio, {"Greenlit-Channel": "web"})

    received = [leaf["channel"] for leaf in studio.leaves() if leaf["type"] == "query.received"]
    assert received == ["api", "cli", "mcp", "slack"]
    assert other.status_code == 422
    assert "expected one of" in other.json()["detail"]
