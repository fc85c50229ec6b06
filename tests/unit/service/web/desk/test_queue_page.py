"""The list on the desk, deciding on several, and files that come in by a form."""

import re
from datetime import date

import pytest
from starlette.testclient import TestClient

from indexes.standing import Standing
from tests.support.audit_doors import Company
from tests.support.desk_parts import hash_of, with_approvers, words_of
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import POLICY, Studio


@pytest.fixture
def house(studio: Studio) -> Company:
    return with_approvers(studio)


@pytest.fixture
def ann(house: Company) -> TestClient:
    return house.browser("ann")


def _tokens(page: str) -> dict[str, str]:
    found = re.findall(r'name="document" value="([^"]+)"', page)
    return {token.split(".", 2)[2]: token for token in found}


def _standings(library: TinyLibrary) -> dict[str, Standing]:
    return {line.document: line.standing for line in library.approvals.overview()}


def test_the_queue_says_why_each_is_there_the_oldest_risk_first(library: TinyLibrary, house: Company) -> None:
    library.add("legal/ended.md", "e", expires=date(2026, 11, 19))
    library.add("legal/ending.md", "f", expires=date(2026, 12, 1))
    library.add("legal/changed.md", "g")
    library.write("legal/changed.md", "another")
    library.add("security/short.md", "h")
    (library.folder / "legal" / "link.md").symlink_to("ended.md")
    page = house.browser("ann").get("/desk").text
    order = ["ended.md legal expired since 20 Nov 2026", "changed.md legal changed since", "short.md security 1 of 2"]
    order += ["link.md legal not a document", "ending.md legal ends on 1 Dec 2026"]
    said = words_of(page)
    assert [said.index(one) for one in order] == sorted(said.index(one) for one in order)
    theirs = words_of(house.browser("bo").get("/desk").text)
    assert "short.md" in theirs
    assert "ended.md" not in theirs
    assert "Waiting for a decision 1 " in theirs


def test_what_is_due_is_counted_above_the_list_which_can_be_of_it_alone(library: TinyLibrary, house: Company) -> None:
    library.add("legal/ended.md", "e", expires=date(2026, 11, 19))
    for name in ("soon", "sooner"):
        library.add(f"legal/{name}.md", name, expires=date(2026, 12, 20))
    library.add("security/short.md", "h")
    library.write("legal/new.md", "n")
    page = house.browser("ann").get("/desk").text
    said = words_of(page).replace(" ,", ",")
    assert "1 approval has ended, 2 approvals end within 30 days, 1 waits for a second approval" in said
    links = re.findall(r'href="(/desk\?why=[a-z]+)"', page)
    found = {link.partition("=")[2]: list(_tokens(house.browser("ann").get(link).text)) for link in links}
    assert found == {
        "expired": ["legal/ended.md"],
        "expiring": ["legal/soon.md", "legal/sooner.md"],
        "short": ["security/short.md"],
    }
    one = words_of(house.browser("ann").get("/desk?why=expiring").text).replace(" ,", ",").replace(" ;", ";")
    assert "2 approvals end within 30 days, 1 waits for a second approval; all that waits" in one
    assert "Waiting for a decision 2 " in one
    theirs = words_of(house.browser("bo").get("/desk").text)
    assert "ended" not in theirs, "what others decide on is not counted"
    assert house.browser("ann").get("/desk?why=nonsense").status_code == 422


def test_pages_of_fifty_hold_each_once_and_a_source_can_be_chosen(library: TinyLibrary, ann: TestClient) -> None:
    for number in range(60):
        library.write(f"legal/{number:02d}.md", f"{number}")
    library.write("security/s.md", "s")
    first = ann.get("/desk").text
    (further,) = re.findall(r'href="(/desk\?after=[^"]+)" rel="next"', first)
    both = [*_tokens(first), *_tokens(ann.get(further.replace("&amp;", "&")).text)]
    assert len(both) == len(set(both)) == 61
    assert list(_tokens(ann.get("/desk?source=security").text)) == ["security/s.md"]
    assert ann.get("/desk?source=elsewhere").status_code == 404
    assert ann.get("/desk?after=nonsense").status_code == 422


def test_every_document_can_be_found_to_be_revoked(ann: TestClient) -> None:
    assert list(_tokens(ann.get("/desk?show=all&name=POLICY").text)) == [POLICY]
    assert "is called so" in ann.get("/desk?show=all&name=nothing").text


def test_where_nothing_waits_that_is_said(ann: TestClient) -> None:
    assert "Nothing waits for you" in ann.get("/desk").text


