"""The pages: what they show, and that nothing but our own style comes with them."""

import html
import json
import re

import pytest
import structlog
from starlette.testclient import TestClient

import service.answering.steps
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import (
    POLICY,
    POLICY_TEXT,
    TRAVEL,
    VENDOR_QUESTION,
    Studio,
    open_studio,
    with_rules,
)

SENTENCE = "The security team reviews every new AI vendor within ten working days."


@pytest.fixture
def browser(studio: Studio) -> TestClient:
    return studio.browser()


@pytest.fixture
def shared_browser(shared_studio: Studio) -> TestClient:
    return shared_studio.browser()


def test_the_page_asks_and_says_what_is_logged(shared_browser: TestClient) -> None:
    page = shared_browser.get("/").text
    assert '<textarea id="question" name="question"' in page
    assert "Answers come from approved documents alone. Logged under a pseudonym, 12 months." in page
    assert '<a href="/record">What is logged</a>' in page


def test_an_answer_shows_its_sentences_with_numbered_sources(studio: Studio, browser: TestClient) -> None:
    page = browser.post("/", data={"question": VENDOR_QUESTION}).text
    received, finished = studio.store.of_request(studio.leaves()[0]["request_id"])
    id_ = json.loads(received.leaf)["request_id"]
    assert json.loads(received.leaf)["channel"] == "web"
    assert f'<bdi class="words">{SENTENCE}</bdi>' in page
    assert re.search(rf'<a class="chip" id="cite-{id_}-1" href="/documents/legal/ai-policy\.md\?version=', page)
    assert f'<q class="card-quote" dir="auto">{SENTENCE}</q>' in page
    approved = r'approved by <bdi>ann@x\.example</bdi>, until\s+<time datetime="2027-11-20">20 Nov 2027</time>'
    assert re.search(approved, page)
    assert f"record {finished.seq}</a> · <code>{finished.leaf_hash[:16]}</code>" in page


def _newest(studio: Studio) -> int:
    """Return the number of the newest end of a question."""
    return max(leaf.seq for leaf in studio.store.of_request(studio.leaves()[-1]["request_id"]))


def test_a_refusal_says_what_to_do_and_cites_nothing(studio: Studio, browser: TestClient) -> None:
    question = "Which orbit do geostationary satellites of a vendor follow in working days?"
    response = browser.post("/", data={"question": question})
    assert response.status_code == 200
    assert "No approved document answers this." in response.text
    assert "Looked in the documents that you may read of <bdi>legal</bdi>." in response.text
    assert 'action="/requests"' in response.text
    assert "chip" not in response.text
    assert f'<code>no_evidence</code> · <a href="/record">record {_newest(studio)}</a>' in response.text


@pytest.mark.parametrize(
    ("question", "problem"),
    [
        ("", "expected a question, got none"),
        ("   ", "expected a question, got only blanks"),
        ("a" * 2001, "expected a question of at most 2000 characters, got 2001"),
        ("a\x07", "expected a question of printable characters, got the character U+0007"),
    ],
)
def test_a_question_that_cannot_be_taken_is_said_on_the_page(
    shared_studio: Studio, shared_browser: TestClient, question: str, problem: str
) -> None:
    before = shared_studio.leaves()
    response = shared_browser.post("/", data={"question": question})
    assert response.status_code == 422
    assert problem in response.text
    assert shared_studio.leaves() == before


def test_a_form_without_a_question_is_one_without_a_question(shared_browser: TestClient) -> None:
    response = shared_browser.post("/", data={"other": "field"})
    assert response.status_code == 422
    assert "expected a question, got none" in response.text


@pytest.mark.parametrize(
    ("breaks", "status", "message"),
    [
        ("log", 503, "The question could not be recorded, so no answer is given."),
        ("library", 503, "The approvals cannot be read, so nothing counts as approved."),
    ],
)
def test_what_is_broken_is_said_on_the_page(
    studio: Studio, browser: TestClient, breaks: str, status: int, message: str
) -> None:
    if breaks == "log":
        studio.store.refused = {"query.received"}
    else:
        (studio.library.folder / "sources.toml").unlink()
    response = browser.post("/", data={"question": VENDOR_QUESTION})
    assert response.status_code == status
    assert message in response.text
    assert SENTENCE not in response.text


def test_why_the_log_cannot_be_written_is_told_to_the_operator_and_not_on_the_page(studio: Studio) -> None:
    studio.store.refused = {"query.received"}
    with structlog.testing.capture_logs() as lines:
        page = studio.browser().post("/", data={"question": VENDOR_QUESTION}).text
    told = {"kind": "page", "errors": ["AuditUnavailableError"], "reason": "the disk is full"}
    assert {"event": "failed", "log_level": "error", **told} in lines
    assert "disk is full" not in page
    assert VENDOR_QUESTION not in str(lines)


