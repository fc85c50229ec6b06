"""The benchmark of engines tells whether the builds are the same; the cluster is played by this process."""

from io import StringIO

import pytest
from rich.console import Console

from eval.speed import engine_bench as module
from eval.speed.engine_bench import engine_bench
from ingest.cluster import messages
from ingest.loading.process import LoaderProcess
from tests.support.cluster_parts import PlayedDriver, perform
from tests.support.fakes import DirectParser, HashingEncoder


@pytest.fixture(autouse=True)
def _no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LoaderProcess, "load", lambda _self, name, content: DirectParser().load(name, content))
    monkeypatch.setattr(module, "load_encoder", lambda _: HashingEncoder())


@pytest.mark.parametrize("lies", [False, True])
def test_both_are_timed_and_compared(monkeypatch: pytest.MonkeyPatch, *, lies: bool) -> None:
    def work(setup: bytes, request: bytes) -> bytes:
        reply = perform(setup, request)
        if not lies or messages.unpacked(request)[0] == messages.READ:
            return reply
        how, vector, *more = messages.unpacked(reply)
        return messages.packed(how, bytes(len(vector)), *more)

    monkeypatch.setattr(module, "DriverProcess", lambda **_: PlayedDriver(work))
    written = StringIO()
    assert engine_bench(Console(file=written, width=200), 5, data=None, cores=1) is not lies
    assert "one process" in written.getvalue()
    assert f"every file of both builds the same: {'NO' if lies else 'yes'}" in written.getvalue()
