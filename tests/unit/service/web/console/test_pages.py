"""The pages of the console as auditors use them; that each look is on record is in the tests of law 7."""

import html
import io
import re
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from service.audit.checking import verifier
from service.audit.events import feedback_given
from tests.support.audit_doors import Asked, Company, company
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import (
    OFF_TOPIC_QUESTION,
    POLICY,
    TRAVEL,
    TRAVEL_QUESTION,
    VENDOR_QUESTION,
    open_studio,
    with_rules,
)
from tests.support.small_log import SmallLog

SENTENCE = "The security team reviews every new AI vendor within ten working days."
TEXTS = (VENDOR_QUESTION, OFF_TOPIC_QUESTION)


class Story:
    """A service with a few questions of some days, and those who look at it."""

    def __init__(self, people: Company, library: TinyLibrary) -> None:
        self.people = people
        self.library = library
        self.answered = people.ask("mira")
        self.refused = people.ask("tom", OFF_TOPIC_QUESTION)
        library.clock.at += timedelta(days=2)
        self.travel = people.ask("mira", TRAVEL_QUESTION)
        said = feedback_given(self.travel.request_id, verdict="outdated", documents=[TRAVEL], comment="")
        people.studio.opened.log.note(said)
        library.revoke(TRAVEL)
        self.ann = people.browser("ann")
        self.ben = people.browser("ben")

    def rows(self, query: str = "") -> list[int]:
        """Return the numbers of the rows that a page shows."""
        response = self.ann.get(f"/audit{query}")
        assert response.status_code == 200, response.text
        rows = [int(number) for number in re.findall(r'aria-label="Record (\d+)"', response.text)]
        return [row for row in rows if row in self.ours]  # other tests ask too

    @property
    def ours(self) -> set[int]:
        return {self.answered.finished, self.refused.finished, self.travel.finished}


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    library = TinyLibrary(tmp_path_factory.mktemp("console") / "studio")
    with open_studio(with_rules(library)) as studio:
        yield Story(company(studio), library)


def _text(page: str) -> str:
    """Return what a page says, without its tags."""
    return re.sub(r" ([,.:)])", r"\1", " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split()))


def _on(story: Story, seq: int, step: str, client: TestClient | None = None, **fields: str) -> tuple[int, str]:
    response = (client or story.ann).post(f"/audit/records/{seq}/{step}", data=fields)
    return response.status_code, _text(response.text)


# --- the list ---


def test_records_are_listed_the_newest_first_without_a_text(story: Story) -> None:
    page = story.ann.get("/audit").text
    assert story.rows()[:3] == [story.travel.finished, story.refused.finished, story.answered.finished]
    assert "refused no evidence" in _text(page)
    assert not any(text in page for text in (*TEXTS, SENTENCE, "mira"))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("outcome=refused", ["refused"]),
        ("reason=no_evidence", ["refused"]),
        (f"document={POLICY}&outcome=answered", ["answered"]),
        ("document=legal/never.md", []),
        ("channel=web", []),
        ("channel=api&verdict=outdated", ["travel"]),
        ("from=2026-11-22", ["travel"]),
        ("to=2026-11-20", ["refused", "answered"]),
        ("from=2026-11-20&to=2026-11-22&outcome=answered", ["travel", "answered"]),
    ],
)
def test_filters_are_in_the_address(story: Story, query: str, expected: list[str]) -> None:
    records: dict[str, Asked] = {"travel": story.travel, "refused": story.refused, "answered": story.answered}
    found = story.rows(f"?{query}")
    if query.startswith("document=legal/ai"):  # the refusal found it too, and is no answer
        assert set(found) <= {story.travel.finished, story.answered.finished}
        return
    assert found == [records[name].finished for name in expected]


def test_nothing_that_fits_is_said_with_what_to_do(story: Story) -> None:
    page = _text(story.ann.get("/audit?document=legal/never.md").text)
    assert "No record fits. A document is named with its source" in page


