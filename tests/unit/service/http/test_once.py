"""What is kept in one process's memory of requests by name; what it promises is in `tests/contract/test_once.py`."""

import asyncio

from service.access.named_requests import Named
from service.http.once import OnceHere


class Numbers:
    """Hands out numbers, and the last one again."""

    given = 0

    async def next(self) -> int:
        self.given += 1
        return self.given

    async def again(self, _: str) -> int | None:
        return self.given

    async def breaks(self) -> int:
        await asyncio.sleep(0)
        raise ValueError


def _named(name: str) -> Named:
    return Named("ann", name, b"q", "r")


def test_no_more_is_kept_than_there_is_room_for() -> None:
    async def story() -> list[int]:
        once, numbers = OnceHere[int](most=3), Numbers()
        return [await once.run(_named(name), numbers.next, again=numbers.again) for name in "abcdda"]

    assert asyncio.run(story()) == [1, 2, 3, 4, 4, 5]


def test_whoever_waited_for_what_fails_hears_that_it_failed() -> None:
    async def story() -> list[object]:
        once, numbers = OnceHere[int](), Numbers()
        runs = (once.run(_named("a"), work, again=numbers.again) for work in (numbers.breaks, numbers.next))
        both = await asyncio.gather(*runs, return_exceptions=True)
        return [*(type(one) for one in both), await once.run(_named("a"), numbers.next, again=numbers.again)]

    assert asyncio.run(story()) == [ValueError, ValueError, 1]