def test_what_breaks_is_told_to_the_operator_by_its_type_only(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(_text: str, **_: object) -> None:
        raise KeyError(VENDOR_QUESTION)

    monkeypatch.setattr(service.answering.steps, "retrieve", breaks)
    with structlog.testing.capture_logs() as lines:
        assert studio.browser().post("/", data={"question": VENDOR_QUESTION}).status_code == 500
    told = {"kind": "page", "errors": ["AnswerFailedError", "KeyError"]}
    assert {"event": "failed", "log_level": "error", **told} in lines
    assert VENDOR_QUESTION not in str(lines)


def test_that_texts_are_kept_for_longer_is_said_with_the_reason(library: TinyLibrary) -> None:
    with open_studio(with_rules(library), retention_months=24, retention_reason="the works council agreed") as studio:
        browser = studio.browser()
        assert "24 months (the works council agreed)." in browser.get("/").text
        assert "for 24 months (the works council agreed) and are then erased" in browser.get("/record").text


def test_without_a_build_the_page_says_so(library: TinyLibrary) -> None:
    with open_studio(library) as studio:
        response = studio.browser().post("/", data={"question": VENDOR_QUESTION})
    assert response.status_code == 503
    assert "Nothing has been approved and taken in here yet" in response.text


def test_documents_are_listed_with_links(shared_browser: TestClient) -> None:
    page = shared_browser.get("/documents").text
    assert '<a href="/documents/legal/ai-policy.md"><bdi>AI use policy</bdi></a>' in page
    assert "kept by <bdi>o@x.example</bdi>" in page
    assert page.index("AI use policy") < page.index("Travel rules")


def test_where_there_are_no_documents_that_is_said(studio: Studio, browser: TestClient) -> None:
    for document in (POLICY, TRAVEL):
        studio.library.revoke(document)
    assert "There are none." in browser.get("/documents").text


def test_a_source_is_shown_with_the_quote_marked(studio: Studio, browser: TestClient) -> None:
    (citation,) = studio.ask(VENDOR_QUESTION)["citations"]
    page = browser.get(citation["url"].split("#")[0]).text
    assert f'<mark id="quote" tabindex="-1">{SENTENCE}</mark>' in page
    assert "Never upload unreleased scripts" in page
    assert '<a href="/originals/legal/ai-policy.md">' in page


def test_a_script_gets_the_source_alone_and_all_titles_at_once(studio: Studio, browser: TestClient) -> None:
    (citation,) = studio.ask(VENDOR_QUESTION)["citations"]
    address = citation["url"].split("#")[0]
    part = browser.get(address, headers={"Greenlit-Part": "source"}).text
    assert "<html" not in part
    assert f'<mark id="quote" tabindex="-1">{SENTENCE}</mark>' in part
    assert f'<a href="{html.escape(citation["url"])}">Whole document</a>' in part
    titles = browser.get("/documents", headers={"Greenlit-Part": "titles"}).json()
    assert [one["document"] for one in titles] == [POLICY, TRAVEL]
    studio.library.revoke(POLICY)
    gone = browser.get(address, headers={"Greenlit-Part": "source"})
    assert gone.status_code == 404
    assert "This document is not approved any more, or you may not read it." in gone.text
    assert POLICY not in browser.get("/documents", headers={"Greenlit-Part": "titles"}).text


def test_a_source_that_is_another_version_by_now_says_so_and_marks_nothing(studio: Studio, browser: TestClient) -> None:
    (citation,) = studio.ask(VENDOR_QUESTION)["citations"]
    studio.library.add(POLICY, "# AI use policy\n\nSomething new stands here.\n\n" + POLICY_TEXT)
    studio.library.ingest()
    page = browser.get(citation["url"].split("#")[0]).text
    assert "This document was replaced by a newer approved version after that answer was given" in page
    assert "<mark" not in page


@pytest.mark.parametrize("span", ["", "?from=5&to=5", "?from=9&to=5", "?from=0&to=99999", "?from=99998&to=99999"])
def test_a_span_that_is_none_marks_nothing(shared_browser: TestClient, span: str) -> None:
    response = shared_browser.get(f"/documents/{POLICY}{span}")
    assert response.status_code == 200
    assert "<mark" not in response.text
    assert SENTENCE in response.text


def test_a_page_holds_no_script_but_its_own_file_and_nothing_from_elsewhere(shared_browser: TestClient) -> None:
    for page in (
        shared_browser.get("/").text,
        shared_browser.get("/documents").text,
        shared_browser.get("/record").text,
        shared_browser.post("/", data={"question": VENDOR_QUESTION}).text,
        shared_browser.get(f"/documents/{POLICY}").text,
    ):
        assert page.count("<script") == page.count('<script type="module" src="/scripts/') > 0
        assert "http://" not in page
        assert "https://" not in page
        assert " style=" not in page


def test_the_style_is_served_with_its_type(shared_studio: Studio) -> None:
    response = shared_studio.stranger().get("/style.css")
    assert response.headers["content-type"] == "text/css; charset=utf-8"
    assert response.headers["cache-control"] == "no-cache"


def test_an_original_is_offered_as_it_was_approved(shared_browser: TestClient) -> None:
    assert shared_browser.get(f"/originals/{POLICY}").content == POLICY_TEXT.encode()


def test_what_is_not_there_is_said_as_a_page(shared_browser: TestClient) -> None:
    for address in ("/documents/legal/none.md", "/originals/legal/none.md"):
        response = shared_browser.get(address)
        assert response.status_code == 404
        assert "This document is not approved any more, or you may not read it." in response.text


def test_somebody_unknown_is_told_how_to_sign_in(shared_studio: Studio) -> None:
    response = shared_studio.stranger().get("/")
    assert response.status_code == 401
    assert "Open Greenlit with its link" in response.text
