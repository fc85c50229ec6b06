"""The page for staff in a real browser: asking, reading beside the source, what helps where there is no answer.

One service and one browser for all of it. What is tried is what somebody does at a desk and on a phone, with the
keyboard alone, without scripts, with a lost connection and after the session has ended.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from service.answering.answers import Answer, Citation, Further, Sentence
from service.answering.drafts import Quote
from service.answering.pipeline import Answering
from service.answering.verify import VerifiedQuote
from service.audit.storage.store import Receipt
from service.web.pages import SESSION_COOKIE
from tests.support.browsing import CHROMIUM, DESK, HEIGHT, PHONE, Visit, visit_with
from tests.support.fakes import TinyLibrary
from tests.support.page_checks import looks_right
from tests.support.service_parts import (
    OFF_TOPIC_QUESTION,
    POLICY,
    POLICY_TEXT,
    VENDOR_QUESTION,
    Studio,
    open_studio,
    serving,
    with_rules,
)

SENTENCE = "The security team reviews every new AI vendor within ten working days."
LONG_QUESTION = "When are lanterns inspected?"
LONG_SENTENCE = "By the rules, lanterns on the backlot are inspected each Tuesday."
LONG_TEXT = "# Handbook of the backlot\n\n{shelves}\n\n## Lantern inspection\n\n{sentence}\n\n## Changes\n\n{shelves}\n"
LINES = (LONG_SENTENCE, *(f"Paragraph {n} is about the studio and its shelves." for n in (3, 4)))
RECEIPT = Receipt("greenlit.test/audit/2026-11", 7, "f" * 64)
ATTACK = "<img src=x onerror=\"document.title='run'\"> <script>document.title = 'run'</script> javascript:alert(1)"
_NAMELESS = """[...document.querySelectorAll("button, a, input:not([type=hidden]), textarea")]
  .filter((one) => !(one.textContent.trim() || one.ariaLabel || one.labels?.length)).length"""
TURNED = "כללי ההסעדה"  # a title that is read from right to left

pytestmark = [pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no browser at {CHROMIUM}")]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Studio, str]]:
    library = TinyLibrary(tmp_path_factory.mktemp("asked") / "studio")
    shelves = "\n\n".join(f"Paragraph {number} is about the studio and its shelves." for number in range(60))
    library.add("legal/long.md", LONG_TEXT.format(shelves=shelves, sentence=LONG_SENTENCE))
    library.add(
        "legal/attack.md", f"# {TURNED}\n\nThe catering form holds {ATTACK.replace('<', chr(92) + '<')} on top.\n"
    )
    with open_studio(with_rules(library), requests_per_minute=6000) as studio, serving(studio.app) as url:
        yield studio, url


Opens = Callable[..., Visit]


@pytest.fixture
def opens(browser: Browser, served: tuple[Studio, str]) -> Iterator[Opens]:
    """Open the page in a browser that knows nothing yet, signed in."""
    contexts = []

    def visit(width: int = DESK, **more: Any) -> Visit:
        contexts.append(browser.new_context(viewport={"width": width, "height": HEIGHT}, **more))
        opened = visit_with(contexts[-1], *served)
        opened.sign_in()
        return opened

    yield visit
    for context in contexts:
        context.close()


def test_an_answer_is_read_beside_its_source(opens: Opens) -> None:
    visit = opens()
    page, beside = visit.page, visit.page.locator("#beside")
    assert page.url == f"{visit.url}/"  # the code is gone from the address
    expect(page.get_by_role("button", name="What are the rules for lantern inspection?")).to_be_visible()
    visit.ask(LONG_QUESTION)
    first = visit.turn(1)
    expect(first.locator(".lead .words")).to_have_text(LONG_SENTENCE)
    expect(page.locator("#answered")).to_contain_text(f"{LONG_SENTENCE} 1 quote.")
    chip, card = first.locator(".chip"), first.locator(".card")
    expect(card).to_be_hidden()
    chip.hover()
    for part in (
        LONG_SENTENCE,
        "Handbook of the backlot · Lantern inspection",
        "approved by ann@x.example, until 20 Nov 2027",
    ):
        expect(card).to_contain_text(re.compile(r"\s+".join(map(re.escape, part.split()))))
    stood = first.bounding_box()
    chip.click()
    expect(beside.locator("mark")).to_have_text(LONG_SENTENCE)
    expect(beside.locator("mark")).to_be_in_viewport()
    expect(card).to_be_hidden()
    assert (first.bounding_box(), page.evaluate("scrollY")) == (stood, 0)  # nothing of the answer moved
    expect(beside.get_by_role("link", name="Original")).to_have_attribute("href", "/originals/legal/long.md")
    visit.ask(VENDOR_QUESTION)
    second = visit.turn(2)
    expect(second.locator(".lead .words")).to_have_text(SENTENCE)
    assert page.evaluate(
        "((all) => all.length === new Set(all).size)([...document.querySelectorAll('[id]')].map((one) => one.id))"
    )
    chip.click()  # the first answer's number still opens the first answer's source
    expect(beside.locator("mark")).to_have_text(LONG_SENTENCE)
    second.locator(".chip").click()
    expect(beside.locator("mark")).to_have_text(SENTENCE)
    page.get_by_role("button", name="Close").click()
    expect(beside).to_be_hidden()
    assert re.fullmatch(rf"{visit.url}/conversations/c-[\w-]{{22}}", page.url)  # nothing of a question in it
    expect(page).to_have_title("Answer · Greenlit")
    visit.looks_right("ask-answers")
    assert visit.was_quiet()


def test_what_is_copied_takes_numbers_and_sources_along(opens: Opens) -> None:
    visit = opens(permissions=["clipboard-read", "clipboard-write"])
    visit.ask(VENDOR_QUESTION)
    turn = visit.turn(1)
    turn.get_by_role("button", name="Copy").click()
    expect(turn.locator(".heard")).to_have_text("Copied, with its sources.")
    read = "async (type) => (await (await navigator.clipboard.read())[0].getType(type)).text()"
    plain = visit.page.evaluate(read, "text/plain")
    note = "approved by ann@x.example, until 20 Nov 2027"
    listed = rf"\[1\] AI use policy, {re.escape(note)} <{visit.url}/documents/legal/ai-policy\.md\?.*#quote>"
    pattern = rf"{re.escape(SENTENCE)} \[1\]\n\n{listed}"
    assert re.fullmatch(pattern, plain), plain
    assert f"<p>{SENTENCE} [1]</p>" in visit.page.evaluate(read, "text/html")
    turn.locator(".words").select_text()
    visit.page.keyboard.press("ControlOrMeta+c")
    assert visit.page.evaluate(read, "text/plain") == plain
    turn.get_by_role("button", name="Share").click()
    expect(turn.locator(".heard")).to_contain_text("Shared, and the link is copied")
    assert re.fullmatch(rf"{visit.url}/answers/[0-9a-f-]{{36}}", visit.page.evaluate("navigator.clipboard.readText()"))


def _in_part(studio: Studio, request_id: str) -> Answer:
    """Return an answer that quotes three lines of the handbook of 60, and offers what stands at its end."""
    past = studio.service.past_answers
    build = past.live_build.get()
    grants = past.boundary.scope(build, studio.service.owner.groups).grants
    passages = [one for one in build.passages.passages(range(8)) if one.document == "legal/long.md"]
    stored, granted = build.passages.text("legal/long.md") or "", grants["legal/long.md"]
    citations = []
    for n, line in enumerate(LINES, start=1):
        start, end = stored.index(line), stored.index(line) + len(line)
        passage = next(one for one in passages if one.start <= start and end <= one.end)
        citations.append(Citation(n, VerifiedQuote(Quote(passage.passage_id, start, end, line), passage, granted)))
    sentences = (Sentence("\n".join(LINES), (1, 2, 3), 57),)
    return Answer(
        request_id,
        sentences,
        tuple(citations),
        None,
        RECEIPT,
        not_mentioned=("Norway",),
        not_looked_up=("Who pays", "Who asks"),
        passages=(Further(passages[-1], granted),),
    )


def test_a_list_is_copied_as_one_and_what_is_also_on_it_is_read_beside(
    opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = opens(permissions=["clipboard-read", "clipboard-write"])
    monkeypatch.setattr(Answering, "ask", lambda _self, question, **_more: _in_part(visit.studio, question.request_id))
    visit.ask("Which lines are there for Norway?")
    turn, beside = visit.turn(1), visit.page.locator("#beside")
    expect(turn.locator(".lead li .words")).to_have_text(list(LINES))
    left = "Not looked up: Who pays, and 1 further question. Ask them one at a time."
    expect(visit.page.locator("#answered")).to_contain_text(f"The sources do not mention Norway. {left} 3 quotes.")
    turn.get_by_role("button", name="Copy").click()
    listed = "\n".join(f"- {line} [{n}]" for n, line in enumerate(LINES, start=1))
    plain = visit.page.evaluate("navigator.clipboard.readText()")
    said = f"{listed}\n\n(and 57 more)\n\nThe sources do not mention Norway. {left}\n\n[1] Handbook"
    assert plain.startswith(said), plain
    read = "async () => (await (await navigator.clipboard.read())[0].getType('text/html')).text()"
    assert f"<ul><li>{LINES[0]} [1]</li><li>{LINES[1]} [2]</li>" in visit.page.evaluate(read)
    turn.get_by_text("Also on this (1)").click()
    turn.locator(".further a").click()
    expect(beside.locator("#place")).to_be_in_viewport()
    expect(beside.locator("mark")).to_have_count(0)
    turn.get_by_role("link", name="read on in the source").click()
    expect(beside.locator("mark")).to_have_text(LINES[-1])
    expect(turn.locator(".chip.open")).to_have_text("[3]")
    looks_right(visit.page, "ask-list")
    assert visit.was_quiet()


def test_a_refusal_cites_nothing_and_helps(opens: Opens) -> None:
    visit = opens()
    visit.ask(OFF_TOPIC_QUESTION)
    refused = visit.turn(1)
    expect(refused.get_by_role("heading", name="No approved document answers this.")).to_be_visible()
    expect(refused.locator(".chip, .sources, .near")).to_have_count(0)
    visit.ask("Which lanterns glow, and who inspected them in Norway?")
    near = visit.turn(2).locator(".near a")
    expect(near).to_have_text(["Handbook of the backlot"])
    near.click()  # a document, not a quote of it
    expect(visit.page.locator("#beside")).to_contain_text(LONG_SENTENCE)
    expect(visit.page.locator("#beside mark")).to_have_count(0)
    visit.page.keyboard.press("Escape")
    expect(near).to_be_focused()
    visit.turn(2).get_by_text("Ask for a document").click()
    expect(visit.turn(2).get_by_label("What should an approved document say?")).to_be_visible()
    visit.looks_right("ask-refused")
    assert visit.was_quiet()


def test_on_a_phone_a_tap_shows_the_quote_and_the_source_lies_over_the_answer(opens: Opens) -> None:
    visit = opens(PHONE, has_touch=True, is_mobile=True)
    visit.ask(LONG_QUESTION)
    visit.turn(1).locator(".chip").tap()
    expect(visit.turn(1).locator(".card")).to_contain_text(LONG_SENTENCE)
    expect(visit.page.locator("#beside")).to_be_hidden()
    visit.turn(1).get_by_role("link", name="Open the source").tap()
    expect(visit.page.locator("#beside mark")).to_be_in_viewport()
    visit.looks_right("ask-sheet", (PHONE,))
    visit.page.keyboard.press("Escape")
    expect(visit.page.locator("#beside")).to_be_hidden()
    expect(visit.page.get_by_label("Ask the approved documents")).to_be_enabled()
    assert visit.was_quiet()


def test_it_can_be_used_by_keyboard_alone(opens: Opens) -> None:
    visit = opens()
    keyboard, box = visit.page.keyboard, visit.page.get_by_label("Ask the approved documents")
    expect(box).to_be_focused()
    keyboard.type("line")
    keyboard.press("Shift+Enter")
    expect(box).to_have_value("line\n")
    box.fill("")
    keyboard.type(VENDOR_QUESTION)
    keyboard.press("Enter")
    expect(visit.turn(1).locator(".lead .words")).to_have_text(SENTENCE)
    expect(box).to_have_value("")
    keyboard.press("ArrowUp")
    expect(box).to_have_value(VENDOR_QUESTION)
    for _ in range(3):  # the button, what is logged, the number
        keyboard.press("Tab")
    expect(visit.turn(1).locator(".chip")).to_be_focused()
    expect(visit.turn(1).locator(".card")).to_be_visible()
    keyboard.press("Escape")
    expect(visit.turn(1).locator(".card")).to_be_hidden()
    keyboard.press("Enter")
    expect(visit.page.locator("#beside-title")).to_be_focused()
    keyboard.press("Escape")
    expect(visit.turn(1).locator(".chip")).to_be_focused()
    assert visit.page.evaluate(_NAMELESS) == 0


def test_it_works_without_scripts(opens: Opens) -> None:
    visit = opens(java_script_enabled=False)
    visit.page.get_by_role("button", name="What are the rules for lantern inspection?").click()
    expect(visit.turn(1).locator(".words").first).to_be_visible()
    visit.ask(LONG_QUESTION)
    expect(visit.turn(1).locator(".lead .words")).to_have_text(LONG_SENTENCE)
    visit.turn(1).locator(".chip").click()
    expect(visit.page.locator("mark")).to_have_text(LONG_SENTENCE)
    expect(visit.page.locator("mark")).to_be_in_viewport()
    assert visit.page.url.startswith(f"{visit.url}/documents/legal/long.md?version=")
    visit.looks_right("reader-quote")
    visit.page.get_by_role("link", name="Library", exact=True).first.click()
    expect(visit.page.get_by_role("link", name="Travel rules")).to_be_visible()


def test_nothing_written_in_a_question_or_a_document_runs_or_turns_a_line(opens: Opens) -> None:
    visit = opens()
    visit.ask(f"What does the catering form hold? {ATTACK} \u202eevil\u202c")
    turn = visit.turn(1)
    expect(turn.locator(".lead .words")).to_contain_text("<script>document.title = 'run'</script>")
    expect(turn.locator(".asked")).to_contain_text("<img src=x")
    expect(turn.locator(".sources li")).to_contain_text(re.compile(rf"\[1\] {TURNED} ?· approved by"))
    turn.locator(".chip").click()
    expect(visit.page.locator("#beside mark")).to_contain_text("<script>")
    for address in ("/documents", "/documents/legal/attack.md"):
        visit.page.goto(visit.url + address)
        expect(visit.page.get_by_text(TURNED).first).to_be_visible()
        visit.looks_right("inert")
    expect(visit.page).to_have_title(f"{TURNED} · Greenlit")
    assert visit.was_quiet()


def test_the_question_survives_a_lost_connection_and_an_ended_session(opens: Opens) -> None:
    visit = opens()
    page, box = visit.page, visit.page.get_by_label("Ask the approved documents")
    page.context.set_offline(True)
    page.wait_for_function("fetch('/healthz').then(() => false, () => true)")  # it is told, and takes effect later
    visit.ask(VENDOR_QUESTION)
    expect(page.get_by_role("alert")).to_contain_text("The connection was lost")
    expect(box).to_have_value(VENDOR_QUESTION)
    page.context.set_offline(False)
    page.context.clear_cookies(name=SESSION_COOKIE)
    visit.ask(VENDOR_QUESTION)
    expect(page.get_by_role("alert").last).to_contain_text("Your session has ended.")
    expect(box).to_have_value(VENDOR_QUESTION)
    page.get_by_role("link", name="Sign in, and come back to it").click()
    expect(page.get_by_role("heading", name="Open Greenlit with its link")).to_be_visible()
    assert "vendor" not in page.url
    visit.sign_in()
    expect(box).to_have_value(VENDOR_QUESTION)
    assert page.evaluate("sessionStorage.length + localStorage.length") == 0
    visit.ask(VENDOR_QUESTION)
    expect(visit.turn(1).locator(".lead .words")).to_have_text(SENTENCE)


def test_who_signed_in_anew_elsewhere_asks_on_in_the_old_page(opens: Opens) -> None:
    visit = opens()
    other = visit.page.context.new_page()
    other.goto(f"{visit.url}/open?code={visit.studio.code()}")
    other.close()
    visit.ask(VENDOR_QUESTION)
    expect(visit.turn(1).locator(".lead .words")).to_have_text(SENTENCE)


def test_a_document_revoked_while_an_answer_is_read_says_so_at_the_next_click(opens: Opens) -> None:
    visit = opens()
    visit.ask(VENDOR_QUESTION)
    chip = visit.turn(1).locator(".chip")
    expect(chip).to_be_visible()
    visit.studio.library.revoke(POLICY)
    try:
        chip.click()
        beside = visit.page.locator("#beside")
        expect(beside).to_contain_text("This document is not approved any more, or you may not read it.")
        expect(beside).not_to_contain_text("vendor")
        visit.ask(VENDOR_QUESTION)
        expect(visit.turn(2).get_by_role("heading", name="No approved document answers this.")).to_be_visible()
    finally:
        visit.studio.library.add(POLICY, POLICY_TEXT)


def test_titles_are_searched_in_the_library_and_a_document_is_read_by_its_headings(opens: Opens) -> None:
    visit = opens()
    visit.page.get_by_role("link", name="Library").click()
    visit.looks_right("library")
    visit.page.get_by_label("Search the titles").fill("HANDBOOK backlot")
    expect(visit.page.locator("#found")).to_have_text("1 document")
    expect(visit.page.get_by_role("link", name="Travel rules")).to_be_hidden()
    visit.page.get_by_role("link", name="Handbook of the backlot").click()
    visit.page.get_by_role("navigation", name="In this document").get_by_role("link", name="Lantern inspection").click()
    expect(visit.page.get_by_role("heading", name="Lantern inspection")).to_be_in_viewport()
    visit.looks_right("reader")
    assert visit.was_quiet()
