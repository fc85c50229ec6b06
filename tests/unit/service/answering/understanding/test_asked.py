"""A question as the indexes see it: its subject, how rare that is, what stands side by side, and what it names."""

import numpy as np
import pytest

from indexes.pieces import projected
from indexes.sentences import codes
from indexes.stretches import no_pieces
from service.answering.understanding.asked import Asked, asked
from tests.support.answering_parts import Made, a_scope, open_made
from tests.support.fakes import HashingEncoder

MADE: Made = {"legal/a.md": [["The vendor review."], ["A vendor."]], "legal/b.md": [["Lunch."]]}


def _asked(text: str, *hidden: str) -> Asked:
    with open_made(MADE) as build:
        scope = a_scope(build, hidden=hidden)
        (vector,), (pieces,) = HashingEncoder().encode_with_pieces([text])
        return asked(text, vector, pieces, build=build, scope=scope)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Who reviews a vendor, and which vendors?", ("review", "vendor")),
        ("Who is it, is it?", ("who", "is", "it")),
        ("?!", ()),
        ("", ()),
    ],
)
def test_its_terms_are_its_subject_or_all_it_has(text: str, terms: tuple[str, ...]) -> None:
    question = _asked(text)
    assert question.terms == terms
    assert question.codes.tolist() == codes(terms).tolist()
    assert question.rarity.shape == question.named.shape == (len(terms),)


def test_a_term_is_as_rare_as_in_what_may_be_seen() -> None:
    text = "vendor review lunch zyzzyva"
    vendor, review, lunch, nowhere = _asked(text).rarity
    assert vendor < review == lunch < nowhere
    assert _asked(text, "legal/b.md").rarity[2] > _asked(text, "legal/a.md").rarity[2]


def test_words_that_stand_side_by_side_are_pairs_stop_words_too() -> None:
    who, does, review = codes(["who", "doe", "review"]).tolist()
    assert _asked("Who does reviews?").pairs.tolist() == [[who, does], [does, review]]
    assert _asked("Reviews?").pairs.shape == _asked("").pairs.shape == (0, 2)


def test_coverage_is_a_share_of_rarity() -> None:
    question = _asked("vendor review")
    held = np.array([[True, True], [True, False], [False, False]])
    vendor, review = question.rarity
    np.testing.assert_allclose(question.coverage(held), [1, vendor / (vendor + review), 0])
    assert _asked("").coverage(np.zeros((2, 0), np.bool_)).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Does Anna Smith review vendors?", ["anna", "smith"]),
        ("Vendors review whom?", []),  # a first word is written large anyway
        ("What does NASA pay for 10 vendors in Q3?", ["nasa", "10", "q3"]),
        ("What is 2.5 of 10,000?", ["2.5", "10000"]),
        ("Who signs above 10 000 euros, or ten thousand?", [">", "10000"]),
        ("Who fills in the form W-8 BEN?", ["w8ben"]),
        ("What is certified under ISO 27001?", ["iso", "27001"]),
        ("Does IT close in May or on 2026-03-01?", ["IT", "MAY", "1", "march", "2026"]),
        ("Who asks The Vendor?", ["vendor"]),  # a stop word names nothing
        ("who pays vendors?", []),
        ("Was zahlt Änne über den Tisch?", ["änne", "tisch"]),
    ],
)
def test_names_and_numbers_are_what_it_asks_about_in_particular(text: str, named: list[str]) -> None:
    question = _asked(text)
    assert [term for term, is_named in zip(question.terms, question.named, strict=True) if is_named] == named


# Its word pieces


def _weights(text: str) -> dict[str, float]:
    """Return what each word of a question weighs as a piece; every word is one piece here."""
    with open_made(MADE) as build:
        (vector,), (pieces,) = HashingEncoder().encode_with_pieces([text])
        found = asked(text, vector, pieces, build=build, scope=a_scope(build)).pieces
        kept = projected(pieces.vectors, build.pieces.projection)
        places = [int(np.argmax(kept @ one)) for one in found.vectors]
        words = [text[slice(*pieces.spans[place])] for place in places]
        return dict(zip(words, [float(weight) for weight in found.weights], strict=True))


def test_pieces_are_those_of_its_terms_and_weigh_as_much_as_they_are_rare() -> None:
    weights = _weights("Who reviews the vendor?")
    assert weights.keys() == {"reviews", "vendor"}
    assert weights["reviews"] > weights["vendor"] > 0
    assert sum(weights.values()) == pytest.approx(1)


def test_the_pieces_of_a_term_share_what_it_weighs() -> None:
    weights = _weights("lunch lunches vendor_review")
    assert weights["lunch"] == pytest.approx(weights["lunches"])
    once, twice = _weights("lunch zyzzyva"), _weights("lunch lunches zyzzyva")
    assert twice["lunch"] + twice["lunches"] == pytest.approx(once["lunch"])


@pytest.mark.parametrize("text", ["Who is it?", "THE!"])
def test_all_pieces_count_where_none_is_of_the_subject(text: str) -> None:
    assert sum(_weights(text).values()) == pytest.approx(1)


@pytest.mark.parametrize("text", ["", "?!", " \n"])
def test_a_question_without_words_has_no_pieces(text: str) -> None:
    pieces = _asked(text).pieces
    assert (pieces.vectors.shape, pieces.weights.shape) == ((0, 64), (0,))


def test_an_encoder_without_pieces_leaves_a_question_without() -> None:
    with open_made(MADE) as build:
        vector = HashingEncoder().encode(["vendor"])[0]
        question = asked("vendor", vector, no_pieces(64), build=build, scope=a_scope(build))
        assert build.pieces.token_match(question.pieces, np.arange(3)).tolist() == [0, 0, 0]


def test_who_asks_is_no_name_that_a_rule_for_all_has_to_hold() -> None:
    assert not _asked("Can a trainee in Bergen review a vendor?").named.any()
    assert not _asked("I work in Bergen. Who reviews a vendor?").named.any()
    asked_about = _asked("Who reviews a vendor in Bergen?")
    assert [term for term, named in zip(asked_about.terms, asked_about.named, strict=True) if named] == ["bergen"]
