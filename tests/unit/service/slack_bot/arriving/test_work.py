"""The queue: so much at once, in order within a thread, later where told so; nothing lost, and an orderly end."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from service.slack_bot.arriving.deliveries import Delivery
from service.slack_bot.arriving.work import Handle, Item, Work
from service.slack_bot.places import Place

_PATIENCE_S = 10.0


def _item(name: str, thread: str | None = None) -> Item:
    place = Place("direct", "T1", "D1", "U1", ts=thread and f"{thread}{name[-1]}", thread_ts=thread)
    return Item(Delivery(name, place), text="?")


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(_PATIENCE_S):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.001)


def _run(handle: Handle, what: Callable[[Work], Coroutine[Any, Any, None]], *, at_once: int = 8) -> None:
    async def run() -> None:
        work = Work(handle, at_once=at_once)
        work.start()
        try:
            await what(work)
        finally:
            await work.stop(_PATIENCE_S)

    asyncio.run(run())


def test_two_hundred_at_once_are_worked_off_some_at_a_time() -> None:
    done: list[str] = []
    at_once = [0, 0]

    async def handle(item: Item) -> float | None:
        at_once[0] += 1
        at_once[1] = max(at_once)
        await asyncio.sleep(0.001)
        at_once[0] -= 1
        done.append(item.delivery.name)
        return None

    async def crowd(work: Work) -> None:
        for number in range(200):
            work.put(_item(f"Ev{number}"))
        assert work.waiting() == 200
        await _until(lambda: len(done) == 200)
        await _until(lambda: work.waiting() == 0)

    _run(handle, crowd, at_once=5)

    assert sorted(done) == sorted(f"Ev{number}" for number in range(200))
    assert at_once[1] == 5


def test_what_is_there_already_is_not_put_there_again() -> None:
    done: list[str] = []

    async def handle(item: Item) -> float | None:
        await asyncio.sleep(0.001)
        done.append(item.delivery.name)
        return None

    async def twice(work: Work) -> None:
        for _ in range(2):
            work.put(_item("Ev1"))
            work.put(_item("Ev2"))
        assert work.waiting() == 2
        await _until(lambda: work.waiting() == 0)
        work.put(_item("Ev1"))
        await _until(lambda: work.waiting() == 0)

    _run(handle, twice)

    assert sorted(done) == ["Ev1", "Ev1", "Ev2"]


def test_a_follow_up_waits_for_the_answer_before_it_and_others_do_not() -> None:
    begun: list[str] = []
    go_on = asyncio.Event()

    async def handle(item: Item) -> float | None:
        begun.append(item.delivery.name)
        if item.delivery.name == "Ev1":
            await go_on.wait()
        return None

    async def thread(work: Work) -> None:
        for name, of in (("Ev1", "1.1"), ("Ev2", "1.1"), ("Ev3", "2.1")):
            work.put(_item(name, of))
        await _until(lambda: "Ev3" in begun)
        assert begun == ["Ev1", "Ev3"]
        go_on.set()
        await _until(lambda: begun == ["Ev1", "Ev3", "Ev2"])

    _run(handle, thread)


def test_what_comes_in_another_order_than_it_was_written_is_put_in_order() -> None:
    begun: list[str] = []

    async def handle(item: Item) -> float | None:
        begun.append(item.delivery.name)
        return None

    async def thread(work: Work) -> None:
        for name in ("Ev2", "Ev4", "Ev1", "Ev3"):
            work.put(_item(name, "1.1"))
        await _until(lambda: len(begun) == 4)

    _run(handle, thread)

    assert begun == ["Ev2", "Ev1", "Ev3", "Ev4"], "the first may have been begun"


def test_what_has_to_wait_takes_no_place_and_keeps_its_order() -> None:
    begun: list[str] = []

    async def handle(item: Item) -> float | None:
        begun.append(item.delivery.name)
        if item.delivery.name == "Ev1" and begun.count("Ev1") < 3:
            return 0.01
        return None

    async def wait(work: Work) -> None:
        work.put(_item("Ev1", "1.1"))
        work.put(_item("Ev2", "1.1"))
        work.put(_item("Ev3", "2.1"))
        await _until(lambda: work.waiting() == 0)

    _run(handle, wait, at_once=1)

    assert begun[:2] == ["Ev1", "Ev3"]
    assert begun.index("Ev2") > max(number for number, name in enumerate(begun) if name == "Ev1")
    assert begun.count("Ev1") == 3


def test_at_the_end_nothing_new_is_begun_and_what_is_worked_on_comes_to_its_end() -> None:
    begun: list[str] = []
    ended: list[str] = []

    async def handle(item: Item) -> float | None:
        begun.append(item.delivery.name)
        await asyncio.sleep(0.05)
        ended.append(item.delivery.name)
        return None

    async def begin(work: Work) -> None:
        for number in range(10):
            work.put(_item(f"Ev{number}"))
        await _until(lambda: len(begun) == 2)

    _run(handle, begin, at_once=2)

    assert begun == ended == ["Ev0", "Ev1"]


def test_what_does_not_end_in_time_is_broken_off() -> None:
    broken: list[str] = []

    async def handle(item: Item) -> float | None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            broken.append(item.delivery.name)
            raise
        return None

    async def run() -> None:
        work = Work(handle)
        work.start()
        work.put(_item("Ev1"))
        await asyncio.sleep(0.01)
        await work.stop(0.01)

    asyncio.run(run())

    assert broken == ["Ev1"]
