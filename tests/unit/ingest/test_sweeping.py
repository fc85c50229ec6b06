"""What nothing needs goes from an object store, and never what a record, a reader or another ingestion may need."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from indexes.errors import BuildError, NoBuildError
from indexes.objects.store import ObjectStore, build_of, manifest_key, object_key
from indexes.register import Register
from ingest.kept_objects import kept_objects, removing_there
from ingest.sweeping import manifests_there, sweep
from tests.support.object_parts import Machines

TODAY = datetime.now(UTC).date()


def _builds(machines: Machines) -> set[str]:
    return {build_of(stored.key) for stored in machines.store.list("builds/")}


def _objects(machines: Machines) -> set[str]:
    return {stored.key for stored in machines.store.list("objects/")}


@pytest.fixture
def made(machines: Machines) -> list[str]:
    """Four builds: two that were published four and two days ago, by the share's clock, and two of now."""
    found = []
    for years, days in enumerate((2, 2, 0, 0)):
        found.append(machines.publish(years).build_id)
        machines.age(days)
    return found


def _hold(machines: Machines, build_id: str, until: date) -> None:
    machines.store.put(f"holds/{build_id}/{until.isoformat()}", b"held")


def test_the_live_build_the_one_before_and_what_is_in_use_for_a_day_stay(machines: Machines, made: list[str]) -> None:
    assert _builds(machines) == set(made[1:]), "until a moment ago the second was live"
    machines.age(2)
    assert sweep(machines.store, live=made[3]) == []
    assert _builds(machines) == set(made[2:])


def test_a_held_build_stays_with_all_that_it_names_until_its_hold_ends(machines: Machines, made: list[str]) -> None:
    _hold(machines, made[1], TODAY + timedelta(days=1))
    _hold(machines, made[1], TODAY - timedelta(days=1))
    for _ in range(3):
        machines.age(2)
        sweep(machines.store, live=made[3])
    assert _builds(machines) == {made[1], made[2], made[3]}
    machines.mirror("auditor").past(made[1], machines.library.root)

    machines.store.delete([f"holds/{made[1]}/{TODAY + timedelta(days=1)}"])
    machines.age(2)
    sweep(machines.store, live=made[3])
    assert _builds(machines) == set(made[2:])


def test_objects_that_no_build_names_go_and_shared_ones_stay(machines: Machines, made: list[str]) -> None:
    for _ in range(2):
        machines.age(2)
        assert sweep(machines.store, live=made[3]) == []
    reader = machines.mirror("reader")
    named = {
        object_key(sha256)
        for one in made[2:]
        for sha256 in reader._manifest(one, _made(reader.folder / one)).files.values()
    }
    assert _objects(machines) == named


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def test_young_objects_stay_for_an_ingestion_that_has_not_written_its_manifest(
    machines: Machines, made: list[str]
) -> None:
    machines.age(2)
    machines.store.put(object_key("ab" * 32), b"of a build on its way")
    sweep(machines.store, live=made[3])
    assert object_key("ab" * 32) in _objects(machines)
    machines.age(2)
    sweep(machines.store, live=made[3])
    assert object_key("ab" * 32) not in _objects(machines)


def test_what_was_sent_again_while_it_was_looked_through_stays(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = machines.publish(1).build_id
    machines.store.put(object_key("ab" * 32), b"of a build on its way")
    machines.age(2)

    def meanwhile(store: ObjectStore, builds: Iterable[str]) -> Iterator[dict[str, Any]]:
        store.put(object_key("ab" * 32), b"of a build on its way")
        return manifests_there(store, builds)

    monkeypatch.setattr("ingest.sweeping.manifests_there", meanwhile)
    assert sweep(machines.store, live=live) == []
    assert object_key("ab" * 32) in _objects(machines)


def test_manifests_are_read_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def reads(_store: object, key: str) -> dict[str, Any]:
        read.append(key)
        return {"files": {}, "key": key}

    monkeypatch.setattr("ingest.sweeping.manifest_there", reads)
    keys = [f"builds/{number:02}.json" for number in range(40)]
    for count, manifest in enumerate(manifests_there(None, keys)):  # type: ignore[arg-type]
        assert manifest["key"] == keys[count]
        assert len(read) <= count + 8
    assert sorted(read) == keys


def test_what_is_live_counts_though_a_listing_does_not_have_it_yet(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, live = machines.store, machines.publish(1).build_id
    listed = store.list
    monkeypatch.setattr(
        type(store), "list", lambda _, prefix: [one for one in listed(prefix) if one.key != manifest_key(live)]
    )
    machines.age(2)
    assert sweep(store, live=live) == []
    monkeypatch.undo()
    reader = machines.mirror("reader")
    assert reader.follow() == live


def test_objects_are_looked_through_once_a_day(machines: Machines, made: list[str]) -> None:
    machines.age(2)
    sweep(machines.store, live=made[3])
    machines.store.put(object_key("ab" * 32), b"nobody's")
    machines.age(2, which=lambda key: key.startswith("objects/"))
    sweep(machines.store, live=made[3])
    assert object_key("ab" * 32) in _objects(machines)


def test_a_build_that_was_put_back_by_hand_stays(machines: Machines, made: list[str]) -> None:
    machines.store.put("current", f"{made[1]}\n".encode())
    machines.age(2)
    sweep(machines.store, live=made[3])
    assert made[1] in _builds(machines)


def test_a_manifest_that_cannot_be_understood_keeps_every_object(machines: Machines, made: list[str]) -> None:
    machines.age(2)
    sweep(machines.store, live=made[3])
    objects = _objects(machines)
    machines.store.put(manifest_key(made[2]), b"rubbish")
    machines.age(2)
    (problem,) = sweep(machines.store, live=made[3])
    assert "is not a manifest" in problem
    assert _objects(machines) == objects


def test_a_hold_that_cannot_be_understood_keeps_its_build(machines: Machines, made: list[str]) -> None:
    machines.store.put(f"holds/{made[1]}/some day", b"held")
    machines.age(9)
    sweep(machines.store, live=made[3])
    assert made[1] in _builds(machines)


def test_each_build_says_why_it_stays_and_what_it_takes(machines: Machines, made: list[str]) -> None:
    machines.age(2, which=lambda key: not key.startswith("builds/"))
    _hold(machines, made[2], date(2999, 1, 1))
    decisions = Register(machines.library.register_path).refresh().decisions
    assert {one.is_elsewhere for one in kept_objects(machines.mirror("writer"), decisions={})} == {True}
    kept = kept_objects(machines.mirror("writer"), decisions=decisions)
    assert {one.never_approved for one in kept} == {0}
    assert [(one.build_id, one.why()) for one in kept] == [
        (made[3], "live"),
        (made[2], "one of the newest two, held until 2999-01-01 for what it answered"),
        (made[1], "out of use for less than a day"),
    ]
    assert all(one.own_bytes > one.shared_bytes >= 0 and one.documents == 1 for one in kept)


def test_a_build_is_removed_on_somebodys_word_and_never_the_live_one(machines: Machines, made: list[str]) -> None:
    mirror = machines.mirror("writer")
    remove = removing_there(mirror, made[2])
    assert made[2] in _builds(machines)
    remove()
    assert made[2] not in _builds(machines)
    with pytest.raises(NoBuildError, match="is none: see greenlit builds"):
        removing_there(mirror, made[2])
    with pytest.raises(BuildError, match="expected a build that is not live"):
        removing_there(mirror, made[3])
