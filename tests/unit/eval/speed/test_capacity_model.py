"""What a size that nobody measured would take: laws from small sizes, held against the largest that was measured."""

import pytest

from eval.speed.capacity_model import Law, Machine, Rates, fit, library_rows, show, staff_rows

RATES = Rates(passages_a_core_s=100.0, answer_core_s=0.04, bytes_a_question=10_000.0, records_a_s=1_000.0)
MACHINE = Machine(cores=16, memory_gb=64.0)
LAWS = {
    "build bytes": Law("passages", 0.0, 9_000.0),
    "memory bytes": Law("passages", 0.0, 2_000.0),
    "making s": Law("passages", 1.0, 0.001),
    "opening s": Law("passages", 0.0, 5e-6),
    "boundary s": Law("passages", 0.0, 4e-7),
    "question ms": Law("root", 7.0, 0.01),
}


def test_a_law_is_fitted_to_all_sizes_but_the_largest_and_shown_on_that() -> None:
    shown = show({1_000: 3.0, 2_000: 5.0, 4_000: 10.0}, "passages")
    assert (shown.size, shown.measured) == (4_000, 10.0)
    assert shown.says == pytest.approx(9.0)
    assert shown.off == pytest.approx(-0.1)


@pytest.mark.parametrize(
    ("measured", "far_off"), [(9.0, False), (6.1, False), (5.9, True), (17.9, False), (18.1, True)]
)
def test_a_law_that_is_off_by_more_than_a_half_is_far_off(measured: float, *, far_off: bool) -> None:
    assert show({1_000: 3.0, 2_000: 5.0, 4_000: measured}, "passages").is_far_off is far_off


def test_what_rests_on_a_law_that_is_far_off_is_marked() -> None:
    rows = library_rows(LAWS, RATES, MACHINE, [1_000_000], far_off=["memory bytes", "question ms"])
    assert [name for name, _ in rows if name.endswith("(?)")] == [
        "files that a search reads, GB of memory (?)",
        "machines of 64 GB to hold them (?)",
        "finding passages for a question, ms (?)",
    ]


def test_a_question_grows_with_the_root() -> None:
    law = fit({100: 2.0, 400: 3.0, 900: 4.0}, "root")
    assert law.at(10_000) == pytest.approx(11.0)


def test_small_sizes_count_as_much_as_large_ones() -> None:
    law = fit({10: 2.0, 100: 10.0, 1_000_000: 130_000.0}, "passages")
    assert law.at(10) == pytest.approx(2.0, rel=0.4)


def test_a_law_never_says_less_than_nothing() -> None:
    assert Law("passages", -5.0, 0.1).at(10) == 0.0


def test_two_sizes_show_nothing() -> None:
    with pytest.raises(ValueError, match="expected at least three sizes, two to fit and one to show, got 2"):
        show({1: 1.0, 2: 2.0}, "passages")


def test_what_a_library_takes() -> None:
    rows = dict(library_rows(LAWS, RATES, MACHINE, [1_000_000, 100_000_000]))
    assert rows["disk of a build; of the two that are kept, GB"] == ["9.0; 18", "900; 1,800"]
    assert rows["machines of 64 GB to hold them"] == ["1", "4"]
    assert rows["encoding all of it, days of a core"] == ["0.12", "12"]
    assert rows["... hours of a machine of 16 cores"] == ["0.17", "17"]
    assert rows["opening a build, every file hashed, s"] == ["5.0", "500"]
    assert rows["finding passages for a question, ms"] == ["17", "110"]


def test_what_staff_take() -> None:
    rows = dict(staff_rows(RATES, MACHINE, [1_000, 100_000], questions_a_day=2.0))
    assert rows["questions a year, millions"] == ["0.50", "50"]
    assert rows["questions a second at the busiest minute"] == ["0.33", "33"]
    assert rows["machines of 16 cores"] == ["1", "1"]
    assert rows["growth of the log, GB a year"] == ["5.0", "500"]
    assert rows["records a second, as a share of one writer's"] == ["0.00067", "0.067"]
    assert "cost of an answer, its machines on all year" not in rows


def test_an_answer_costs_what_its_machines_cost_all_year() -> None:
    machine = Machine(cores=2, memory_gb=8.0, core_hour=0.05)
    rows = dict(staff_rows(RATES, machine, [1_000], questions_a_day=2.0))
    assert rows["cost of an answer, its machines on all year"] == ["0.0018"]
