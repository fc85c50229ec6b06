"""The worker, step by step: when it makes a build and when not, what it does when that fails, what it tells."""

import itertools
import shutil
from collections.abc import Sequence
from datetime import date

import pytest
from filelock import FileLock

from indexes.builds import current_build_id, open_build
from indexes.documents import text_hash
from indexes.encoder import Pieces, Vectors
from indexes.errors import EncoderError
from ingest import pipeline
from ingest.given import Ingestion
from ingest.report import Report
from tests.support.fakes import HashingEncoder, TinyLibrary
from tests.support.worker_parts import Worker

A, B = "legal/a.md", "legal/b.md"


@pytest.fixture
def worker(library: TinyLibrary) -> Worker:
    """A worker that has made its first build, of one document."""
    library.add(A, "# Leave\n\nEverybody has thirty days of leave.\n")
    return Worker(library).go(1)


def _held(library: TinyLibrary) -> list[str]:
    build = open_build(library.builds / current_build_id(library.builds))
    build.passages.close()
    return [document for document, _ in build.documents]


def _tries(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return when the worker tries to make a build, from now on."""
    tries: list[float] = []

    def noted(ingestion: Ingestion) -> Report:
        tries.append(worker.at_s)
        return pipeline.ingest(ingestion)

    monkeypatch.setattr("ingest.watch.ingest", noted)
    return tries


def test_it_begins_with_a_build_and_then_makes_none_for_hours(worker: Worker) -> None:
    assert [report.published for report in worker.reports] == [True]
    assert worker.state.doing == "waiting"
    assert worker.state.build_id == current_build_id(worker.library.builds)
    assert worker.state.built_at == worker.library.clock()
    assert worker.state.problem is None
    assert worker.rests == 1
    worker.go(600)
    assert len(worker.reports) == 1


def test_what_is_approved_together_is_one_build_once_it_was_quiet(worker: Worker) -> None:
    for name in "bcd":
        worker.library.add(f"legal/{name}.md", f"# {name}\n\nThe rule {name} holds.\n")
        worker.go(2)
    assert len(worker.reports) == 1, "approvals still come"
    worker.go(4)
    assert len(worker.reports) == 2
    assert _held(worker.library) == [A, B, "legal/c.md", "legal/d.md"]


def test_where_something_changes_all_the_time_there_is_a_build_all_the_same(worker: Worker) -> None:
    worker.library.add(B, "# Travel\n\nTravel by train.\n")
    for second in range(40):
        worker.library.write("legal/log.txt", "x" * second)
        worker.go(1)
        if len(worker.reports) > 1:
            break
    assert 30 <= second <= 33
    assert B in _held(worker.library)


def test_a_file_that_nobody_approved_calls_for_no_build(worker: Worker) -> None:
    worker.library.write(B, "# Draft\n\nNobody approved this.\n")
    assert len(worker.go(60).reports) == 1


@pytest.mark.parametrize("change", ["revoked", "file changed", "source closed"])
def test_what_is_approved_no_more_leaves_the_build(worker: Worker, change: str) -> None:
    library = worker.library
    for name in (B, "legal/c.md"):
        library.add(name, f"# {name}\n\nTravel by train.\n")
    worker.go(10)
    assert B in _held(library)
    if change == "revoked":
        library.revoke(B)
    elif change == "file changed":
        library.write(B, "# Travel\n\nTravel by air.\n")
    else:
        listed = (library.folder / "sources.toml").read_text()
        (library.folder / "sources.toml").write_text(listed.replace("approvals_required = 1", "approvals_required = 2"))
    worker.go(10)
    assert len(worker.reports) == 3
    assert B not in _held(library)


def test_midnight_calls_for_no_build(worker: Worker) -> None:
    worker.library.add(B, "# Travel\n\nTravel by train.\n", expires=date(2026, 11, 21))
    worker.go(10)
    worker.library.clock.pass_days(3)
    assert len(worker.go(600).reports) == 2


def test_without_most_of_a_source_it_says_so_and_tries_again_only_when_something_changes(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = _tries(worker, monkeypatch)
    away = worker.library.root / "away"
    shutil.move(worker.library.folder / "legal", away)
    worker.go(3600)
    assert len(tries) == 1
    assert "nothing was published, what was live stays live" in str(worker.state.problem)
    assert worker.told == [worker.state.problem]
    assert _held(worker.library) == [A]
    shutil.move(away, worker.library.folder / "legal")
    worker.go(10)
    assert len(tries) == 2
    assert worker.state.problem is None


class _Failing(HashingEncoder):
    """An encoder that fails until it is mended."""

    broken = True

    def encode_with_spans(
        self, texts: Sequence[str], spans: Sequence[Sequence[tuple[int, int]]]
    ) -> tuple[Vectors, list[Vectors], list[Pieces]]:
        if self.broken:
            raise EncoderError("the weights went away")
        return super().encode_with_spans(texts, spans)


def test_what_fails_is_tried_again_with_growing_pauses(library: TinyLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    library.add(A, "# Leave\n\nEverybody has thirty days of leave.\n")
    encoder = _Failing()
    worker = Worker(library, encoder)
    tries = _tries(worker, monkeypatch)
    worker.go(1000)
    assert [round(b - a) for a, b in itertools.pairwise(tries)] == [5, 10, 20, 40, 80, 160, 300, 300]
    assert worker.state.problem == "the weights went away"
    assert worker.told == ["the weights went away"], "once"
    encoder.broken = False
    worker.go(300)
    assert worker.state.problem is None
    assert _held(library) == [A]


def test_an_error_of_ours_does_not_end_it_and_shows_no_words_of_a_document(
    library: TinyLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        raise ValueError("thirty days of leave")

    monkeypatch.setattr("ingest.watch.ingest", broken)
    worker = Worker(library).go(1)
    assert worker.state.problem == "it broke (ValueError)"


def test_while_somebody_makes_a_build_by_hand_it_waits_for_its_turn(worker: Worker) -> None:
    worker.library.add(B, "# Travel\n\nTravel by train.\n")
    with FileLock(worker.library.builds / ".ingest.lock"):
        worker.go(60)
    assert (len(worker.reports), worker.state.problem) == (1, None)
    worker.go(3)
    assert len(worker.reports) == 2


def test_it_tells_how_far_a_build_is(library: TinyLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    library.add(A, "# Leave\n\nEverybody has thirty days of leave.\n")
    worker = Worker(library)
    seen = list[tuple[str, int, int]]()
    parse = library.parser.load

    def load(name: str, content: bytes) -> object:
        seen.append((worker.state.doing, worker.state.done, worker.state.total))
        return parse(name, content)

    monkeypatch.setattr(library.parser, "load", load)
    library.write(B, "# Draft\n\nNobody approved this.\n")
    worker.go(1)
    assert seen == [("building", 0, 2), ("reading", 0, 1)]


def test_a_new_look_and_another_rule_of_a_source_call_for_a_build(library: TinyLibrary) -> None:
    library.allow("hr", also='reread = "ask"\n')
    library.add("hr/plan.md", "# Leave\n\nEverybody has thirty days of leave.\n", text_sha256="a" * 64)
    worker = Worker(library).go(10)
    assert _held(library) == []
    preview = worker.preview("hr/plan.md")
    assert preview is not None, "approvers see how it is read now"
    library.approve("hr/plan.md", text_sha256=text_hash(preview.text))
    worker.go(10)
    assert (_held(library), worker.previews()) == (["hr/plan.md"], 0)
    library.clock.pass_days(1)  # so that a build like the first is another one
    library.approve("hr/plan.md", text_sha256="a" * 64)
    worker.go(10)
    assert _held(library) == []
    allowlist = library.folder / "sources.toml"
    allowlist.write_text(allowlist.read_text().replace('"ask"', '"go_on"'))
    worker.go(10)
    assert _held(library) == ["hr/plan.md"]


def test_a_look_that_takes_long_is_taken_less_often(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = list[float]()
    real = worker.watcher._looker.look

    def slow() -> object:
        looks.append(worker.at_s)
        worker.at_s += 3
        return real()

    monkeypatch.setattr(worker.watcher._looker, "look", slow)
    worker.go(100)
    assert [round(b - a) for a, b in itertools.pairwise(looks)] == [33, 33]
