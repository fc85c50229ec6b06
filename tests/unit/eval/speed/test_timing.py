"""A timed part does what the real one does, and each call is noted under its step."""

import pytest

from eval.speed.timing import median_and_p95_ms, timed, times


class _Part:
    name = "part"

    def work(self, number: int) -> int:
        if number < 0:
            raise ValueError("expected a number of at least 0")
        return number * 2


def test_calls_go_through_and_are_noted() -> None:
    noted = times()
    part = timed(_Part(), noted, {"work": "step"})
    assert part.work(2) == 4
    assert part.name == "part"
    assert len(noted["step"]) == 1
    assert noted["step"][0] >= 0


def test_a_call_that_fails_is_noted_and_fails() -> None:
    noted = times()
    with pytest.raises(ValueError, match="at least 0"):
        timed(_Part(), noted, {"work": "step"}).work(-1)
    assert len(noted["step"]) == 1


def test_median_and_95th_percentile_are_in_milliseconds() -> None:
    assert median_and_p95_ms([0.001] * 99 + [1.0]) == pytest.approx((1.0, 1.0))
    assert median_and_p95_ms([0.001, 0.003]) == pytest.approx((2.0, 2.9))
