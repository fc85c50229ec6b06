"""What the reader and the column beside an answer show: what was not read, and the page as it looks beside its text."""

import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

from indexes.errors import DrawerBusyError, DrawError
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import POLICY, Studio, open_studio, with_rules
from tests.support.small_pdf import small_pdf

AGREEMENT = "legal/supplier agreement.pdf"
SIGNED = "This agreement was signed on 3 March 2025 by both parties."
NOTE = "pages 2 and 3 of this document could not be read"


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    library = TinyLibrary(tmp_path_factory.mktemp("agreement") / "studio")
    library.add(
        AGREEMENT, small_pdf(["Supplier agreement, cover note", SIGNED], [], [], ["Annex one."], ["Annex two."])
    )
    with open_studio(with_rules(library)) as opened:
        yield opened


@pytest.fixture(scope="module")
def browser(studio: Studio) -> TestClient:
    return studio.browser()


def _quote(studio: Studio) -> str:
    document = studio.api.get(f"/v1/documents/{AGREEMENT}").json()
    start = document["text"].index(SIGNED)
    return f"?{urlencode({'version': document['sha256'][:16], 'from': start, 'to': start + len(SIGNED)})}"


def test_the_api_says_what_was_not_read_of_a_document_and_of_what_is_cited(studio: Studio) -> None:
    document = studio.api.get(f"/v1/documents/{AGREEMENT}").json()
    assert document["warnings"] == [{"kind": "pages_without_text", "count": 2, "where": ["2", "3"]}]
    assert studio.api.get(f"/v1/documents/{POLICY}").json()["warnings"] == []
    answer = studio.ask("When was the agreement signed by both parties?")
    assert ([one["note"] for one in answer["citations"]], answer["notes"]) == ([NOTE], [NOTE])
    found = studio.api.post("/v1/search", json={"question": "When was the agreement signed by both parties?"}).json()
    notes = {one["document"]: one["note"] for one in found["passages"]}
    assert notes == {**dict.fromkeys(notes), AGREEMENT: NOTE}
    assert studio.ask("Who reviews a new AI vendor?")["notes"] == []


def test_an_answer_says_it_on_the_page_under_the_answer_and_at_the_citation(browser: TestClient) -> None:
    page = browser.post("/", data={"question": "When was the agreement signed by both parties?"}).text
    said = NOTE[0].upper() + NOTE[1:] + "."
    assert page.count(said) == 2
    assert page.index('class="answer"') < page.index('<p class="note lacks">') < page.index('class="sources"')
    assert re.search(rf'class="card-lacks">.{{,400}}{re.escape(said)}</span>', page, re.DOTALL)


def test_the_reader_shows_the_page_with_the_quote_marked_in_its_place_beside_the_text(
    studio: Studio, browser: TestClient
) -> None:
    quote = _quote(studio)
    page = browser.get(f"/documents/{AGREEMENT}{quote}").text
    found = re.search(r'<img src="([^"]*)" width="(\d+)" height="(\d+)" loading="lazy"[^>]*alt="([^"]*)"', page)
    assert found is not None
    address, width, height, alt = found.groups()
    assert alt == "Page 1 as it looks, with the quote marked. Its text stands beside it."
    picture = browser.get(address.replace("&amp;", "&"))
    assert (picture.headers["content-type"], picture.headers["greenlit-quote"]) == ("image/png", "marked")
    assert picture.content[16:24] == int(width).to_bytes(4, "big") + int(height).to_bytes(4, "big")
    assert "signed" not in address
    assert "2 pages without text that can be read: 2, 3" in page
    assert 'see page <a href="/pages/legal/supplier%20agreement.pdf/2">2</a>' in page
    beside = browser.get(f"/documents/{AGREEMENT}{quote}", headers={"Greenlit-Part": "source"}).text
    assert address in beside
    assert "2 pages without text that can be read: 2, 3" in beside


def test_without_a_quote_there_is_no_picture_but_a_way_to_each(browser: TestClient) -> None:
    page = browser.get(f"/documents/{AGREEMENT}").text
    assert "<img" not in page
    assert 'href="/pages/legal/supplier%20agreement.pdf/1"' in page
    assert "/pages/" not in browser.get(f"/documents/{POLICY}").text
    assert "What was not read" not in browser.get(f"/documents/{POLICY}").text


def test_a_page_that_cannot_be_drawn_leaves_the_text_alone(library: TinyLibrary) -> None:
    library.add(AGREEMENT, small_pdf([SIGNED]))
    library.drawer.fails = DrawError("a secret of the document")
    with open_studio(with_rules(library)) as studio:
        browser, quote = studio.browser(), _quote(studio)
        page, alone = browser.get(f"/documents/{AGREEMENT}{quote}"), browser.get(f"/pages/{AGREEMENT}/1{quote}")
        problem = studio.api.get(f"/v1/pages/{AGREEMENT}/1{quote}")
    assert (page.status_code, "<img" in page.text, "</mark>" in page.text) == (200, False, True)
    assert (alone.status_code, "secret" in alone.text) == (503, False)
    assert "This page cannot be shown as a picture now." in alone.text
    assert (problem.status_code, problem.json()["type"]) == (503, "urn:greenlit:problem:not-drawn")


def test_while_others_are_drawn_the_page_says_where_the_picture_will_be(library: TinyLibrary) -> None:
    library.add(AGREEMENT, small_pdf([SIGNED]))
    library.drawer.fails = DrawerBusyError("others are drawn")
    with open_studio(with_rules(library)) as studio:
        page = studio.browser().get(f"/documents/{AGREEMENT}{_quote(studio)}").text
        problem = studio.api.get(f"/v1/pages/{AGREEMENT}/1")
    assert re.search(r'<a href="/pages/[^"]*/1\?version[^"]*">Page 1 as it looks</a>', page)
    assert (problem.status_code, problem.headers["retry-after"]) == (503, "2")


def test_a_quote_that_is_not_among_what_is_drawn_is_said_to_be_marked_in_the_text_alone(
    library: TinyLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.loading.pdf.picture.lines_of", lambda *_: [])
    library.add(AGREEMENT, small_pdf([SIGNED]))
    with open_studio(with_rules(library)) as studio:
        page = studio.browser().get(f"/documents/{AGREEMENT}{_quote(studio)}").text
        picture = studio.api.get(f"/v1/pages/{AGREEMENT}/1{_quote(studio)}")
    assert "The quote was not found among what is drawn there, so it is marked in the text alone" in page
    assert picture.headers["greenlit-quote"] == "not-found"


def test_a_picture_is_for_whoever_asks_alone_and_is_not_sent_twice(studio: Studio) -> None:
    address = f"/v1/pages/{AGREEMENT}/1"
    first = studio.api.get(address)
    assert first.headers["cache-control"] == "no-store"
    assert "greenlit-quote" not in first.headers
    again = studio.api.get(address, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert studio.api.get(address, headers={"If-None-Match": '"another"'}).status_code == 200


@pytest.mark.parametrize("address", [f"{AGREEMENT}/6", f"{POLICY}/1", "legal/none.pdf/1", f"{AGREEMENT}/1/1"])
def test_a_page_that_is_not_there_is_not_there(studio: Studio, browser: TestClient, address: str) -> None:
    assert studio.api.get(f"/v1/pages/{address}").status_code == 404
    assert browser.get(f"/pages/{address}").status_code == 404
