"""Admission: so many at once, so many waiting, the rest turned away on record, and nobody waits for ever."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from service.answering.errors import OverloadedError
from service.http.admission import Admission

_PATIENCE_S = 10.0


@dataclass
class Work:
    """Work that ends when it is told to; it counts what was begun and what was turned away."""

    go_on: threading.Event = field(default_factory=threading.Event)
    begun: list[int] = field(default_factory=list)
    turned_away: list[int] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    counting: threading.Lock = field(default_factory=threading.Lock)

    def of(self, number: int) -> Callable[[], int]:
        def work() -> int:
            with self.counting:
                self.begun.append(number)
                self.at_once += 1
                self.most_at_once = max(self.most_at_once, self.at_once)
            assert self.go_on.wait(_PATIENCE_S)
            with self.counting:
                self.at_once -= 1
            return number

        return work

    def ask(
        self, admission: Admission, number: int, gone: Callable[[], Awaitable[Any]] | None = None
    ) -> "asyncio.Task[int]":
        return asyncio.ensure_future(
            admission.run(
                self.of(number), turn_away=lambda: self.turned_away.append(number), gone=gone or asyncio.Event().wait
            )
        )


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(_PATIENCE_S):
        while not condition():  # noqa: ASYNC110  (what is waited for happens in threads)
            await asyncio.sleep(0.001)


def test_so_many_are_worked_on_so_many_wait_and_the_rest_is_turned_away_on_record() -> None:
    work = Work()

    async def crowd() -> list[int | BaseException]:
        admission = Admission(at_once=2, waiting=3, patience_s=_PATIENCE_S)
        asked = [work.ask(admission, number) for number in range(9)]
        await _until(lambda: len(work.turned_away) == 4 and len(work.begun) == 2)
        work.go_on.set()
        return await asyncio.gather(*asked, return_exceptions=True)

    answers = asyncio.run(crowd())
    assert answers[:5] == [0, 1, 2, 3, 4]
    assert all(isinstance(answer, OverloadedError) and answer.retry_after_s >= 1 for answer in answers[5:])
    assert sorted(work.turned_away) == [5, 6, 7, 8]
    assert work.most_at_once == 2
    assert sorted(work.begun) == [0, 1, 2, 3, 4]


def test_whoever_waits_longest_is_next() -> None:
    work = Work()

    async def crowd() -> None:
        admission = Admission(at_once=1, waiting=5, patience_s=_PATIENCE_S)
        asked = [work.ask(admission, number) for number in range(6)]
        await _until(lambda: len(work.begun) == 1)
        work.go_on.set()
        await asyncio.gather(*asked)

    asyncio.run(crowd())
    assert work.begun == [0, 1, 2, 3, 4, 5]


def test_what_tells_of_leaving_may_be_a_future_that_others_wait_for_too() -> None:
    work = Work()

    async def crowd() -> list[int]:
        leaving = asyncio.ensure_future(asyncio.Event().wait())  # as a stream of events has it
        admission = Admission(at_once=1, waiting=5, patience_s=_PATIENCE_S)
        asked = [work.ask(admission, number, gone=lambda: asyncio.shield(leaving)) for number in range(3)]
        await _until(lambda: len(work.begun) == 1)
        work.go_on.set()
        answers = await asyncio.gather(*asked)
        leaving.cancel()
        return answers

    assert asyncio.run(crowd()) == [0, 1, 2]
    assert work.turned_away == []


def test_patience_ends() -> None:
    work = Work()

    async def crowd() -> None:
        admission = Admission(at_once=1, waiting=5, patience_s=0.02)
        first = work.ask(admission, 0)
        with pytest.raises(OverloadedError, match="too many people are asking at this moment"):
            await work.ask(admission, 1)
        work.go_on.set()
        assert await first == 0
        assert await work.ask(admission, 2) == 2

    asyncio.run(crowd())
    assert work.turned_away == [1]


def test_an_asker_who_has_gone_gives_up_their_place() -> None:
    work = Work()

    async def crowd() -> None:
        admission = Admission(at_once=1, waiting=1, patience_s=_PATIENCE_S)
        left = asyncio.Event()
        first, second = work.ask(admission, 0), work.ask(admission, 1, left.wait)
        await _until(lambda: len(work.begun) == 1)
        left.set()
        with pytest.raises(OverloadedError):
            await second
        third = work.ask(admission, 2)
        await asyncio.sleep(0)
        work.go_on.set()
        assert [await first, await third] == [0, 2]

    asyncio.run(crowd())
    assert (work.begun, work.turned_away) == ([0, 2], [1])


def test_a_wait_that_is_cancelled_and_work_that_breaks_leave_a_turn_for_the_next() -> None:
    work = Work()

    def broken() -> None:
        raise MemoryError

    async def crowd() -> None:
        admission = Admission(at_once=1, waiting=2, patience_s=_PATIENCE_S)
        first, second = work.ask(admission, 0), work.ask(admission, 1)
        await _until(lambda: len(work.begun) == 1)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        work.go_on.set()
        assert await first == 0
        with pytest.raises(MemoryError):
            await admission.run(broken, turn_away=broken, gone=asyncio.Event().wait)
        assert await work.ask(admission, 2) == 2

    asyncio.run(crowd())


def test_of_a_flood_everybody_is_recorded_before_they_are_told() -> None:
    work, recording = Work(), threading.Event()
    recorded: list[int] = []

    def record() -> None:
        assert recording.wait(_PATIENCE_S)
        recorded.append(1)

    async def crowd() -> list[int | BaseException]:
        admission = Admission(at_once=1, waiting=2, patience_s=_PATIENCE_S)
        first = [work.ask(admission, number) for number in range(3)]
        await _until(lambda: len(work.begun) == 1)
        flood = [
            asyncio.ensure_future(admission.run(work.of(9), turn_away=record, gone=asyncio.Event().wait))
            for _ in range(50)
        ]
        await asyncio.sleep(0.05)
        assert not any(one.done() for one in flood)
        recording.set()
        turned_away = await asyncio.gather(*flood, return_exceptions=True)
        work.go_on.set()
        await asyncio.gather(*first)
        return turned_away

    assert all(isinstance(answer, OverloadedError) for answer in asyncio.run(crowd()))
    assert len(recorded) == 50
