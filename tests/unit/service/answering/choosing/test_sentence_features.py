"""What ties the units of the best passages to a question."""

import numpy as np
import pytest

from indexes.units import UnitKind
from service.answering.choosing.gather import PASSAGES, Candidate, gather, named_by
from service.answering.choosing.sentence_features import held_by, sentence_features
from service.answering.finding.features import SENTENCE_FEATURES
from tests.support.answering_parts import RANKING, a_scope, found, open_made, open_split, read_document

FAQ = "Who does the vendor review?\n\nThe team does it.\n\nLunch is served at noon.\n\nBadges:\n\n- blue\n- red"


def _of(question: str, *passages: str) -> tuple[list[Candidate], dict[str, list[float]]]:
    with open_split([read_document("legal/vendor rules.md", *passages)]) as build:
        seen = found(question, build)
        units = gather(seen, build)
        features = sentence_features(seen, units, build)
    assert features.shape == (len(units), len(SENTENCE_FEATURES))
    return units, dict(zip(SENTENCE_FEATURES, features.T.tolist(), strict=True))


def test_units_are_gathered_with_their_kinds_and_labels() -> None:
    units, _ = _of("Who does the vendor review?", FAQ)
    assert [(one.text, one.kind, one.label_text) for one in units if one.kind is not UnitKind.LABEL] == [
        ("Who does the vendor review?", UnitKind.QUESTION, ""),
        ("The team does it.", UnitKind.SENTENCE, "Who does the vendor review?"),
        ("Lunch is served at noon.", UnitKind.SENTENCE, "Who does the vendor review?"),
        ("blue", UnitKind.ITEM, "Badges:"),
        ("red", UnitKind.ITEM, "Badges:"),
    ]
    assert [one.text for one in units if one.is_quotable] == [
        "The team does it.", "Lunch is served at noon.", "blue", "red"
    ]  # fmt: skip


def test_the_same_item_under_another_label_is_another_unit() -> None:
    units, _ = _of("Which badges and cards are blue?", "Badges:\n\n- blue\n- red\n\nCards:\n\n- blue\n- green")
    assert [one.label_text for one in units if one.text == "blue"] == ["Badges:", "Cards:"]


def test_no_more_than_the_best_passages_are_looked_at() -> None:
    made = {f"{number}/a.md": [[f"The vendor review of year {number} went well."]] for number in range(PASSAGES + 3)}
    with open_made(made) as build:
        seen = found("vendor review", build)
        assert len(seen.hits) > PASSAGES
        assert [one.hit.rank for one in gather(seen, build)] == list(range(1, PASSAGES + 1))


def test_what_stands_above_a_unit_covers_the_question_with_it() -> None:
    units, features = _of("Who does the vendor review?", FAQ)
    at = next(at for at, one in enumerate(units) if one.text == "The team does it.")
    assert features["coverage_in_context"][at] == pytest.approx(1)
    assert features["named"][at] == pytest.approx(1)


def test_held_by_tells_what_a_unit_says_from_what_stands_above_it() -> None:
    with open_split([read_document("legal/vendor rules.md", FAQ)]) as build:
        seen = found("vendor team", build)
        units = gather(seen, build)
        own, above = held_by(seen, units, build)
    at = next(at for at, one in enumerate(units) if one.text == "The team does it.")
    assert dict(zip(seen.question.terms, zip(own[at].tolist(), above[at].tolist(), strict=True), strict=True)) == {
        "vendor": (False, True),
        "team": (True, False),
    }


def test_a_unit_offers_a_share_of_what_is_asked_for() -> None:
    said = "The team reviews it within ten days.\n\nLunch is served here."
    units, features = _of("Who reviews it and how long does it take?", said)
    offers = dict(zip((one.text for one in units), features["offers"], strict=True))
    assert offers["The team reviews it within ten days."] == 1
    assert offers["Lunch is served here."] == 0
    assert set(_of("vendor review", FAQ)[1]["offers"]) == {0.0}


def test_a_figure_that_is_asked_for_counts_beside_its_share() -> None:
    said = "The team reviews it within ten days.\n\nLunch is served here."
    units, features = _of("Who reviews it and how long does it take?", said)
    figures = dict(zip((one.text for one in units), features["figures"], strict=True))
    assert figures == {"The team reviews it within ten days.": 2, "Lunch is served here.": 0}  # a number and a time


def test_an_answer_below_a_question_is_told_from_any_other() -> None:
    units, features = _of("Who does the vendor review?", FAQ)
    below = {one.text: bool(held) for one, held in zip(units, features["below_question"], strict=True)}
    assert below["The team does it."]
    assert not below["blue"]


def test_a_list_counts_as_one_where_a_list_is_asked_for_and_by_what_it_stands_under() -> None:
    units, features = _of("Which badges are there?", FAQ)
    series = dict(zip((one.text for one in units), features["series"], strict=True))
    assert series["blue"] == series["red"] > 0 == series["Lunch is served at noon."]
    assert not any(_of("Who wears badges?", FAQ)[1]["series"])


def test_pairs_of_the_question_and_short_units_are_told() -> None:
    units, features = _of(
        "vendor review", "The vendor review takes ten days here.\n\nA review of the vendor takes days."
    )
    assert dict(zip((one.text for one in units), features["pairs"], strict=True)) == {
        "The vendor review takes ten days here.": 1,
        "A review of the vendor takes days.": 0,
    }
    assert set(features["short"]) == {0}
    assert set(_of("Which badges are blue?", FAQ)[1]["short"]) == {0, 1}


def test_what_every_unit_matches_alike_says_nothing() -> None:
    _, features = _of("vendor", "Soup is served at noon.")
    assert set(features["token_match"]) == {0}


@pytest.mark.parametrize(
    ("heading", "question", "named"),
    [
        ("4. Red lines", "What are the red lines?", 1.0),
        ("Red lines", "What are the red lines?", 1.0),
        ("Lunch", "What are the red lines?", 0.0),
        ("4.", "What are the red lines?", 0.0),
    ],
)
def test_a_heading_may_be_nearly_the_question(heading: str, question: str, named: float) -> None:
    with open_made({"legal/a.md": [["Red lines are drawn here."]]}) as build:
        assert named_by(heading, found(question, build).question) == pytest.approx(named)


def test_of_nothing_there_are_no_features() -> None:
    with open_made({"legal/a.md": [["The vendor review."]]}) as build:
        seen = found("vendor", build, a_scope(build, hidden=["legal/a.md"]), ranking=RANKING)
        assert gather(seen, build) == []
        assert sentence_features(seen, [], build).shape == (0, len(SENTENCE_FEATURES))


def test_every_feature_is_a_number() -> None:
    _, features = _of("?!", FAQ)
    assert np.isfinite(list(features.values())).all()
