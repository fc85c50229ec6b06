"""What is logged is confirmed once, before the first question; what was typed stays."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from service.web.pages import NOTICE_COOKIE, ModelDoes, notice_hash
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import VENDOR_QUESTION, Studio, open_studio, with_rules

MARKUP = 'May "we" <b>ask</b>?'


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    library = TinyLibrary(tmp_path_factory.mktemp("notice") / "studio")
    with open_studio(with_rules(library), retention_months=18, retention_reason="the works council agreed") as opened:
        yield opened


@pytest.fixture
def newcomer(studio: Studio) -> TestClient:
    browser = studio.browser()
    browser.cookies.delete(NOTICE_COOKIE)
    return browser


def test_a_newcomer_reads_what_is_logged_how_long_and_why(newcomer: TestClient) -> None:
    page = newcomer.get("/").text
    assert "18 months (the works council agreed)" in page
    assert 'action="/notice"' in page
    assert newcomer.get("/documents").status_code == 200


def test_nothing_is_answered_before_and_what_was_typed_stays(studio: Studio, newcomer: TestClient) -> None:
    before = studio.leaves()
    page = newcomer.post("/", data={"question": VENDOR_QUESTION})
    assert (page.status_code, studio.leaves()) == (428, before)
    assert f'name="question" value="{VENDOR_QUESTION}"' in page.text
    page = newcomer.post("/notice", data={"to": "/", "question": MARKUP})
    assert ">May &#34;we&#34; &lt;b&gt;ask&lt;/b&gt;?</textarea>" in page.text
    assert "ten working days" in newcomer.post("/", data={"question": VENDOR_QUESTION}).text


def test_that_it_was_confirmed_is_on_record_and_in_the_browser(studio: Studio, newcomer: TestClient) -> None:
    response = newcomer.post("/notice", data={"to": "/documents"}, follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (303, "/documents")
    leaf, digest = studio.all_leaves()[-1], notice_hash(18, "the works council agreed")
    assert (leaf["type"], leaf["notice_hash"], leaf["actor"][:6]) == ("notice.confirmed", digest, "actor-")
    cookie = response.headers["set-cookie"]
    assert cookie.startswith(f"{NOTICE_COOKIE}={digest}; HttpOnly; Max-Age=34560000; Path=/; SameSite=strict")
    assert (
        newcomer.post("/notice", data={"to": "//elsewhere.example"}, follow_redirects=False).headers["location"] == "/"
    )


def test_other_words_are_asked_for_again(newcomer: TestClient) -> None:
    newcomer.cookies.set(NOTICE_COOKIE, notice_hash(12, "the works council agreed"))
    assert newcomer.post("/", data={"question": VENDOR_QUESTION}).status_code == 428
    does = [ModelDoes(), ModelDoes(writes=True), ModelDoes(reads=True), ModelDoes(rewrites=True)]
    asked = [notice_hash(12, "", model, did) for model in ("a", "b") for did in does]
    assert len({notice_hash(12, ""), notice_hash(13, ""), notice_hash(12, "why"), *asked}) == 11


def test_what_cannot_be_recorded_is_not_confirmed(library: TinyLibrary) -> None:
    with open_studio(with_rules(library)) as studio:  # of its own: a log that could not be written rests for a while
        newcomer = studio.browser()
        newcomer.cookies.delete(NOTICE_COOKIE)
        studio.store.refused = {"notice.confirmed"}
        response = newcomer.post("/notice", data={"to": "/"})
    assert (response.status_code, "set-cookie" in response.headers) == (503, False)


def test_who_reads_a_question_besides_and_who_writes_the_answer_is_said_before_it_is_asked(
    library: TinyLibrary,
) -> None:
    with open_studio(with_rules(library), answerer="llm", model="house <b>") as studio:
        browser = studio.browser()
        browser.cookies.set(NOTICE_COOKIE, notice_hash(12, ""))
        page = " ".join(browser.get("/").text.split())
        assert "can go to the language model <bdi>house &lt;b&gt;</bdi>, which this organisation approved." in page
        assert "each is checked against the documents before it is shown" in page
        assert "quoted word for word" not in page
        browser.cookies.set(NOTICE_COOKIE, notice_hash(12, "", "house <b>", ModelDoes(writes=True, reads=True)))
        assert "each sentence is checked against them, and shows the words behind it" in browser.get("/").text


def test_a_judge_is_named_and_the_answer_stays_quoted(library: TinyLibrary) -> None:
    with open_studio(with_rules(library), judge="llm", model="house") as studio:
        browser = studio.browser()
        browser.cookies.delete(NOTICE_COOKIE)
        page = browser.get("/").text
    assert "can go to the language model <bdi>house</bdi>" in page
    assert "Each sentence is quoted word for word" in page


def test_a_model_that_only_rewrites_is_sent_questions_and_that_is_said(library: TinyLibrary) -> None:
    with open_studio(with_rules(library), rewriter="llm", model="house") as studio:
        browser = studio.browser()
        browser.cookies.delete(NOTICE_COOKIE)
        page = " ".join(browser.get("/").text.split())
    assert "your question and those before it in the conversation can go to the language model <bdi>house</bdi>" in page
    assert "passages that you may read" not in page
