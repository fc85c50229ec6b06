"""The model of capacity is fitted to what this machine does: sizes are made, weighed and asked."""

import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from eval.speed import capacity as module
from eval.speed import scale_bench
from eval.speed.capacity import capacity
from eval.speed.capacity_model import Assumed, Machine
from eval.speed.made_build import Base, read_base
from indexes.builds import open_build
from tests.support.fakes import HashingEncoder, TinyLibrary

ENCODER = HashingEncoder()


def _base(root: Path) -> tuple[Base, list[str]]:
    """The passages of a tiny library in the place of real ones, and questions."""
    library = TinyLibrary(root)
    for number in range(8):
        rules = "\n\n".join(f"## Rule {rule}\n\nKeep reel {rule} of {number} for {rule} years." for rule in range(6))
        library.add(f"legal/d{number}.md", f"# Rules {number}\n\n{rules}\n")
    build = open_build(library.builds / library.ingest().build_id)
    base = read_base(build)
    build.passages.close()
    return base, [sentences[0] for sentences in base.sentences][:5]


def test_each_quantity_stands_beside_what_the_law_says_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "load_encoder", lambda _, **__: ENCODER)
    monkeypatch.setattr(module, "real_passages", lambda *_: _base(tmp_path))
    monkeypatch.setattr(scale_bench, "load_encoder", lambda _: ENCODER)
    monkeypatch.setattr(module, "fresh", lambda _, root: json.loads(json.dumps(scale_bench._ask(Path(root)))))
    monkeypatch.setattr(scale_bench, "_QUESTIONS", 3)
    monkeypatch.setattr(scale_bench, "_WARM_UP", 1)
    written = StringIO()
    capacity(
        Console(file=written, width=200),
        [60, 120, 180],
        data=None,
        assumed=Assumed(Machine(cores=16, memory_gb=64.0), questions_a_day=2.0, answer_ms=40.0),
        weigh_log=lambda _: (8_700.0, 1_600.0),
    )
    said = written.getvalue()
    for name in ("dense.faiss, MB", "sentences, MB", "pieces, MB", "build, MB", "opening s", "question ms"):
        assert said.count(f" {name} ") == 1
    assert "a build of 120 passages ..." in said  # it takes minutes, and goes on
    assert "adds 8.7 kB to the log, whose one writer takes 1,600 records a second" in said
    assert "a whole answer takes 40 ms of a core" in said
    assert "100,000,000 passages" in said
    assert "100,000 staff" in said
