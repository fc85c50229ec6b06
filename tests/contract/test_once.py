"""A request that is sent again under its name is worked on once; a name is its caller's own, for a while."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from service.http.errors import NamedTwiceError
from service.http.once import Once

_KEPT_S = 600.0


@dataclass
class Desk:
    """Hands out numbers: each piece of work that is done gets the next one."""

    now_s: float = 0.0
    given: list[int] = field(default_factory=list)
    holds: bool = True
    once: Once[int] = field(init=False)

    def __post_init__(self) -> None:
        self.once = Once(kept_s=_KEPT_S, most=3, clock_s=lambda: self.now_s)

    async def next(self) -> int:
        await asyncio.sleep(0)
        self.given.append(len(self.given) + 1)
        return self.given[-1]

    async def ask(
        self,
        *,
        who: str = "ann",
        name: str = "a",
        content: bytes = b"q",
        work: Callable[[], Awaitable[int]] | None = None,
    ) -> int:
        async def holds(_: int) -> bool:
            await asyncio.sleep(0)
            return self.holds

        return await self.once.run(who, name, content, work or self.next, holds=holds)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_what_is_sent_again_gets_what_came_of_it_also_while_it_is_worked_on(desk: Desk) -> None:
    async def story() -> list[int]:
        both = await asyncio.gather(desk.ask(), desk.ask())
        return [*both, await desk.ask()]

    assert asyncio.run(story()) == [1, 1, 1]


def test_a_name_is_its_callers_own_and_stands_for_one_thing(desk: Desk) -> None:
    async def story() -> list[int]:
        numbers = [await desk.ask(), await desk.ask(who="ben"), await desk.ask(name="b")]
        with pytest.raises(NamedTwiceError, match="one twice"):
            await desk.ask(content=b"something else")
        return numbers

    assert asyncio.run(story()) == [1, 2, 3]


def test_what_may_not_be_given_any_more_or_is_old_is_done_anew(desk: Desk) -> None:
    async def story() -> list[int]:
        numbers = [await desk.ask()]
        desk.holds = False
        numbers.append(await desk.ask())
        desk.holds = True
        desk.now_s = _KEPT_S - 1
        numbers.append(await desk.ask())
        desk.now_s = 2 * _KEPT_S
        return [*numbers, await desk.ask()]

    assert asyncio.run(story()) == [1, 2, 2, 3]


def test_what_failed_is_tried_again_and_whoever_waited_for_it_hears_that_it_failed(desk: Desk) -> None:
    async def breaks() -> int:
        await asyncio.sleep(0)
        raise ValueError("the log is away")

    async def story() -> list[object]:
        first = await asyncio.gather(desk.ask(work=breaks), desk.ask(), return_exceptions=True)
        return [*(type(one) for one in first), await desk.ask()]

    assert asyncio.run(story()) == [ValueError, ValueError, 1]


def test_the_work_goes_on_when_whoever_sent_it_leaves(desk: Desk) -> None:
    async def story() -> int:
        go_on = asyncio.Event()

        async def slow() -> int:
            await go_on.wait()
            return await desk.next()

        leaving = asyncio.ensure_future(desk.ask(work=slow))
        await asyncio.sleep(0)
        leaving.cancel()
        go_on.set()
        return await desk.ask()

    assert asyncio.run(story()) == 1
    assert desk.given == [1], "and it is not begun once more"


def test_no_more_is_kept_than_there_is_room_for(desk: Desk) -> None:
    async def story() -> list[int]:
        first = [await desk.ask(name=name) for name in "abcd"]
        return [*first, await desk.ask(name="d"), await desk.ask(name="a")]

    assert asyncio.run(story()) == [1, 2, 3, 4, 4, 5]
