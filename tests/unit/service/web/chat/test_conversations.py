"""One's own conversations on the pages: asked, gone on with, found, named, erased; and nobody else's."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.audit_doors import Company, company
from tests.support.audit_parts import wait_until
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import POLICY, POLICY_TEXT, TRAVEL_QUESTION, VENDOR_QUESTION, open_studio, with_rules

FOLLOW_UP = "How much is it?"
REWRITTEN = "How much is the daily travel allowance?"
ALLOWANCE = "The daily travel allowance is fifty euros."
GONE = "It is no answer any more"


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    library = TinyLibrary(tmp_path_factory.mktemp("conversations") / "studio")
    with open_studio(with_rules(library)) as studio:
        yield company(studio)


def _ask(people: Company, name: str, question: str, conversation: str = "", **more: str) -> tuple[str, str]:
    """Ask on the page; the page, and the id of the conversation that it goes on with."""
    data = {"question": question, "conversation_id": conversation, **more}
    page = people.browser(name).post("/", data=data)
    assert page.status_code == 200
    (found,) = set(re.findall(r'name="conversation_id" value="([^"]*)"', page.text))
    return page.text, found


def _types(people: Company, since: int) -> list[str]:
    return [leaf["type"] for leaf in people.studio.all_leaves()[since:]]


def _erase_all(people: Company, name: str) -> None:
    conversations = people.studio.service.auditing.conversations
    for one in conversations.every(name)[0]:
        conversations.erase(name, one.conversation_id)


def test_a_question_begins_a_conversation_and_the_next_goes_on_with_it(people: Company) -> None:
    _, conversation = _ask(people, "mira", TRAVEL_QUESTION)
    assert re.fullmatch(r"c-[A-Za-z0-9_-]{22}", conversation)
    page, again = _ask(people, "mira", FOLLOW_UP, conversation)
    assert again == conversation
    assert f"Searched for: <bdi>{REWRITTEN}</bdi>" in page
    assert ALLOWANCE in page
    typed, _ = _ask(people, "mira", FOLLOW_UP, conversation, as_typed="1")
    assert "Searched for" not in typed
    assert 'class="refusal"' in typed


@pytest.mark.parametrize("given", ["", "c-nobodys", "not an id", "c-" + "a" * 200])
def test_what_is_no_conversation_of_ones_own_is_not_gone_on_with(people: Company, given: str) -> None:
    assert _ask(people, "mira", VENDOR_QUESTION, given)[1] != given


def test_somebody_elses_conversation_is_not_gone_on_with_and_not_shown(people: Company) -> None:
    _erase_all(people, "tom")
    _, hers = _ask(people, "mira", TRAVEL_QUESTION)
    page, his = _ask(people, "tom", FOLLOW_UP, hers)
    assert his != hers
    assert ALLOWANCE not in page
    tom = people.browser("tom")
    for conversation in (hers, "c-none"):
        answers = [tom.get(f"/conversations/{conversation}")]
        answers += [
            tom.post(f"/conversations/{conversation}/{what}", data={"name": "x"}) for what in ("rename", "erase")
        ]
        assert {(answer.status_code, answer.text) for answer in answers} == {(404, answers[0].text)}
        assert "There is no such conversation of yours" in answers[0].text
    assert TRAVEL_QUESTION not in tom.get("/conversations").text
    assert TRAVEL_QUESTION not in tom.post("/conversations", data={"search": "allowance"}).text
    assert ALLOWANCE in people.browser("mira").get(f"/conversations/{hers}").text


def test_the_list_names_each_by_its_first_question_the_newest_first(people: Company) -> None:
    _erase_all(people, "mira")
    long = "What is the daily travel allowance, and does it differ for whoever travels by night or beyond the country?"
    _, first = _ask(people, "mira", long)
    _, second = _ask(people, "mira", VENDOR_QUESTION)
    _ask(people, "mira", FOLLOW_UP, first)
    page = people.browser("mira").get("/conversations").text
    assert page.index(first) < page.index(second)
    assert "What is the daily travel allowance, and does it differ for whoever travels by…</a>" in page
    assert "2 questions" in page
    conversations = people.studio.service.auditing.conversations
    (newest,), following = conversations.every("mira", limit=1)
    assert (newest.conversation_id, newest.turns) == (first, 2)
    assert [one.conversation_id for one in conversations.every("mira", before=following or 0)[0]] == [second]


def test_a_conversation_shows_its_answers_with_their_sources_as_they_were(people: Company) -> None:
    _, conversation = _ask(people, "mira", TRAVEL_QUESTION)
    asked, _ = _ask(people, "mira", FOLLOW_UP, conversation)
    _ask(people, "mira", "Which orbit do geostationary satellites follow?", conversation)
    page = people.browser("mira").get(f"/conversations/{conversation}").text
    (sources,) = re.findall(r'<section class="answer".*?</section>', asked, re.DOTALL)
    assert sources in page
    assert f"Searched for: <bdi>{REWRITTEN}</bdi>" in page
    assert "Refused: <code>no_evidence</code>" in page
    assert f'name="conversation_id" value="{conversation}"' in page


def test_words_are_found_in_questions_answers_and_names_and_are_kept_nowhere(people: Company) -> None:
    _erase_all(people, "mira")
    _, travel = _ask(people, "mira", TRAVEL_QUESTION)
    _, vendor = _ask(people, "mira", VENDOR_QUESTION)
    browser = people.browser("mira")
    browser.post(f"/conversations/{vendor}/rename", data={"name": "Ｚebra  cases"})
    before = len(people.studio.all_leaves())
    for words, expected in (
        ("FIFTY euros", travel),
        ("vendor ten", vendor),
        ("zebra", vendor),
        ("fifty vendor", None),
    ):
        page = browser.post("/conversations", data={"search": words}).text
        found = re.findall(r'<li><a href="/conversations/([^"]+)"', page)
        assert found == ([expected] if expected else []), words
    looks = people.studio.all_leaves()[before:]
    assert [(leaf["type"], leaf["what"], leaf["filter"], leaf["seqs"]) for leaf in looks] == [
        ("audit.read", "own", {}, [])
    ] * 4
    assert not any(people.studio.store.payloads(before + number) for number in range(4))


def test_a_search_of_more_than_one_call_goes_on_where_it_stopped(
    people: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.audit.reading.conversations.MAX_SEARCHED", 1)
    _erase_all(people, "tom")
    _, old = _ask(people, "tom", TRAVEL_QUESTION)
    _ask(people, "tom", VENDOR_QUESTION)
    page = people.browser("tom").post("/conversations", data={"search": "fifty"}).text
    (before,) = re.findall(r'name="before" value="(\d+)"', page)
    assert f"/conversations/{old}" not in page
    page = people.browser("tom").post("/conversations", data={"search": "fifty", "before": before}).text
    assert f"/conversations/{old}" in page
    assert 'name="before"' not in page


def test_a_name_is_sealed_and_its_record_names_nobody(people: Company) -> None:
    _, conversation = _ask(people, "mira", VENDOR_QUESTION)
    before, browser = len(people.studio.all_leaves()), people.browser("mira")
    page = browser.post(f"/conversations/{conversation}/rename", data={"name": "  Vendors\n we know "})
    assert ">Vendors we know</a>" in page.text
    leaf = next(leaf for leaf in people.studio.all_leaves()[before:] if leaf["type"] == "conversation.named")
    assert set(leaf) == {"v", "type", "origin", "ts_us", "seq", "request_id", "name_commit", "name_len"}
    page = browser.post(f"/conversations/{conversation}/rename", data={"name": "n" * 81})
    assert (page.status_code, "at most 80 printable characters" in page.text) == (422, True)
    browser.post(f"/conversations/{conversation}/rename", data={"name": ""})
    assert f">{VENDOR_QUESTION}</a>" in browser.get("/conversations").text


def test_erasing_says_what_it_does_and_takes_every_text(people: Company) -> None:
    _, conversation = _ask(people, "mira", TRAVEL_QUESTION)
    _ask(people, "mira", FOLLOW_UP, conversation)
    browser, store = people.browser("mira"), people.studio.store
    browser.post(f"/conversations/{conversation}/rename", data={"name": "Travels"})
    named = store.newest_of("conversation.named")
    seqs = people.studio.service.auditing.conversations._turns.of("mira", conversation).seqs
    records = [leaf.seq for leaf in store.of_questions(seqs)] + [named.seq if named else -1]
    assert "takes the texts of all its questions and answers" in browser.get(f"/conversations/{conversation}").text
    page = browser.post(f"/conversations/{conversation}/erase").text
    assert "the texts of 2 questions and their answers are gone" in page
    assert store.payloads_of(records) == {}
    erased = [leaf for leaf in people.studio.all_leaves() if leaf["type"] == "payload.erased"][-1]
    assert (erased["ground"], "actor" in erased) == ("asker_request", False)
    assert browser.get(f"/conversations/{conversation}").status_code == 404
    assert conversation not in browser.get("/conversations").text


def test_an_answer_whose_source_was_withdrawn_is_a_text_and_no_answer(people: Company) -> None:
    """Law 2: what was approved then is not shown as approved now."""
    library = people.studio.library
    _, conversation = _ask(people, "mira", VENDOR_QUESTION)
    library.revoke(POLICY)
    page = people.browser("mira").get(f"/conversations/{conversation}").text
    assert GONE in page
    assert "/documents/" not in page
    assert "<blockquote dir" in page
    library.add(POLICY, POLICY_TEXT)
    assert GONE not in people.browser("mira").get(f"/conversations/{conversation}").text


def test_each_look_is_on_record_before_anything_is_shown(people: Company) -> None:
    """Law 7. What stands beside a page is one record in ten minutes."""
    _, conversation = _ask(people, "tom", TRAVEL_QUESTION)
    tom, studio = people.browser("tom"), people.studio
    studio.library.clock.at = studio.library.clock.at.replace(year=2027)
    before = len(studio.all_leaves())
    tom.get("/")
    tom.get("/")
    assert _types(people, before).count("audit.read") == 1
    looks: list[Callable[[], Any]] = [
        lambda: tom.get("/conversations"),
        lambda: tom.post("/conversations", data={"search": "allowance"}),
        lambda: tom.get(f"/conversations/{conversation}"),
    ]
    for look in looks:
        before = len(studio.all_leaves())
        assert TRAVEL_QUESTION in look().text
        (leaf,) = studio.all_leaves()[before:]
        assert (leaf["type"], leaf["what"], leaf["count"]) == ("audit.read", "own", None)
        studio.store.refused = {"audit.read"}
        page = look()
        studio.store.refused = set()
        assert (page.status_code, TRAVEL_QUESTION in page.text) == (503, False)
        wait_until(lambda: not studio.opened.log.healthy())
