"""The weights of support: those that ship can be read, and a file of other measures is refused."""

import json
from pathlib import Path

import pytest

from service.answering.errors import CalibrationError
from service.answering.supported.measures import MEASURES
from service.answering.supported.weights import SUPPORT_FILE, read_weights


def test_what_ships_weighs_every_measure() -> None:
    shipped = read_weights()
    assert len(shipped.weights) == len(MEASURES)
    assert 0 < shipped.threshold < 1
    assert 0 <= shipped.score([0.0] * len(MEASURES)) <= 1


@pytest.mark.parametrize("change", [{"weights": {"covered": 1.0}}, {"threshold": 2}, {"intercept": "much"}])
def test_a_file_of_other_measures_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    path = tmp_path / "support.json"
    path.write_text(json.dumps({**json.loads(SUPPORT_FILE.read_text(encoding="utf-8")), **change}), encoding="utf-8")
    with pytest.raises(CalibrationError, match="reinstall"):
        read_weights(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CalibrationError, match="cannot be read"):
        read_weights(tmp_path / "none.json")
