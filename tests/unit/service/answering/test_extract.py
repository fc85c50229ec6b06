"""The extractive answerer: it quotes the sentences that answer, in reading order, and writes nothing of its own."""

from collections.abc import Sequence

import pytest

from indexes.builds import Build, current_build_id, open_build
from service.answering.boundary import Boundary
from service.answering.drafts import DraftSentence
from service.answering.extract import MOST_SENTENCES, ExtractiveAnswerer
from service.answering.retrieve import retrieve
from service.answering.verify import verify
from tests.fakes import TinyLibrary
from tests.service_parts import TRAVEL_QUESTION, VENDOR_QUESTION, with_rules

STAFF = frozenset({"staff"})


def _drafted(library: TinyLibrary, question: str) -> tuple[Sequence[DraftSentence], Build]:
    build = open_build(library.builds / current_build_id(library.builds))
    scope = Boundary(
        library=library.folder, now=library.clock, notice=lambda _words: None, on_change=lambda _state: None
    ).scope(build, STAFF)
    found = retrieve(question, build=build, scope=scope, encoder=library.encoder, k=10)
    draft = ExtractiveAnswerer(encoder=library.encoder).draft(question, retrieved=found, build=build)
    assert len(verify(draft, build=build, scope=scope)) == len(draft)  # whatever it drafts can be verified
    return draft, build


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (VENDOR_QUESTION, "The security team reviews every new AI vendor within ten working days."),
        (TRAVEL_QUESTION, "The daily travel allowance is fifty euros."),
    ],
)
def test_the_sentence_that_answers_is_quoted(library: TinyLibrary, question: str, answer: str) -> None:
    draft, _ = _drafted(with_rules(library), question)
    assert answer in [sentence.text for sentence in draft]


def test_every_sentence_is_its_own_quote(library: TinyLibrary) -> None:
    draft, build = _drafted(with_rules(library), VENDOR_QUESTION)
    assert draft
    for sentence in draft:
        (quote,) = sentence.quotes
        passage = build.passages.passage(quote.passage_id)
        assert passage is not None
        text = build.passages.text(passage.document) or ""
        assert text[quote.start : quote.end] == quote.text
        assert sentence.text == " ".join(quote.text.split())


def test_an_answer_is_short(library: TinyLibrary) -> None:
    sentences = " ".join(f"A vendor review of kind {number} is done by the security team." for number in range(30))
    library.add("legal/long.txt", sentences)
    library.ingest()
    draft, _ = _drafted(library, "Which vendor reviews does the security team do?")
    assert 1 <= len(draft) <= MOST_SENTENCES


def test_sentences_of_a_document_stand_in_its_order(library: TinyLibrary) -> None:
    library.add(
        "legal/steps.txt",
        "A vendor review begins with a vendor form. A vendor review then asks the security team. "
        "A vendor review ends with a signature.\n",
    )
    library.ingest()
    draft, _ = _drafted(library, "How does a vendor review go?")
    starts = [sentence.quotes[0].start for sentence in draft]
    assert starts == sorted(starts)


def test_a_sentence_that_stands_in_two_documents_is_quoted_once(library: TinyLibrary) -> None:
    for name in ("one", "two"):
        library.add(f"legal/{name}.txt", "The vendor review is done by the security team.\n")
    library.ingest()
    draft, _ = _drafted(library, "Who does the vendor review?")
    assert [sentence.text for sentence in draft] == ["The vendor review is done by the security team."]


def test_where_nothing_was_found_nothing_is_drafted(library: TinyLibrary) -> None:
    library.ingest()
    assert list(_drafted(library, VENDOR_QUESTION)[0]) == []


def test_it_says_on_record_what_it_is(library: TinyLibrary) -> None:
    answerer = ExtractiveAnswerer(encoder=library.encoder)
    assert answerer.kind == "extractive"
    assert answerer.name
