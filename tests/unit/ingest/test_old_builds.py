"""What becomes of builds that are not among the newest two: packed if they are held, removed if not."""

import os
from datetime import timedelta

import pytest

from indexes.builds import current_build_id, open_build
from indexes.errors import BuildDamagedError
from indexes.holds import hold_build
from indexes.pack import Pack
from indexes.unpacking import past_build
from ingest import old_builds
from tests.support.fakes import TinyLibrary


def _whole(library: TinyLibrary) -> set[str]:
    return {path.name for path in library.builds.iterdir()} - {
        ".ingest.lock",
        "cache",
        "current",
        "last_ingest.json",
        "pack",
    }


def _packed(library: TinyLibrary) -> set[str]:
    with Pack.reading(library.builds) as pack:
        return set(pack.build_ids()) if pack else set()


def _text(library: TinyLibrary, build_id: str) -> str:
    with past_build(library.builds, build_id, scratch=library.root) as build:
        assert build.build_id == build_id
        return str(build.passages.text("legal/a.md"))


def _publish(library: TinyLibrary, *versions: int) -> list[str]:
    """Publish a build for each version of a document, a day apart; return their ids."""
    made = []
    for number in versions:
        library.clock.pass_days(1)
        library.add("legal/a.md", f"# Masters\n\nKeep masters for {number} years.\n")
        made.append(library.ingest().build_id)
        manifest = library.builds / made[-1] / "manifest.json"
        os.utime(manifest, (number, number))  # the clock of the disk is coarser than this test is slow
    return made


def test_the_live_build_and_the_one_before_it_are_kept(library: TinyLibrary) -> None:
    made = _publish(library, *range(6))
    assert _whole(library) == set(made[-2:])
    assert current_build_id(library.builds) == made[-1]


def test_the_live_build_is_kept_even_if_the_others_look_newer(library: TinyLibrary) -> None:
    for build_id in _publish(library, 0, 1):
        os.utime(library.builds / build_id / "manifest.json", (4e9, 4e9))
    live, *_ = _publish(library, 5)
    assert current_build_id(library.builds) == live
    assert live in _whole(library)
    assert len(_whole(library)) == 2


# Builds that records refer to


def _hold(library: TinyLibrary, build_id: str, *, days: int) -> None:
    library.holds.parent.mkdir(exist_ok=True)
    hold_build(library.holds, build_id, until=(library.clock() + timedelta(days=days)).date())


def test_a_held_build_stays_until_the_day_after_its_last(library: TinyLibrary) -> None:
    first, *_ = _publish(library, 0)
    _hold(library, first, days=5)
    made = _publish(library, 1, 2, 3, 4, 5)
    assert (_whole(library), _packed(library)) == (set(made[-2:]), {first}), "on its last day it is there, alone"
    assert "Keep masters for 0 years." in _text(library, first)
    made += _publish(library, 6)
    assert (_whole(library), _packed(library)) == (set(made[-2:]), set())


def test_a_build_goes_when_its_hold_has_ended_even_if_nothing_else_changed(library: TinyLibrary) -> None:
    first, *_ = _publish(library, 0)
    _hold(library, first, days=30)
    made = _publish(library, 1, 2, 3)
    library.clock.pass_days(27)
    assert library.ingest().published is False
    assert (_whole(library), _packed(library)) == (set(made[-2:]), {first})
    library.clock.pass_days(1)
    assert library.ingest().published is False
    assert (_whole(library), _packed(library)) == (set(made[-2:]), set())


def test_the_newest_two_need_no_hold_and_a_hold_costs_them_no_place(library: TinyLibrary) -> None:
    made = _publish(library, 0, 1)
    _hold(library, made[1], days=30)
    made += _publish(library, 2)
    assert (_whole(library), _packed(library)) == (set(made[-2:]), set())


def test_a_hold_that_cannot_be_understood_keeps_its_build(library: TinyLibrary) -> None:
    first, *_ = _publish(library, 0)
    _hold(library, first, days=0)
    (library.holds / f"{first}.json").write_bytes(b"rubbish")
    made = _publish(library, 1, 2, 3, 4)
    assert (_whole(library), _packed(library)) == (set(made[-2:]), {first})


def test_a_hold_on_a_build_that_is_not_there_does_no_harm(library: TinyLibrary) -> None:
    made = _publish(library, 0)
    _hold(library, "20200101T000000Z-gone", days=999)
    made += _publish(library, 1, 2, 3)
    assert _whole(library) == set(made[-2:])


