"""What is measured: its library, its questions, and how a process is pointed at it."""

from pathlib import Path

from eval.speed.places import make_place, questions_of
from indexes.sources import read_sources


def test_without_public_data_the_sample_library_is_measured(tmp_path: Path) -> None:
    place = make_place(tmp_path / "bench", None)
    assert list(read_sources(place.library)) == ["legal", "post-production", "people", "security"]
    assert (place.library / "register.jsonl").read_text().count("\n") >= 16
    assert len(questions_of(None)) >= 5


def test_a_process_is_pointed_at_the_measured_place(tmp_path: Path) -> None:
    place = make_place(tmp_path / "bench", None)
    assert place.environment()["GREENLIT_LIBRARY"] == str(place.library)
    assert place.environment()["GREENLIT_STATE"] == str(place.state)
