"""The desk's tabs of what staff say: for approvers, on record first, without a name or a question."""

import re

import pytest
import structlog
from starlette.testclient import TestClient

from tests.support.audit_doors import Company, approver, company
from tests.support.service_parts import OFF_TOPIC_QUESTION, POLICY, VENDOR_QUESTION, Studio

TABS = ("/desk/feedback", "/desk/requests", "/desk/gaps")
COMMENT = "quokka4711 <b>is</b> done by two people"


@pytest.fixture
def people(studio: Studio) -> Company:
    staff = {name: approver(name) for name in ("zoe", "ada", "bob")}
    return company(studio, counsel=approver("counsel", "legal"), editor=approver("editor", "board"), **staff)


@pytest.fixture
def counsel(people: Company) -> TestClient:
    return people.browser("counsel")


def _say(people: Company, name: str, request_id: str, comment: str = "", verdict: str = "wrong") -> None:
    body = {"request_id": request_id, "verdict": verdict, "comment": comment}
    assert people.api(name).post("/v1/feedback", json=body).status_code == 200


def test_empty_tabs_say_what_would_be_there(counsel: TestClient) -> None:
    feedback, requests, gaps = (counsel.get(tab).text for tab in TABS)
    assert "There is none yet." in feedback
    assert "Nothing is asked for." in requests
    assert "There are none: no five different people asked alike" in gaps
    for page, tab in zip((feedback, requests, gaps), TABS, strict=True):
        assert f'<a href="{tab}" aria-current="page">' in page


def test_a_comment_is_shown_beside_its_document_to_whoever_decides_on_it(people: Company, counsel: TestClient) -> None:
    _say(people, "mira", people.ask("mira").request_id, COMMENT)
    refused = people.ask("tom", OFF_TOPIC_QUESTION)
    _say(people, "tom", refused.request_id, "It is in the handbook.", "should_have_answered")
    page = counsel.get("/desk/feedback").text
    assert "quokka4711 &lt;b&gt;is&lt;/b&gt; done by two people" in page
    assert f'href="/desk/documents/{POLICY}"' in page
    assert page.index("handbook") < page.index("quokka4711")
    assert VENDOR_QUESTION not in page
    assert not re.search(r"mira|tom\b|actor-", page)
    (link,) = re.findall(r'href="(/desk/feedback\?document=[^"]+)"', page)
    assert "handbook" not in counsel.get(link).text
    assert "quokka4711" not in counsel.get("/desk/feedback?document=").text
    others = people.browser("editor").get("/desk/feedback").text
    assert "handbook" in others
    assert not re.search(rf"quokka4711|{POLICY}", others)


def test_a_request_is_closed_with_a_note_and_whoever_asked_is_told(people: Company, counsel: TestClient) -> None:
    people.api("mira").post("/v1/requests", json={"wish": "The rules for <i>night trains</i>"})
    page = counsel.get("/desk/requests").text
    assert "The rules for &lt;i&gt;night trains&lt;/i&gt;" in page
    assert not re.search(r"mira|actor-", page)
    number = re.search(r'name="number" value="(\d+)"', page)
    assert number
    close = {"number": number[1], "how": "granted", "note": "It is in legal now."}
    assert counsel.post("/desk/requests/close", data={**close, "how": "done"}).status_code == 422
    assert counsel.post("/desk/requests/close", data={**close, "number": "²"}).status_code == 404
    closed = counsel.post("/desk/requests/close", data=close).text
    assert "The request is closed." in closed
    assert "night trains" not in closed
    assert counsel.post("/desk/requests/close", data=close).status_code == 404
    told = people.browser("mira").get("/record").text
    assert re.search(r"night trains.*: <strong>granted</strong> on .*, “It is in legal now.”", told)


def test_a_gap_is_shown_from_five_people_on(people: Company, counsel: TestClient) -> None:
    four = ("mira", "tom", "zoe", "ada")
    for name in four:
        people.ask(name, OFF_TOPIC_QUESTION)
    page = counsel.get("/desk/gaps").text
    assert not re.search(r"geostationary|satellites", page)
    people.ask("bob", OFF_TOPIC_QUESTION)
    page = counsel.get("/desk/gaps").text
    assert "which orbit do geostationary satellites follow" in page
    assert "At least 5 people · 5 questions" in page
    told = people.browser("mira").get("/record").text
    assert "by counsel: among what at least five people asked, without names" in told


@pytest.mark.parametrize("tab", TABS)
def test_a_look_that_cannot_be_recorded_shows_nothing(people: Company, counsel: TestClient, tab: str) -> None:
    _say(people, "mira", people.ask("mira").request_id, COMMENT)
    people.api("mira").post("/v1/requests", json={"wish": COMMENT})
    people.studio.store.refused = {"audit.read"}
    with structlog.testing.capture_logs() as lines:
        response = counsel.get(tab)
    assert response.status_code == 503
    assert "so nothing is shown" in response.text
    assert "quokka4711" not in response.text + str(lines)


def test_a_request_that_cannot_be_closed_on_record_stays_open(people: Company, counsel: TestClient) -> None:
    number = people.api("mira").post("/v1/requests", json={"wish": "The rules"}).json()["number"]
    people.studio.store.refused = {"request.closed"}
    with structlog.testing.capture_logs():
        response = counsel.post("/desk/requests/close", data={"number": number, "how": "granted"})
    assert (response.status_code, "stays open" in response.text) == (503, True)
