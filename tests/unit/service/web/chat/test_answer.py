"""How an answer looks on the page: lists as lists, what was left out, what nobody mentions, where to read on."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html import escape

import pytest

from indexes.builds import Build
from service.answering.answers import Answer, ByModel, Reason
from service.answering.drafts import DraftSentence, Quote
from service.answering.finding.retrieve import Retrieved
from service.answering.pipeline import Answering
from tests.support.event_streams import AS_EVENTS, told
from tests.support.fakes import TinyLibrary
from tests.support.listed_answers import (
    BEHIND,
    ITEMS,
    LEAD_IN,
    MISSING,
    MODEL,
    MORE,
    QUESTION,
    SAYS_LEFT,
    WORDS,
    listed_answer,
    refused_by_model,
    written_answer,
)
from tests.support.service_parts import (
    ALWAYS_ENOUGH,
    POLICY,
    VENDOR_QUESTION,
    Drafts,
    Studio,
    open_studio,
    with_rules,
)

RED = "legal/red-lines.md"
HOSTILE = "<script>alert(1)</script> \" onmouseover='x' & <!channel>"


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with open_studio(with_rules(TinyLibrary(tmp_path_factory.mktemp("answer") / "studio"))) as opened:
        yield opened


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> list[Answer]:
    """Let every question have the answer that is put in here."""
    answers = [listed_answer()]
    monkeypatch.setattr(Answering, "ask", lambda *_question, **_more: answers[-1])
    return answers


def _turn(page: str) -> str:
    """Return the answer of a page, without what differs from request to request."""
    turn = page[page.index("<article") : page.index("</article>")]
    return re.sub(r'value="[^"]*"|data-conversation="[^"]*"', "", turn)


def _page(studio: Studio) -> str:
    return _turn(studio.browser().post("/", data={"question": QUESTION}).text)


@pytest.mark.usefixtures("given")
def test_a_list_is_a_list_whose_lines_have_their_numbers(studio: Studio) -> None:
    turn = _page(studio)
    lead, second = re.findall(r'<div class="said.*?</div>', turn, re.DOTALL)
    plain = re.sub(r'<span class="card".*?</span></span>', "", lead)
    words = [f'<bdi class="words">{text}</bdi>' for text in (LEAD_IN, *ITEMS)]
    assert lead.startswith(f'<div class="said lead"><p>{words[0]}')
    assert re.search(rf"<ul><li>{re.escape(words[1])}.*?</li><li>{re.escape(words[2])}.*?</li></ul>", plain, re.DOTALL)
    numbers = re.findall(r'words">([^<]*)</bdi>&nbsp;<span class="cite"><a class="chip"[^>]*>\[(\d)\]', lead)
    assert numbers == [(text, str(n)) for n, text in enumerate((LEAD_IN, *ITEMS), start=1)]
    assert 'class="said"><p><bdi class="words">Contracts are kept … for ten years.</bdi>' in second
    assert "more" not in second


def test_what_was_left_out_is_counted_and_leads_to_its_place(studio: Studio, given: list[Answer]) -> None:
    last = given[0].citations[2]
    link = f'<a class="opens" href="{escape(last.url)}" data-n="3">read on in the source</a>'
    assert f'data-more="{MORE}">and {MORE} more: {link}' in _page(studio)


@pytest.mark.usefixtures("given")
def test_what_nobody_mentions_stands_directly_under_the_answer(studio: Studio) -> None:
    turn = _page(studio)
    words = " or ".join(f'<em dir="auto">{word}</em>' for word in MISSING)
    missing = f'<p class="note missing">The sources do not mention {words}.</p>'
    left = f'<p class="note missing"><bdi>{SAYS_LEFT}</bdi></p>'
    assert turn[turn.index("</section>") :].split("\n")[1] == missing
    assert turn.index(missing) < turn.index(left) < turn.index('<section class="sources"')


def test_further_passages_open_without_a_script_and_mark_no_quote(studio: Studio, given: list[Answer]) -> None:
    turn = _page(studio)
    assert '<details class="further"><summary>Also on this (2)</summary>' in turn
    url = escape(given[0].passages[0].url)
    assert (
        f'<li><a class="opens" href="{url}"><bdi>Guide 1</bdi></a><span class="note"> · <bdi>page 1</bdi></span></li>'
        in turn
    )
    assert url.endswith("&amp;from=100#place")
    assert turn.index('<section class="sources"') < turn.index("Also on this") < turn.index("<footer")


@pytest.mark.usefixtures("given")
def test_the_answer_is_the_same_streamed_and_as_a_page(studio: Studio) -> None:
    response = studio.browser().post("/", data={"question": QUESTION}, headers=AS_EVENTS)
    fragment = next(data["html"] for name, data in told(response.text) if name == "page")
    assert _turn(fragment).split() == _page(studio).split()


def test_nothing_of_a_document_or_a_question_is_markup(studio: Studio, given: list[Answer]) -> None:
    given.append(listed_answer(HOSTILE))
    turn = _page(studio)
    assert HOSTILE not in turn
    assert "<script" not in turn
    assert "<!channel" not in turn
    assert turn.count(escape(HOSTILE, quote=False).split()[0]) >= 7, "items, titles, words of the question"


def test_an_answer_comes_back_in_its_conversation_as_it_was_given(library: TinyLibrary) -> None:
    library.add(RED, f"# Red lines\n\n{LEAD_IN}\n\n- {ITEMS[0]}\n- {ITEMS[1]}\n\nAsk legal first.\n")
    listed = f"{LEAD_IN}\n\n- {ITEMS[0]}\n- {ITEMS[1]}"

    def draft(retrieved: Retrieved, _build: Build) -> list[DraftSentence]:
        passage = next(hit.passage for hit in retrieved.hits if hit.passage.document == RED)
        starts = [(passage.start + passage.text.index(text), text) for text in (listed, "Ask legal first.")]
        quotes = [Quote(passage.passage_id, start, start + len(text), text) for start, text in starts]
        return [DraftSentence(quote.text.replace("\n\n", "\n"), (quote,)) for quote in quotes]

    with open_studio(with_rules(library), calibration=ALWAYS_ENOUGH, answerer=Drafts(draft)) as studio:
        browser = studio.browser()
        given = browser.post("/", data={"question": "What are the red lines in Norway?"}).text
        (conversation,) = set(re.findall(r'name="conversation_id" value="(c-[^"]*)"', given))
        again = browser.get(f"/conversations/{conversation}").text
    assert "<ul><li><bdi" in given
    assert "do not mention <em" in given
    assert "Also on this" in given
    assert _turn(again).split() == _turn(given).split()


def test_an_answer_without_all_that_has_none_of_it(studio: Studio) -> None:
    turn = _turn(studio.browser().post("/", data={"question": VENDOR_QUESTION}).text)
    assert not re.search("missing|data-more|<ul><li><bdi|by-model|model|The source says", turn)
    assert "Quoted word for word" in turn


def test_a_place_to_read_on_is_in_the_source_and_nothing_is_marked(studio: Studio) -> None:
    at = f"/documents/{POLICY}?version=&from=20#place"
    page = studio.browser().get(at).text
    assert '<p id="place" dir="auto">Staff may use' in page
    assert "<mark" not in page
    column = studio.browser().get(at, headers={"Greenlit-Part": "source"}).text
    assert '<p id="place"' in column
    assert f'<a href="/documents/{POLICY}?version=&amp;from=20#place">Whole document</a>' in column
    assert 'id="place"' not in studio.browser().get(f"/documents/{POLICY}?version=&from=20&to=30").text


def test_what_a_model_wrote_says_so_above_and_what_was_left_out(studio: Studio, given: list[Answer]) -> None:
    given.append(written_answer())
    turn = _page(studio)
    written = f"Written by {MODEL} from the passages below; each sentence was checked against them."
    left_out = "2 sentences were left out because the passages do not say them."
    assert turn.index(written) < turn.index(left_out) < turn.index("How it was checked") < turn.index(WORDS[0])
    assert "Each sentence checked" in turn
    assert "Quoted word for word" not in turn
    given.append(written_answer(left_out=0))
    assert "left out because" not in _page(studio)


def test_sentences_of_a_model_stand_in_its_order_each_beside_the_words_of_its_sources(
    studio: Studio, given: list[Answer]
) -> None:
    given.append(written_answer())
    turn = _page(studio)
    assert re.findall(r'class="words">([^<]*)</bdi>', turn) == list(WORDS)
    assert 'class="from"' not in turn, "no headings of documents between sentences that belong together"
    cards = re.findall(r'The source says:</span><q class="card-quote" dir="auto">([^<]*)</q>', turn)
    assert cards == list(BEHIND)
    sources = turn[turn.index('<section class="sources"') :]
    assert re.findall(r'class="numbers">(.*?)</span>', sources) == ["[1]", "[2]", "[3]"], "every document that is cited"


def test_quotes_that_a_model_chose_are_quotes(studio: Studio, given: list[Answer]) -> None:
    given.append(replace(listed_answer(), model=ByModel(MODEL, wrote=False, judged=True)))
    turn = _page(studio)
    assert f"{MODEL} chose the passages." in turn
    assert "Quoted word for word" in turn
    assert not re.search("How it was checked|The source says", turn)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (refused_by_model(), f"{MODEL} found no passage that answers this."),
        (
            refused_by_model(Reason.UNSUPPORTED_DRAFT, wrote=True),
            f"{MODEL} wrote an answer, and no sentence of it held up.",
        ),
    ],
)
def test_a_refusal_says_what_the_model_found(studio: Studio, given: list[Answer], answer: Answer, said: str) -> None:
    given.append(answer)
    turn = _page(studio)
    places = [turn.index(one) for one in ("No approved document answers this.", said, SAYS_LEFT, "To try")]
    assert places == sorted(places)
    assert "How it was checked" not in turn


def test_nothing_of_a_model_is_markup(studio: Studio, given: list[Answer]) -> None:
    given.append(written_answer(HOSTILE))
    turn = _page(studio)
    assert HOSTILE not in turn
    assert "<script" not in turn
    assert turn.count(escape(HOSTILE, quote=False).split()[0]) >= 6, "its name, its sentences, quotes, titles"
