"""`POST /v1/feedback` and `POST /v1/requests`: one's own questions, nothing else, and on record before the reply."""

from typing import Any

import pytest
import structlog

from tests.support.audit_doors import company
from tests.support.service_parts import VENDOR_QUESTION, Studio

COMMENT = "quokka4711 says otherwise"


def _say(client: Any, request_id: str, **more: Any) -> Any:
    return client.post("/v1/feedback", json={"request_id": request_id, "verdict": "wrong", "comment": COMMENT, **more})


def test_feedback_and_wishes_are_taken_and_receipts_given(studio: Studio) -> None:
    asked = studio.ask(VENDOR_QUESTION)
    given = _say(studio.api, asked["request_id"]).json()
    wished = studio.api.post("/v1/requests", json={"wish": "The rules", "request_id": asked["request_id"]}).json()
    feedback, request = studio.all_leaves()[-2:]
    assert (given["request_id"], given["verdict"], given["receipt"]["seq"] + 1) == (
        asked["request_id"],
        "wrong",
        wished["number"],
    )
    assert (feedback["type"], feedback["documents"]) == ("feedback.given", ["legal/ai-policy.md"])
    assert (request["type"], request["request_id"]) == ("document.requested", asked["request_id"])


def test_somebody_elses_question_is_answered_exactly_like_none(studio: Studio) -> None:
    people = company(studio)
    asked = people.ask("mira")
    for path, more in (("/v1/feedback", {"verdict": "wrong"}), ("/v1/requests", {"wish": "The rules"})):
        answers = {
            (response.status_code, response.text)
            for name, request_id in (
                ("tom", asked.request_id),
                ("ann", asked.request_id),
                ("tom", "01890a5d-ac96-774b-bcce-b302099a8057"),
            )
            for response in [people.api(name).post(path, json={"request_id": request_id, **more})]
        }
        assert len(answers) == 1
        assert answers.pop()[0] == 404
    assert {"feedback.given", "document.requested"} & {leaf["type"] for leaf in studio.all_leaves()} == set()


@pytest.mark.parametrize(
    "body",
    [
        {"context": COMMENT},
        {"verdict": COMMENT},
        {"comment": COMMENT * 200},
        {"comment": f"{COMMENT}\x00"},
        {"comment": None},
        {"request_id": COMMENT},
    ],
)
def test_what_cannot_be_taken_is_a_problem_that_repeats_nothing(shared_studio: Studio, body: dict[str, Any]) -> None:
    asked = shared_studio.ask(VENDOR_QUESTION)
    before = len(shared_studio.all_leaves())
    with structlog.testing.capture_logs() as lines:
        response = _say(shared_studio.api, **({"request_id": asked["request_id"]} | body))
    assert response.status_code == 422
    assert "quokka4711" not in response.text + str(lines)
    assert len(shared_studio.all_leaves()) == before


def test_no_record_nothing_taken(studio: Studio) -> None:
    asked = studio.ask(VENDOR_QUESTION)
    studio.store.refused = {"feedback.given", "document.requested"}
    with structlog.testing.capture_logs() as lines:
        told = [
            _say(studio.api, asked["request_id"]),
            studio.api.post("/v1/requests", json={"wish": COMMENT}),
        ]
    for response in told:
        assert (response.status_code, response.json()["title"]) == (503, "No record, nothing taken")
        assert "quokka4711" not in response.text + str(lines)
