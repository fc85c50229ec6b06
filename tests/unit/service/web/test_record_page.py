"""The page `/record`: what is on record of one's own questions, who looked, and erasing one."""

import re
import sqlite3
from contextlib import closing
from typing import Any

import pytest
import structlog
from starlette.testclient import TestClient

from service.audit.reading.own_records import OwnRecords
from service.audit.storage.sqlite_store import STORE_FILE
from tests.support.audit_doors import CALLS, PURPOSE, Asked, asked, company
from tests.support.audit_parts import wait_until
from tests.support.service_parts import OFF_TOPIC_QUESTION, VENDOR_QUESTION, Studio

SENTENCE = "The security team reviews every new AI vendor within ten working days."
ERASE = "Erase this text"


@pytest.fixture
def browser(studio: Studio) -> TestClient:
    return studio.browser()


def _erase(browser: TestClient, question: Asked) -> Any:
    return browser.post("/record/erase", data={"request_id": question.request_id})


def test_somebody_who_asked_nothing_is_told_so(browser: TestClient) -> None:
    page = browser.get("/record").text
    assert "<p>There are none.</p>" in page
    assert "Texts are kept sealed for 12 months and are then erased." in page
    assert "opening this page is on record too" in page


def test_ones_questions_are_shown_the_newest_first(studio: Studio, browser: TestClient) -> None:
    answered, refused = asked(studio), asked(studio, OFF_TOPIC_QUESTION)
    page = browser.get("/record").text
    assert page.index(OFF_TOPIC_QUESTION) < page.index(VENDOR_QUESTION)
    assert f"<blockquote>{SENTENCE}</blockquote>" in page
    assert "2026-11-20 12:00 UTC · refused (no_evidence)" in page
    assert f"Record {answered.finished} · <code>{answered.request_id}</code>" in page
    assert f'value="{refused.request_id}"' in page
    assert page.count(ERASE) == 2


def test_what_was_not_looked_up_is_said_of_a_question(studio: Studio, browser: TestClient) -> None:
    asked(studio, " ".join(f"What is a{n}?" for n in range(4)))
    assert "Not looked up: What is a3. Ask it by itself." in browser.get("/record").text


def test_who_looked_is_told_in_words(studio: Studio) -> None:
    people = company(studio)
    question = people.ask("mira")
    for route, call in CALLS.items():
        if route.split()[1].startswith(("/v1/audit/rec", "/v1/audit/rep", "/v1/audit/reveals/", "/v1/audit/exp")):
            assert call.send(people.api("ann"), call.ready(studio, question)).status_code == 200
    opening = CALLS["POST /v1/audit/reveals"]
    assert opening.send(people.api("cleo"), question).status_code == 200
    page = people.browser("mira").get("/record").text
    looks = re.findall(r"Looked at on 2026-11-20 12:00 UTC by (.*?)</p>", page)
    assert looks == [
        "ann: in a list, without its text",
        "ann: the record, without its text",
        f"ann: the text, for “{PURPOSE}”",
        "ann: asked it again",
        f"ann: exported with its text, for “{PURPOSE}”",
    ]
    assert f"Who asked was revealed on 2026-11-20 12:00 UTC to ben and ann, case HR-1, for “{PURPOSE}”" in page
    assert page.count("wished to know who asked") == 1
    assert f"cleo wished to know who asked, on 2026-11-20 12:00 UTC, case HR-1, for “{PURPOSE}”; nobody else" in page


def test_a_text_is_erased_and_the_page_says_so(studio: Studio, browser: TestClient) -> None:
    question, other = asked(studio), asked(studio, OFF_TOPIC_QUESTION)
    response = _erase(browser, question)
    assert response.status_code == 200
    assert '<p class="note" role="status">The text was erased.</p>' in response.text
    page = browser.get("/record").text
    assert "The text was erased on 2026-11-20 (asker_request)." in page
    assert VENDOR_QUESTION not in page + response.text
    assert SENTENCE not in page
    assert page.count(ERASE) == 1
    assert f'value="{other.request_id}"' in page
    assert _erase(browser, question).status_code == 200  # sent again, as by a reload


