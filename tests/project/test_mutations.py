"""The list of mutations does not rot: each still applies, has tests that exist, and every promise has some.

Whether the tests notice them is for `make mutations` to say: that takes a quarter of an hour.
"""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from tests.mutations.listed import Mutation, problems, read_mutations

LAWS = [f"law {number}" for number in range(1, 12)]


@pytest.fixture(scope="module")
def mutations() -> list[Mutation]:
    return read_mutations()


def test_every_fault_still_applies_and_its_tests_exist(root: Path, mutations: list[Mutation]) -> None:
    assert problems(mutations, root) == []


def test_every_fault_changes_something(mutations: list[Mutation]) -> None:
    assert [one.id for one in mutations if one.old == one.new or not one.old or not one.tests] == []


def test_every_promise_has_faults(mutations: list[Mutation]) -> None:
    counts = Counter(one.breaks.partition(":")[0] for one in mutations)

    assert {law: counts[law] for law in LAWS if counts[law] < 3} == {}
    others = {
        "limit of the parsing child",
        "session/identity",
        "record",
        "register",
        "holds",
        "publication",
        "once",
        "renewing",
        "renaming",
        "the doctor as a monitor",
        "reading",
        "in force",
        "answering",
        "judge",
        "models",
        "copies",
        "watching",
        "limits",
        "described",
    }
    assert set(counts) == {*LAWS, *others}


def test_a_fault_that_no_longer_applies_is_named(root: Path, mutations: list[Mutation]) -> None:
    one = mutations[0]
    gone = replace(one, id="gone", old="what no module says")
    moved = replace(one, id="moved", tests=("tests/unit/test_nothing.py",))

    assert problems([gone, moved, one, one], root) == [
        f"{one.id}: expected an id of its own, got it twice",
        f"gone: expected its old text once in {one.module}, got it 0 times: write it anew",
        "moved: there is no tests/unit/test_nothing.py: say where it is now",
    ]
