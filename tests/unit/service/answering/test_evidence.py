"""Evidence: a probability that grows with what the best passages hold of the question."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from indexes.builds import current_build_id, open_build
from service.answering.boundary import Boundary
from service.answering.evidence import Calibration, Evidence, features, read_calibration
from service.answering.retrieve import Retrieved, retrieve
from tests.fakes import TinyLibrary
from tests.service_parts import HALF_THE_WORDS, OFF_TOPIC_QUESTION, TRAVEL_QUESTION, VENDOR_QUESTION, with_rules


def _found(library: TinyLibrary, question: str) -> Retrieved:
    build = open_build(library.builds / current_build_id(library.builds))
    boundary = Boundary(
        library=library.folder, now=library.clock, notice=lambda _words: None, on_change=lambda _state: None
    )
    scope = boundary.scope(build, frozenset({"staff"}))
    return retrieve(question, build=build, scope=scope, encoder=library.encoder, k=10)


@pytest.mark.parametrize(("score", "suffices"), [(0.49, False), (0.5, True), (0.51, True)])
def test_evidence_suffices_from_the_threshold_on(score: float, suffices: bool) -> None:  # noqa: FBT001
    assert Evidence(score, 0.5).suffices is suffices


def test_a_question_that_the_passages_hold_weighs_more_than_one_they_do_not(library: TinyLibrary) -> None:
    with_rules(library)
    held = [HALF_THE_WORDS.weigh(_found(library, question)).score for question in (VENDOR_QUESTION, TRAVEL_QUESTION)]
    strange = HALF_THE_WORDS.weigh(_found(library, OFF_TOPIC_QUESTION)).score
    assert 0 <= strange < 0.5 < min(held) <= max(held) <= 1


def test_the_threshold_travels_with_the_evidence(library: TinyLibrary) -> None:
    evidence = replace(HALF_THE_WORDS, threshold=0.9).weigh(_found(with_rules(library), VENDOR_QUESTION))
    assert evidence.threshold == 0.9


def test_nothing_found_or_nothing_asked_is_no_evidence_at_all(library: TinyLibrary) -> None:
    always = Calibration(intercept=20.0, coefficients={}, threshold=0.5)
    library.ingest()
    assert always.weigh(_found(library, VENDOR_QUESTION)) == Evidence(0.0, 0.5)
    with_rules(library)
    assert always.weigh(_found(library, "what is it?")) == Evidence(0.0, 0.5)
    assert always.weigh(_found(library, VENDOR_QUESTION)).suffices


def test_features_are_numbers_for_any_question_that_found_something(library: TinyLibrary) -> None:
    with_rules(library)
    for question in (VENDOR_QUESTION, OFF_TOPIC_QUESTION, "vendor", "xyzzy " * 40):
        assert all(isinstance(value, float) for value in features(_found(library, question)).values())


def test_a_calibration_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "evidence.json"
    path.write_text(json.dumps({"intercept": -1, "coefficients": {"dense_top": 2.5}, "threshold": 0.4, "run": "…"}))
    assert read_calibration(path) == Calibration(-1.0, {"dense_top": 2.5}, 0.4)


def test_the_calibration_that_ships_fits_the_features(library: TinyLibrary) -> None:
    shipped = read_calibration()
    assert 0 < shipped.threshold < 1
    assert shipped.coefficients.keys() <= features(_found(with_rules(library), VENDOR_QUESTION)).keys()
    for question in (VENDOR_QUESTION, OFF_TOPIC_QUESTION):
        assert 0 <= shipped.weigh(_found(library, question)).score <= 1