def test_a_question_that_is_still_open_is_shown_as_such_and_cannot_be_erased(
    studio: Studio, browser: TestClient
) -> None:
    studio.store.refused = {"query.finished"}
    browser.post("/", data={"question": VENDOR_QUESTION})
    studio.store.refused = set()
    wait_until(lambda: not studio.opened.log.healthy())
    page = browser.get("/record").text
    assert "UTC · open" in page
    assert VENDOR_QUESTION in page
    assert ERASE not in page
    (received,) = studio.leaves()
    response = browser.post("/record/erase", data={"request_id": received["request_id"]})
    assert response.status_code == 404
    assert "no such question of yours on record, or it is not answered yet" in response.text


@pytest.mark.parametrize("request_id", ["", "all", "01890a5d-ac96-774b-bcce-b302099a8057", "' OR 1=1 --", "\x00"])
def test_what_is_no_question_of_ones_own_is_not_erased(studio: Studio, browser: TestClient, request_id: str) -> None:
    question = asked(studio)
    response = browser.post("/record/erase", data={"request_id": request_id})
    assert response.status_code == 404
    assert studio.store.payloads(question.received)


def test_older_ones_are_on_pages_of_their_own(
    studio: Studio, browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(studio)
    asked(studio, OFF_TOPIC_QUESTION)
    listed = OwnRecords.list

    def one_a_page(own: OwnRecords, subject: str, *, limit: int = 1, before: int | None = None) -> dict[str, Any]:
        return listed(own, subject, limit=limit, before=before)

    monkeypatch.setattr(OwnRecords, "list", one_a_page)
    first = browser.get("/record").text
    assert OFF_TOPIC_QUESTION in first
    assert VENDOR_QUESTION not in first
    link = re.search(r'<a href="(/record\?before=\d+)">Older ones</a>', first)
    assert link
    assert VENDOR_QUESTION in browser.get(link[1]).text


@pytest.mark.parametrize("before", ["x", "-1", "1.5"])
def test_a_page_that_is_none_is_refused(browser: TestClient, before: str) -> None:
    assert browser.get("/record", params={"before": before}).status_code == 422


def test_markup_in_a_text_is_shown_as_text(studio: Studio, browser: TestClient) -> None:
    asked(studio, "Who reviews <script>alert(1)</script> AI vendors?")
    page = browser.get("/record").text
    assert page.count("<script") == 1  # the page's own
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_what_cannot_be_put_on_record_is_not_shown_and_not_erased(studio: Studio, browser: TestClient) -> None:
    question = asked(studio)
    studio.store.refused = {"audit.read", "payload.erased"}
    with structlog.testing.capture_logs() as lines:
        look, erasing = browser.get("/record"), _erase(browser, question)
    assert (look.status_code, erasing.status_code) == (503, 503)
    assert "so nothing of it is shown" in look.text
    assert "so nothing was erased" in erasing.text
    assert VENDOR_QUESTION not in look.text + erasing.text
    assert studio.store.payloads(question.received)
    assert [line["reason"] for line in lines if line["event"] == "failed"] == ["the disk is full"] * 2


def test_that_a_text_was_erased_is_said_even_if_the_page_cannot_be_shown_then(
    studio: Studio, browser: TestClient
) -> None:
    question = asked(studio)
    studio.store.refused = {"audit.read"}
    response = _erase(browser, question)
    assert response.status_code == 503
    assert "The text was erased. The record cannot be written or read now" in response.text
    assert studio.store.payloads(question.received) == ()


def test_a_text_that_was_altered_is_not_shown_and_the_operator_is_told(studio: Studio, browser: TestClient) -> None:
    question = asked(studio)
    with closing(sqlite3.connect(studio.state / STORE_FILE, isolation_level=None)) as file:
        for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            file.execute(f"DROP TRIGGER {name}")
        file.execute("DELETE FROM payloads WHERE field = 'prompt'")
    with structlog.testing.capture_logs() as lines:
        response = browser.get("/record")
    assert response.status_code == 500
    assert "A text on record cannot be opened, so nothing is shown." in response.text
    (reason,) = (line["reason"] for line in lines if line["event"] == "failed")
    assert f"the text 'prompt' of record {question.received} is missing" in reason


def test_somebody_unknown_is_told_how_to_sign_in(studio: Studio) -> None:
    question = asked(studio)
    for response in (studio.stranger().get("/record"), _erase(studio.stranger(), question)):
        assert response.status_code == 401
        assert "Open Greenlit with its link" in response.text
