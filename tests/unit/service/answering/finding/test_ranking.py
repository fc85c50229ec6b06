"""The weights: read as they were written, in the order of the features, or not at all."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from service.answering.errors import CalibrationError
from service.answering.finding.features import PASSAGE_FEATURES, SENTENCE_FEATURES
from service.answering.finding.ranking import read_ranking

WRITTEN: dict[str, Any] = {
    "passages": {name: 0.5 * number for number, name in enumerate(PASSAGE_FEATURES)},
    "sentences": {name: -1.0 - number for number, name in enumerate(SENTENCE_FEATURES)},
    "made_by": "a test",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "ranking.json"
    path.write_text(json.dumps(WRITTEN))
    return path


def test_weights_stand_in_the_order_of_the_features_however_they_are_written(path: Path) -> None:
    turned = {part: dict(reversed(WRITTEN[part].items())) for part in ("passages", "sentences")}
    path.write_text(json.dumps(turned))
    ranking = read_ranking(path)
    np.testing.assert_array_equal(ranking.passages, 0.5 * np.arange(len(PASSAGE_FEATURES)))
    np.testing.assert_array_equal(ranking.sentences, -1.0 - np.arange(len(SENTENCE_FEATURES)))


def test_each_feature_is_weighed_by_its_own_weight(path: Path) -> None:
    ranking = read_ranking(path)
    np.testing.assert_array_equal(ranking.weigh_passages(np.eye(len(PASSAGE_FEATURES))), ranking.passages)
    np.testing.assert_array_equal(ranking.weigh_sentences(np.eye(len(SENTENCE_FEATURES))), ranking.sentences)
    both = np.ones((2, len(SENTENCE_FEATURES)))
    np.testing.assert_allclose(ranking.weigh_sentences(both), [ranking.sentences.sum()] * 2)


def test_the_record_names_all_weights_in_millionths(path: Path) -> None:
    passages, sentences = dict.fromkeys(PASSAGE_FEATURES, -2.9300004), dict.fromkeys(SENTENCE_FEATURES, 0.5)
    path.write_text(json.dumps({**WRITTEN, "passages": passages, "sentences": sentences}))
    assert read_ranking(path).weights_u() == {
        **{f"passage.{name}": -2_930_000 for name in PASSAGE_FEATURES},
        **{f"sentence.{name}": 500_000 for name in SENTENCE_FEATURES},
    }


def test_the_weights_that_ship_are_of_these_features() -> None:
    ranking = read_ranking()
    assert (len(ranking.passages), len(ranking.sentences)) == (len(PASSAGE_FEATURES), len(SENTENCE_FEATURES))
    assert np.isfinite(ranking.passages).all()
    assert np.isfinite(ranking.sentences).all()
    assert all(isinstance(weight, int) for weight in ranking.weights_u().values())


def _without(part: str, name: str) -> dict[str, Any]:
    return {**WRITTEN, part: {other: weight for other, weight in WRITTEN[part].items() if other != name}}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "Expecting value"),
        (json.dumps(WRITTEN)[:50], "Expecting"),
        ("[]", "list indices"),
        ("{}", "'passages'"),
        (json.dumps({"passages": WRITTEN["passages"]}), "'sentences'"),
        (json.dumps({**WRITTEN, "sentences": None}), "NoneType"),
        (json.dumps({**WRITTEN, "sentences": dict.fromkeys(SENTENCE_FEATURES, "much")}), "much"),
        (json.dumps({**WRITTEN, "sentences": dict.fromkeys(SENTENCE_FEATURES)}), "NoneType"),
        (json.dumps({**WRITTEN, "sentences": {**WRITTEN["sentences"], "cosine": float("nan")}}), "finite .* nan"),
        (json.dumps(_without("passages", "pairs")), r"expected weights of cosine, .*pairs.*, got cosine, "),
        (json.dumps(_without("sentences", "cosine")), r"expected weights of cosine, .*, got token_match, "),
        (json.dumps({**WRITTEN, "passages": {**WRITTEN["passages"], "luck": 1}}), r"expected .*, got .*, luck"),
        ("\udcff", "codec can't decode"),
    ],
)
def test_a_damaged_file_or_one_of_other_features_is_named_with_what_is_wrong(
    path: Path, content: str, message: str
) -> None:
    path.write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(
        CalibrationError, match=rf"ranking\.json cannot be read as weights of a ranking \(.*{message}.*\): reinstall"
    ):
        read_ranking(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CalibrationError, match=r"ranking\.json cannot be read as .* \(.*No such file.*\): reinstall"):
        read_ranking(tmp_path / "ranking.json")
