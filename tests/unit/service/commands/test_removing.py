"""A build is removed by the whole command line: on record first, through the log that is here or the service's."""

from contextlib import closing

import pytest

from indexes.builds import current_build_id
from tests.support.command_line import held_log, runner
from tests.support.fakes import TinyLibrary


def test_a_removal_goes_through_the_log_of_this_installation(
    library: TinyLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = runner(library, monkeypatch)
    library.add("legal/a.md", "# Masters\n\nKeep masters for ten years.\n")
    first = library.ingest().build_id
    library.clock.pass_days(1)
    library.add("legal/a.md", "# Masters\n\nKeep masters for two years.\n")
    library.ingest()
    assert current_build_id(library.builds) != first
    said = run("builds", "remove", first)
    assert said.exit_code == 0, said.stderr
    assert "no question on record was asked of it" in said.stdout
    removed = run("builds", "remove", first, "--yes")
    assert (removed.exit_code, removed.stdout.splitlines()[0]) == (0, f"removed {first}, on record")
    assert not (library.builds / first).exists()
    with closing(held_log(library)) as opened:
        leaves = [leaf.leaf for leaf in opened.store.of_type("build.removed")]
        assert [first.encode() in leaf for leaf in leaves] == [True]


def test_while_nobody_can_record_it_the_build_stays(library: TinyLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    run = runner(library, monkeypatch)
    library.add("legal/a.md", "# Masters\n\nKeep masters for ten years.\n")
    first = library.ingest().build_id
    library.clock.pass_days(1)
    library.add("legal/a.md", "# Masters\n\nKeep masters for two years.\n")
    library.ingest()
    with closing(held_log(library)):  # as a service would that does not say where it listens
        assert run("builds", "remove", first, "--yes").exit_code == 1
    assert (library.builds / first).exists()
