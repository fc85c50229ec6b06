"""The page for staff while a language model writes, in a real browser: sentence by sentence, stopped, broken off.

What is told comes from the test in place of the pipeline, at the moment that the test chooses; the page and the way of
the events to it are real. The last test stops a model through all of it.
"""

import queue
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from service.answering.answers import Answer, ByModel
from service.answering.errors import AnswerFailedError
from service.answering.pipeline import Answering
from service.answering.progress import Event, Step, of_answer, of_end, of_sentence, of_step
from service.models.models_file import MODELS_FILE
from tests.support.browsing import CHROMIUM, HEIGHT, PHONE, Visit, visit_with
from tests.support.fakes import TinyLibrary
from tests.support.listed_answers import BEHIND, MODEL, WORDS, listed_answer, refused_by_model, written_answer
from tests.support.model_parts import ENTRY, written
from tests.support.page_checks import looks_right
from tests.support.service_parts import VENDOR_QUESTION, Studio, open_studio, serving, with_rules

VENDOR_SENTENCE = "The security team reviews every new AI vendor within ten working days."
QUESTION = "How long are contracts kept?"
WRITTEN = f"Written by {MODEL} from the passages below; each sentence was checked against them."
LEFT_OUT = "2 sentences were left out because the passages do not say them."
HERE = "What is shown was checked and is on record."
ENOUGH_S = 60.0  # on a machine that is busy otherwise

pytestmark = [pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no browser at {CHROMIUM}")]


@dataclass
class Writing:
    """Stands for the pipeline: tells what the test puts in, ends with the answer or the error that it puts in."""

    put: "queue.SimpleQueue[Event | Answer | Exception]" = field(default_factory=queue.SimpleQueue)

    def stream(self, _question: object, tell: Any, **more: Any) -> None:
        while isinstance(one := self.put.get(timeout=ENOUGH_S), Event):
            tell(one)
        if isinstance(one, Exception):
            raise one
        for event in (*of_answer(one), *more["also"](one), of_end(one)):
            if event.name != "sentence":  # they came before
                tell(event)

    def sentence(self, number: int) -> None:
        answer = written_answer()
        self.put.put(of_sentence(number, answer.sentences[number - 1], answer.citations))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Studio, str]]:
    library = with_rules(TinyLibrary(tmp_path_factory.mktemp("written") / "studio"))
    with open_studio(library, requests_per_minute=6000) as studio, serving(studio.app) as url:
        yield studio, url


@pytest.fixture
def writing(monkeypatch: pytest.MonkeyPatch) -> Writing:
    writing = Writing()
    monkeypatch.setattr(Answering, "stream", lambda _self, *told, **more: writing.stream(*told, **more))
    return writing


@pytest.fixture
def visit(browser: Browser, served: tuple[Studio, str]) -> Iterator[Visit]:
    with browser.new_context(permissions=["clipboard-read", "clipboard-write"]) as context:
        opened = visit_with(context, *served)
        opened.sign_in()
        yield opened


def test_sentences_come_as_they_pass_and_the_whole_answer_takes_their_place(visit: Visit, writing: Writing) -> None:
    visit.ask(QUESTION)
    turn = visit.turn(1)
    writing.put.put(of_step(Step.DRAFTING))
    expect(turn.locator(".status")).to_have_text("Writing down what they say")
    coming = turn.locator(".coming")
    expect(coming).to_have_attribute("aria-live", "polite")
    writing.sentence(1)
    expect(coming.locator(".words")).to_have_text([WORDS[0]])
    expect(coming.locator(".by-model")).to_contain_text("each sentence is checked before it is shown")
    writing.sentence(2)
    expect(coming.locator(".words")).to_have_text(list(WORDS))
    expect(coming.locator(".chip")).to_have_text(["[1]", "[2]", "[3]"])
    looks_right(visit.page, "written-coming")
    writing.put.put(written_answer())
    expect(turn.locator(".by-model > .note")).to_have_text([WRITTEN, LEFT_OUT])
    expect(turn.locator(".words")).to_have_text(list(WORDS))
    expect(turn.locator(".coming, .status, .stops")).to_have_count(0)
    expect(visit.page.locator("#answered")).to_have_text(f"{WRITTEN} {LEFT_OUT} 3 quotes.")  # they were read out before
    looks_right(visit.page, "written")
    turn.locator(".chip").nth(1).hover()
    expect(turn.locator(".card").nth(1)).to_contain_text(f"The source says:{BEHIND[1]}")
    turn.get_by_text("How it was checked").click()
    expect(turn.locator(".how p")).to_be_visible()
    looks_right(visit.page, "written-card")
    assert visit.was_quiet()


def test_a_follow_up_that_a_model_rewrites_says_so_while_it_does_and_after(visit: Visit, writing: Writing) -> None:
    visit.ask("And since when?")
    turn = visit.turn(1)
    writing.put.put(of_step(Step.UNDERSTANDING))
    expect(turn.locator(".status")).to_have_text("Reading the questions before it")
    rewrote = ByModel(MODEL, wrote=False, judged=False, rewrote=True)
    writing.put.put(replace(listed_answer(), searched_for="Since when are contracts kept?", model=rewrote))
    expect(turn.locator(".as-typed bdi")).to_have_text("Since when are contracts kept?")
    expect(turn.locator(".by-model > .note")).to_have_text(f"{MODEL} rewrote the question so that it stands alone.")
    looks_right(visit.page, "rewritten")
    assert visit.was_quiet()


