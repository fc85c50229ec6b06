"""The records that leave: numbering, addresses that hold no text, refusals whose words depend on their reason alone."""

from dataclasses import replace
from datetime import date

import pytest

from indexes.documents import Locator, Passage
from indexes.readings import ReadingNote
from indexes.standing import Grant
from service.answering.answers import (
    MESSAGES,
    Answer,
    ByModel,
    Citation,
    Further,
    Reason,
    Refusal,
    Sentence,
    numbered,
    one_text,
)
from service.answering.drafts import Quote
from service.answering.verify import SUPPORTED, VerifiedQuote, VerifiedSentence
from service.audit.storage.store import Receipt

RECEIPT = Receipt("greenlit.test/audit/2026-11", 7, "ab" * 32)


def _verified(text: str, *, document: str = "legal/rules & rates.md", start: int = 10) -> VerifiedQuote:
    passage = Passage("1" * 24, document, "2" * 64, "Rules", 0, 99, text, Locator("page", page=3))
    granted = Grant(
        document, "2" * 64, "", frozenset({"staff"}), ("ann", "bob"), date(2026, 11, 20), date(2027, 11, 20)
    )
    return VerifiedQuote(Quote("1" * 24, start, start + len(text), text), passage, granted)


def _whole(_document: str) -> list[ReadingNote]:
    return []


def _unread(_document: str) -> list[ReadingNote]:
    return [ReadingNote("pages_without_text", 1, ("3",))]


def test_citations_are_numbered_from_1_in_the_order_of_the_answer() -> None:
    one, two, three = _verified("One."), _verified("Two."), _verified("Three.")
    sentences, citations = numbered(
        [VerifiedSentence("One. Two.", (one, two)), VerifiedSentence("Three.", (three,))], _whole
    )
    assert [sentence.citations for sentence in sentences] == [(1, 2), (3,)]
    assert [(citation.n, citation.verified) for citation in citations] == [(1, one), (2, two), (3, three)]


def test_a_sentence_says_how_its_words_were_checked() -> None:
    written = VerifiedSentence("So it is one.", (_verified("One."),), check=SUPPORTED)
    sentences, _ = numbered([VerifiedSentence("One.", (_verified("One."),)), written], _whole)
    assert [sentence.as_json()["check"] for sentence in sentences] == ["verbatim", "supported"]


def test_an_answer_says_what_a_model_did_for_it() -> None:
    written = Answer("r-1", (), (), None, RECEIPT, model=ByModel("writer", wrote=True, judged=False, left_out=2))
    did = {"name": "writer", "wrote": True, "judged": False, "rewrote": False, "left_out": 2}
    assert written.as_json()["model"] == did
    assert Answer("r-1", (), (), None, RECEIPT).as_json()["model"] is None


def test_an_answer_says_first_why_it_is_quotes() -> None:
    sentences, citations = numbered([VerifiedSentence("One.", (_verified("One."),))], _unread)
    quoted = Answer("r-1", sentences, citations, None, RECEIPT, instead="The model was not asked.")
    assert quoted.notes[0] == "The model was not asked."
    assert len(quoted.notes) == 2


def test_nothing_numbered_is_nothing() -> None:
    assert numbered([], _whole) == ((), ())


def test_a_citation_tells_where_it_stands_and_who_approved_it() -> None:
    assert Citation(1, _verified("Quoted.")).as_json() == {
        "n": 1,
        "document": "legal/rules & rates.md",
        "title": "Rules",
        "sha256": "2" * 64,
        "passage_id": "1" * 24,
        "locator": {"kind": "page", "page": 3},
        "quote": "Quoted.",
        "span": [10, 17],
        "url": f"/documents/legal/rules%20%26%20rates.md?version={'2' * 16}&from=10&to=17#quote",
        "approved_by": "ann, bob",
        "approved_on": "2026-11-20",
        "expires": "2027-11-20",
        "note": None,
    }


