"""The forms `/feedback` and `/requests`, and what `/record` shows of them; a script is told in JSON."""

import re
from typing import Any

import pytest
import structlog
from starlette.testclient import TestClient

from tests.support.audit_doors import asked, company
from tests.support.service_parts import Studio

JSON = {"Accept": "application/json"}


@pytest.fixture
def browser(studio: Studio) -> TestClient:
    return studio.browser()


def _say(browser: TestClient, request_id: str, **more: Any) -> Any:
    return browser.post("/feedback", data={"request_id": request_id, "verdict": "outdated", **more})


def test_feedback_is_taken_from_a_form_and_shown_in_ones_record(studio: Studio, browser: TestClient) -> None:
    question = asked(studio)
    page = browser.get("/record").text
    assert "Your comment is read by approvers, without your name. They do not see your question." in page
    assert 'action="/feedback"' in page
    given = _say(browser, question.request_id, comment="Not <b>since</b> March.")
    assert given.status_code == 200
    assert "Approvers read your comment, without your name." in given.text
    page = browser.get("/record").text
    assert "<strong>outdated</strong>, “Not &lt;b&gt;since&lt;/b&gt; March.”" in page
    _say(browser, question.request_id, verdict="helpful")
    page = browser.get("/record").text
    assert page.count("(replaced by what you said later)") == 1
    assert page.index("outdated</strong>") < page.index("(replaced") < page.index("helpful</strong>")


def test_a_script_is_told_in_json(studio: Studio, browser: TestClient) -> None:
    question = asked(studio)
    browser.headers |= JSON
    assert _say(browser, question.request_id).json() == {
        "told": "Thank you. What you said is on record, without your name."
    }
    assert _say(browser, question.request_id, verdict="great").status_code == 422
    response = browser.post("/requests", data={"request_id": "", "wish": "The rules"})
    assert response.json()["told"].startswith("Approvers see what you asked for, without your name.")


def test_a_wish_is_shown_in_ones_record_and_can_be_taken_back(browser: TestClient) -> None:
    browser.post("/requests", data={"wish": "The rules for night trains"})
    page = browser.get("/record").text
    assert "You asked for: <q>The rules for night trains</q>; no approver has closed it yet" in page
    number = re.search(r'name="number" value="(\d+)"', page)
    assert number
    assert browser.post("/record/erase", data={"number": "²"}).status_code == 404
    page = browser.post("/record/erase", data={"number": number[1]}).text
    assert "night trains" not in page
    assert "You asked for a document; the text was erased" in page


def test_forms_of_others_and_without_a_wish_are_not_taken(studio: Studio) -> None:
    people = company(studio)
    question = people.ask("mira")
    before = len(studio.all_leaves())
    assert _say(people.browser("tom"), question.request_id).status_code == 404
    assert people.browser("tom").post("/requests", data={"wish": " "}).status_code == 422
    browser = people.browser("mira")
    browser.headers.pop("greenlit-form-token")
    assert _say(browser, question.request_id).status_code == 403
    assert len(studio.all_leaves()) == before


def test_what_cannot_be_put_on_record_was_not_taken(studio: Studio, browser: TestClient) -> None:
    question = asked(studio)
    studio.store.refused = {"feedback.given"}
    with structlog.testing.capture_logs() as lines:
        response = _say(browser, question.request_id, comment="quokka4711")
    assert response.status_code == 503
    assert "so it was not taken" in response.text
    assert "quokka4711" not in response.text + str(lines)
