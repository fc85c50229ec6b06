"""A model that fails is left alone for a while, and no more callers wait than it can serve."""

import threading

import pytest

from service.models.circuit import FAILURES, PAUSE_S, Circuit
from service.models.errors import ModelBusyError


class Clock:
    """A clock that a test moves; each look takes a moment."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        self.now_s += 0.001
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def circuit(clock: Clock) -> Circuit:
    return Circuit("writer", at_once=2, clock_s=clock)


def enter(circuit: Circuit, wait_s: float = 0.0) -> bool:
    return circuit.enter(wait_s=wait_s, stopped=lambda: False, poll_s=0.001)


def fail(circuit: Circuit, times: int = FAILURES) -> None:
    for _ in range(times):
        circuit.leave(tried=enter(circuit), failed=True, why="it answered 500")


def test_after_some_failures_in_a_row_nobody_waits_for_it(circuit: Circuit) -> None:
    fail(circuit)
    with pytest.raises(
        ModelBusyError,
        match="is not called for another 30 s: it failed 5 times in a row, the last time because it answered 500",
    ):
        enter(circuit)


def test_while_it_is_left_alone_that_is_told_with_the_reason(circuit: Circuit, clock: Clock) -> None:
    fail(circuit, FAILURES - 1)
    assert circuit.problem() is None
    fail(circuit, 1)
    clock.now_s += PAUSE_S  # until a call went well nobody knows that it is back
    assert circuit.problem() == "model 'writer' failed 5 times in a row, the last time because it answered 500"
    circuit.leave(tried=enter(circuit), failed=False)
    assert circuit.problem() is None


def test_failures_between_which_something_went_well_are_not_in_a_row(circuit: Circuit) -> None:
    fail(circuit, FAILURES - 1)
    circuit.leave(tried=enter(circuit), failed=False)
    fail(circuit, FAILURES - 1)
    assert enter(circuit) is False


def test_a_call_that_says_nothing_about_the_model_changes_nothing(circuit: Circuit) -> None:
    fail(circuit, FAILURES - 1)
    circuit.leave(tried=enter(circuit), failed=None)
    fail(circuit, 1)
    with pytest.raises(ModelBusyError):
        enter(circuit)


def test_after_the_pause_one_call_tries_and_if_it_goes_well_everybody_may(circuit: Circuit, clock: Clock) -> None:
    fail(circuit)
    clock.now_s += PAUSE_S
    assert enter(circuit) is True
    with pytest.raises(ModelBusyError, match="one call tries whether it is back"):
        enter(circuit)
    circuit.leave(tried=True, failed=False)
    assert enter(circuit) is False


@pytest.mark.parametrize("failed", [True, None])
def test_if_the_trying_call_does_not_go_well_the_next_one_tries(
    circuit: Circuit, clock: Clock, *, failed: bool | None
) -> None:
    fail(circuit)
    clock.now_s += PAUSE_S
    circuit.leave(tried=enter(circuit), failed=failed)
    if failed:
        with pytest.raises(ModelBusyError, match="is not called for another"):
            enter(circuit)
        clock.now_s += PAUSE_S
    assert enter(circuit) is True


def test_a_call_from_before_that_ends_late_does_not_let_a_second_one_try(circuit: Circuit, clock: Clock) -> None:
    early = enter(circuit)
    fail(circuit)
    clock.now_s += PAUSE_S
    assert enter(circuit) is True
    circuit.leave(tried=early, failed=None)
    with pytest.raises(ModelBusyError, match="one call tries"):
        enter(circuit)


def test_where_all_places_are_taken_a_caller_waits_and_then_is_told(circuit: Circuit) -> None:
    enter(circuit)
    enter(circuit)
    with pytest.raises(ModelBusyError, match=r"expected one of 2 calls at once to end within 0\.05 s, none did"):
        enter(circuit, wait_s=0.05)


def test_a_place_that_gets_free_is_taken(circuit: Circuit) -> None:
    tried = [enter(circuit), enter(circuit)]
    threading.Timer(0.01, lambda: circuit.leave(tried=tried[0], failed=False)).start()
    assert enter(circuit, wait_s=1e6) is False


def test_who_stopped_waits_no_longer(circuit: Circuit) -> None:
    enter(circuit)
    enter(circuit)
    with pytest.raises(ModelBusyError):
        circuit.enter(wait_s=1e6, stopped=lambda: True, poll_s=0.001)
