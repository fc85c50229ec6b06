"""A worker that would not do the same as the ingestion's machine does nothing, and says what is different."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.cluster.agreed import agreed_from_json, code_here
from tests.support.cluster_parts import agreed
from tests.support.fakes import HashingEncoder


def test_what_is_agreed_reaches_a_worker() -> None:
    here = agreed(HashingEncoder())
    assert agreed_from_json(json.loads(json.dumps(here.as_json()))) == here
    assert here.differs(here.here) == ""
    assert here.here.code == code_here()


def test_what_differs_is_named() -> None:
    here = agreed(HashingEncoder())
    other = replace(here.here.encoder, dtype="bfloat16")
    readers = here.here.readers | {".pdf": "pdf 1"}
    assert here.differs(replace(here.here, encoder=other)) == "expected encoder dtype float32, got dtype bfloat16"
    assert here.differs(replace(here.here, greenlit="0.0")).endswith("got 0.0")
    assert here.differs(replace(here.here, code="ab12")).endswith("got ab12")
    assert here.differs(replace(here.here, readers=readers)).endswith("got .pdf pdf 1")


def test_code_that_was_changed_is_another_though_the_version_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = ("indexes/__init__.py", "ingest/__init__.py", "ingest/cluster/__init__.py")
    for path in (*packages, "ingest/cluster/agreed.py", "ingest/b.py", "indexes/builds/x.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("ONE = 1\n")
    monkeypatch.setattr("ingest.cluster.agreed.__file__", str(tmp_path / "ingest" / "cluster" / "agreed.py"))
    code = code_here.__wrapped__
    before = code()
    (tmp_path / "indexes" / "builds" / "x.py").write_text("DATA = 2\n")
    assert code() == before
    (tmp_path / "ingest" / "b.py").write_text("ONE = 2\n")
    assert (changed := code()) != before
    (tmp_path / "ingest" / "b.py").rename(tmp_path / "ingest" / "c.py")
    assert code() not in {before, changed}
