"""An answer as a completion: numbers, sources and annotations that fit each other, whole and in chunks."""

from dataclasses import replace
from typing import Any

import pytest
from markdown_it import MarkdownIt

from indexes.documents import Locator, Passage
from indexes.standing import Grant
from service.answering.answers import Answer, Citation, Reason, Refusal, Sentence
from service.answering.drafts import Quote
from service.answering.verify import VerifiedQuote
from service.audit.storage.store import Receipt
from service.chat_completions.completions import Told, chunks, of_answer, of_task, whole
from tests.support.fakes import NOON
from tests.support.listed_answers import (
    BEHIND,
    ITEMS,
    LEAD_IN,
    MODEL,
    MORE,
    SAYS_LEFT,
    WORDS,
    listed_answer,
    refused_by_model,
    written_answer,
)

ROOT = "https://greenlit.northlight.example"
RECEIPT = Receipt("greenlit.test/audit/2026-11", 7, "f" * 64)


def _citation(n: int, quote: str, *, title: str = "Rules", page: int | None = None) -> Citation:
    locator = Locator("page", page=page) if page else Locator("document")
    passage = Passage("0" * 24, f"legal/{n}.md", "a" * 64, title, 0, len(quote), quote, locator)
    day = NOON.date()
    grant = Grant(
        passage.document, passage.sha256, title, frozenset(), approved_by=("ann",), approved_on=day, expires=day
    )
    return Citation(n, VerifiedQuote(Quote(passage.passage_id, 0, len(quote), quote), passage, grant))


def _answer(*sentences: tuple[str, tuple[Citation, ...]]) -> Answer:
    told = tuple(Sentence(text, tuple(one.n for one in cited)) for text, cited in sentences)
    return Answer("r-1", told, tuple(one for _, cited in sentences for one in cited), None, RECEIPT)


TWO = _answer(
    ("Fifty euros.", (_citation(1, "Fifty euros.", page=3),)),
    ("Flights are *economy*.", (_citation(2, "Flights are *economy*."), _citation(3, "No first\nclass."))),
)


def _message(told: Told) -> Any:
    return whole(told)["choices"][0]["message"]


def test_each_sentence_is_followed_by_its_numbers_and_sources_are_listed() -> None:
    content = _message(of_answer(TWO, root=ROOT))["content"]
    text, _, sources = content.partition("\n\n**Sources**\n\n")
    assert text == "Fifty euros. [1]\n\nFlights are \\*economy\\*. [2][3]", "the leading sentence stands by itself"
    first, second, third = sources.split("\n")
    address = f"{ROOT}/documents/legal/1.md?version={'a' * 16}&from=0&to=12#quote"
    assert first == f"1. [Rules]({address}), page 3, approved by ann, valid until 2026-11-20"
    assert second.endswith("valid until 2026-11-20"), "the answer says this quote already"
    assert third.endswith("valid until 2026-11-20, “No first class.”")


def test_what_was_not_read_is_said_in_front_of_the_sources_and_annotations_still_fit() -> None:
    cited = replace(_citation(1, "Fifty euros.", page=3), note="page 2 of this document could not be read")
    message = _message(of_answer(_answer(("Fifty euros.", (cited,))), root=ROOT))
    said = "Fifty euros. [1]\n\n*Note: page 2 of this document could not be read.*\n\n**Sources**"
    assert message["content"].startswith(said)
    (cited_at,) = (one["url_citation"] for one in message["annotations"])
    assert message["content"][cited_at["start_index"] : cited_at["end_index"]] == "[1]"


