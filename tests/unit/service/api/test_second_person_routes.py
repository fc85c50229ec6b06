"""The routes for what takes two people: a reveal, and erasing by age."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.audit_doors import PURPOSE, Asked, Company, asked, company, posted
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import Studio, open_studio, with_rules


@pytest.fixture
def people(studio: Studio) -> Company:
    return company(studio)


def _post(people: Company, who: str, path: str, body: Mapping[str, Any] | None = None, status: int = 200) -> Any:
    response = people.api(who).post(f"/v1/audit{path}", json=None if body is None else dict(body))
    assert response.status_code == status, response.text
    return response.json()


def _open(people: Company, who: str, question: Asked) -> int:
    body = {"seq": question.finished, "case": "HR-1", "reason": PURPOSE}
    opening: int = _post(people, who, "/reveals", body)["id"]
    return opening


def test_one_auditor_opens_a_reveal_and_another_learns_who_asked(people: Company) -> None:
    question = people.ask("mira")
    body = {"seq": question.finished, "case": "HR-1", "reason": PURPOSE}
    opened = _post(people, "ann", "/reveals", body)
    assert opened == {"id": opened["id"], "seq": question.received, "expires": "2026-11-21T12:00:00Z"}
    waiting = [people.api(who).get("/v1/audit/reveals").json()["reveals"] for who in ("ann", "ben")]
    shown = {**opened, "case": "HR-1", "opened": "2026-11-20T12:00:00Z"}
    assert waiting == [[{**shown, "own": True}], [{**shown, "own": False}]]
    revealed = _post(people, "ben", f"/reveals/{opened['id']}/confirm")
    assert (revealed["seq"], revealed["request_id"]) == (question.received, question.request_id)
    assert (revealed["identity"], revealed["actor"][:6]) == ("mira", "actor-")
    assert people.api("ann").get("/v1/audit/reveals").json() == {"reveals": []}


def test_what_is_not_revealed_is_told_as_a_problem(people: Company) -> None:
    opening = _open(people, "ann", people.ask("mira"))
    alone = _post(people, "ann", f"/reveals/{opening}/confirm", {}, 422)
    assert (alone["type"], alone["title"]) == ("urn:greenlit:problem:reveal", "The identity is not revealed")
    assert "expected another person than the one who opened it" in alone["detail"]
    _post(people, "ben", f"/reveals/{opening}/confirm", {})
    twice = _post(people, "cleo", f"/reveals/{opening}/confirm", {}, 422)
    assert twice["detail"] == "expected a reveal that waits, got one that was confirmed before: open another"
    assert _post(people, "ben", "/reveals/9999/confirm", {}, 404)["type"] == "urn:greenlit:problem:no-record"
    assert "is too large" in _post(people, "ben", f"/reveals/{2**53}/confirm", {}, 422)["detail"]
    assert "expected a whole number" in _post(people, "ben", "/reveals/newest/confirm", {}, 422)["detail"]


def test_a_confirmation_brings_nothing_else(people: Company) -> None:
    opening = _open(people, "ann", people.ask("mira"))
    refused = _post(people, "ben", f"/reveals/{opening}/confirm", {"second": "cleo"}, 422)
    assert refused["detail"] == "unknown field: see /openapi.json for what this takes"
    assert people.studio.all_leaves()[-1]["type"] == "reveal.opened"


def test_after_a_day_nobody_confirms(library: TinyLibrary) -> None:
    with open_studio(with_rules(library)) as studio:
        people = company(studio)
        opening = _open(people, "ann", people.ask("mira"))
        library.clock.pass_days(2)
        late = _post(people, "ben", f"/reveals/{opening}/confirm", {}, 422)
        assert "expected a reveal opened within the last day" in late["detail"]
        assert people.api("ben").get("/v1/audit/reveals").json() == {"reveals": []}


def test_one_person_alone_on_their_machine_cannot_confirm(studio: Studio) -> None:
    question = asked(studio)
    opening = posted(studio, "/reveals", {"seq": question.received, "case": "HR-1", "reason": PURPOSE})["id"]
    alone = posted(studio, f"/reveals/{opening}/confirm", {}, 422)
    assert "With GREENLIT_AUTH=local there is one person only, so nobody can confirm" in alone["detail"]


@pytest.mark.parametrize("second", ["otto", "ann"])
def test_an_operator_opens_an_erasing_by_age_and_another_operator_or_an_auditor_confirms(
    library: TinyLibrary, second: str
) -> None:
    with open_studio(with_rules(library)) as studio:
        people = company(studio)
        first = people.ask("mira")
        library.clock.pass_days(1)
        later = people.ask("mira")
        body = {"before": "2026-11-21", "ground": "court_order", "purpose": PURPOSE}
        opened = _post(people, "olga", "/erasures", body)
        assert opened == {"id": opened["id"], "expires": "2026-11-22T12:00:00Z"}
        assert studio.store.payloads(first.finished)
        alone = _post(people, "olga", f"/erasures/{opened['id']}/confirm", {}, 422)
        assert (alone["type"], alone["title"]) == ("urn:greenlit:problem:erasure", "The texts are not erased")
        erased = _post(people, second, f"/erasures/{opened['id']}/confirm")
        assert erased["ranges"] == [[first.received] * 2, [first.finished] * 2]
        assert [studio.store.payloads(seq) != () for seq in (first.finished, later.finished)] == [False, True]


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"ground": "court_order"}, "before: is missing"),
        ({"before": "2026-11-20"}, "ground: is missing"),
        ({"before": "soon", "ground": "court_order"}, "expected a day like 2026-11-20"),
        ({"before": "9999-01-01", "ground": "court_order"}, "a time within some centuries of 1970, got one beyond"),
        ({"before": "2026-11-20", "ground": "He asked!"}, "ground: expected a code of 1 to 32 lower-case letters"),
    ],
)
def test_what_is_to_be_erased_by_age_has_to_be_said(shared_studio: Studio, body: dict[str, Any], detail: str) -> None:
    before = shared_studio.all_leaves()
    assert detail in posted(shared_studio, "/erasures", body, 422)["detail"]
    assert shared_studio.all_leaves() == before