def test_a_citation_carries_what_was_not_read_and_the_answer_says_each_once() -> None:
    asked: list[str] = []

    def notes_of(document: str) -> list[ReadingNote]:
        asked.append(document)
        return [ReadingNote("pages_without_text", 1, ("2",))] if document == "legal/a.pdf" else []

    one, two = _verified("One.", document="legal/a.pdf"), _verified("Two.", document="legal/a.pdf", start=40)
    sentences, citations = numbered([VerifiedSentence("One.", (one,)), VerifiedSentence("Two.", (two,))], notes_of)
    answer = Answer("r-1", sentences, citations, None, RECEIPT).as_json()
    note = "page 2 of this document could not be read"
    assert [citation["note"] for citation in answer["citations"]] == [note, note]
    assert (answer["notes"], asked) == ([note], ["legal/a.pdf"])


def test_where_several_documents_are_cited_a_note_names_the_one_it_is_of() -> None:
    notes = {"legal/a.pdf": [ReadingNote("pages_without_text", 1, ("2",))]}
    quotes = [_verified("One.", document="legal/a.pdf"), _verified("Two.", document="legal/b.pdf")]
    sentences, citations = numbered(
        [VerifiedSentence(quote.quote.text, (quote,)) for quote in quotes], lambda document: notes.get(document, [])
    )
    answer = Answer("r-1", sentences, citations, None, RECEIPT)
    assert answer.notes == ("Rules: page 2 of this document could not be read",)
    assert citations[1].note is None


def test_an_answer_is_the_text_of_its_sentences() -> None:
    sentences, citations = numbered(
        [VerifiedSentence("One.", (_verified("One."),)), VerifiedSentence("Two.", (_verified("Two."),))], _whole
    )
    answer = Answer("r-1", sentences, citations, None, RECEIPT)
    assert answer.text == "One. Two."
    assert answer.as_json()["outcome"] == "answered"
    assert answer.as_json()["receipt"] == {"origin": RECEIPT.origin, "seq": 7, "leaf_hash": RECEIPT.leaf_hash}


def test_a_sentence_of_several_lines_stands_apart_and_says_how_much_was_left_out() -> None:
    said = [Sentence("One.", (1,)), Sentence("Two.", (2,), 3), Sentence("Never:\nClone.\nSwap.", (3,), 388)]
    assert one_text([*said, Sentence("Four.", (4,))]) == (
        "One. Two. (and 3 more)\n\nNever:\nClone.\nSwap. (and 388 more)\n\nFour."
    )


def test_a_further_passage_leads_to_its_place_and_marks_nothing() -> None:
    verified = _verified("Quoted.")
    offered = Further(replace(verified.passage, start=40, end=99), verified.grant)
    assert offered.url == f"/documents/legal/rules%20%26%20rates.md?version={'2' * 16}&from=40#place"
    assert "Quoted." not in str(offered.as_json())


@pytest.mark.parametrize("reason", Reason)
def test_a_refusal_has_no_answer_and_one_message_for_its_reason(reason: Reason) -> None:
    told = Answer("r-1", (), (), Refusal(reason), RECEIPT).as_json()
    assert told["refusal"] == {"reason": reason.value, "message": MESSAGES[reason]}
    assert (told["outcome"], told["answer"]) == ("refused", None)


def test_every_reason_has_a_message_that_says_nothing_of_any_document() -> None:
    assert set(MESSAGES) == set(Reason)
    known = {"no_evidence", "unsupported_draft", "request_not_supported", "nothing_approved"}
    assert {reason.value for reason in Reason} == known
    assert all("{" not in message and "%" not in message for message in MESSAGES.values())


def test_the_text_of_an_answer_stays_out_of_tracebacks() -> None:
    sentences, _ = numbered([VerifiedSentence("A secret sentence.", (_verified("x"),))], _whole)
    assert "secret" not in repr(sentences)