def test_a_list_is_a_list_and_what_was_left_out_has_its_place() -> None:
    answer = listed_answer()
    content = _message(of_answer(answer, root=ROOT))["content"]
    place = f"{ROOT}{answer.citations[2].url}"
    assert content.startswith(
        f"{LEAD_IN} [1]\n\n- {ITEMS[0]} [2]\n- {ITEMS[1]} [3]\n\n"
        f"*and {MORE} more: [read on in the source]({place})*\n\n"
        "Contracts are kept … for ten years. [4][5]\n\n"
        f"*The sources do not mention New York or trainees.*\n\n*{SAYS_LEFT}*\n\n"
        f"**Also on this:**\n\n- [Guide 1]({ROOT}{answer.passages[0].url}), page 1\n"
    )
    assert content.rindex("**Sources**") > content.index("- [Guide 2]")
    message = _message(of_answer(answer, root=ROOT))
    marked = [one["url_citation"] for one in message["annotations"]]
    assert [content[one["start_index"] : one["end_index"]] for one in marked] == [f"[{n}]" for n in range(1, 6)]


@pytest.mark.parametrize(
    ("steps", "shown"),
    [
        ("Do this:\n2. Call us.\n3. Write.", "Do this:\n\n2. Call us.\n3. Write. [1]"),
        ("Do this:\n2. Call us.\n5. Write.", "Do this:\n\n2\\. Call us.\n\n5\\. Write. [1]"),
    ],
)
def test_steps_keep_the_numbers_that_are_printed(steps: str, shown: str) -> None:
    content = _message(of_answer(_answer((steps, (_citation(1, steps),))), root=ROOT))["content"]
    assert content.partition("\n\n**Sources**")[0] == shown
    drawn = MarkdownIt("commonmark").render(shown)
    assert 'start="2"' in drawn or ">2. Call us.<" in drawn


def test_annotations_stand_where_the_numbers_do() -> None:
    message = _message(of_answer(TWO, root=ROOT))
    cited = [one["url_citation"] for one in message["annotations"]]
    marked = [message["content"][one["start_index"] : one["end_index"]] for one in cited]
    assert marked == ["[1]", "[2]", "[3]"]
    assert [one["title"] for one in cited] == ["Rules"] * 3
    assert all(one["url"].startswith(f"{ROOT}/documents/legal/") for one in cited)


