"""The extractive answerer: it quotes what answers, the best first, and writes nothing of its own."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from indexes.builds import Build, current_build_id, open_build
from service.answering.boundary import Boundary
from service.answering.choosing.extract import MOST_SENTENCES, ExtractiveAnswerer
from service.answering.choosing.quoting import MOST_ITEMS, MOST_LIST_CHARS
from service.answering.drafts import DraftSentence
from service.answering.finding.features import SENTENCE_FEATURES
from service.answering.finding.ranking import Ranking
from service.answering.finding.retrieve import retrieve
from service.answering.verify import verify
from tests.support.answering_parts import RANKING, Made, a_scope, found, open_made, open_split, read_document, weights
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import TRAVEL_QUESTION, VENDOR_QUESTION, with_rules

STAFF = frozenset({"staff"})
COVERED = replace(RANKING, sentences=weights(SENTENCE_FEATURES, coverage_in_context=10.0))  # nothing counts but words
NEAR = replace(RANKING, sentences=weights(SENTENCE_FEATURES, coverage_in_context=12.0, offers=1.0))


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
        return [sentence.text for sentence in _of(question, build, ranking)]


def _of(question: str, build: Build, ranking: Ranking) -> Sequence[DraftSentence]:
    draft = ExtractiveAnswerer(ranking=ranking).draft(
        question, retrieved=found(question, build, ranking=ranking), build=build
    )
    assert len(verify(draft, build=build, scope=a_scope(build))) == len(draft)
    return draft


def _of_text(question: str, *passages: str, ranking: Ranking = NEAR) -> list[DraftSentence]:
    """Return what is drafted from one document whose units are found as at ingest."""
    with open_split([read_document("legal/house rules.md", *passages)]) as build:
        return list(_of(question, build, ranking))


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


def test_every_sentence_says_what_is_quoted(library: TinyLibrary) -> None:
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


def test_a_sentence_that_stands_in_two_documents_is_quoted_once(library: TinyLibrary) -> None:
    for name in ("one", "two"):
        library.add(f"legal/{name}.txt", "The vendor review is done by the security team.\n")
    library.ingest()
    draft, _ = _drafted(library, "Who does the vendor review?")
    assert [sentence.text for sentence in draft] == ["The vendor review is done by the security team."]


def test_where_nothing_was_found_nothing_is_drafted(library: TinyLibrary) -> None:
    library.ingest()
    assert list(_drafted(library, VENDOR_QUESTION)[0]) == []


# Which units are chosen


def test_what_answers_best_comes_first_wherever_it_stands() -> None:
    made: Made = {
        "legal/a.md": [["A review has a form.", "The vendor review takes ten days.", "Our vendor sends soup and tea."]]
    }
    draft = _of_made("How long does the vendor review take?", made)
    assert draft[0] == "The vendor review takes ten days."


def test_a_further_sentence_has_to_hold_other_words_of_the_question() -> None:
    made: Made = {"legal/a.md": [["The vendor review takes days.", "The vendor came at noon.", "A form is due."]]}
    ranking = replace(RANKING, sentences=weights(SENTENCE_FEATURES, coverage_in_context=4.0))
    said = _of_made("vendor review form", made, ranking=ranking)
    assert said == ["The vendor review takes days.", "A form is due."]


def test_what_is_as_good_as_the_best_is_quoted_whether_it_adds_or_not() -> None:
    made: Made = {"legal/a.md": [["The vendor review takes days.", "A review of a vendor was held at noon."]]}
    said = _of_made("vendor review", made)
    assert set(said) == {"The vendor review takes days.", "A review of a vendor was held at noon."}


def test_a_rule_for_another_name_is_not_quoted_beside_the_one_asked_for() -> None:
    made: Made = {
        "legal/a.md": [["The archive is closed in June for painting.", "The archive is closed in May for a count."]]
    }
    ranking = replace(RANKING, sentences=weights(SENTENCE_FEATURES, coverage_in_context=0.1))
    assert len(_of_made("Why is the archive closed in May?", made, ranking=ranking)) == 1


def test_what_was_quoted_with_an_earlier_sentence_is_not_quoted_again() -> None:
    made: Made = {"legal/a.md": [["A vendor review needs a form.", "It goes to the vendor desk for review."]]}
    said = _of_made("vendor review", made)
    assert " ".join(said).count("A vendor review needs a form.") == 1
    assert " ".join(said).count("It goes to the vendor desk for review.") == 1


def test_a_further_sentence_has_to_be_nearly_as_good_as_the_best_one() -> None:
    made: Made = {"legal/a.md": [["The vendor review takes ten days.", "A form is due."]]}
    assert _of_made("vendor review form", made) == ["The vendor review takes ten days."]


def test_a_further_sentence_may_bring_another_kind_of_answer_that_was_asked_for() -> None:
    made: Made = {"legal/a.md": [["The vendor review takes ten days.", "Finance does it for a vendor."]]}
    ranking = replace(RANKING, sentences=weights(SENTENCE_FEATURES, coverage_in_context=4.0))
    said = _of_made("How long is the vendor review and who starts it?", made, ranking=ranking)
    assert said == ["The vendor review takes ten days.", "Finance does it for a vendor."]


def test_what_says_nearly_the_same_is_quoted_once() -> None:
    made: Made = {
        "legal/a.md": [["The vendor review is done by the security team in May."]],
        "legal/b.md": [["The vendor review is done by the security team in June."]],
    }
    assert len(_of_made("When is the vendor review and who does it?", made)) == 1


@pytest.mark.parametrize("sentences", [6, 17, 40])
def test_an_answer_has_at_most_four_sentences(sentences: int) -> None:
    words = ["vendor", "review", "team", "form", "soup", "lunch"]
    said = [f"The {words[number % 6]} has rule {number} here." for number in range(sentences)]
    assert 1 <= len(_of_made(" ".join(words), {"legal/a.md": [said]})) <= MOST_SENTENCES


def test_the_weights_of_sentences_decide_which_is_taken() -> None:
    made: Made = {"legal/vendor.md": [["The review takes ten days.", "Lunch is for the vendor only."]]}
    by_words = replace(RANKING, sentences=weights(SENTENCE_FEATURES, coverage_in_context=100.0))
    turned = replace(RANKING, sentences=-by_words.sentences)
    assert _of_made("review of ten", made, ranking=by_words) == ["The review takes ten days."]
    assert _of_made("review of ten", made, ranking=turned) == ["Lunch is for the vendor only."]


def test_a_sentence_that_points_back_brings_the_one_before_in_the_same_breath() -> None:
    made: Made = {
        "legal/a.md": [
            ["Lunch is served at noon.", "A contract needs a form.", "It goes to the vendor review.", "Nobody pays it."]
        ]
    }
    assert _of_made("vendor review", made) == ["A contract needs a form. It goes to the vendor review."]


def test_units_are_all_that_may_be_quoted_and_the_one_that_weighs_most_is_drafted_first() -> None:
    made: Made = {
        "legal/a.md": [["Our vendor waits here.", "The vendor review takes ten days.", "Soup."]],
        "legal/b.md": ["—"],
    }
    answerer = ExtractiveAnswerer(ranking=COVERED)
    with open_made(made) as build:
        seen = found("vendor review", build, ranking=COVERED)
        (quote,), units = (
            answerer.draft("vendor review", retrieved=seen, build=build)[0].quotes,
            answerer.units(seen, build),
        )
        hidden = found("vendor review", build, a_scope(build, hidden=["legal/a.md"]))
        nothing = answerer.draft("vendor review", retrieved=hidden, build=build)
    assert quote.text == "The vendor review takes ten days."
    assert quote in units
    assert nothing == []


def test_a_passage_without_a_unit_is_not_quoted() -> None:
    assert _of_made("vendor review", {"legal/a.md": ["the vendor review takes\nten days, and then"]}) == []


# Questions, short facts, lists


FAQ = (
    "May I leave my car in the yard overnight?\n\nOnly with a blue card.\n\n"
    "Who may use the gym?\n\nGuests once a month, staff on any day."
)


def test_a_question_in_a_document_is_answered_by_what_stands_below_it() -> None:
    assert _of_text("May I leave my car in the yard overnight?", FAQ)[0].text == "Only with a blue card."
    assert _of_text("Who may use the gym?", FAQ)[0].text == "Guests once a month, staff on any day."


def test_a_question_without_an_answer_is_no_answer() -> None:
    assert _of_text("May I leave my car in the yard?", "May I leave my car in the yard overnight?") == []


def test_a_short_yes_goes_with_what_follows_it() -> None:
    said = "May I paint my room?\n\nNo. The caretaker paints all rooms in spring."
    assert _of_text("May I paint my room?", said)[0].text == "No. The caretaker paints all rooms in spring."


def test_a_short_fact_is_quoted_with_its_label() -> None:
    said = "Records are kept for:\n\n- Invoices: ten years\n- Letters: six years\n- Photographs: for ever"
    (best, *_) = _of_text("How long are letters kept?", said)
    assert best.text == "Records are kept for:\n… Letters: six years"
    assert len(best.quotes) == 2
    assert best.more == 0


RED_LINES = "The following uses are forbidden:\n\n" + "\n".join(
    f"- {use} of anybody." for use in ("A false voice", "A false face", "A false body", "A false name")
)


def test_a_list_that_is_asked_for_is_quoted_with_its_lead_in() -> None:
    (best, *_) = _of_text("Which uses are forbidden?", RED_LINES)
    assert best.text.split("\n") == [
        "The following uses are forbidden:",
        "A false voice of anybody.",
        "A false face of anybody.",
        "A false body of anybody.",
        "A false name of anybody.",
    ]
    assert best.more == 0


def test_a_list_is_quoted_whole_though_an_item_holds_a_word_of_the_question_that_its_lead_in_lacks() -> None:
    said = "A visitor brings the following for the gate:\n\n- a copy of a document\n- a photograph\n- the blue letter"
    (best, *_) = _of_text("Which documents does a visitor bring for the gate?", said)
    assert best.text.split("\n")[1:] == ["a copy of a document", "a photograph", "the blue letter"]


def test_of_a_table_the_row_is_quoted_that_holds_what_its_names_lack() -> None:
    rows = "\n".join(f"Town: Town{number}; Hotel limit: {number} euros" for number in range(5))
    (best, *_) = _of_text("Which hotel limits are there in Town3?", rows)
    assert best.text == "Town: Town3; Hotel limit: 3 euros"


def test_several_items_of_one_list_are_quoted_as_the_list_whatever_is_asked() -> None:
    steps = [f"{number}. Ring the bell of the {place}." for number, place in enumerate(("gate", "hall", "barn"), 1)]
    said = "\n".join(["Fire on the roof:", "", *steps])
    (best, *more) = _of_text("Who must ring a bell?", said)
    assert best.text.count("\n") == 3
    assert more == []


def test_a_list_under_what_is_asked_comes_before_a_sentence_that_only_names_it() -> None:
    listed = "The red lines:\n\n- A false voice.\n- A false face."
    (best, *_) = _of_text("What are the red lines?", listed, "Whoever sees red lines crossed tells the red lines desk.")
    assert best.text.split("\n") == ["The red lines:", "A false voice.", "A false face."]


def test_an_item_that_is_asked_for_is_quoted_by_itself() -> None:
    (best, *_) = _of_text("Is a false face forbidden?", RED_LINES)
    assert best.text == "The following uses are forbidden:\n… A false face of anybody."


@pytest.mark.parametrize("items", [13, 400])
def test_of_a_long_list_a_part_is_quoted_and_the_rest_is_counted(items: int) -> None:
    said = "The following doors are locked:\n\n" + "\n".join(
        f"- The door {number} of a house." for number in range(items)
    )
    (best, *_) = _of_text("Which doors are locked?", said)
    assert len(best.quotes) - 1 == MOST_ITEMS
    assert best.more == items - MOST_ITEMS


def test_long_items_are_fewer_and_whole() -> None:
    items = [f"The door {number} is locked {'by night and ' * 20}by day." for number in range(9)]
    (best, *_) = _of_text("Which doors are locked?", "These doors are locked:\n\n" + "\n".join(f"- {i}" for i in items))
    assert len(best.text) <= MOST_LIST_CHARS + 20
    assert [quote.text for quote in best.quotes[1:]] == items[: len(best.quotes) - 1]
    assert best.more == len(items) - len(best.quotes) + 1


def test_a_procedure_over_several_passages_is_quoted_in_order() -> None:
    steps = [f"{number}. Carry the badge to desk {number} of the house." for number in range(1, 7)]
    said = _of_text(
        "How do I get a badge?", "How to get a badge:\n\n" + "\n".join(steps[:3]), "\n".join(steps[3:]), ranking=NEAR
    )
    starts = [quote.start for quote in said[0].quotes]
    assert starts == sorted(starts)
    assert len(starts) >= 3


def test_a_procedure_is_quoted_from_its_first_step_wherever_the_best_one_stands() -> None:
    steps = [f"{number}. Carry the form to room {number} of the house." for number in range(1, 36)]
    steps += [f"{number}. Bring the badge to desk {number} of the house." for number in range(36, 61)]
    parts = ["\n".join(steps[at : at + 5]) for at in range(0, 60, 5)]
    (best, *_) = _of_text("How do I bring a badge, which steps?", *parts)
    assert best.text.split("\n")[:2] == [
        "Carry the form to room 1 of the house.",
        "Carry the form to room 2 of the house.",
    ]
    assert best.more == 60 - MOST_ITEMS


def test_a_table_that_is_asked_for_as_a_whole_is_quoted_in_part_and_counted_and_nothing_of_it_again() -> None:
    rows = "\n".join(f"Town: Town{number}; Hotel limit: {number} euros" for number in range(400))
    said = _of_text("List all hotel limits", rows)
    assert [(one.text.count("\n") + 1, one.more) for one in said] == [(MOST_ITEMS, 400 - MOST_ITEMS)]
    assert said[0].text.startswith("Town: Town0; Hotel limit: 0 euros\n")
    (one, *_) = _of_text("What is the hotel limit in Town317?", rows)
    assert (one.text, one.more) == ("Town: Town317; Hotel limit: 317 euros", 0)


@pytest.mark.parametrize("length", [701, 5000])
def test_evidence_of_a_text_too_long_to_quote_is_not_spent_on_its_neighbour(length: int) -> None:
    long = ("the liability insurance of the scaffold ends for us " * 100)[:length].strip()
    made: Made = {"legal/a.md": [[long, "The scaffold is inspected every week."]]}
    assert _of_made("When does the liability insurance of the scaffold end?", made) == []


def test_a_document_that_is_one_heading_gives_nothing() -> None:
    assert _of_text("What is the vendor review?", "Vendor review") == []


def test_a_question_that_is_itself_a_list_gets_a_short_answer() -> None:
    question = " ".join(f"And who opens door {number}, and when?" for number in range(10))
    said = "\n\n".join(
        f"Door {number} is opened by the guard at {number} o'clock in the morning." for number in range(10)
    )
    assert len(_of_text(question, said)) <= MOST_SENTENCES


def test_it_says_on_record_what_it_is() -> None:
    answerer = ExtractiveAnswerer(ranking=RANKING)
    assert answerer.kind == "extractive"
    assert answerer.name == "units-1"
