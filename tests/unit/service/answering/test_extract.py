"""The extractive answerer: it quotes the sentences that answer, in reading order, and writes nothing of its own."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from indexes.builds import Build, current_build_id, open_build
from indexes.documents import Locator, Passage
from indexes.words import terms
from service.answering.boundary import Boundary
from service.answering.drafts import DraftSentence
from service.answering.extract import MOST_SENTENCES, PASSAGES, ExtractiveAnswerer, is_statement
from service.answering.features import SENTENCE_FEATURES
from service.answering.ranking import Ranking
from service.answering.retrieve import retrieve
from service.answering.verify import verify
from tests.support.answering_parts import RANKING, Made, a_scope, found, open_made, weights
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import TRAVEL_QUESTION, VENDOR_QUESTION, with_rules

STAFF = frozenset({"staff"})
COVERED = replace(RANKING, sentences=weights(SENTENCE_FEATURES, coverage=10.0))  # nothing counts but words


def _drafted(library: TinyLibrary, question: str) -> tuple[Sequence[DraftSentence], Build]:
    build = open_build(library.builds / current_build_id(library.builds))
    scope = Boundary(
        library=library.folder, now=library.clock, notice=lambda _words: None, on_change=lambda _state: None
    ).scope(build, STAFF)
    seen = retrieve(question, build=build, scope=scope, encoder=library.encoder, ranking=RANKING, k=10)
    draft = ExtractiveAnswerer(ranking=RANKING).draft(question, retrieved=seen, build=build)
    assert len(verify(draft, build=build, scope=scope)) == len(draft)  # whatever it drafts can be verified
    return draft, build


def _of_made(question: str, made: Made, *, ranking: Ranking = COVERED) -> list[str]:
    """Return the sentences drafted from a build made by hand; each is held against its document."""
    with open_made(made) as build:
        draft = ExtractiveAnswerer(ranking=ranking).draft(
            question, retrieved=found(question, build, ranking=ranking), build=build
        )
        assert len(verify(draft, build=build, scope=a_scope(build))) == len(draft)
    return [sentence.text for sentence in draft]


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


def test_drafting_encodes_nothing(library: TinyLibrary) -> None:
    with_rules(library)
    library.encoder.encoded.clear()
    _drafted(library, VENDOR_QUESTION)
    assert library.encoder.encoded == [VENDOR_QUESTION], "the question, once, to find passages"


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
    assert len(starts) > 1


def test_a_sentence_that_stands_in_two_documents_is_quoted_once(library: TinyLibrary) -> None:
    for name in ("one", "two"):
        library.add(f"legal/{name}.txt", "The vendor review is done by the security team.\n")
    library.ingest()
    draft, _ = _drafted(library, "Who does the vendor review?")
    assert [sentence.text for sentence in draft] == ["The vendor review is done by the security team."]


def test_where_nothing_was_found_nothing_is_drafted(library: TinyLibrary) -> None:
    library.ingest()
    assert list(_drafted(library, VENDOR_QUESTION)[0]) == []


# Which sentences are chosen


def test_a_further_sentence_has_to_be_nearly_as_good_as_the_best_one() -> None:
    made: Made = {
        "legal/a.md": [["The vendor review takes ten days.", "Lunch is served at noon.", "Our vendor review is free."]]
    }
    assert _of_made("vendor review", made) == ["The vendor review takes ten days.", "Our vendor review is free."]
    assert _of_made("vendor review days", made) == ["The vendor review takes ten days."]


@pytest.mark.parametrize("sentences", [6, 17, 40])
def test_of_more_good_sentences_the_first_in_the_text_are_taken(sentences: int) -> None:
    said = [f"The vendor review of the team has rule {number}." for number in range(sentences)]
    assert _of_made("Which vendor review has the team, if any?", {"legal/a.md": [said]}) == said[:MOST_SENTENCES]


def test_sentences_of_further_passages_are_not_considered() -> None:
    passages = [[f"The vendor review of year {number} went well."] for number in range(PASSAGES + 3)]
    ranking = replace(COVERED, sentences=weights(SENTENCE_FEATURES, coverage_nearby=1.0))
    with open_made({f"{number}/a.md": [passage] for number, passage in enumerate(passages)}) as build:
        seen = found("vendor review", build, ranking=ranking)
        assert len(seen.hits) > PASSAGES
        last = replace(seen, hits=seen.hits[: PASSAGES - 1])
        answerer = ExtractiveAnswerer(ranking=ranking)
        gathered = [candidate.hit.rank for candidate in answerer._gather(seen, build)]
        assert gathered == list(range(1, PASSAGES + 1))
        assert len(answerer._gather(last, build)) == PASSAGES - 1


def test_the_weights_of_sentences_decide_which_is_taken() -> None:
    made: Made = {"legal/vendor.md": [["The review takes ten days.", "Lunch is for the vendor only."]]}
    by_words = replace(RANKING, sentences=weights(SENTENCE_FEATURES, coverage=100.0))
    turned = replace(RANKING, sentences=-by_words.sentences)
    assert _of_made("review of ten", made, ranking=by_words) == ["The review takes ten days."]
    assert _of_made("review of ten", made, ranking=turned) == ["Lunch is for the vendor only."]


def test_how_far_a_passage_is_below_the_best_counts_against_its_sentences() -> None:
    made: Made = {
        "legal/a.md": [["The vendor review takes ten days."]],
        "legal/b.md": [["This year no vendor had any review."]],
    }
    ranking = replace(RANKING, sentences=weights(SENTENCE_FEATURES, coverage=1.0, passage=1.0))
    with open_made(made) as build:
        seen = found("How many days does the vendor review take?", build, ranking=ranking)
        first, second = ExtractiveAnswerer(ranking=ranking)._gather(seen, build)
    assert (first.hit.rank, second.hit.rank) == (1, 2)
    assert seen.hits[0].weighed - seen.hits[1].weighed > 1
    assert first.weighed - second.weighed > seen.hits[0].weighed - seen.hits[1].weighed


def test_a_sentence_that_points_back_brings_the_one_before() -> None:
    made: Made = {
        "legal/a.md": [
            ["Lunch is served at noon.", "A contract needs a form.", "It goes to the vendor review.", "Nobody pays it."]
        ]
    }
    assert _of_made("vendor review", made) == ["A contract needs a form.", "It goes to the vendor review."]


def test_a_sentence_that_announces_brings_what_follows() -> None:
    made: Made = {
        "legal/a.md": [
            [
                "The vendor review has these parts:",
                "A form is filled.",
                "A call is made.",
                "A letter is sent.",
                "End it at once.",
            ]
        ]
    }
    assert _of_made("vendor review", made) == [
        "The vendor review has these parts:",
        "A form is filled.",
        "A call is made.",
        "A letter is sent.",
    ]


def test_the_best_sentence_is_the_one_that_weighs_most() -> None:
    made: Made = {
        "legal/a.md": [["Our vendor waits here.", "The vendor review takes ten days.", "Soup."]],
        "legal/b.md": ["—"],
    }
    answerer = ExtractiveAnswerer(ranking=COVERED)
    with open_made(made) as build:
        quote = answerer.best(found("vendor review", build, ranking=COVERED), build)
        nothing = answerer.best(found("vendor review", build, a_scope(build, hidden=["legal/a.md"])), build)
    assert quote is not None
    assert quote.text == "The vendor review takes ten days."
    assert nothing is None


def test_documents_come_by_their_best_passage() -> None:
    made: Made = {
        "legal/a.md": [["A vendor review is made by us."]],
        "legal/b.md": [["Each vendor review, vendor review, vendor review counts."]],
    }
    ranking = replace(RANKING, sentences=weights(SENTENCE_FEATURES, coverage=1.0))
    with open_made(made) as build:
        seen = found("vendor review", build, ranking=ranking)
        best = [hit.passage.text for hit in seen.hits]
    assert _of_made("vendor review", made, ranking=ranking) == best


def test_a_passage_without_a_whole_sentence_is_quoted_as_it_is() -> None:
    assert _of_made("vendor review", {"legal/a.md": ["the vendor review takes\nten days, and then"]}) == [
        "the vendor review takes ten days, and then"
    ]


@pytest.mark.parametrize(
    ("text", "page", "says"),
    [
        ("Vendor review.", False, False),
        ("The vendor review takes days.", False, True),
        ("Vendor review of the team", False, True),
        ("Vendor review of the team", True, False),
        ("Vendor review of the team.", True, True),
        ("Vendor review of the team in the year of the long heat", True, True),
        ("Rule " * 140, False, True),
        ("Rules " * 117, False, False),
        ("— — — —", False, False),
    ],
)
def test_a_label_or_a_table_that_ran_together_is_no_statement(text: str, page: bool, says: bool) -> None:  # noqa: FBT001
    locator = Locator("page", page=1) if page else Locator("document")
    passage = Passage("p", "legal/a.pdf", "a" * 64, "", 0, len(text), text, locator)
    assert is_statement(text, passage, length=len(terms(text))) is says


def test_where_nothing_is_a_statement_nothing_is_drafted() -> None:
    assert _of_made("vendor review", {"legal/a.md": [["Vendor.", "Review."], "—"]}) == []


def test_it_says_on_record_what_it_is() -> None:
    answerer = ExtractiveAnswerer(ranking=RANKING)
    assert answerer.kind == "extractive"
    assert answerer.name
