"""Builds in a bucket with collections in Milvus, through the command line: machines that share only these two."""

import json
import shutil
from collections.abc import Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest

from indexes.objects.opening import open_store
from indexes.objects.store import COLLECTIONS_PREFIX
from ingest.commands import ingest as ingest_command
from ingest.commands import opening
from service.operating import doctor
from tests.support.command_line import runner
from tests.support.fakes import DirectParser, TinyLibrary

if TYPE_CHECKING:
    from tests.support.milvus_server import Server

MASTERS, BADGES = "Keep masters for how many years?", "Where are badges worn at the gate?"
_Run = Callable[..., Any]


@pytest.fixture
def run(library: TinyLibrary, bucket_address: str, milvus_server: "Server", monkeypatch: pytest.MonkeyPatch) -> _Run:
    """Return what runs a command on a machine, which must end well, and gives its JSON."""
    monkeypatch.setattr(opening, "utc_now", library.clock)
    monkeypatch.setattr(doctor, "load_encoder", lambda _name, **_more: library.encoder)
    monkeypatch.setattr(ingest_command, "limited_parser", lambda _: nullcontext(DirectParser()))
    cli, url = runner(library, monkeypatch), milvus_server.url

    def run(machine: str, *words: str, expected: int | None = 0) -> Any:
        where = {"STATE": str(library.root / machine), "BUILDS": bucket_address, "INDEX": "milvus", "MILVUS_URI": url}
        result = cli(*words, "--json", **{f"GREENLIT_{name}": value for name, value in where.items()})
        assert expected in (None, result.exit_code), result.output
        return json.loads(result.stdout)

    return run


def _published(run: _Run, library: TinyLibrary, machine: str, text: str) -> str:
    library.clock.pass_days(1)
    library.add("legal/a.md", f"# Masters\n\nKeep masters for {text} years.\n")
    report = run(machine, "ingest")
    assert report["problems"] == [] and report["published"]  # noqa: PT018
    return str(report["build_id"])


def _there(server: "Server") -> set[str]:
    collections = server.collections()
    with collections.milvus._calling("list collections") as client:
        found = set(client.list_collections())
    collections.milvus.close()
    return found


def _noted(address: str) -> set[str]:
    return {stored.key.removeprefix(COLLECTIONS_PREFIX) for stored in open_store(address).list(COLLECTIONS_PREFIX)}


def test_two_services_answer_and_a_fresh_machine_drops_nothing_that_others_use(
    run: _Run, library: TinyLibrary, bucket_address: str, milvus_server: "Server"
) -> None:
    library.add("legal/b.md", "# Badges\n\nBadges are worn at the gate.\n")
    first = _published(run, library, "writer", "ten")
    asked = run("one", "ask", MASTERS)
    assert "ten years" in asked["answer"]
    (made_first,) = _noted(bucket_address)

    shutil.rmtree(library.root / "writer")  # the machine is gone; another takes its place
    second = _published(run, library, "fresh", "eleven")
    assert run("one", "ask", MASTERS)["receipt"]["seq"] > asked["receipt"]["seq"]
    assert "eleven years" in run("two", "ask", MASTERS)["answer"]
    assert run("one", "audit", "replay", str(asked["receipt"]["seq"]))["verdict"] == "identical"
    assert [(one["build_id"], one["is_live"]) for one in run("two", "builds")["builds"]] == [
        (second, True),
        (first, False),
    ]
    assert made_first in _noted(bucket_address) <= _there(milvus_server)
    (build,) = [check for check in run("two", "doctor", expected=None)["checks"] if check["name"] == "build"]
    assert (build["level"], bucket_address in build["detail"]) == ("ok", True), build

    library.revoke("legal/b.md")
    for machine in ("one", "two"):
        assert run(machine, "ask", BADGES, expected=1)["refusal"]

    assert run("one", "builds", "remove", first, "--yes")["problems"] == []
    assert made_first not in _noted(bucket_address) | _there(milvus_server)
    assert "eleven years" in run("two", "ask", MASTERS)["answer"]