def test_several_are_listed_before_anything_is_done_and_decided_as_they_were_listed(
    library: TinyLibrary, ann: TestClient
) -> None:
    for name in ("a", "b", "c", "d"):
        library.write(f"legal/{name}.md", name)
    tokens = _tokens(ann.get("/desk").text)
    library.write("legal/b.md", "changed since")
    form = {"action": "approve", "document": [*tokens.values(), "nonsense", f"{'0' * 64}.0.nowhere/x.md"]}
    listed = ann.post("/desk/bulk", data=form).text
    said = words_of(listed)
    assert "Approve 3 documents?" in said
    assert f"legal/a.md {hash_of(library, 'legal/a.md')[:12]} 20 Nov 2027 staff" in said
    assert "legal/b.md: the file changed since you opened the list" in said
    assert "nowhere" not in said
    assert _standings(library)["legal/a.md"] is Standing.PENDING
    library.write("legal/c.md", "changed while it was listed")
    confirmed = {"action": "approve", "confirmed": "1", "document": list(_tokens(listed).values())}
    done = words_of(ann.post("/desk/bulk", data={**confirmed, "expires": "2027-03-01"}).text)
    assert "2 documents approved" in done
    assert "legal/c.md: the file changed since you opened the list" in done
    stands = _standings(library)
    assert [stands[f"legal/{name}.md"] for name in "abcd"] == [
        Standing.APPROVED,
        Standing.PENDING,
        Standing.PENDING,
        Standing.APPROVED,
    ]
    again = words_of(ann.post("/desk/bulk", data=confirmed).text)
    assert "0 documents approved" in again
    assert "somebody decided on it since you opened the list" in again


def test_several_are_rejected_only_with_a_reason_and_renewed_only_if_approved(
    library: TinyLibrary, ann: TestClient
) -> None:
    library.write("legal/a.md", "a")
    tokens = list(_tokens(ann.get("/desk?show=all").text).values())
    form = {"document": tokens, "confirmed": "1"}
    response = ann.post("/desk/bulk", data={**form, "action": "reject", "reason": " "})
    assert (response.status_code, "expected why" in response.text) == (422, True)
    said = words_of(ann.post("/desk/bulk", data={**form, "action": "renew", "expires": "2027-12-01"}).text)
    assert "2 documents renewed" in said
    assert "legal/a.md: only what is approved" in said
    tokens = list(_tokens(ann.get("/desk").text).values())
    ann.post("/desk/bulk", data={"document": tokens, "confirmed": "1", "action": "reject", "reason": "not ours"})
    assert _standings(library) == {POLICY: "approved", "legal/travel.md": "approved", "legal/a.md": "rejected"}
    assert ann.post("/desk/bulk", data={"action": "erase"}).status_code == 422


def test_a_file_comes_in_by_a_form_and_a_name_that_exists_asks(library: TinyLibrary, ann: TestClient) -> None:
    def send(content: bytes, **fields: str) -> tuple[int, str]:
        response = ann.post("/desk/upload", data={"source": "legal", **fields}, files={"file": ("a.md", content)})
        return response.status_code, response.text

    status, page = send(b"# One\n")
    assert (status, "Uploaded. Nothing is answered from it until it is approved." in page) == (200, True)
    status, page = send(b"# Two\n\nmore")
    assert (status, "with 6 bytes; yours has 11" in words_of(page)) == (409, True)
    (replaces,) = re.findall(r'name="replaces" value="(\w+)"', page)
    assert send(b"# Two\n\nmore", replaces=replaces)[0] == 200
    assert (library.folder / "legal" / "a.md").read_bytes() == b"# Two\n\nmore"
    assert send(b"")[0] == 422
    assert send(b"x", source="elsewhere")[0] == 404
    assert [one.by for one in library.approvals.standing_of("legal/a.md").uploads] == ["Ann Lee"]


def test_a_file_without_our_token_or_from_elsewhere_is_not_even_begun(library: TinyLibrary, ann: TestClient) -> None:
    before = sorted((library.folder / "legal").iterdir())
    form = {"data": {"source": "legal"}, "files": {"file": ("a.md", b"x")}}
    assert ann.post("/desk/upload", **form, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403  # type: ignore[arg-type]
    del ann.headers["Greenlit-Form-Token"]
    assert ann.post("/desk/upload", **form).status_code == 403  # type: ignore[arg-type]
    assert sorted((library.folder / "legal").iterdir()) == before


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/plain", b"x"),
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=b", b"x"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.md"\r\n\r\nx',
        ),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="source"\r\n\r\nlegal\r\n--b--\r\n',
        ),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="source"\r\n\r\n' + b"a" * 5000 + b"\r\n--b--\r\n",
        ),
        ("multipart/form-data; boundary=b", b"--b\r\n" + b"X-A: " + b"a" * 9000 + b"\r\n\r\nx\r\n--b--\r\n"),
    ],
)
def test_what_is_no_form_with_a_file_is_said_and_leaves_nothing(
    library: TinyLibrary, ann: TestClient, kind: str, body: bytes
) -> None:
    before = sorted((library.folder / "legal").iterdir())
    assert ann.post("/desk/upload", content=body, headers={"Content-Type": kind}).status_code == 422
    assert sorted((library.folder / "legal").iterdir()) == before
