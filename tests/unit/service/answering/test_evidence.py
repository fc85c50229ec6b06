"""Evidence: a probability that grows with what the best passages hold of the question."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from indexes.builds import Build, current_build_id, open_build
from indexes.coarse import from_bytes
from service.answering.boundary import Boundary
from service.answering.errors import CalibrationError
from service.answering.evidence import Calibration, Evidence, features, read_calibration
from service.answering.finding.features import PASSAGE_FEATURES
from service.answering.finding.retrieve import Retrieved, retrieve
from tests.support.answering_parts import RANKING, Made, found, open_made, weights
from tests.support.fakes import HashingEncoder, TinyLibrary
from tests.support.service_parts import HALF_THE_WORDS, OFF_TOPIC_QUESTION, TRAVEL_QUESTION, VENDOR_QUESTION, with_rules


def _found(library: TinyLibrary, question: str) -> tuple[Retrieved, Build]:
    build = open_build(library.builds / current_build_id(library.builds))
    boundary = Boundary(
        library=library.folder, now=library.clock, notice=lambda _words: None, on_change=lambda _state: None
    )
    scope = boundary.scope(build, frozenset({"staff"}))
    return retrieve(question, build=build, scope=scope, encoder=library.encoder, ranking=RANKING, k=10), build


@pytest.mark.parametrize(("score", "suffices"), [(0.49, False), (0.5, True), (0.51, True)])
def test_evidence_suffices_from_the_threshold_on(score: float, suffices: bool) -> None:  # noqa: FBT001
    assert Evidence(score, 0.5).suffices is suffices


def test_a_question_that_the_passages_hold_weighs_more_than_one_they_do_not(library: TinyLibrary) -> None:
    with_rules(library)
    held = [HALF_THE_WORDS.weigh(*_found(library, question)).score for question in (VENDOR_QUESTION, TRAVEL_QUESTION)]
    strange = HALF_THE_WORDS.weigh(*_found(library, OFF_TOPIC_QUESTION)).score
    assert 0 <= strange < 0.5 < min(held) <= max(held) <= 1


def test_the_threshold_travels_with_the_evidence(library: TinyLibrary) -> None:
    evidence = replace(HALF_THE_WORDS, threshold=0.9).weigh(*_found(with_rules(library), VENDOR_QUESTION))
    assert evidence.threshold == 0.9


def test_nothing_found_or_nothing_asked_is_no_evidence_at_all(library: TinyLibrary) -> None:
    always = Calibration(intercept=20.0, coefficients={}, threshold=0.5)
    library.ingest()
    assert always.weigh(*_found(library, VENDOR_QUESTION)) == Evidence(0.0, 0.5)
    with_rules(library)
    assert always.weigh(*_found(library, "what is it?")) == Evidence(0.0, 0.5)
    assert always.weigh(*_found(library, VENDOR_QUESTION)).suffices


def test_features_are_numbers_for_any_question_that_found_something(library: TinyLibrary) -> None:
    with_rules(library)
    for question in (VENDOR_QUESTION, OFF_TOPIC_QUESTION, "vendor", "xyzzy " * 40, "what is it?", "?"):
        values = features(*_found(library, question)).values()
        assert all(isinstance(value, float) for value in values)
        assert np.isfinite(list(values)).all()


# Passages by falling coverage of "vendor review": the fourth counts for what is highest of all, and for nothing else.
FOUR: Made = {
    "legal/a.md": [["The vendor waits.", "The review waits."]],
    "legal/b.md": [["A vendor of lamps."]],
    "legal/c.md": [["Lunch at noon.", "Soup at one."]],
    "legal/d.md": [["Swans on the lake."]],
}
BY_WORDS = replace(RANKING, passages=weights(PASSAGE_FEATURES, coverage=4.0, sentence_cosine=0.01, log_length=-0.001))


def test_features_are_of_the_best_three_passages() -> None:
    with open_made(FOUR) as build:
        seen = found("vendor review", build, ranking=BY_WORDS)
        vector = HashingEncoder().encode(["vendor review"])[0]
        dense = sorted((hit.dense for hit in seen.hits), reverse=True)
        rows = [hit.row for hit in seen.hits[:3]]
        sentences = np.concatenate([from_bytes(build.sentences.of_row(row).vectors) @ vector for row in rows])
    got = features(seen, build)
    assert seen.hits[0].row == 0
    assert got["dense_top"] == dense[0]
    assert got["dense_mean"] == pytest.approx(sum(dense[:3]) / 3)
    assert got["sentence_top"] == pytest.approx(float(sentences.max()))
    assert got["coverage"] == pytest.approx(1)
    assert got["rarest_missing"] == 0


def test_a_word_that_only_the_fourth_passage_holds_is_missing() -> None:
    with open_made(FOUR) as build:
        seen = found("vendor review lamps swans", build, ranking=BY_WORDS)
        assert {hit.row for hit in seen.hits[:2]} == {0, 1}
        assert seen.hits[3].row == 2
        first_three = features(replace(seen, hits=(*seen.hits[:2], seen.hits[3], seen.hits[2])), build)
    rarity = dict(zip(seen.question.terms, seen.question.rarity.tolist(), strict=True))
    missing = rarity["swan"] / sum(rarity.values())
    assert first_three["rarest_missing"] == pytest.approx(missing)
    assert first_three["coverage"] == pytest.approx(1 - missing)
    assert features(seen, build)["coverage"] == pytest.approx(1)


def test_words_in_a_title_count_for_the_passage() -> None:
    with open_made({"legal/vendor.md": [["A review of it."]]}) as build:
        assert features(found("vendor review", build), build)["coverage"] == pytest.approx(1)


NAMES: Made = {
    "legal/Oslo.md": [["Lunch is at noon.", "Anna does the vendor review.", "Bert signs.", "Carl sings."]],
    "legal/b.md": [["Carl sleeps."]],
}


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("Who does the vendor review?", 0.0),
        ("Who does the vendor review, Anna?", 0.0),
        ("Who does the vendor review, Bert?", 0.0),  # stands beside the best sentence
        ("Who does the vendor review in Oslo?", 0.0),  # in its title
        ("Who does the vendor review, Carl?", 1.0),  # stands elsewhere
        ("Who does the vendor review, Anna or Carl?", 0.5),
        ("Who does the vendor review in 2019?", 1.0),
    ],
)
def test_names_are_missing_that_stand_neither_in_nor_beside_the_best_sentence(question: str, missing: float) -> None:
    with open_made(NAMES) as build:
        assert features(found(question, build), build)["names_missing"] == missing


def test_without_a_passage_there_are_no_features() -> None:
    with open_made({"legal/a.md": [["The vendor waits."]]}) as build:
        seen = replace(found("vendor", build), hits=(), matches=None)
    with pytest.raises(ValueError, match="expected at least one passage, got none"):
        features(seen, build)


def test_a_calibration_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "evidence.json"
    path.write_text(json.dumps({"intercept": -1, "coefficients": {"dense_top": 2.5}, "threshold": 0.4, "run": "…"}))
    assert read_calibration(path) == Calibration(-1.0, {"dense_top": 2.5}, 0.4)


@pytest.mark.parametrize("missing", ["intercept", "coefficients", "threshold"])
def test_law_4_a_calibration_that_lacks_a_part_is_none(tmp_path: Path, missing: str) -> None:
    path = tmp_path / "evidence.json"
    whole = {"intercept": -1, "coefficients": {"dense_top": 2.5}, "threshold": 0.4}
    path.write_text(json.dumps({name: value for name, value in whole.items() if name != missing}))
    with pytest.raises(CalibrationError, match=rf"evidence\.json cannot be read as a calibration \('{missing}'\)"):
        read_calibration(path)


def test_the_calibration_that_ships_fits_the_features(library: TinyLibrary) -> None:
    shipped = read_calibration()
    assert 0 < shipped.threshold < 1
    assert shipped.coefficients.keys() <= features(*_found(with_rules(library), VENDOR_QUESTION)).keys()
    for question in (VENDOR_QUESTION, OFF_TOPIC_QUESTION):
        assert 0 <= shipped.weigh(*_found(library, question)).score <= 1


def test_evidence_sees_whether_the_best_unit_offers_what_is_asked_for() -> None:
    with open_made(
        {"legal/a.md": [["The vendor review takes ten days."], ["The vendor review is done by the team."]]}
    ) as build:
        asked = ("How many days does the vendor review take?", "How many euros of the team does it cost by review?")
        got = [features(found(question, build), build) for question in asked]
        nothing = features(found("vendor", build), build)
    assert [values["offers_none"] for values in got] == [0.0, 1.0]
    assert nothing["offers_none"] == 0.0, "no kind of answer is asked for"


def test_evidence_sees_what_of_a_question_stands_side_by_side_in_the_first_passage() -> None:
    with open_made(
        {"legal/a.md": [["The vendor review takes ten days."], ["A review by a vendor costs 300 euros."]]}
    ) as build:
        first = {one: features(found(one, build), build) for one in ("vendor review takes", "review takes vendor")}
        none = features(found("vendor", build), build)
    assert first["vendor review takes"]["pairs_first"] == 1.0
    assert first["review takes vendor"]["pairs_first"] == 0.5
    assert none["pairs_first"] == 0.0, "no words stand side by side in it"


def test_evidence_sees_which_numbers_of_a_question_the_first_passage_holds() -> None:
    with open_made({"legal/a.md": [["The vendor review of 2024 takes 10 days."]]}) as build:
        asked = ("vendor review of 2024", "vendor review of 2024 in 11 days", "vendor review of 2023", "vendor review")
        held = [features(found(one, build), build)["numbers_first"] for one in asked]
    assert held == [1.0, 0.5, 0.0, 0.0]


def test_evidence_sees_how_well_word_pieces_match_in_the_best_of_three_passages() -> None:
    with open_made(FOUR) as build:
        seen = found("vendor review", build, ranking=BY_WORDS)
        got = features(seen, build)["token_match_top"]
        each = [build.pieces.passage_match(seen.question.pieces, hit.row) for hit in seen.hits]
        turned = replace(seen, hits=seen.hits[::-1])
        of_others = features(turned, build)["token_match_top"]
    assert got == max(each[:3])
    assert of_others == max(each[::-1][:3])