def test_chunks_hold_the_same_as_the_whole_and_end_as_they_have_to() -> None:
    told = of_answer(TWO, root=ROOT, ignored_instructions=2)
    *parts, usage, end = [(event.name, event.data) for event in chunks(told, with_usage=True)]
    assert end == ("done", {})
    assert usage[1]["choices"] == []
    assert usage[1]["usage"] == {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    choices = [data["choices"][0] for _, data in parts]
    assert choices[0]["delta"]["role"] == "assistant"
    assert "".join(choice["delta"].get("content", "") for choice in choices) == _message(told)["content"]
    assert [choice["finish_reason"] for choice in choices] == [None] * (len(choices) - 1) + ["stop"]
    assert choices[-1]["delta"] == {}
    assert all(data["usage"] is None for _, data in parts)
    assert parts[-1][1]["greenlit"] == {**TWO.as_json(), "ignored_instructions": 2} == whole(told)["greenlit"]
    (annotated,) = [choice["delta"]["annotations"] for choice in choices if "annotations" in choice["delta"]]
    assert annotated == _message(told)["annotations"]


def test_open_webui_gets_each_quote_as_an_event_and_no_annotations_beside_it() -> None:
    told = of_answer(TWO, root=ROOT)
    sent = [event.data for event in chunks(told, with_usage=False, with_annotations=False)][:-1]
    sources = [data["event"] for data in sent if "event" in data]
    assert [source["type"] for source in sources] == ["source"] * 3
    assert sources[0]["data"]["document"] == ["Fifty euros."]
    assert sources[0]["data"]["source"]["name"] == sources[0]["data"]["metadata"][0]["name"] == "Rules"
    assert sources[0]["data"]["metadata"][0]["source"].startswith(ROOT)
    assert not any("annotations" in data["choices"][0]["delta"] or "usage" in data for data in sent)


@pytest.mark.parametrize("reason", list(Reason))
def test_a_refusal_is_a_message_that_says_why(reason: Reason) -> None:
    told = of_answer(Answer("r-1", (), (), Refusal(reason), RECEIPT), root=ROOT)
    choice = whole(told)["choices"][0]
    assert (choice["finish_reason"], choice["message"]["annotations"]) == ("content_filter", [])
    assert len(choice["message"]["content"]) > 40
    assert whole(told)["greenlit"]["refusal"]["reason"] == reason


def test_the_text_of_documents_links_nowhere_and_loads_nothing() -> None:
    evil = "![x](https://evil.example/x) [here](https://evil.example) <img src=https://evil.example>"
    answer = _answer((evil, (_citation(1, evil, title=evil),)), ("Two.", (_citation(2, f"Two. {evil}", title="]()"),)))
    content = _message(of_answer(answer, root=ROOT))["content"]
    tokens = [child for one in MarkdownIt("commonmark").parse(content) for child in one.children or []]
    assert not [one for one in tokens if one.type in ("image", "html_inline")]
    links = [one.attrs["href"] for one in tokens if one.type == "link_open"]
    assert len(links) == 2
    assert all(str(link).startswith(f"{ROOT}/documents/legal/") for link in links)


def test_neither_do_further_titles_nor_words_of_the_question() -> None:
    evil = "![x](https://evil.example/x) [here](https://evil.example)* <img src=https://evil.example>\n\n# Sources"
    content = _message(of_answer(listed_answer(evil.replace("\n", " ")), root=ROOT))["content"]
    tokens = MarkdownIt("commonmark").parse(content)
    inline = [child for one in tokens for child in one.children or []]
    assert not [one for one in inline if one.type in ("image", "html_inline")]
    assert not [one for one in tokens if one.type in ("heading_open", "html_block")]
    assert all(str(one.attrs["href"]).startswith(ROOT) for one in inline if one.type == "link_open")
    for answer in (replace(TWO, not_mentioned=(evil,)), replace(TWO, not_looked_up=(evil,))):
        content = _message(of_answer(answer, root=ROOT))["content"]
        assert "# Sources" in content
        assert not [one for one in MarkdownIt("commonmark").parse(content) if one.type == "heading_open"]


def test_a_task_has_nothing_beside_its_text() -> None:
    told = of_task('{"tags": []}')
    assert _message(told)["content"] == '{"tags": []}'
    assert "greenlit" not in whole(told)


def test_what_a_model_wrote_says_so_first_and_shows_the_quotes_behind_its_words() -> None:
    message = _message(of_answer(written_answer(), root=ROOT))
    content = message["content"]
    assert content.startswith(
        f"*Written by {MODEL} from the passages below; each sentence was checked against them. "
        "2 sentences were left out because the passages do not say them.*\n\n"
        f"{WORDS[0]} [1]\n\n{WORDS[1]} [2][3]\n\n"
    )
    sources = content.partition("**Sources**")[2]
    assert all(f"“{quote}”" in sources for quote in BEHIND)
    marked = [one["url_citation"] for one in message["annotations"]]
    assert [content[one["start_index"] : one["end_index"]] for one in marked] == ["[1]", "[2]", "[3]"]
    assert [one["check"] for one in whole(of_answer(written_answer(), root=ROOT))["greenlit"]["sentences"]] == [
        "supported",
        "supported",
    ]


def test_nothing_of_a_model_is_markup() -> None:
    hostile = "**b** ![x](http://evil.example/a.png) <img src=x> [1] $x$"
    drawn = MarkdownIt("commonmark").render(_message(of_answer(written_answer(hostile), root=ROOT))["content"])
    assert "<img" not in drawn
    assert "<strong>b" not in drawn
    assert 'evil.example/a.png"' not in drawn


def test_a_refusal_says_what_the_model_found() -> None:
    content = _message(of_answer(refused_by_model(), root=ROOT))["content"]
    assert content.endswith(f"\n\n*{MODEL} found no passage that answers this.*\n\n*{SAYS_LEFT}*")
