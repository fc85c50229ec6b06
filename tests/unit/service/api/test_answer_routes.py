"""`/v1/answers/{request_id}` and `/v1/readers`: one's own again, and whether others may read what it cites."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.support.audit_doors import Company, company
from tests.support.callers import BOARD_PLAN, KEYS, Office, Who, open_office
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import OFF_TOPIC_QUESTION, POLICY, VENDOR_QUESTION, Studio

NONE = "01890a5d-ac96-774b-bcce-b302099a8057"
UMA, THEO = (who for who in KEYS if who.address)
BY_ITSELF = next(who for who in KEYS if who.name == "key-ask-in")


@pytest.fixture
def people(studio: Studio) -> Company:
    return company(studio)


def test_an_asker_gets_their_answer_again_with_the_question_and_their_look_is_on_record(people: Company) -> None:
    given = people.api("mira").post("/v1/ask", json={"question": VENDOR_QUESTION}).json()
    again = people.api("mira").get(f"/v1/answers/{given['request_id']}")
    assert again.json() == {**given, "question": VENDOR_QUESTION}
    look = people.studio.all_leaves()[-1]
    assert (look["type"], look["what"], look["count"]) == ("audit.read", "own", None)
    refused = people.api("mira").post("/v1/ask", json={"question": OFF_TOPIC_QUESTION}).json()
    assert people.api("mira").get(f"/v1/answers/{refused['request_id']}").json()["refusal"] == refused["refusal"]


def test_nobody_else_gets_it_even_where_it_is_shared_and_nothing_is_on_record_of_their_try(people: Company) -> None:
    given = people.ask("mira").request_id
    assert people.api("mira").post(f"/v1/answers/{given}/share", json={"shared": True}).json() == {"shared": True}
    before = len(people.studio.all_leaves())
    tries = [people.api(name).get(f"/v1/answers/{which}") for name in ("tom", "ann") for which in (given, NONE)]
    tries += [people.api("tom").post(f"/v1/answers/{given}/share", json={"shared": False})]
    assert {(one.status_code, one.text) for one in tries} == {(404, tries[0].text)}
    assert len(people.studio.all_leaves()) == before
    assert people.browser("tom").get(f"/answers/{given}").status_code == 200  # what sharing opens is the page


def test_what_is_not_approved_any_more_is_not_shown_and_not_named(people: Company) -> None:
    given = people.ask("mira").request_id
    people.studio.library.revoke(POLICY)
    gone = people.api("mira").get(f"/v1/answers/{given}")
    assert (gone.status_code, gone.json()["type"]) == (409, "urn:greenlit:problem:no-longer-shown")
    assert "policy" not in gone.text


def test_no_record_no_look(people: Company) -> None:
    given = people.ask("mira").request_id
    people.studio.store.refused = {"audit.read"}
    refused = people.api("mira").get(f"/v1/answers/{given}")
    people.studio.store.refused = frozenset()
    assert (refused.status_code, refused.json()["title"]) == (503, "No record, nothing shown")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with open_office(TinyLibrary(tmp_path_factory.mktemp("readers") / "studio")) as opened:
        yield opened


def _version(office: Office, document: str, who: Who = THEO) -> dict[str, str]:
    listed = office.api(who).get("/v1/documents").json()["documents"]
    return next({"document": one["document"], "sha256": one["sha256"]} for one in listed if one["document"] == document)


def _all(client: TestClient, documents: list[Any], people: list[str]) -> Any:
    return client.post("/v1/readers", json={"documents": documents, "people": people}).json().get("all")


def test_all_of_them_have_to_be_somebody_who_may_read_all_of_it(office: Office) -> None:
    theo, uma = THEO.address, UMA.address
    plan, policy = _version(office, BOARD_PLAN), _version(office, POLICY)
    asks, may_less = office.api(THEO), office.api(UMA)
    before = len(office.studio.all_leaves())
    assert _all(asks, [policy], [theo, uma]) is True
    assert _all(asks, [policy, plan], [theo]) is True
    for documents, people in (
        ([policy, plan], [theo, uma]),
        ([policy], [theo, "jon@northlight.example"]),  # not active any more
        ([policy], [theo, "nobody@northlight.example"]),
        ([policy], ["theo"]),
        ([{**policy, "sha256": "0" * 64}], [theo]),
        ([{**policy, "document": "legal/none.md"}], [theo]),
    ):
        assert _all(asks, documents, people) is False, (documents, people)
    # What somebody may not read themselves is, for them, not there: no way to ask who may.
    assert _all(may_less, [plan], [theo]) is False
    assert len(office.studio.all_leaves()) == before


def test_only_a_key_that_acts_for_somebody_asks_and_only_for_so_many(office: Office) -> None:
    policy = _version(office, POLICY)
    body = {"documents": [policy], "people": [THEO.address]}
    assert office.api(BY_ITSELF).post("/v1/readers", json=body).status_code == 403
    crowd = {**body, "people": [f"p{n}@northlight.example" for n in range(501)]}
    refused = office.api(THEO).post("/v1/readers", json=crowd)
    assert (refused.status_code, "northlight" in refused.text) == (422, False)
