"""Law 10: who may do what, at every route. `DECIDED` says it for each, and a route that is not in it is not let pass.

No role implies another, a key has what its scopes give and no more, and what needs a person takes no key. A document
that is not for one's groups is one that is not there. The cookie opens pages only, the header the API only.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

import pytest

from tests.support.audit_doors import Asked
from tests.support.callers import BOARD_PLAN, KEYS, PEOPLE, ROLES, Office, Who, open_office, person
from tests.support.event_streams import AS_EVENTS
from tests.support.every_route import (
    EVERY,
    IN_OPENAIS_FORM,
    NOBODYS,
    SCIM,
    is_about_a_question,
    is_about_ones_own,
    ready,
    routes_of,
)
from tests.support.fakes import TinyLibrary
from tests.support.mcp_messages import TOOLS, called, result, sent
from tests.support.service_parts import all_told, with_session


class May(Enum):
    """Who gets something from a route."""

    ANYBODY = "whoever it is"
    ANY_CALLER = "everybody signed in, and every key but one that only pushes people"
    READS = "the same, and the document has to be for one of their groups"
    ASKS = "staff"
    ACTED_FOR = "staff for whom a key acts"
    APPROVES = "approvers, who are people"
    AUDITS = "auditors"
    OPERATES = "operators"
    PUSHES = "a key with the scope scim"
    MEASURES = "operators, and a key with the scope metrics"
    PERSON_AUDITS = "auditors who came themselves"
    PERSON_OPERATES = "operators who came themselves"
    PERSON_WATCHES = "auditors or operators who came themselves"


# A new route gets one line here, and a good request in `tests/support/every_route.py`.
DECIDED: Mapping[str, May] = {
    "GET /healthz": May.ANYBODY,
    "GET /readyz": May.ANYBODY,
    "GET /openapi.json": May.ANYBODY,
    "GET /style.css": May.ANYBODY,
    "GET /icon.svg": May.ANYBODY,
    "GET /scripts/{name}.js": May.ANYBODY,
    "GET /open": May.ANYBODY,
    "GET /sign-in": May.ANYBODY,
    "GET /sign-in/callback": May.ANYBODY,
    "POST /sign-out": May.ANYBODY,
    "GET /.well-known/oauth-protected-resource/mcp": May.ANYBODY,
    "GET /metrics": May.MEASURES,
    "POST /v1/ask": May.ASKS,
    "POST /v1/search": May.ASKS,
    **dict.fromkeys(IN_OPENAIS_FORM, May.ASKS),
    "GET /v1/documents": May.ANY_CALLER,
    "GET /v1/documents/{document:path}": May.READS,
    "GET /v1/originals/{document:path}": May.READS,
    "GET /v1/pages/{document:path}/{page}": May.READS,
    "GET /v1/me": May.ANY_CALLER,
    "POST /mcp": May.ANY_CALLER,  # what its tools take is tried below
    "POST /v1/sessions/end": May.OPERATES,
    "GET /v1/keys": May.OPERATES,
    "POST /v1/keys": May.OPERATES,
    "POST /v1/keys/{key_id}/revoke": May.OPERATES,
    "GET /v1/audit/records": May.AUDITS,
    "GET /v1/audit/records/{seq}": May.AUDITS,
    "POST /v1/audit/records/{seq}/payload": May.AUDITS,
    "POST /v1/audit/erase": May.AUDITS,
    "POST /v1/audit/replay": May.AUDITS,
    "POST /v1/audit/export": May.AUDITS,
    "POST /v1/audit/rotate": May.OPERATES,
    "GET /v1/audit/builds/{build}": May.OPERATES,
    "POST /v1/audit/builds/{build}/removal": May.OPERATES,
    "POST /v1/audit/reveals": May.PERSON_AUDITS,
    "POST /v1/audit/reveals/{id}/confirm": May.PERSON_AUDITS,
    "GET /v1/audit/reveals": May.AUDITS,
    "POST /v1/audit/erasures": May.PERSON_OPERATES,
    "POST /v1/audit/erasures/{id}/confirm": May.PERSON_WATCHES,
    "GET /v1/audit/proof": May.ANY_CALLER,
    "GET /v1/audit/consistency": May.ANY_CALLER,
    "GET /v1/audit/checkpoint": May.ANY_CALLER,
    "GET /v1/audit/shards": May.ANY_CALLER,
    "GET /v1/audit/key": May.ANY_CALLER,
    "GET /v1/audit/own": May.ANY_CALLER,
    "POST /v1/audit/own/erase": May.ANY_CALLER,
    "POST /v1/feedback": May.ASKS,
    "POST /v1/requests": May.ASKS,
    "GET /v1/start": May.ASKS,
    "GET /v1/answers/{request_id}": May.ANY_CALLER,
    "POST /v1/answers/{request_id}/share": May.ANY_CALLER,
    "POST /v1/readers": May.ACTED_FOR,
    "POST /v1/approvals": May.APPROVES,
    "GET /v1/approvals/queue": May.APPROVES,
    **dict.fromkeys(SCIM, May.PUSHES),
    "GET /": May.ASKS,
    "POST /": May.ASKS,
    "POST /feedback": May.ASKS,
    "POST /requests": May.ASKS,
    "GET /desk/feedback": May.APPROVES,
    "GET /desk/requests": May.APPROVES,
    "POST /desk/requests/close": May.APPROVES,
    "GET /desk/gaps": May.APPROVES,
    "POST /notice": May.ASKS,
    "GET /conversations": May.ASKS,
    "POST /conversations": May.ASKS,
    "GET /conversations/{conversation_id}": May.ASKS,
    "POST /conversations/{conversation_id}/rename": May.ASKS,
    "POST /conversations/{conversation_id}/erase": May.ASKS,
    "GET /answers/{request_id}": May.ANY_CALLER,
    "POST /answers/{request_id}/share": May.ANY_CALLER,
    "GET /documents": May.ANY_CALLER,
    "GET /documents/{document:path}": May.READS,
    "GET /originals/{document:path}": May.READS,
    "GET /pages/{document:path}/{page}": May.READS,
    "GET /record": May.ANY_CALLER,
    "POST /record/erase": May.ANY_CALLER,
    "GET /desk": May.APPROVES,
    "GET /desk/documents/{document:path}": May.APPROVES,
    "GET /desk/originals/{document:path}": May.APPROVES,
    "GET /desk/worker": May.APPROVES,
    "POST /desk/decide": May.APPROVES,
    "POST /desk/bulk": May.APPROVES,
    "POST /desk/upload": May.APPROVES,
    "GET /audit": May.AUDITS,
    "GET /audit/records/{seq}": May.AUDITS,
    "GET /audit/records/{seq}/proof": May.AUDITS,
    "POST /audit/records/{seq}/texts": May.AUDITS,
    "POST /audit/records/{seq}/again": May.AUDITS,
    "POST /audit/records/{seq}/erase": May.AUDITS,
    "GET /audit/charts": May.AUDITS,
    "GET /audit/looks": May.AUDITS,
    "GET /audit/reveals": May.AUDITS,
    "POST /audit/reveals": May.AUDITS,
    "POST /audit/reveals/confirm": May.AUDITS,
    "GET /audit/export": May.AUDITS,
    "POST /audit/export": May.AUDITS,
    "GET /audit/verify": May.AUDITS,
    "POST /audit/verify": May.AUDITS,
}
_ROLES: Mapping[May, set[str]] = {
    May.ASKS: {"staff"},
    May.ACTED_FOR: {"staff"},
    May.APPROVES: {"approver"},
    May.AUDITS: {"auditor"},
    May.OPERATES: {"operator"},
    May.MEASURES: {"operator"},
    May.PERSON_AUDITS: {"auditor"},
    May.PERSON_OPERATES: {"operator"},
    May.PERSON_WATCHES: {"auditor", "operator"},
}
_ALONE: dict[tuple[str, ...], May] = {("scim",): May.PUSHES, ("metrics",): May.MEASURES}  # keys that do nothing else
_IN_PERSON = {May.APPROVES, May.PERSON_AUDITS, May.PERSON_OPERATES, May.PERSON_WATCHES}
_PROTECTED = [route for route, may in DECIDED.items() if may is not May.ANYBODY]
_API = [route for route in _PROTECTED if not EVERY[route].is_page]
_PAGES = [route for route in _PROTECTED if EVERY[route].is_page]
_OF_SCIM = {f"{method} /scim/v2/{kind}": status for kind in ("Users", "Groups") for method, status in (("POST", 201),)}
_OF_SCIM |= {f"DELETE /scim/v2/{kind}/{{id_}}": 204 for kind in ("Users", "Groups")}
_ASKER = person("staff")
BOTH_SIDES = Who("auditor-and-operator", groups=("audit", "it"))  # has neither role, unless the rules let one be both
NOT_OF_CALLERS = {"shard.opened", "key.created", "config.changed", "build.activated", "register.extended"}
NOT_OF_CALLERS |= {"api_key.created", "access.changed"}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    library = TinyLibrary(tmp_path_factory.mktemp("office") / "studio")
    with open_office(library) as opened:
        yield opened


def _expected(route: str, who: Who) -> int:
    may = DECIDED[route]
    for_this_alone = _ALONE.get(who.scopes)
    if for_this_alone not in (None, may) or (may is May.PUSHES and for_this_alone is None):
        return 403
    if for_this_alone is None and may in _ROLES and not _ROLES[may] & who.roles:
        return 403
    if (may in _IN_PERSON and not who.is_person) or (may is May.ACTED_FOR and not who.address):
        return 403
    if may is May.READS and not who.in_group:
        return 404
    if is_about_ones_own(route) and who != _ASKER:
        return 404  # of a question that is somebody else's: there is no such question of one's own
    on_to_another = dict.fromkeys(("POST /desk/decide", "POST /desk/upload", "POST /notice"), 303)
    return {"POST /v1/keys": 201, **_OF_SCIM, **on_to_another}.get(route, 200)


def _send(client: Any, route: str, question: Asked = NOBODYS) -> Any:
    return EVERY[route].send(client, question, follow_redirects=False)


def _good(office: Office, route: str) -> Asked:
    """Return a question with which a request of somebody who may is good."""
    question = office.ask(_ASKER) if is_about_a_question(route) else NOBODYS
    return ready(office.studio, EVERY[route], dataclasses.replace(question, document=BOARD_PLAN))


def _as_decided(office: Office, client: Any, who: Who, routes: list[str]) -> None:
    """Go through routes; what is refused has to leave nothing on record either.

    A group of a document's decides on documents only, so for people who are in it the rest is not gone through again.
    """
    if who.in_group and who.is_person:
        routes = [route for route in routes if DECIDED[route] in (May.READS, May.ASKS)]
    refused = [route for route in routes if _expected(route, who) == 403]
    before = office.studio.number_of_leaves()
    given = {route: _send(client, route).status_code for route in refused}
    assert {leaf["type"] for leaf in office.studio.all_leaves(since=before)} <= NOT_OF_CALLERS
    for route in (route for route in routes if route not in refused):
        given[route] = _send(client, route, _good(office, route)).status_code
    wrong = {route: (status, _expected(route, who)) for route, status in given.items()}
    wrong = {route: pair for route, pair in wrong.items() if pair[0] != pair[1]}
    assert not wrong, "expected what DECIDED says, got (status, expected) otherwise"


def test_for_every_route_it_is_decided_who_may(office: Office) -> None:
    served = set(routes_of(office.studio.app))
    undecided, gone = sorted(served - set(DECIDED)), sorted(set(DECIDED) - served)
    assert not undecided, f"decide who may, in DECIDED of {__name__}: {undecided}"
    assert not gone, f"no such routes any more, take them out of DECIDED of {__name__}: {gone}"
    assert served == set(EVERY), "expected a good request for each route in tests/support/every_route.py"


@pytest.mark.parametrize("who", [*PEOPLE, BOTH_SIDES, *KEYS], ids=lambda who: who.name)
def test_programs_get_what_is_decided_and_nothing_else(office: Office, who: Who) -> None:
    _as_decided(office, office.api(who), who, _API)


@pytest.mark.parametrize("who", [*PEOPLE, BOTH_SIDES], ids=lambda who: who.name)
def test_browsers_get_what_is_decided_and_nothing_else(office: Office, who: Who) -> None:
    _as_decided(office, office.browser(who), who, _PAGES)


def test_nobody_gets_anything_but_what_is_open_and_is_told_the_same_everywhere(office: Office) -> None:
    nobody, said = office.studio.stranger(), set()
    for route in _PROTECTED:
        response = _send(nobody, route)
        assert response.status_code == 401, route
        if route == "POST /mcp":
            assert response.headers["www-authenticate"].startswith("Bearer resource_metadata=")
        elif route in _API and route not in IN_OPENAIS_FORM | SCIM.keys():  # whose errors have a form of their own
            said.add((response.content, response.headers["content-type"], response.headers["www-authenticate"]))
    assert len(said) == 1
    for route in sorted(set(DECIDED) - set(_PROTECTED)):
        assert BOARD_PLAN not in _send(nobody, route).text


@pytest.mark.parametrize("who", [*PEOPLE, *KEYS[:-2]], ids=lambda who: who.name)
def test_mcp_gives_nobody_more_than_the_api(office: Office, who: Who) -> None:
    """Asking takes the role of staff; documents are listed and read by whoever is in their group."""
    client, question = office.api(who), "Who sells the old studio building in the spring?"
    before = office.studio.number_of_leaves()
    for tool in TOOLS:
        given = called(client, tool, question=question)
        assert given.get("isError", False) != ("staff" in who.roles), tool
        assert (BOARD_PLAN in str(given)) == (who.in_group and "staff" in who.roles), tool
    of_questions = [leaf for leaf in office.studio.all_leaves(since=before) if leaf["type"].startswith("query.")]
    assert len(of_questions) == (4 if "staff" in who.roles else 0)
    assert (BOARD_PLAN in str(result(client, "resources/list"))) == who.in_group
    one, other = (
        sent(client, "resources/read", uri=f"greenlit://documents/{name}").json()
        for name in (BOARD_PLAN, "board/no.md")
    )
    assert ("result" in one) == who.in_group
    if not who.in_group:
        assert str(one["error"]).replace(BOARD_PLAN, "board/no.md") == str(other["error"])


def test_asking_for_events_opens_nothing_more(office: Office) -> None:
    clients = [(office.api(who), who, "POST /v1/ask") for who in (*PEOPLE, *KEYS)]
    clients += [(office.browser(who), who, "POST /") for who in PEOPLE]
    refused = [(client, route) for client, who, route in clients if _expected(route, who) == 403]
    refused_leave = office.studio.number_of_leaves()
    for client, route in refused:
        response = EVERY[route].send(client, NOBODYS, headers=AS_EVENTS)
        assert (response.status_code, response.headers["content-type"]) == (403, "application/problem+json"), route
    nobody = office.studio.stranger()
    for route in ("POST /v1/ask", "POST /"):
        response = EVERY[route].send(nobody, NOBODYS, headers=AS_EVENTS)
        assert (response.status_code, response.headers["content-type"]) == (401, "application/problem+json"), route
    assert {leaf["type"] for leaf in office.studio.all_leaves(since=refused_leave)} <= NOT_OF_CALLERS
    assert len(refused) > 6


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[]", b""])
def test_nobody_is_told_only_that_whatever_body_they_send(office: Office, body: bytes) -> None:
    nobody = office.studio.stranger()
    for route in (route for route in _API if route.startswith("POST ")):
        address = EVERY[route].address(NOBODYS)
        response = nobody.post(address, content=body, headers={"Content-Type": "application/json"})
        assert response.status_code == 401, route


@pytest.mark.parametrize("who", [one for one in (*PEOPLE, *KEYS) if not one.in_group], ids=lambda who: who.name)
def test_a_document_for_others_is_one_that_is_not_there(office: Office, who: Who) -> None:
    """The same bytes and headers; for browsers too, whose page names nothing of the address."""
    hidden = dataclasses.replace(NOBODYS, document=BOARD_PLAN)
    absent = dataclasses.replace(NOBODYS, document="board/none.md")
    clients = [(office.api(who), _API)] + ([(office.browser(who), _PAGES)] if who.is_person else [])
    for client, routes in clients:
        for route in (route for route in routes if DECIDED[route] is May.READS):
            one, other = _send(client, route, hidden), _send(client, route, absent)
            assert one.status_code in (403, 404), route
            assert all_told(one) == all_told(other)


@pytest.mark.parametrize("who", [person(role, in_group=True) for role in ROLES], ids=lambda who: who.name)
def test_the_cookie_opens_no_route_of_the_api_and_the_header_no_page(office: Office, who: Who) -> None:
    browser, program = office.browser(who), office.api(who)
    as_bearer = office.studio.stranger()
    as_bearer.headers["Authorization"] = f"Bearer {office.session(who)}"
    before = office.studio.number_of_leaves()
    for route in _API:
        assert (_send(browser, route).status_code, _send(as_bearer, route).status_code) == (401, 401), route
    for route in _PAGES:
        assert _send(program, route).status_code == 401, route
    assert {leaf["type"] for leaf in office.studio.all_leaves(since=before)} <= NOT_OF_CALLERS


@pytest.mark.parametrize("who", KEYS, ids=lambda who: who.name)
def test_a_key_opens_no_page_whichever_way_it_comes(office: Office, who: Who) -> None:
    program, browser = office.api(who), office.studio.stranger()
    secret = office.headers(who)["Authorization"].removeprefix("Bearer ")
    with_session(browser, secret)
    one_of_each = {route.split()[1].split("/")[1]: route for route in _PAGES}.values()
    for route in _PAGES if who in KEYS[:2] else one_of_each:
        assert (_send(program, route).status_code, _send(browser, route).status_code) == (401, 401), route
