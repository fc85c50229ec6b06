"""A document on the desk: as it would be indexed, what changed, and one decision on exactly what was seen."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from indexes.builds import CURRENT_FILE
from indexes.previews import WORKER_FILE, WorkerState, worker_state_json
from indexes.readings import ReadingNote
from indexes.standing import Standing
from tests.support.audit_doors import Company
from tests.support.desk_parts import decided, form_of, hash_of, read_as_worker, with_approvers, words_of
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import POLICY, POLICY_TEXT, TRAVEL, Studio, open_studio

NEWER = POLICY_TEXT.replace("ten working days", "five working days")


@pytest.fixture
def house(studio: Studio) -> Company:
    return with_approvers(studio)


@pytest.fixture
def ann(house: Company) -> TestClient:
    return house.browser("ann")


def _changed(library: TinyLibrary) -> None:
    library.write(POLICY, NEWER)
    read_as_worker(library, POLICY)


def _standing(library: TinyLibrary, document: str = POLICY) -> Standing:
    return library.approvals.standing_of(document).standing


def test_a_document_reads_as_it_will_be_indexed_with_warnings_first(library: TinyLibrary, ann: TestClient) -> None:
    library.write("legal/new.md", "# Lanterns\n\nThey are lit.\n\n## When\n\nIf 3 < 4.\n")
    notes = [ReadingNote("struck_text", 5, ("2",)), ReadingNote("pages_without_text", 2, ("3", "4"))]
    read_as_worker(library, "legal/new.md", *notes)
    said = words_of(ann.get("/desk/documents/legal/new.md").text)
    lacks, rest = (
        said.index("2 pages without text that can be read: 3, 4"),
        said.index("5 words that are struck out: 2"),
    )
    assert said.index("Not all of this document could be read") < lacks < rest < said.index("They are lit.")
    assert "Lanterns They are lit. When If 3 &lt; 4." in said
    assert "Nobody has approved this version." in said


def test_what_changed_is_shown_against_the_version_that_is_approved(library: TinyLibrary, ann: TestClient) -> None:
    _changed(library)
    page = ann.get(f"/desk/documents/{POLICY}").text
    assert '<del><span class="unseen"> taken out: </span>ten<' in page
    assert '<ins><span class="unseen"> put in: </span>five<' in page
    assert "Never upload unreleased scripts" in words_of(ann.get(f"/desk/documents/{POLICY}?view=reading").text)


def test_so_it_is_after_the_live_build_has_left_the_document_out(library: TinyLibrary, ann: TestClient) -> None:
    _changed(library)
    library.ingest(allow_missing=True)
    assert "<del>" in ann.get(f"/desk/documents/{POLICY}").text


def test_without_a_text_to_compare_with_that_is_said(library: TinyLibrary, ann: TestClient) -> None:
    _changed(library)
    for file in library.builds.glob("*/passages.sqlite"):
        file.unlink()
    (library.builds / CURRENT_FILE).unlink()
    assert "is not kept any more" in words_of(ann.get(f"/desk/documents/{POLICY}").text)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (None, "The worker is not running"),
        (WorkerState("waiting", datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)), "not running"),
        (
            WorkerState("reading", datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 20, 12, tzinfo=UTC), 3, 9),
            "3 of 9",
        ),
    ],
)
def test_what_is_not_read_yet_says_what_the_worker_does(
    library: TinyLibrary, ann: TestClient, state: WorkerState | None, words: str
) -> None:
    library.write("legal/new.md", "x")
    if state:
        (library.builds / WORKER_FILE).write_text(worker_state_json(state))
    said = words_of(ann.get("/desk/documents/legal/new.md").text)
    assert "This version is not read yet." in said
    assert words in said


def test_where_builds_lie_in_a_store_the_worker_may_be_on_another_machine(library: TinyLibrary) -> None:
    library.write("legal/new.md", "x")
    with open_studio(library, builds_address=f"file://{library.root}") as studio:
        ann = with_approvers(studio).browser("ann")
        said = words_of(ann.get("/desk/documents/legal/new.md").text)
    assert "No worker runs on this machine, and what one on another machine reads is shown there alone." in said
    assert "has to start it" not in said


def test_approving_is_on_the_register_and_answers_once_it_is_in_the_index(
    library: TinyLibrary, house: Company, ann: TestClient
) -> None:
    _changed(library)
    response = decided(ann, POLICY, "approve", expires="2027-01-31", note="checked by phone")
    assert "Approved." in response.text
    assert "Not in the index yet" in response.text
    granted = library.approvals.standing_of(POLICY).grant
    assert granted is not None
    assert (granted.expires, granted.approved_by, granted.sha256) == (
        date(2027, 1, 31),
        ("Ann Lee",),
        hash_of(library, POLICY),
    )
    one = f"{granted.sha256}.{POLICY}"
    before = ann.get("/desk/worker", params={"document": one}).json()["documents"][POLICY]
    assert not before["in_index"]
    library.ingest()
    after = ann.get("/desk/worker", params={"document": one}).json()["documents"][POLICY]
    assert (after["in_index"], after["since"]) == (True, "2026-11-20T12:00:00+00:00")
    assert "In the index since" in ann.get(f"/desk/documents/{POLICY}").text
    assert "five working days" in str(house.studio.ask("Who reviews a new AI vendor?")["sentences"])


def test_a_file_that_changed_since_it_was_opened_is_not_approved(library: TinyLibrary, ann: TestClient) -> None:
    _changed(library)
    form = form_of(ann.get(f"/desk/documents/{POLICY}").text, "approve")
    library.write(POLICY, "swapped")
    response = ann.post("/desk/decide", data={**form, "note": "typed"})
    assert response.status_code == 412
    assert "The file changed since you opened it." in response.text
    assert 'value="typed"' in response.text
    assert _standing(library) is Standing.CHANGED


def test_of_two_who_decide_at_once_the_second_is_told_who_decided_what(
    library: TinyLibrary, house: Company, ann: TestClient
) -> None:
    library.add("security/b.md", "b", by="cy@x.example")
    bo = house.browser("bo")
    form = form_of(ann.get("/desk/documents/security/b.md").text, "approve")
    assert decided(bo, "security/b.md", "approve").status_code == 200
    response = ann.post("/desk/decide", data=form)
    assert response.status_code == 409
    assert "Bo Ek approved this document meanwhile, on 20 Nov 2026 at 12:00 UTC. Nothing was written." in response.text
    assert library.approvals.state().position == 4


def test_the_second_approval_is_somebody_elses(library: TinyLibrary, house: Company, ann: TestClient) -> None:
    library.write("security/b.md", "b")
    said = decided(ann, "security/b.md", "approve")
    assert "1 of 2: approved by Ann Lee on" in words_of(said.text)
    assert "You approved this version already: somebody else has to be the second." in said.text
    twice = {"document": "security/b.md", "verdict": "approve", "sha256": hash_of(library, "security/b.md")}
    response = ann.post("/desk/decide", data={**twice, "groups": "staff"})
    assert response.status_code == 409
    assert decided(house.browser("bo"), "security/b.md", "approve").status_code == 200
    assert _standing(library, "security/b.md") is Standing.APPROVED


def test_revoking_says_when_answers_stop_and_rejecting_why(library: TinyLibrary, ann: TestClient) -> None:
    assert "answers stop with the next question" in ann.get(f"/desk/documents/{POLICY}").text
    assert "answers stop with the next question" in decided(ann, POLICY, "revoke", reason="replaced").text
    assert _standing(library) is Standing.REVOKED
    library.write("legal/new.md", "x")
    assert "“not ours”" in decided(ann, "legal/new.md", "reject", reason="not ours").text
    assert decided(ann, POLICY, "approve").status_code == 200
    assert _standing(library) is Standing.APPROVED


def test_renewing_keeps_the_version_the_groups_and_the_title(library: TinyLibrary, ann: TestClient) -> None:
    library.clock.pass_days(350)
    before = library.approvals.standing_of(POLICY).grant
    assert "ends in 15 days" in ann.get(f"/desk/documents/{POLICY}").text
    assert decided(ann, POLICY, "renew").status_code == 200
    after = library.approvals.standing_of(POLICY).grant
    assert before is not None
    assert after is not None
    assert (after.sha256, after.groups, after.title) == (before.sha256, before.groups, before.title)
    assert after.expires == date(2028, 11, 5)


def test_what_a_document_supersedes_is_chosen_kept_and_shown(ann: TestClient) -> None:
    page = ann.get(f"/desk/documents/{POLICY}").text
    assert f'<option value="{TRAVEL}">' in page
    assert f'<option value="{POLICY}">' not in page
    assert f"It supersedes {TRAVEL}." in words_of(decided(ann, POLICY, "renew", supersedes=[TRAVEL, ""]).text)
    assert f"It is superseded by {POLICY}." in words_of(ann.get(f"/desk/documents/{TRAVEL}").text)
    page = ann.get(f"/desk/documents/{POLICY}").text
    assert f'name="supersedes" list="others" autocomplete="off" value="{TRAVEL}"' in page
    assert "supersedes:" in words_of(decided(ann, POLICY, "renew", supersedes=["legal/slip.md"]).text)
    assert "It supersedes" not in words_of(decided(ann, POLICY, "renew", supersedes=["", ""]).text)


WRONG: list[tuple[dict[str, Any], int, str]] = [
    ({"expires": "2026-11-19"}, 422, "one that is past"),
    ({"expires": "soon"}, 422, "expected a day like"),
    ({"groups": "board"}, 422, "groups: expected one or more of the source"),
    ({"note": "n" * 3000}, 422, "note: expected at most 2000 characters, got 3000"),
    ({"seen": "x"}, 422, "expected a whole number"),
    ({"verdict": "erase"}, 422, "expected approve, revoke or reject"),
    ({"document": "security/../legal/ai-policy.md"}, 404, "There is no such document"),
    ({"document": "legal"}, 404, "There is no such document"),
    ({"form_token": "", "expires": ""}, 403, "This form was sent from another site."),
]


def test_what_cannot_be_is_said_and_not_written(library: TinyLibrary, ann: TestClient) -> None:
    _changed(library)
    form = form_of(ann.get(f"/desk/documents/{POLICY}").text, "approve")
    before = library.approvals.state().position
    token = ann.headers.pop("Greenlit-Form-Token")
    assert form["form_token"] == token
    for changed, status, words in WRONG:
        response = ann.post("/desk/decide", data={**form, **changed})
        assert (response.status_code, words in response.text) == (status, True), changed
    assert library.approvals.state().position == before


def test_a_document_of_another_source_is_one_that_is_not_there(library: TinyLibrary, house: Company) -> None:
    _changed(library)
    bo, sha256 = house.browser("bo"), hash_of(library, POLICY)
    form = form_of(house.browser("ann").get(f"/desk/documents/{POLICY}").text, "approve")
    for there, absent in ((POLICY, "legal/none.md"), (POLICY, "nothing/a.md")):
        for address in ("/desk/documents/{}", f"/desk/originals/{{}}?sha256={sha256}"):
            one, other = bo.get(address.format(there)), bo.get(address.format(absent))
            assert (one.status_code, one.text) == (404, other.text)
    given = bo.headers["Greenlit-Form-Token"]
    assert bo.post("/desk/decide", data={**form, "form_token": given}).status_code == 404
    assert bo.get("/desk/worker", params={"document": f"{sha256}.{POLICY}"}).json()["documents"] == {}
    assert _standing(library) is Standing.CHANGED


def test_an_original_is_given_closed_and_only_while_it_is_what_was_shown(library: TinyLibrary, ann: TestClient) -> None:
    library.write("legal/page.html", "<script>alert(1)</script>")
    address = f"/desk/originals/legal/page.html?sha256={hash_of(library, 'legal/page.html')}"
    response = ann.get(address)
    assert response.content == b"<script>alert(1)</script>"
    assert response.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert response.headers["content-disposition"].startswith("attachment")
    library.write("legal/page.html", "swapped")
    assert ann.get(address).status_code == 412
    assert "swapped" not in ann.get(address).text


def test_a_script_gets_the_document_alone_with_what_became_of_it(library: TinyLibrary, ann: TestClient) -> None:
    _changed(library)
    ann.headers["Greenlit-Part"] = "document"
    assert decided(ann, POLICY, "approve").text.lstrip().startswith("<article")


def test_an_address_cannot_say_that_something_was_done(ann: TestClient) -> None:
    assert "Revoked" not in ann.get(f"/desk/documents/{POLICY}?done=revoke").text
