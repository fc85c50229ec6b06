"""Law 2 for pages as they look: a picture is a document's text by other means, so it is kept within the same bounds."""

import pytest
from starlette.testclient import TestClient

from tests.support.fakes import TinyLibrary
from tests.support.service_parts import Studio, all_told, open_studio, with_rules
from tests.support.small_pdf import small_pdf

HIDDEN, OPEN = "legal/hidden.pdf", "legal/open.pdf"
LINES = ["The board sells the old studio building in the spring."]


def _studio(library: TinyLibrary) -> TinyLibrary:
    library.add(HIDDEN, small_pdf(LINES), groups=["executives"])
    library.add(OPEN, small_pdf([*LINES, "And buys another."]))
    return with_rules(library)


def _caller(studio: Studio, where: str) -> TestClient:
    return studio.api if where.startswith("/v1") else studio.browser()


def _get(caller: TestClient, where: str, document: str, page: int = 1) -> tuple[int, bytes, dict[str, str]]:
    return all_told(caller.get(f"{where}{document}/{page}"))


@pytest.mark.parametrize("where", ["/v1/pages/", "/pages/"])
def test_a_page_of_a_forbidden_document_is_answered_exactly_like_one_of_an_unknown_one(
    library: TinyLibrary, where: str
) -> None:
    with open_studio(_studio(library)) as studio:
        caller = _caller(studio, where)
        assert _get(caller, where, OPEN)[0] == 200
        library.drawer.drawn.clear()
        forbidden, unknown = _get(caller, where, HIDDEN), _get(caller, where, "legal/nobody.pdf")
        assert forbidden[0] == 404
        assert forbidden == unknown
        assert _get(caller, where, HIDDEN, page=99) == unknown
        assert library.drawer.drawn == [], "nor does it take the time that drawing takes"


@pytest.mark.parametrize("where", ["/v1/pages/", "/pages/"])
def test_a_revocation_acts_on_the_next_request_for_a_page_that_was_drawn_before(
    library: TinyLibrary, where: str
) -> None:
    with open_studio(_studio(library)) as studio:
        caller = _caller(studio, where)
        before = _get(caller, where, OPEN)
        assert before[0] == 200
        library.revoke(OPEN)
        after = _get(caller, where, OPEN)
        assert after[0] == 404
        assert after == _get(caller, where, "legal/nobody.pdf")
        kept = studio.api.get(f"/v1/pages/{OPEN}/1", headers={"If-None-Match": before[2]["etag"]})
        assert kept.status_code == 404, "what somebody kept is not confirmed to be the same any more either"