@pytest.mark.parametrize(
    "query",
    ["from=yesterday", "to=2026-13-01", "from=2026-11-21&to=2026-11-20", "outcome=he said", "verdict=No!", "before=x"],
)
def test_what_cannot_be_understood_is_said_beside_the_form(story: Story, query: str) -> None:
    response = story.ann.get(f"/audit?{query}")
    assert response.status_code == 422
    assert re.search(r'<p class="problem" role="alert">Expected ', response.text)
    assert "Which records" in response.text


def test_a_damaged_record_is_in_the_list_and_hides_no_other(library: TinyLibrary) -> None:
    with open_studio(with_rules(library)) as studio:
        people = company(studio)
        first, damaged = people.ask("mira"), people.ask("tom")
        SmallLog(studio.state, studio.opened, studio.store, 0).tamper(
            "UPDATE leaves SET leaf = ? WHERE seq = ?", values=(b"{}", damaged.finished)
        )
        page = people.browser("ann").get("/audit").text
        assert "This record is not as it was written." in page
        assert f'aria-label="Record {first.finished}"' in page
        opened = people.browser("ann").get(f"/audit/records/{damaged.finished}")
        assert opened.status_code == 503


# --- one record ---


def test_one_record_shows_grounds_and_proof_and_keeps_the_texts_closed(story: Story) -> None:
    response = story.ann.get(f"/audit/records/{story.travel.finished}")
    page = _text(response.text)
    assert "Approved by ann@x.example on 20 Nov 2026, until 20 Nov 2027, for staff" in page
    assert "Revoked on 22 Nov 2026 by ann@x.example: withdrawn." in page
    assert "<mark>The daily travel allowance is fifty euros.</mark>" in response.text
    assert "is enough" in page
    leaf = story.people.studio.store.leaf(story.travel.finished)
    assert leaf is not None
    assert f"--receipt {leaf.leaf_hash} --key" in page
    assert TRAVEL_QUESTION not in response.text