def test_what_is_copied_says_who_wrote_it(visit: Visit, writing: Writing) -> None:
    visit.ask(QUESTION)
    writing.put.put(written_answer())
    visit.turn(1).get_by_role("button", name="Copy").click()
    plain = visit.page.evaluate("navigator.clipboard.readText()")
    assert plain.startswith(f"{WRITTEN} {LEFT_OUT}\n\n{WORDS[0]} [1]\n\n{WORDS[1]} [2] [3]\n\n[1] Records"), plain


def test_stopped_what_was_shown_stays_and_one_may_ask_again(visit: Visit, writing: Writing) -> None:
    visit.ask(QUESTION)
    turn = visit.turn(1)
    writing.sentence(1)
    expect(turn.locator(".words")).to_have_text([WORDS[0]])
    looks_right(visit.page, "written-stop")
    turn.get_by_role("button", name="Stop").click()
    expect(turn).to_contain_text(f"Stopped. {HERE}")
    expect(turn.locator(".words")).to_have_text([WORDS[0]])
    expect(turn.locator(".stops")).to_have_count(0)
    looks_right(visit.page, "written-stopped")
    writing.put.put(written_answer())  # of the first; nobody hears it any more
    visit.ask(QUESTION)
    writing.put.put(written_answer())
    expect(visit.turn(2).locator(".words")).to_have_text(list(WORDS))
    expect(turn.locator(".words")).to_have_text([WORDS[0]])


def test_stopped_before_anything_came(visit: Visit, writing: Writing) -> None:
    visit.ask(QUESTION)
    visit.turn(1).get_by_role("button", name="Stop").click()
    expect(visit.turn(1)).to_contain_text("Stopped before there was an answer.")
    expect(visit.page.get_by_label("Ask the approved documents")).to_have_value(QUESTION)
    writing.put.put(refused_by_model())


def test_what_broke_off_says_so_beneath_what_was_shown(visit: Visit, writing: Writing) -> None:
    visit.ask(QUESTION)
    turn = visit.turn(1)
    writing.sentence(1)
    expect(turn.locator(".words")).to_have_text([WORDS[0]])
    writing.put.put(AnswerFailedError("it broke"))
    expect(turn.get_by_role("alert")).to_contain_text(HERE)
    expect(turn.locator(".words")).to_have_text([WORDS[0]])


def test_a_tap_on_a_number_opens_its_source_while_sentences_come(
    browser: Browser, served: tuple[Studio, str], writing: Writing
) -> None:
    phone = {"width": PHONE, "height": HEIGHT}
    with browser.new_context(viewport=phone, has_touch=True, is_mobile=True) as context:  # type: ignore[arg-type]
        visit = visit_with(context, *served)
        visit.sign_in()
        visit.ask(QUESTION)
        writing.sentence(1)
        visit.turn(1).locator(".chip").tap()
        expect(visit.page.locator("#beside")).to_be_visible()
        writing.put.put(written_answer())
        expect(visit.turn(1).locator(".chip")).to_have_count(3)


class Endless:
    """A model that writes one good sentence and goes on for as long as somebody wants it to."""

    name = "writer"

    def __init__(self) -> None:
        self.ended = threading.Event()

    def stream(self, messages: Any, *, most_tokens: int, stopped: Any) -> Iterator[str]:
        del most_tokens
        ids = re.findall(r'<passage id="([^"]*)">', messages[-1].text)
        yield f"{VENDOR_SENTENCE} [{ids[0]}]\n"
        yield "Staff "
        try:
            for _ in range(round(ENOUGH_S / 0.02)):
                if stopped():
                    return
                time.sleep(0.02)
                yield ""
        finally:
            self.ended.set()


def test_stopping_reaches_the_model_and_what_was_shown_is_on_record(browser: Browser, library: TinyLibrary) -> None:
    (library.folder / MODELS_FILE).write_text(written({**ENTRY, "sources": ["*"]}))
    model = Endless()
    settings: dict[str, Any] = {"answerer": "llm", "model": "writer", "connect": lambda *_: model}
    with (
        open_studio(with_rules(library), **settings) as studio,
        serving(studio.app) as url,
        browser.new_context() as context,
    ):
        visit = visit_with(context, studio, url)
        visit.sign_in()
        read = visit.page.get_by_role("button", name="I have read this")
        read.click()
        expect(read).to_have_count(0)  # the page is another one from here on
        visit.ask(VENDOR_QUESTION)
        turn = visit.turn(1)
        expect(turn.locator(".words")).to_have_text([VENDOR_SENTENCE])
        turn.get_by_role("button", name="Stop").click()
        expect(turn).to_contain_text(f"Stopped. {HERE}")
        assert model.ended.wait(ENOUGH_S)
        expect(turn.locator(".words")).to_have_text([VENDOR_SENTENCE])
        deadline = time.monotonic() + ENOUGH_S
        while "query.finished" not in (types := [leaf["type"] for leaf in studio.leaves()]):
            assert time.monotonic() < deadline, types
            time.sleep(0.02)
    assert types == ["query.received", "query.sentence", "query.finished"]
