"""Which collections no build needs, where builds lie in a store that several machines write."""

from datetime import date
from typing import Any

import pytest

from indexes.errors import BuildDamagedError
from indexes.manifest import CollectionInfo
from indexes.objects.store import manifest_key
from ingest.collection_ledger import FolderLedger, StoreLedger
from ingest.sweeping import sweep
from tests.support.object_parts import Machines


class Naming:
    """Makes no collections, and notes them as if it did."""

    def __init__(self, ledger: StoreLedger) -> None:
        self.ledger = ledger
        self.made: list[str] = []

    def wanted(self) -> CollectionInfo:
        return CollectionInfo("", 1, 0, "flat", 0, recall_at_10=1.0, sampled_queries=0)

    def lost(self, *_: object) -> bool:
        return False

    def make(self, *_: object, **__: Any) -> CollectionInfo:
        name = f"made_{len(self.made)}"
        self.ledger.note(name)
        self.made.append(name)
        return CollectionInfo(name, 1, 1, "flat", 0, recall_at_10=1.0, sampled_queries=0)

    def published(self, *_: object) -> list[str]:
        return []

    def removing(self, *_: object) -> Any:
        return list

    def left(self) -> list[str]:
        return []


@pytest.fixture
def ledger(machines: Machines) -> StoreLedger:
    """The ledger of a store whose builds are made with collections."""
    ledger = StoreLedger(machines.store)
    machines.library.collections = Naming(ledger)
    return ledger


def test_a_machine_that_begins_knows_what_the_one_before_it_made(machines: Machines, ledger: StoreLedger) -> None:
    builds = [machines.publish(years).build_id for years in range(3)]
    fresh = StoreLedger(machines.store)
    assert fresh.noted() == ["made_0", "made_1", "made_2"]
    assert [fresh.collection_of(build_id) for build_id in builds] == fresh.noted()
    machines.age(2)
    assert fresh.retired() == ["made_0"], "the live build's stays, and that of the newest besides"
    ledger.forget("made_0")
    assert (fresh.noted(), fresh.retired()) == (["made_1", "made_2"], [])


def test_what_a_replica_may_still_use_stays_within_a_day(machines: Machines, ledger: StoreLedger) -> None:
    for years in range(2):
        machines.publish(years)
    machines.age(2)
    for years in (2, 3):
        machines.publish(years)
    assert ledger.retired() == ["made_0"], "until a moment ago the second was live"
    machines.age(2)
    assert ledger.retired() == ["made_0", "made_1"]


def test_what_another_machine_makes_stays_until_nobody_can_be_making_it(
    machines: Machines, ledger: StoreLedger
) -> None:
    machines.publish(1)
    ledger.note("being_made")
    assert ledger.retired() == []
    machines.age(0.9)
    assert ledger.retired() == []
    machines.age(0.2)
    assert ledger.retired() == ["being_made"], "a crash left it"


def test_a_build_that_is_only_held_needs_no_collection(machines: Machines, ledger: StoreLedger) -> None:
    held = machines.publish(1).build_id
    machines.store.put(f"holds/{held}/{date.max}", b"held\n")
    for years in (2, 3):
        machines.age(2)
        live = machines.publish(years).build_id
    machines.age(2)
    sweep(machines.store, live=live)
    assert held in {stored.key[len("builds/") : -len(".json")] for stored in machines.store.list("builds/")}
    assert ledger.retired() == ["made_0"]


def test_a_build_that_was_put_back_by_hand_is_the_live_one(machines: Machines, ledger: StoreLedger) -> None:
    first = machines.publish(1).build_id
    for years in (2, 3):
        machines.publish(years)
    machines.age(2)
    machines.store.put("current", f"{first}\n".encode())
    assert ledger.retired() == ["made_1"]


@pytest.mark.usefixtures("ledger")
def test_a_manifest_that_cannot_be_understood_keeps_all(machines: Machines) -> None:
    build_id = machines.publish(1).build_id
    machines.store.put(manifest_key(build_id), b"{}")
    machines.age(2)
    with pytest.raises(BuildDamagedError, match="is not a manifest"):
        StoreLedger(machines.store).retired()


def test_the_ledger_of_a_folder_knows_no_build_that_is_not_there(machines: Machines) -> None:
    ledger = FolderLedger(machines.library.builds)
    assert ledger.noted() == ledger.retired() == []
    machines.library.add("legal/a.md", "# A\n\nMasters are kept.\n")
    machines.library.ingest()
    assert ledger.collection_of("packed") is None