def test_the_proof_is_verified_elsewhere(story: Story, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = story.ann.get(f"/audit/records/{story.answered.finished}/proof")
    path = tmp_path / "proof.json"
    path.write_bytes(given.content)
    key = story.people.studio.opened.signer.key().text()
    assert verifier.main(["--proof", str(path), "--receipt", given.json()["leaf_hash"], "--key", key]) == 0
    assert capsys.readouterr().out


def test_the_texts_are_opened_for_a_purpose_and_whoever_asked_sees_it(story: Story) -> None:
    seq = story.answered.finished
    status, page = _on(story, seq, "texts", purpose=" ")
    assert (status, VENDOR_QUESTION in page) == (422, False)
    assert "Expected a purpose in words" in page
    status, page = _on(story, seq, "texts", purpose="complaint 2026-17")
    assert (status, VENDOR_QUESTION in page, SENTENCE in page) == (200, True, True)
    assert "Opened for “complaint 2026-17”. That is on record, and whoever asked sees it." in page
    own = _text(story.people.browser("mira").get("/record").text)
    assert "by ann: the text, for “complaint 2026-17”" in own


def test_which_questions_were_not_looked_up_is_told_with_the_texts(story: Story) -> None:
    asked = story.people.ask("mira", " ".join(f"What is a{n}?" for n in range(5)))
    _, page = _on(story, asked.finished, "texts", purpose="complaint 2026-17")
    assert "Not looked up: What is a3, and 1 further question. Ask them one at a time." in page


def test_an_answer_is_made_again(story: Story) -> None:
    status, page = _on(story, story.answered.finished, "again")
    assert status == 200
    assert "Identical: the build" in page


def test_a_record_that_is_none_and_a_number_that_is_none_are_not_found(story: Story) -> None:
    for seq in ("9999999", "-1", "abc", "9" * 30, "٣"):
        response = story.ann.get(f"/audit/records/{seq}")
        assert (response.status_code, "There is no record" in response.text) == (404, True), seq


def test_texts_are_erased_on_a_ground_and_the_record_stays(story: Story) -> None:
    asked = story.people.ask("tom")
    status, page = _on(story, asked.finished, "erase", ground="court_order", purpose="")
    assert (status, "Expected a purpose in words" in page) == (422, True)
    status, page = _on(story, asked.finished, "erase", ground="no code!", purpose="case 7")
    assert (status, "Expected a ground" in page) == (422, True)
    status, page = _on(story, asked.finished, "erase", ground="court_order", purpose="case 7")
    assert status == 200
    assert "The texts of 2 records were erased for good" in page
    assert "The texts were erased on" in page
    assert "(a court ordered it," in page
    status, page = _on(story, asked.finished, "again")
    assert (status, "was erased" in page) == (409, True)


def test_a_month_whose_keys_are_gone_still_shows_what_is_no_text(library: TinyLibrary) -> None:
    with open_studio(with_rules(library)) as studio:
        people = company(studio)
        asked = people.ask("mira")
        for key in (studio.state / "keys").glob("payload*"):
            key.unlink()
        studio.opened.keyring.__init__(folder=studio.state / "keys")  # type: ignore[misc]  # forgets what it read
        response = people.browser("ann").post(f"/audit/records/{asked.finished}/texts", data={"purpose": "x"})
        assert response.status_code in (500, 503)
        assert VENDOR_QUESTION not in response.text


# --- who asked, by two ---


def test_who_asked_is_told_once_to_the_second_of_two_people(story: Story) -> None:
    asked = story.people.ask("tom")
    fields = {"seq": str(asked.finished), "case": "HR-2026-3", "reason": "a threat to a person"}
    opened = _text(story.ann.post("/audit/reveals", data=fields).text)
    assert f"Asked for the name behind record {asked.received}" in opened
    assert "You opened it, so somebody else has to confirm it." in opened
    page = story.ben.get("/audit/reveals").text
    shown = _text(page)
    assert "Case HR-2026-3" in shown
    assert "Opened by ann," in shown
    assert "Reason a threat to a person" in shown
    number = re.findall(r'name="id" value="(\d+)"', page)[-1]
    same = story.ann.post("/audit/reveals/confirm", data={"id": number})
    assert (same.status_code, "expected another person" in same.text.lower()) == (422, True)
    told = story.ben.post("/audit/reveals/confirm", data={"id": number}).text
    assert '<p class="name-told">tom</p>' in told
    assert "name-told" not in story.ben.get("/audit/reveals").text
    again = story.ben.post("/audit/reveals/confirm", data={"id": number})
    assert (again.status_code, "name-told" in again.text) == (422, False)


@pytest.mark.parametrize(
    "fields",
    [
        {"seq": "x", "case": "c", "reason": "r"},
        {"seq": "99999", "case": "c", "reason": "r"},
        {"seq": "0", "case": "c", "reason": "r"},
        {"seq": "7", "case": " ", "reason": "r"},
        {"seq": "7", "case": "c" * 201, "reason": "r"},
    ],
)
def test_a_reveal_without_a_question_a_case_or_a_reason_is_refused_in_words(
    story: Story, fields: dict[str, str]
) -> None:
    response = story.ann.post("/audit/reveals", data=fields)
    assert response.status_code == 422
    assert 'role="alert"' in response.text


# --- charts, export, looks, verify ---


def test_charts_of_fewer_than_five_people_are_not_drawn(story: Story) -> None:
    page = story.ann.get("/audit/charts").text
    assert "Fewer than five people asked in these days" in page
    assert "<svg viewBox" not in page


def test_charts_say_what_they_show_and_have_their_table(library: TinyLibrary) -> None:
    with open_studio(with_rules(library)) as studio:
        names = [f"p{number}" for number in range(5)]
        people = company(studio, **dict.fromkeys(names, frozenset({"staff"})))  # type: ignore[arg-type]
        for name in names:
            people.ask(name)
            people.ask(name, OFF_TOPIC_QUESTION)
        response = people.browser("ann").get("/audit/charts")
        page = _text(response.text)
        assert response.text.count("<svg viewBox") == response.text.count("The table behind it") == 5
        assert "10 questions on 1 day. Most were asked on 20 Nov 2026: 10." in page
        assert (
            "50 % of the questions were answered. The most frequent reason for a refusal was: no evidence (5)." in page
        )
        assert f"{POLICY} was cited for most questions: 5." in page
        assert "style=" not in response.text
        assert people.browser("ann").get("/audit/charts?from=2026-11-21&to=2026-11-21").text.count("<svg view") == 0


@pytest.mark.parametrize("query", ["from=x", "from=2026-11-20&to=2026-11-01", "from=2020-01-01&to=2026-11-01"])
def test_a_span_that_is_none_is_said(story: Story, query: str) -> None:
    response = story.ann.get(f"/audit/charts?{query}")
    assert (response.status_code, 'role="alert">Expected' in response.text) == (422, True)


def test_an_export_is_verified_elsewhere_and_guards_its_table(
    story: Story, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    story.people.ask("mira", "=HYPERLINK(1) who reviews a new AI vendor?")
    given = story.ann.post("/audit/export", data={"from": "2026-11-22", "payloads": "1", "purpose": "yearly audit"})
    assert given.headers["content-type"] == "application/zip"
    assert re.fullmatch(
        r'attachment; filename="greenlit-records-\d+-to-\d+\.zip"', given.headers["content-disposition"]
    )
    with zipfile.ZipFile(io.BytesIO(given.content)) as archive:
        archive.extractall(tmp_path)
    assert verifier.main([str(tmp_path), "--key", story.people.studio.opened.signer.key().text()]) == 0
    table = (tmp_path / "records.csv").read_text()
    assert "\"'=HYPERLINK(1)" in table
    assert TRAVEL_QUESTION in table
    assert OFF_TOPIC_QUESTION not in table  # of another day
    assert "mira" not in "".join(path.read_text() for path in tmp_path.iterdir())
    assert capsys.readouterr().out


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"purpose": ""}, "Expected a purpose in words"),
        ({"purpose": "x", "from": "2026-12-30"}, "Expected a time in which something was recorded"),
        ({"purpose": "x", "from": "soon"}, "Expected &#34;from&#34;"),
    ],
)
def test_an_export_of_nothing_or_for_nothing_is_refused_in_words(
    story: Story, fields: dict[str, str], words: str
) -> None:
    before = len(story.people.studio.all_leaves())
    response = story.ann.post("/audit/export", data=fields)
    assert (response.status_code, words in response.text) == (422, True)
    assert len(story.people.studio.all_leaves()) == before


