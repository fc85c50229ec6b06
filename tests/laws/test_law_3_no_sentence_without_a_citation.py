"""Law 3: every released sentence cites a passage, and each quote stands verbatim at its span in the stored text."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import quote as url_quote

import pytest

from indexes.builds import Build
from service.answering.drafts import DraftSentence, Quote
from service.answering.finding.retrieve import Retrieved
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import (
    ALWAYS_ENOUGH,
    POLICY,
    TRAVEL,
    TRAVEL_QUESTION,
    VENDOR_QUESTION,
    Drafts,
    Studio,
    open_studio,
    whole,
    with_rules,
)

SENTENCE = "The security team reviews every new AI vendor within ten working days."

Spoil = Callable[[DraftSentence, Build], DraftSentence]


def _good(retrieved: Retrieved) -> DraftSentence:
    """Return the sentence on vendors, as it stands in its passage."""
    passage = next(hit.passage for hit in retrieved.hits if SENTENCE in hit.passage.text)
    start = passage.start + passage.text.index(SENTENCE)
    return DraftSentence(SENTENCE, (Quote(passage.passage_id, start, start + len(SENTENCE), SENTENCE),))


def _with(sentence: DraftSentence, **changes: object) -> DraftSentence:
    return replace(sentence, quotes=(replace(sentence.quotes[0], **changes),))  # type: ignore[arg-type]


def _no_quote(sentence: DraftSentence, _build: Build) -> DraftSentence:
    return replace(sentence, quotes=())


def _span_moved(sentence: DraftSentence, _build: Build) -> DraftSentence:
    quote = sentence.quotes[0]
    return _with(sentence, start=quote.start - 1, end=quote.end - 1)


def _span_shortened(sentence: DraftSentence, _build: Build) -> DraftSentence:
    return _with(sentence, end=sentence.quotes[0].end - 1)


def _span_empty(sentence: DraftSentence, _build: Build) -> DraftSentence:
    return _with(sentence, end=sentence.quotes[0].start, text="")


def _span_backwards(sentence: DraftSentence, _build: Build) -> DraftSentence:
    quote = sentence.quotes[0]
    return _with(sentence, start=quote.end, end=quote.start)


def _quote_altered(sentence: DraftSentence, _build: Build) -> DraftSentence:
    altered = SENTENCE.replace("ten", "two")
    return DraftSentence(altered, _with(sentence, text=altered).quotes)


def _unknown_passage(sentence: DraftSentence, _build: Build) -> DraftSentence:
    return _with(sentence, passage_id="0" * 24)


def _outside_its_passage(sentence: DraftSentence, build: Build) -> DraftSentence:
    """Quote the heading: it stands in the stored text, but in no passage."""
    text = build.passages.text(POLICY) or ""
    heading = text.splitlines()[0]
    return DraftSentence(heading, _with(sentence, start=0, end=len(heading), text=heading).quotes)


def _from_another_document(sentence: DraftSentence, build: Build) -> DraftSentence:
    """Quote one document's words as another's."""
    split = build.passages.split_document(TRAVEL)
    assert split is not None
    return _with(sentence, passage_id=split.passages[0].passage_id)


def _says_more(sentence: DraftSentence, _build: Build) -> DraftSentence:
    return replace(sentence, text=f"{SENTENCE} So everything is fine.")


def _says_something_else(sentence: DraftSentence, _build: Build) -> DraftSentence:
    return replace(sentence, text="No vendor is ever reviewed.")


def _says_a_misleading_part(sentence: DraftSentence, build: Build) -> DraftSentence:
    """`Never upload scripts` quoted, `upload scripts` said."""
    del sentence
    split = build.passages.split_document(POLICY)
    assert split is not None
    passage = split.passages[0]
    rule = "Never upload unreleased scripts to any chatbot."
    start = passage.start + passage.text.index(rule)
    quote = Quote(passage.passage_id, start, start + len(rule), rule)
    return DraftSentence(rule.removeprefix("Never "), (quote,))


def _says_nothing(sentence: DraftSentence, _build: Build) -> DraftSentence:
    return replace(sentence, text="  ")


def _one_quote_of_two_is_wrong(sentence: DraftSentence, _build: Build) -> DraftSentence:
    return replace(sentence, quotes=(*sentence.quotes, replace(sentence.quotes[0], start=0)))


SPOILED: list[Spoil] = [
    _no_quote,
    _span_moved,
    _span_shortened,
    _span_empty,
    _span_backwards,
    _quote_altered,
    _unknown_passage,
    _outside_its_passage,
    _from_another_document,
    _says_more,
    _says_something_else,
    _says_a_misleading_part,
    _says_nothing,
    _one_quote_of_two_is_wrong,
]
each_spoiled = pytest.mark.parametrize("spoil", SPOILED, ids=[spoil.__name__.strip("_") for spoil in SPOILED])


@pytest.fixture(scope="module")
def drafting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Studio, Drafts]]:
    """Lend a service and what drafts for it, which each test tells what to draft."""
    answerer = Drafts(lambda _retrieved, _build: [])
    library = with_rules(TinyLibrary(tmp_path_factory.mktemp("drafting") / "studio"))
    with open_studio(library, calibration=ALWAYS_ENOUGH, answerer=answerer) as studio:
        yield studio, answerer


@each_spoiled
def test_a_draft_of_sentences_that_cannot_be_verified_is_refused(drafting: tuple[Studio, Drafts], spoil: Spoil) -> None:
    studio, answerer = drafting
    answerer.make = lambda retrieved, build: [spoil(_good(retrieved), build)]
    result = studio.ask(VENDOR_QUESTION)
    finished = studio.leaves()[-1]
    assert (result["outcome"], result["answer"]) == ("refused", None)
    assert (result["sentences"], result["citations"]) == ([], [])
    assert result["refusal"]["reason"] == finished["reason"] == "unsupported_draft"
    assert (finished["answer_commit"], finished["citations"]) == (None, [])


@each_spoiled
def test_of_one_good_and_one_bad_sentence_only_the_good_one_is_released(
    drafting: tuple[Studio, Drafts], spoil: Spoil
) -> None:
    def make(retrieved: Retrieved, build: Build) -> list[DraftSentence]:
        return [spoil(_good(retrieved), build), _good(retrieved)]

    studio, answerer = drafting
    answerer.make = make
    result = studio.ask(VENDOR_QUESTION)
    assert result["answer"] == SENTENCE
    assert result["sentences"] == [{"text": SENTENCE, "citations": [1], "more": 0, "check": "verbatim"}]
    assert [citation["n"] for citation in result["citations"]] == [1]


def test_a_draft_without_sentences_is_refused(drafting: tuple[Studio, Drafts]) -> None:
    studio, answerer = drafting
    answerer.make = lambda _retrieved, _build: []
    assert studio.ask(VENDOR_QUESTION)["refusal"]["reason"] == "unsupported_draft"


@pytest.mark.parametrize("question", [VENDOR_QUESTION, TRAVEL_QUESTION])
def test_anyone_can_check_a_quote_against_the_documents_own_text(studio: Studio, question: str) -> None:
    result = studio.ask(question)
    assert result["outcome"] == "answered"
    _every_quote_stands(studio, result)


def test_each_citation_of_a_long_answer_is_a_quote_of_its_document(library: TinyLibrary) -> None:
    answerer = Drafts(lambda retrieved, _build: [whole(hit) for hit in retrieved.hits])
    with open_studio(with_rules(library), calibration=ALWAYS_ENOUGH, answerer=answerer) as studio:
        result = studio.ask(VENDOR_QUESTION)
        assert len(result["citations"]) == 2
        _every_quote_stands(studio, result)


def _every_quote_stands(studio: Studio, result: dict[str, object]) -> None:
    sentences, citations = result["sentences"], result["citations"]
    assert isinstance(sentences, list)
    assert isinstance(citations, list)
    assert [n for sentence in sentences for n in sentence["citations"]] == [citation["n"] for citation in citations]
    for citation in citations:
        document = studio.api.get(f"/v1/documents/{url_quote(citation['document'])}").json()
        start, end = citation["span"]
        assert document["text"][start:end] == citation["quote"]
        assert document["sha256"] == citation["sha256"]
    assert result["answer"] == " ".join(sentence["text"] for sentence in sentences)
