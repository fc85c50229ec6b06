"""The benchmark's own parts: its library, its questions, its pages. Its figures are not tested: machines are noisy."""

from pathlib import Path

from eval.speed import bench
from indexes.sources import read_sources


def test_without_public_data_the_sample_library_is_measured(tmp_path: Path) -> None:
    place = bench._make_place(tmp_path / "bench", None)
    assert list(read_sources(place.library)) == ["legal", "post-production", "people", "security"]
    assert (place.library / "register.jsonl").read_text().count("\n") >= 16
    assert len(bench._questions(None)) >= 5


def test_a_process_is_pointed_at_the_measured_place(tmp_path: Path) -> None:
    place = bench._make_place(tmp_path / "bench", None)
    assert place.environment()["GREENLIT_LIBRARY"] == str(place.library)
    assert place.environment()["GREENLIT_STATE"] == str(place.state)


def test_no_two_pages_of_the_reingestion_share_a_paragraph() -> None:
    pages = [bench._page(number, "first") for number in range(200)] + [bench._page(7, "second")]
    paragraphs = [paragraph for page in pages for paragraph in page.split("\n\n")[1:]]
    assert len(set(paragraphs)) == len(paragraphs)
