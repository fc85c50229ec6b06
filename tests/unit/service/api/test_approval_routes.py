"""Approvers decide over HTTP on the version that they saw; it acts on the next question."""

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from indexes.events import event_to_line
from tests.support.audit_doors import Company, approver, company
from tests.support.fakes import APPROVAL, TinyLibrary
from tests.support.service_parts import POLICY, POLICY_TEXT, TRAVEL, VENDOR_QUESTION, Studio, open_studio, with_rules

SEEN = hashlib.sha256(POLICY_TEXT.encode()).hexdigest()
RIGHT_TO_LEFT = "\\u{202e} (RIGHT-TO-LEFT OVERRIDE)"
SECRET = "blåbær"
REVOKE = {"document": POLICY, "decision": "revoke", "reason": "replaced"}
APPROVE = {"document": POLICY, "decision": "approve", "sha256": SEEN}


@pytest.fixture
def office(studio: Studio) -> Company:
    """The studio with the approvers `lee` of legal and `sam` of security, and with a key that acts for `lee`."""
    return company(
        studio,
        lee=approver("l-1", "legal", name="Lee Ann"),
        sam=approver("s-1", "security", name="Sam"),
        key=approver("l-1", "legal", name="Lee Ann", key_id="k-1"),
    )


@pytest.fixture(scope="module")
def closed_office(shared_studio: Studio) -> Company:
    """The same, for what is refused."""
    return company(shared_studio, lee=approver("l-1", "legal"), sam=approver("s-1", "security"))


def _decided(client: TestClient, body: dict[str, Any], status: int = 200) -> dict[str, Any]:
    response = client.post("/v1/approvals", json=body)
    assert response.status_code == status, response.text
    value: dict[str, Any] = response.json()
    return value


def _outcome(studio: Studio) -> str:
    return str(studio.ask(VENDOR_QUESTION)["outcome"])


def test_a_decision_acts_on_the_next_question(studio: Studio) -> None:
    """Over the real wiring, where the one person of this machine holds every role."""
    assert _outcome(studio) == "answered"
    assert _decided(studio.api, REVOKE)["standing"] == "revoked"
    assert _outcome(studio) == "refused"
    assert _decided(studio.api, APPROVE) == {
        "document": POLICY,
        "standing": "approved",
        "sha256": SEEN,
        "approved_by": ["local"],
        "approvals": 1,
        "approvals_required": 1,
        "expires": "2027-11-20",
        "supersedes": [],
    }
    assert _outcome(studio) == "answered"
    changed = hashlib.sha256(studio.library.write(POLICY, "# Another policy\n").read_bytes()).hexdigest()
    assert _decided(studio.api, APPROVE | {"sha256": changed})["standing"] == "approved"
    assert _outcome(studio) == "refused", "the build has another version than the approved one"
    assert [leaf["type"] for leaf in studio.all_leaves()].count("register.extended") >= 3


def test_an_approval_may_say_what_it_supersedes(studio: Studio) -> None:
    assert _decided(studio.api, APPROVE | {"supersedes": [TRAVEL]})["supersedes"] == [TRAVEL]
    assert _decided(studio.api, APPROVE)["supersedes"] == [TRAVEL], "what is not said anew stays"
    assert _decided(studio.api, APPROVE | {"supersedes": []})["supersedes"] == []
    for names, said in {
        ("legal/nowhere.md",): "supersedes: expected other documents that the register knows",
        (POLICY,): "supersedes: expected other documents that the register knows",
        ("../secret",): "supersedes: expected names of documents, got something else",
    }.items():
        assert said in _decided(studio.api, APPROVE | {"supersedes": list(names)}, 422)["detail"]
    assert "supersedes: expected none" in _decided(studio.api, REVOKE | {"supersedes": [TRAVEL]}, 422)["detail"]
    _decided(studio.api, APPROVE | {"supersedes": [TRAVEL] * 21}, 422)


def test_the_line_says_that_it_was_the_local_token(studio: Studio) -> None:
    _decided(studio.api, REVOKE)
    assert '"auth": "local-token", "by_id": "local"' in studio.library.register_path.read_text().splitlines()[-1]


@pytest.mark.parametrize("name", ["mira", "ann", "sam", "key"])
def test_without_the_right_to_nothing_is_decided(office: Company, name: str) -> None:
    register = office.studio.library.register_path
    before = register.read_bytes()
    for body in (REVOKE, APPROVE, REVOKE | {"decision": "reject"}):
        assert _decided(office.api(name), body, 403)["type"] == "urn:greenlit:problem:not-allowed"
    assert register.read_bytes() == before
    assert _decided(office.api("lee"), REVOKE)["standing"] == "revoked"


def test_another_version_than_was_seen_is_refused(office: Company) -> None:
    office.studio.library.write(POLICY, "# Swapped\n")
    register = office.studio.library.register_path
    before = register.read_bytes()
    problem = _decided(office.api("lee"), APPROVE, 412)
    assert (problem["type"], problem["title"]) == ("urn:greenlit:problem:version", "Another version by now")
    assert _decided(office.api("lee"), REVOKE | {"sha256": "0" * 64}, 412)["status"] == 412
    assert register.read_bytes() == before