def test_while_nobody_can_say_what_is_held_nothing_is_removed_and_the_report_says_so(library: TinyLibrary) -> None:
    library.holds.parent.mkdir()
    library.holds.touch()
    made = _publish(library, 0, 1, 2, 3, 4)
    assert _whole(library) == set(made)
    report = library.ingest()
    (problem,) = report.problems
    assert problem.startswith(f"no old build was removed: {library.holds} cannot be listed (Not a directory)")
    assert report.build_id == made[-1], "the build is live all the same"
    library.holds.unlink()
    assert library.ingest().problems == ()
    assert _whole(library) == set(made[-2:])


@pytest.mark.parametrize("when", ["before it is packed", "before its folder goes"])
def test_a_crash_while_a_build_is_packed_loses_nothing(
    library: TinyLibrary, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    first, *_ = _publish(library, 0)
    _hold(library, first, days=30)
    made = _publish(library, 1)
    with monkeypatch.context() as patched:
        stops = {"before it is packed": "pack_build", "before its folder goes": "remove_folder"}[when]
        patched.setattr(old_builds, stops, _interrupted)
        with pytest.raises(KeyboardInterrupt):
            _publish(library, 2)
    assert first in _whole(library)
    assert "Keep masters for 0 years." in _text(library, first)
    assert library.ingest().problems == ()
    assert (_whole(library), _packed(library)) == ({*made, current_build_id(library.builds)}, {first})
    assert "Keep masters for 0 years." in _text(library, first)


def _interrupted(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_a_build_that_the_pack_would_not_give_back_as_it_was_stays_whole_and_the_report_says_so(
    library: TinyLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *_ = _publish(library, 0)
    _hold(library, first, days=30)

    def fail(*_: object, **__: object) -> None:
        raise BuildDamagedError("expected it as it went in")

    monkeypatch.setattr(old_builds, "pack_build", fail)
    made = _publish(library, 1, 2, 3)
    assert (_whole(library), _packed(library)) == ({first, *made[-2:]}, set())
    assert library.ingest().problems == (f"the old build {first} stays as it is: expected it as it went in",)


def test_a_held_build_that_is_damaged_stays_as_it_is(library: TinyLibrary) -> None:
    first, *_ = _publish(library, 0)
    _hold(library, first, days=30)
    (library.builds / first / "dense.faiss").write_bytes(b"rubbish")
    _publish(library, 1, 2, 3)
    (problem,) = library.ingest().problems
    assert problem.startswith(f"the old build {first} stays as it is: the build {first} is damaged: dense.faiss should")
    assert (library.builds / first / "dense.faiss").read_bytes() == b"rubbish"


def test_what_a_packed_build_shared_with_none_goes_with_it_bytes_and_all(library: TinyLibrary) -> None:
    first, second = _publish(library, 0, 1)
    _hold(library, first, days=5)
    _hold(library, second, days=60)
    _publish(library, 2, 3, 4)
    assert len(list((library.builds / "pack" / "originals").iterdir())) == 2
    library.clock.pass_days(30)
    library.ingest()
    assert _packed(library) == {second}
    assert len(list((library.builds / "pack" / "originals").iterdir())) == 1
    assert "Keep masters for 1 years." in _text(library, second)


def test_builds_of_neighbouring_days_are_packed_in_little_more_room_than_one(library: TinyLibrary) -> None:
    for number in range(30):
        library.add(f"legal/rule-{number}.md", f"# Rule {number}\n\nRule {number} is kept in cabinet {number * 7}.\n")
    for number in range(8):
        _hold(library, *_publish(library, number), days=60)
    made = sorted(_packed(library))
    assert len(made) == 6
    with Pack.reading(library.builds) as pack:
        assert pack
        sizes = [own for own, _ in pack.sizes().values()]
        one = sum(len(pack.block(number)) for number in pack.numbers(made[0]))
    assert max(sizes) < one / 10


def test_a_build_that_is_removed_while_somebody_has_it_open_can_be_read_on(library: TinyLibrary) -> None:
    first, *_ = _publish(library, 0)
    build = open_build(library.builds / first)
    _publish(library, 1, 2, 3)
    assert not build.folder.exists()
    assert "Keep masters for 0 years." in str(build.passages.text("legal/a.md"))
    assert build.passages.passages([0])[0].text == "Keep masters for 0 years."
    build.passages.close()
