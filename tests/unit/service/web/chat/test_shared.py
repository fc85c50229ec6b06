"""An answer again by its link: for its asker, and, once shared, for whoever may read all that it cites."""

from collections.abc import Iterator

import pytest

from tests.support.audit_doors import Company, company
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import OFF_TOPIC_QUESTION, VENDOR_QUESTION, all_told, open_studio, with_rules

ANSWER = "The security team reviews every new AI vendor within ten working days."
BOARD = "board/sale.md"
BOARD_QUESTION = "When is the old studio building sold?"
SOLD = "The old studio building is sold in the spring."
NONE = "01890a5d-ac96-774b-bcce-b302099a8057"


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    library = TinyLibrary(tmp_path_factory.mktemp("shared") / "studio")
    library.allow("board", groups=("board",))
    library.add(BOARD, f"# Sale\n\n{SOLD}\n")
    with open_studio(with_rules(library), groups="board") as studio:
        yield company(studio)


def _shared(people: Company, question: str = VENDOR_QUESTION, *, shared: bool = True) -> str:
    request_id = people.ask("mira", question).request_id
    if shared:
        assert people.browser("mira").post(f"/answers/{request_id}/share").status_code == 200
    return request_id


def _opens(people: Company, name: str, request_id: str) -> bool:
    """Whether somebody sees the answer; if not, they see what is shown for one that there is not."""
    browser = people.browser(name)
    page, none = browser.get(f"/answers/{request_id}"), browser.get(f"/answers/{NONE}")
    assert none.status_code == 404
    if page.status_code == 200:
        return True
    assert page.status_code == 404
    assert all_told(page) == all_told(none)
    return False


def test_a_link_opens_an_answer_to_its_asker_alone_until_it_is_shared(people: Company) -> None:
    request_id = _shared(people, shared=False)
    assert [_opens(people, name, request_id) for name in ("mira", "tom", "ann")] == [True, False, False]
    page = people.browser("mira").post(f"/answers/{request_id}/share").text
    assert "Stop sharing" in page
    assert [_opens(people, name, request_id) for name in ("mira", "tom", "ann")] == [True, True, True]
    assert ANSWER in people.browser("tom").get(f"/answers/{request_id}").text
    people.browser("mira").post(f"/answers/{request_id}/share", data={"end": "1"})
    assert [_opens(people, name, request_id) for name in ("mira", "tom")] == [True, False]


def test_only_its_asker_shares_an_answer_and_their_record_names_nobody(people: Company) -> None:
    request_id = _shared(people, shared=False)
    assert people.browser("tom").post(f"/answers/{request_id}/share").status_code == 404
    assert not _opens(people, "tom", request_id)
    before = len(people.studio.all_leaves())
    for _ in range(2):
        people.browser("mira").post(f"/answers/{request_id}/share")
    leaves = [leaf for leaf in people.studio.all_leaves()[before:] if leaf["type"] == "answer.shared"]
    assert [set(leaf) for leaf in leaves] == [{"v", "type", "origin", "ts_us", "seq", "request_id", "shared"}]


def test_somebody_elses_look_is_on_record_and_the_asker_sees_it(people: Company) -> None:
    request_id = _shared(people)
    before = len(people.studio.all_leaves())
    people.browser("tom").get(f"/answers/{request_id}")
    (look,) = people.studio.all_leaves()[before:]
    seqs = [leaf.seq for leaf in people.studio.store.of_request(request_id)]
    assert (look["type"], look["what"], look["seqs"]) == ("audit.read", "shared", seqs)
    people.browser("mira").get(f"/answers/{request_id}")
    assert people.studio.all_leaves()[-1]["what"] == "own"
    record = people.browser("mira").get("/record").text
    section = record[: record.index(request_id)]
    assert "by tom: opened it by the link that you shared" in section[section.rindex("<section") :]


def test_whoever_may_not_read_every_source_sees_no_such_answer(people: Company) -> None:
    """Law 2: a document for others is one that is not there, also behind a link."""
    request_id = people.studio.ask(BOARD_QUESTION)["request_id"]
    owner = people.studio.service.owner.principal_id
    people.studio.service.auditing.shared.share(owner, request_id, shared=True)
    before = len(people.studio.all_leaves())
    assert not _opens(people, "tom", request_id)
    assert len(people.studio.all_leaves()) == before
    assert SOLD in people.studio.browser().get(f"/answers/{request_id}").text


def test_a_revoked_source_ends_the_sharing_at_once(people: Company) -> None:
    library, extra = people.studio.library, "legal/parking.md"
    library.add(extra, "# Parking\n\nVisitors park their bicycles behind the small gate.\n")
    library.ingest()
    request_id = _shared(people, "Where do visitors park their bicycles?")
    assert _opens(people, "tom", request_id)
    library.revoke(extra)
    assert not _opens(people, "tom", request_id)
    page = people.browser("mira").get(f"/answers/{request_id}").text
    assert "It is no answer any more" in page


def test_a_refusal_and_an_erased_answer_are_no_answers_to_share(people: Company) -> None:
    refused = people.ask("mira", OFF_TOPIC_QUESTION).request_id
    erased = _shared(people)
    people.studio.service.auditing.own.erase("mira", erased)
    for request_id in (refused, erased):
        assert people.browser("mira").post(f"/answers/{request_id}/share").status_code == 404
        assert not _opens(people, "mira", request_id)
        assert not _opens(people, "tom", request_id)


def test_nothing_is_shown_that_is_not_on_record(library: TinyLibrary) -> None:
    with open_studio(with_rules(library)) as studio:  # of its own: a log that could not be written takes nothing more
        people = company(studio)
        request_id = _shared(people)
        studio.store.refused = {"audit.read"}
        page = people.browser("tom").get(f"/answers/{request_id}")
        assert (page.status_code, ANSWER in page.text) == (503, False)
