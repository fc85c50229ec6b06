"""An answer that a language model wrote, through the doors: its sentences, the quotes behind them, who wrote it.

The model is a script that writes two good sentences and a false one from what it is sent; all else is real.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from html import unescape
from typing import Any

import pytest

from service.answering.writing.prompt import JUDGE, NONE
from service.models.errors import ModelUnavailableError
from service.models.models_file import MODELS_FILE
from service.models.port import Message
from tests.support.event_streams import AS_EVENTS, told
from tests.support.fakes import TinyLibrary
from tests.support.model_parts import ENTRY, written
from tests.support.service_parts import VENDOR_QUESTION, Studio, open_studio, with_rules

GOOD = (
    "Every new AI vendor is reviewed by the security team within ten working days.",
    "Staff may use approved AI tools to draft emails.",
)
FALSE = "The security team reviews every new AI vendor within twelve working days."
WRITTEN = "Written by writer from the passages below; each sentence was checked against them."
LEFT_OUT = "1 sentence was left out because the passages do not say it."
_PASSAGE = re.compile(r'<passage id="([^"]*)">\n(.*?)\n</passage>', re.DOTALL)


class Writes:
    """Judges that the passage on vendors answers, or that none does, and writes; or cannot be asked."""

    name = "writer"
    broken = False
    finds_none = False

    def stream(self, messages: Sequence[Message], *, most_tokens: int, stopped: Callable[[], bool]) -> Iterator[str]:
        """Say it, in pieces."""
        del most_tokens
        if self.broken:
            raise ModelUnavailableError("nobody is there")
        passages = {text: one for one, text in _PASSAGE.findall(messages[-1].text)}
        (one,) = {passages[text] for text in passages if "security team" in text}
        if messages[0].text == JUDGE:
            yield NONE if self.finds_none else one
            return
        said = "\n".join(f"{sentence} [{one}]" for sentence in (GOOD[0], FALSE, GOOD[1]))
        for at in range(0, len(said), 9):
            if stopped():
                return
            yield said[at : at + 9]


@pytest.fixture
def model() -> Writes:
    return Writes()


@pytest.fixture
def studio(library: TinyLibrary, model: Writes) -> Iterator[Studio]:
    (library.folder / MODELS_FILE).write_text(written({**ENTRY, "sources": ["*"]}))
    settings: dict[str, Any] = {"answerer": "llm", "model": "writer", "connect": lambda *_: model}
    with open_studio(with_rules(library), **settings) as opened:
        yield opened


def _words(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


def test_it_is_told_as_it_passes_and_is_the_same_as_a_whole(studio: Studio) -> None:
    answer = studio.ask(VENDOR_QUESTION)
    assert answer["model"] == {"name": "writer", "wrote": True, "judged": False, "rewrote": False, "left_out": 1}
    assert [(one["text"], one["check"]) for one in answer["sentences"]] == [(text, "supported") for text in GOOD]
    quotes = [one["quote"] for one in answer["citations"]]
    assert all("security team" in quotes[n - 1] for n in answer["sentences"][0]["citations"])
    events = told(studio.api.post("/v1/ask", json={"question": VENDOR_QUESTION}, headers=AS_EVENTS).text)
    sentences = [data for name, data in events if name == "sentence"]
    assert [(one["n"], one["text"], one["check"]) for one in sentences] == [
        (n, text, "supported") for n, text in enumerate(GOOD, start=1)
    ]
    done = events[-1][1]
    assert [cited["n"] for one in sentences for cited in one["citations"]] == [one["n"] for one in done["citations"]]
    assert done["sentences"] == answer["sentences"]


def test_the_page_shows_it_whole_streamed_and_again(studio: Studio) -> None:
    browser = studio.browser()
    page = browser.post("/", data={"question": VENDOR_QUESTION}).text
    (conversation,) = set(re.findall(r'name="conversation_id" value="(c-[^"]*)"', page))
    streamed = told(browser.post("/", data={"question": VENDOR_QUESTION}, headers=AS_EVENTS).text)
    assert [data["text"] for name, data in streamed if name == "sentence"] == list(GOOD)
    (fragment,) = (data["html"] for name, data in streamed if name == "page")
    again = browser.get(f"/conversations/{conversation}").text
    for shown in (page, fragment, again):
        words = _words(shown)
        assert words.index(WRITTEN) < words.index(LEFT_OUT) < words.index(GOOD[0]) < words.index(GOOD[1])
        assert "The source says: The security team reviews every new AI vendor within ten working days" in words
        assert "twelve" not in words
        assert "Each sentence checked" in words


def test_other_doors_say_who_wrote_it(studio: Studio) -> None:
    body = {"model": "greenlit", "messages": [{"role": "user", "content": VENDOR_QUESTION}]}
    completion = studio.api.post("/v1/chat/completions", json=body).json()
    content = completion["choices"][0]["message"]["content"]
    assert content.startswith(f"*{WRITTEN} {LEFT_OUT}*\n\n{GOOD[0]} [1]")
    assert completion["greenlit"]["model"]["wrote"] is True
    own = studio.api.get(f"/v1/answers/{completion['greenlit']['request_id']}").json()
    assert own["model"] == completion["greenlit"]["model"]
    assert own["sentences"] == completion["greenlit"]["sentences"]


def test_an_auditor_sees_each_sentence_and_why(studio: Studio) -> None:
    seq = studio.ask(VENDOR_QUESTION)["receipt"]["seq"]
    browser = studio.browser()
    closed = _words(browser.get(f"/audit/records/{seq}").text)
    assert "Language model writer ( qwen3-8b ): wrote, 1 sentence left out" in closed
    assert "twelve" not in closed, "no text before it is opened"
    page = browser.post(f"/audit/records/{seq}/texts", data={"purpose": "a complaint"}).text
    rows = [_words(row) for row in re.findall(r"<tr><td dir.*?</tr>", page, re.DOTALL)]
    assert [row.startswith(text) for row, text in zip(rows, (GOOD[0], FALSE, GOOD[1]), strict=True)] == [True] * 3
    assert " released " in rows[0]
    assert rows[1].endswith("left out a number that the passage does not say"), rows[1]
    assert "What the language model writer did" in page
    assert "Sentence 1" in page


def test_where_it_cannot_be_asked_quotes_say_so_at_every_door(studio: Studio, model: Writes) -> None:
    model.broken = True
    answer = studio.ask(VENDOR_QUESTION)
    assert answer["model"] is None
    assert [one["check"] for one in answer["sentences"]] == ["verbatim"] * len(answer["sentences"])
    (note,) = answer["notes"]
    assert note.startswith("The language model could not be asked, so these are quotes")
    browser = studio.browser()
    page = _words(browser.post("/", data={"question": VENDOR_QUESTION}).text)
    assert "The language model could not be asked, so these are quotes. " in page
    assert "quotes.." not in page
    assert "Quoted word for word" in page
    assert studio.api.get(f"/v1/answers/{answer['request_id']}").json()["notes"] == answer["notes"], "shown again too"


def test_where_quotes_are_not_to_stand_in_every_door_says_that_there_is_no_answer(
    library: TinyLibrary, model: Writes
) -> None:
    (library.folder / MODELS_FILE).write_text(written({**ENTRY, "sources": ["*"]}))
    model.broken = True
    settings: dict[str, Any] = {"answerer": "llm", "model": "writer", "model_fails": "refuse"}
    with open_studio(with_rules(library), connect=lambda *_: model, **settings) as studio:
        problem = studio.api.post("/v1/ask", json={"question": VENDOR_QUESTION})
        assert (problem.status_code, problem.json()["type"]) == (503, "urn:greenlit:problem:model-unavailable")
        page = studio.browser().post("/", data={"question": VENDOR_QUESTION})
        assert page.status_code == 503
        assert "The language model that answers cannot be asked now, so no answer is given." in page.text
        body = {"model": "greenlit", "messages": [{"role": "user", "content": VENDOR_QUESTION}]}
        chat = studio.api.post("/v1/chat/completions", json=body)
        assert (chat.status_code, chat.headers["x-should-retry"]) == (503, "false")
        assert chat.json()["error"]["code"] == "model_unavailable"
        assert [leaf["outcome"] for leaf in studio.leaves() if leaf["type"] == "query.finished"] == ["failed"] * 3


def test_a_judge_says_what_it_chose_or_that_it_found_nothing(library: TinyLibrary, model: Writes) -> None:
    (library.folder / MODELS_FILE).write_text(written({**ENTRY, "sources": ["*"]}))
    settings: dict[str, Any] = {"judge": "llm", "model": "writer"}
    with open_studio(with_rules(library), connect=lambda *_: model, **settings) as studio:
        browser = studio.browser()
        page = _words(browser.post("/", data={"question": VENDOR_QUESTION}).text)
        assert page.index("writer chose the passages.") < page.index("The security team reviews")
        assert "Quoted word for word" in page
        model.finds_none = True
        page = browser.post("/", data={"question": VENDOR_QUESTION}).text
        (conversation,) = set(re.findall(r'name="conversation_id" value="(c-[^"]*)"', page))
        for shown in (page, browser.get(f"/conversations/{conversation}").text):
            words = _words(shown)
            assert words.index("No approved document answers this.") < words.index(
                "writer found no passage that answers"
            )
        refused = studio.ask(VENDOR_QUESTION)
        assert refused["refusal"]["reason"] == "no_evidence"
        texts = browser.post(f"/audit/records/{refused['receipt']['seq']}/texts", data={"purpose": "why"}).text
        assert "and said that none of them answer." in texts