@pytest.mark.parametrize("document", ["legal/gone.md", "nothing/a.md", "legal/../security/a.md", "legal"])
def test_what_is_no_document_is_not_found(closed_office: Company, document: str) -> None:
    for body in (APPROVE, REVOKE):
        problem = _decided(closed_office.api("lee"), body | {"document": document}, 404)
        assert document not in str(problem)


@pytest.mark.parametrize(
    ("more", "detail"),
    [
        ({"sha256": None}, "sha256: expected that of the version that was seen, got none"),
        ({"sha256": "A" * 64}, "sha256: expected 64 lower-case hex digits"),
        ({"expires": "2026-11-19"}, "expires: expected 2026-11-20 or a later day, got one that is past"),
        ({"expires": "2027-02-30"}, "expires: expected a day like 2027-11-20, got none that there is"),
        ({"expires": "soon"}, "expires: expected a day like 2027-11-20"),
        ({"groups": [SECRET]}, "groups: expected one or more of the source's (staff), got others or none"),
        ({"groups": []}, "groups: expected one or more of the source's (staff), got others or none"),
        ({"title": SECRET * 60}, "title: is too long"),
        ({"note": SECRET * 400}, "note: is too long"),
        (
            {"title": f"{SECRET}\u202e"},
            "title: expected one line of plain text, got one that holds " + RIGHT_TO_LEFT,
        ),
        ({"reason": SECRET}, "reason: expected none with 'approve'"),
        ({"by": SECRET}, "unknown field: see /openapi.json for what this takes"),
        ({"decision": SECRET}, "decision: expected one of the values that /openapi.json names"),
    ],
)
def test_what_cannot_stand_in_the_register_is_named_and_not_repeated(
    closed_office: Company, more: dict[str, Any], detail: str
) -> None:
    problem = _decided(closed_office.api("lee"), APPROVE | more, 422)
    assert problem["detail"] == detail
    assert SECRET not in str(problem)


def test_a_register_that_cannot_be_written_is_told(office: Company) -> None:
    lock = office.studio.library.folder / "register.jsonl.lock"
    lock.unlink(missing_ok=True)
    lock.mkdir()
    problem = _decided(office.api("lee"), REVOKE, 503)
    assert (problem["type"], problem["title"]) == ("urn:greenlit:problem:register", "The register cannot be used")
    assert problem["detail"].startswith("nothing was written: the service has to be able to")
    assert _outcome(office.studio) == "answered"


# What waits


@pytest.fixture
def two_sources(library: TinyLibrary) -> Iterator[Company]:
    library.write("legal/new.md", "# New\n")
    library.add("security/short.md", "# Short\n")
    with open_studio(with_rules(library)) as studio:
        yield company(studio, lee=approver("l-1", "legal"), sam=approver("s-1", "security"))


def _queue(client: TestClient, **query: Any) -> dict[str, Any]:
    response = client.get("/v1/approvals/queue", params=query)
    assert response.status_code == 200, response.text
    value: dict[str, Any] = response.json()
    return value


def test_an_approver_sees_what_waits_in_their_sources(two_sources: Company) -> None:
    assert _queue(two_sources.api("sam")) == {
        "documents": [
            {
                "document": "security/short.md",
                "standing": "pending",
                "sha256": hashlib.sha256(b"# Short\n").hexdigest(),
                "approved_by": ["ann@x.example"],
                "approvals": 1,
                "approvals_required": 2,
                "expires": None,
                "supersedes": [],
                "source": "security",
                "why": "short",
                "since": "2026-11-20T12:00:00Z",
                "approved_sha256": None,
                "uploaded_by": [],
                "problem": None,
            }
        ],
        "total": 1,
        "next": None,
    }
    assert [line["document"] for line in _queue(two_sources.api("lee"))["documents"]] == ["legal/new.md"]
    assert _queue(two_sources.api("mira"))["documents"] == [], "an approver of no source"
    assert two_sources.api("ann").get("/v1/approvals/queue").status_code == 403


def test_what_waits_comes_in_pages(two_sources: Company) -> None:
    for number in range(4):
        two_sources.studio.library.write(f"legal/{number}.md", str(number))
    lee, seen, query = two_sources.api("lee"), [], {"limit": 2}
    while True:
        page = _queue(lee, **query)
        seen += [line["document"] for line in page["documents"]]
        if page["next"] is None:
            break
        query["after"] = page["next"]
    # Each once; what was there a second earlier comes first.
    assert sorted(seen) == ["legal/0.md", "legal/1.md", "legal/2.md", "legal/3.md", "legal/new.md"]
    for wrong in ({"limit": 201}, {"limit": 0}, {"after": "legal/0.md"}):
        assert lee.get("/v1/approvals/queue", params=wrong).status_code == 422


def test_a_line_that_was_written_by_hand_or_came_with_a_merge_counts_as_before(office: Company) -> None:
    library = office.studio.library
    library.write("security/a.md", "x")
    seen = hashlib.sha256(b"x").hexdigest()
    line = event_to_line(APPROVAL).replace(b"legal/a.md", b"security/a.md").replace(b"a" * 64, seen.encode())
    assert b"auth" not in line
    with library.register_path.open("ab") as register:
        register.write(line)
    body = {"document": "security/a.md", "decision": "approve", "sha256": seen}
    decided = _decided(office.api("sam"), body)
    assert (decided["standing"], decided["approved_by"]) == ("approved", ["ann@x.example", "Sam"])
