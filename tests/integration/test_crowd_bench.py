"""The benchmark's part over HTTP, on a real service: it starts one, asks, prints what it took, and leaves nothing."""

import io
import re
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from eval.speed import crowd_bench, http_load, served
from tests.support import forked
from tests.support.certificates import TRUSTS_NOBODY
from tests.support.forked import Forked
from tests.support.installation import TRAVEL_QUESTION, VENDOR_QUESTION, Installation, copy_of


@pytest.fixture
def installation(ingested: Installation, tmp_path: Path) -> Installation:
    return copy_of(ingested, tmp_path)


def test_a_service_is_asked_by_one_and_by_several_and_then_stopped(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    ports: list[int] = []
    load = http_load.measure

    def noting(port: int, **how: object) -> object:
        ports.append(port)
        return load(port, **how)  # type: ignore[arg-type]

    def start(port: int, _workers: int, environment: Mapping[str, str]) -> Forked:
        return Forked(
            forked.GREENLIT,
            "serve",
            "--port",
            str(port),
            environment=environment,
            folder=installation.folder,
            heard=False,
        )

    monkeypatch.setattr(served, "_start", start)
    monkeypatch.setattr(crowd_bench, "measure", noting)
    monkeypatch.setattr(crowd_bench, "_CURVE", (1, 3))
    monkeypatch.setattr(crowd_bench, "_SECONDS", 0.3)
    monkeypatch.setattr(crowd_bench, "_WARM_UP_S", 0.1)
    printed = io.StringIO()
    crowd_bench.print_http(
        Console(file=printed, width=200), installation.environment, [VENDOR_QUESTION, TRAVEL_QUESTION], 2
    )
    rows = re.findall(
        r"(\d+) at once +([\d.]+) answers/s +median +([\d.]+) ms +p95 +([\d.]+) ms +0 errors", printed.getvalue()
    )
    assert [int(askers) for askers, *_ in rows] == [1, 3]
    assert all(float(figure) > 0 for row in rows for figure in row)
    assert re.search(r"peak memory of the service \d+ MB", printed.getvalue())
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{ports[0]}/healthz", trust_env=False, verify=TRUSTS_NOBODY)


def test_a_service_that_does_not_answer_is_told_and_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served, "_START_TIMEOUT_S", 0.2)
    empty = Installation(tmp_path, 0)
    with (
        pytest.raises(SystemExit, match="the service did not answer within 0 s"),
        served.serving(empty.environment, "?"),
    ):
        pytest.fail("there is no build to answer from")