def test_a_large_span_is_for_the_command_line(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.web.console.exporting.MAX_RECORDS", 3)
    response = story.ann.post("/audit/export", data={"purpose": "x"})
    assert (response.status_code, "greenlit audit export" in response.text) == (422, True)


def test_ones_own_looks_are_shown_and_nobody_elses(story: Story) -> None:
    cleo = story.people.browser("cleo")
    cleo.get(f"/audit/records/{story.answered.finished}")
    page = _text(cleo.get("/audit/looks").text)
    assert f"a record, without its texts {story.answered.received}, {story.answered.finished}" in page
    assert "complaint" not in page
    assert cleo.get("/audit/looks?before=x").status_code == 422


def test_verifying_shows_how_far_it_is_and_begins_once(story: Story) -> None:
    assert "Not verified yet" in story.ann.get("/audit").text
    started = story.ann.post("/audit/verify").text
    assert "data-running" in started
    assert "It is being verified already" in story.ben.post("/audit/verify").text
    so_far = story.ann.get("/audit/verify", headers={"Accept": "application/json"}).json()
    assert so_far["state"] == "running"
    assert "Being verified now" in story.ann.get("/audit/export").text


# --- who may, and whose forms ---


def test_only_auditors_have_the_door_and_forms_of_elsewhere_are_not_taken(story: Story) -> None:
    mira = story.people.browser("mira")
    assert 'href="/audit"' not in mira.get("/").text
    assert 'href="/audit"' in story.ann.get("/").text
    response = mira.get("/audit/records/7")
    assert (response.status_code, "This is not open to you." in response.text) == (403, True)
    before = len(story.people.studio.all_leaves())
    for step in ("texts", "again", "erase"):
        address = f"/audit/records/{story.answered.finished}/{step}"
        forged = story.ann.post(address, data={"purpose": "x"}, headers={"Greenlit-Form-Token": "forged"})
        assert forged.status_code == 403
        assert story.ann.post(address, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert len(story.people.studio.all_leaves()) == before
