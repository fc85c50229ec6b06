"""Tests that wait for other programs begin, each kind in another process; every test runs, and once."""

from collections import Counter

import pytest

from tests.support.order import waiting_first

BROWSER = [f"tests/e2e/test_page.py::test_{number}" for number in range(3)]
PROGRAM = [f"tests/integration/test_service.py::test_{number}" for number in range(5)]
OTHERS = [f"tests/unit/test_part.py::test_{number}" for number in range(20)]
ALL = [*OTHERS[:10], *PROGRAM, *OTHERS[10:], *BROWSER]


def test_one_process_begins_with_all_that_waits() -> None:
    assert waiting_first(ALL, ALL, 1) == [*BROWSER, *PROGRAM, *OTHERS]


def test_each_kind_begins_in_a_process_of_its_own() -> None:
    ordered = waiting_first(ALL, ALL, 4)
    share = len(ALL) // 4
    assert ordered[:3] == BROWSER
    assert ordered[share : share + 5] == PROGRAM
    assert set(ordered[2 * share :]) <= set(OTHERS)


@pytest.mark.parametrize("processes", [1, 2, 3, 4, 50])
@pytest.mark.parametrize("tests", [ALL, [*BROWSER, *PROGRAM], PROGRAM, OTHERS, BROWSER[:1], []])
def test_every_test_runs_and_once(tests: list[str], processes: int) -> None:
    assert Counter(waiting_first(tests, tests, processes)) == Counter(tests)
