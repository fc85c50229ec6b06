"""The builds that there are say why they stay, and one of them can be removed, never the live one."""

import os
from datetime import date, timedelta
from pathlib import Path

import pytest

from indexes.errors import BuildError, NoBuildError
from indexes.holds import hold_build
from indexes.register import Register
from ingest.kept_builds import KeptBuild, kept_builds, other_sizes, removing
from tests.support.fakes import TinyLibrary


@pytest.fixture
def made(library: TinyLibrary) -> list[str]:
    """Five builds, a day apart, of which the first is held and so is packed, and the second is gone."""
    found = []
    for number in range(5):
        library.clock.pass_days(1)
        library.add("legal/a.md", f"# Masters\n\nKeep masters for {number} years.\n")
        found.append(library.ingest().build_id)
        os.utime(library.builds / found[-1] / "manifest.json", (number, number))
        if not number:
            library.holds.parent.mkdir(exist_ok=True)
            hold_build(library.holds, found[0], until=library.clock().date() + timedelta(days=30))
    return found


def _kept(library: TinyLibrary) -> list[KeptBuild]:
    decisions = Register(library.register_path).refresh().decisions
    return kept_builds(library.builds, holds=library.holds, today=library.clock().date(), decisions=decisions)


def test_each_build_says_why_it_stays(library: TinyLibrary, made: list[str]) -> None:
    assert [(one.build_id, one.why()) for one in _kept(library)] == [
        (made[4], "live"),
        (made[3], "one of the newest two"),
        (made[0], "held until 2026-12-21 for what it answered, packed"),
    ]
    assert [one.documents for one in _kept(library)] == [1, 1, 1]
    assert [one.made_at[:10] for one in _kept(library)] == ["2026-11-25", "2026-11-24", "2026-11-21"]


def test_a_hold_that_has_ended_keeps_nothing_and_one_that_cannot_be_understood_keeps_for_ever(
    library: TinyLibrary, made: list[str]
) -> None:
    library.clock.pass_days(60)
    assert _kept(library)[-1].why() == "packed"
    (library.holds / f"{made[0]}.json").write_bytes(b"rubbish")
    assert _kept(library)[-1].why() == "held without end: its hold cannot be understood, packed"


def test_what_a_build_alone_takes_is_what_its_removal_gives_back(library: TinyLibrary, made: list[str]) -> None:
    def on_disk() -> int:
        files = {(one.stat().st_ino): one.stat().st_size for one in library.builds.rglob("*") if one.is_file()}
        return sum(files.values())

    before, own = on_disk(), next(one.own_bytes for one in _kept(library) if one.build_id == made[3])
    removing(library.builds, made[3])()
    assert before - on_disk() == own


def test_a_build_is_removed_only_when_that_is_called_for(library: TinyLibrary, made: list[str]) -> None:
    for build_id in (made[3], made[0]):
        remove = removing(library.builds, build_id)
        assert build_id in [one.build_id for one in _kept(library)]
        remove()
        assert build_id not in [one.build_id for one in _kept(library)]
    assert other_sizes(library.builds)["previews"] == 0


def test_what_a_killed_ingestion_or_fetching_left_is_told_with_its_size(tmp_path: Path) -> None:
    for name in (".staging-x1", ".fetching-20260101T000000Z-00"):
        (tmp_path / name / "originals").mkdir(parents=True)
        (tmp_path / name / "originals" / "a").write_bytes(b"x" * 10)
    assert other_sizes(tmp_path) == {"pack": 0, "cache": 0, "previews": 0, "unfinished": 20}


def test_the_live_build_and_what_is_none_are_not_removed(library: TinyLibrary, made: list[str]) -> None:
    with pytest.raises(BuildError, match="expected a build that is not live"):
        removing(library.builds, made[4])
    for name in ("20200101T000000Z-gone", "cache", "pack", "../library"):
        with pytest.raises(NoBuildError, match="is none: see greenlit builds"):
            removing(library.builds, name)


def test_an_empty_folder_has_no_builds(tmp_path: Path) -> None:
    assert kept_builds(tmp_path, holds=tmp_path / "holds", today=date(2026, 11, 20), decisions={}) == []
