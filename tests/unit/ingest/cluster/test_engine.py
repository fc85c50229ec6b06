"""An ingestion on a cluster: the same build, what fails told apart, and nothing published or left when it is gone.

The cluster is played by one process, but for what only Ray can show: `tests/integration/test_a_cluster.py`.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from indexes.builds import current_build_id
from indexes.errors import NoBuildError
from ingest.cluster import messages
from ingest.cluster.engine import ClosedError, RayEngine
from ingest.errors import EngineError, LoaderStartError
from ingest.loading.process import LoaderProcess
from ingest.pipeline import CACHE_FILE, ingest
from tests.support.cluster_parts import PlayedDriver, files_of, perform, played_engine
from tests.support.fakes import DirectParser, TinyLibrary


@pytest.fixture(autouse=True)
def _parsed_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LoaderProcess, "load", lambda _self, name, content: DirectParser().load(name, content))


@pytest.fixture
def driver() -> PlayedDriver:
    return PlayedDriver(perform)


@pytest.fixture
def engine(driver: PlayedDriver) -> Iterator[RayEngine]:
    with played_engine(driver) as opened:
        yield opened
    assert not driver.runs


@pytest.fixture
def _one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that others are on their way."""
    monkeypatch.setattr("ingest.cluster.engine._TOGETHER", 1)


def _library(root: Path, *names: str) -> TinyLibrary:
    library = TinyLibrary(root)
    for name in names:
        library.add(f"legal/{name}.md", f"# {name}\n\nKeep {name} for ten years.\n\n- one\n- two\n")
    return library


def test_a_build_is_the_same_and_every_document_has_its_line(tmp_path: Path, engine: RayEngine) -> None:
    here, there = (_library(tmp_path / place, "a", "b", "c") for place in ("here", "there"))
    for library in (here, there):
        library.add("legal/empty.txt", "")
        library.write("legal/pending.md", "# Nobody decided\n")
    local = here.ingest()
    report = ingest(replace(there.ingestion(), engine=engine))
    assert replace(report, seconds=0.0) == replace(local, seconds=0.0)
    assert files_of(there.builds / report.build_id) == files_of(here.builds / local.build_id)
    assert there.encoder.encoded == []  # none of it here


def test_a_document_that_kills_its_readers_stays_out_and_the_rest_comes_in(tmp_path: Path, engine: RayEngine) -> None:
    library = _library(tmp_path, "a", "b", "crashed", "d", "refused", "z")
    report = ingest(replace(library.ingestion(), engine=engine))
    reasons = {outcome.document: outcome.reason for outcome in report.documents if outcome.reason}
    assert reasons == {
        "legal/crashed.md": "every worker that read it died of it: the machines lack memory, or split the document",
        "legal/refused.md": "expected text, got none",
    }


@pytest.mark.usefixtures("_one_by_one")
@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("failed", EngineError, r"the cluster failed: a worker broke \(KeyError\): nothing was published"),
        ("lies", EngineError, r"a worker gave a reply that cannot be true \(.*\): nothing was published"),
        ("not-started", LoaderStartError, r"documents cannot be parsed"),
        ("dies", EngineError, r"the Ray cluster is gone: nothing was published, and what was encoded is kept"),
    ],
)
def test_what_is_not_a_documents_fault_ends_the_ingestion_and_publishes_nothing(
    tmp_path: Path, driver: PlayedDriver, engine: RayEngine, name: str, error: type[Exception], words: str
) -> None:
    library = _library(tmp_path, "a", name, "z")
    with pytest.raises(error, match=words):
        ingest(replace(library.ingestion(), engine=engine))
    with pytest.raises(NoBuildError):
        current_build_id(library.builds)
    assert not driver.runs


def test_what_was_encoded_before_the_cluster_went_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = _library(tmp_path, *(f"d{number}" for number in range(5)))
    monkeypatch.setattr(RayEngine, "texts_at_once", 1)
    encoded: list[bytes] = []

    def three_then_gone(setup: bytes, request: bytes) -> bytes:
        if messages.unpacked(request)[0] == messages.ENCODE:
            encoded.append(request)
            if len(encoded) > 3:
                raise ClosedError("the Ray cluster is gone")
        return perform(setup, request)

    with played_engine(PlayedDriver(three_then_gone)) as engine, pytest.raises(EngineError, match="is gone"):
        ingest(replace(library.ingestion(), engine=engine))
    assert (library.builds / CACHE_FILE).exists()
    library.ingest()
    assert len(library.encoder.encoded) == 2


def test_a_cluster_that_cannot_be_reached_is_named(tmp_path: Path) -> None:
    library = _library(tmp_path, "a")
    driver = PlayedDriver(perform, cannot="the Ray cluster at nowhere cannot be reached")
    engine = played_engine(driver)
    with pytest.raises(EngineError, match="nowhere cannot be reached: nothing was"):
        ingest(replace(library.ingestion(), engine=engine))
    assert not driver.runs


def test_nothing_is_started_where_nothing_is_to_be_read(
    tmp_path: Path, driver: PlayedDriver, engine: RayEngine
) -> None:
    library = _library(tmp_path, "a")
    library.ingest()
    assert not ingest(replace(library.ingestion(), engine=engine)).published
    assert not driver.runs


@pytest.mark.usefixtures("_one_by_one")
def test_only_a_few_requests_are_on_their_way_at_once(tmp_path: Path, driver: PlayedDriver, engine: RayEngine) -> None:
    library = _library(tmp_path, *(f"d{number}" for number in range(9)))
    ingest(replace(library.ingestion(), engine=engine))
    assert driver.most_ahead == 4


def test_small_documents_go_together_and_a_long_one_alone(
    tmp_path: Path, driver: PlayedDriver, engine: RayEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.cluster.engine._TOGETHER", 3)
    monkeypatch.setattr("ingest.cluster.engine._TOGETHER_BYTES", 1 << 10)
    library = _library(tmp_path, "a", "b", "c", "d", "f")
    library.add("legal/e.md", "# Long\n\n" + "Keep it. " * 200)
    ingest(replace(library.ingestion(), engine=engine))
    assert driver.read == [["a", "b", "c"], ["d"], ["e"], ["f"]]


def test_of_documents_that_go_together_each_that_kills_its_readers_stays_out_and_no_other(
    tmp_path: Path, driver: PlayedDriver, engine: RayEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two groups of the same kind in a row, with others on their way."""
    monkeypatch.setattr("ingest.cluster.engine._TOGETHER", 2)
    library = _library(tmp_path, "a", "b", "d", "e", "z")
    for folder in ("c", "f"):
        library.add(f"legal/{folder}/crashed.md", "# It kills\n\nKeep it.\n")
    report = ingest(replace(library.ingestion(), engine=engine))
    kept_out = {outcome.document for outcome in report.documents if outcome.reason}
    assert kept_out == {"legal/c/crashed.md", "legal/f/crashed.md"}
    assert sum(outcome.passages > 0 for outcome in report.documents) == 5
    assert driver.read.count(["crashed"]) == 2
