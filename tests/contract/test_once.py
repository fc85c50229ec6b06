"""A request that is sent again under its name is worked on once, in one process and over replicas with one database.

Two of what has it worked on once stand for two replicas; in memory there is one.
"""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from service.access.named_requests import Held, Named, NamedRequests, Standing
from service.access.private_tables import in_database
from service.http.errors import NamedTwiceError
from service.http.once import Once, OnceHere
from service.http.once_everywhere import OnceEverywhere

SECRET = bytes(range(32))
_KEPT_S = 600.0


@dataclass
class Desk:
    """Hands out numbers, on record: each piece of work that is done gets the next one."""

    replicas: list[Once[int]]
    age: Callable[[float], None]
    given: list[int] = field(default_factory=list)
    record: dict[str, int] = field(default_factory=dict)
    may_be_given: bool = True
    looks: "list[Standing] | None" = None  # at names, over a database
    _ids: "itertools.count[int]" = field(default_factory=itertools.count)

    async def next(self) -> int:
        await asyncio.sleep(0)
        self.given.append(len(self.given) + 1)
        return self.given[-1]

    async def looked(self, times: int) -> None:
        """Wait until so many have looked who has the name; in memory they do so as they come."""
        await asyncio.sleep(0.01)
        while self.looks is not None and len(self.looks) < times:  # noqa: ASYNC110 - threads look
            await asyncio.sleep(0.005)

    async def again(self, request_id: str) -> int | None:
        await asyncio.sleep(0)
        return self.record.get(request_id) if self.may_be_given else None

    async def ask(
        self,
        at: int = 0,
        *,
        who: str = "ann",
        name: str = "a",
        content: bytes = b"q",
        anew: bool = False,
        work: Callable[[], Awaitable[int]] | None = None,
    ) -> int:
        request_id = f"r{next(self._ids)}"

        async def on_record() -> int:
            number = await (work or self.next)()
            self.record[request_id] = number
            return number

        named = Named(who, name, content, request_id)
        return await self.replicas[at % len(self.replicas)].run(named, on_record, again=self.again, anew=anew)


@pytest.fixture(params=["database", "memory"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    if request.param == "memory":
        now_s = [0.0]

        def pass_by(seconds: float) -> None:
            now_s[0] += seconds

        yield Desk([OnceHere(kept_s=_KEPT_S, clock_s=lambda: now_s[0])], pass_by)
        return
    url = request.getfixturevalue("access_url")
    looks: list[Standing] = []

    class Looked(NamedRequests):
        def take(self, named: Named, *, useless: str = "") -> Held:
            held = super().take(named, useless=useless)
            looks.append(held.standing)
            return held

    named = [Looked(in_database(url, state=tmp_path), secret=lambda: SECRET, kept_s=_KEPT_S) for _ in range(2)]

    def grow_older(seconds: float) -> None:
        with named[0]._database.reading() as connection:
            connection.execute("UPDATE named SET began_s = began_s - ?", (seconds,))

    yield Desk([OnceEverywhere(one) for one in named], grow_older, looks=looks)
    for one in named:
        one._database.close()


def test_what_is_sent_again_gets_what_came_of_it_also_while_it_is_worked_on(desk: Desk) -> None:
    async def story() -> list[int]:
        both = await asyncio.gather(desk.ask(0), desk.ask(1), desk.ask(0))
        return [*both, await desk.ask(0), await desk.ask(1)]

    assert asyncio.run(story()) == [1, 1, 1, 1, 1]
    assert desk.given == [1]


def test_a_name_is_its_callers_own_and_stands_for_one_thing(desk: Desk) -> None:
    async def story() -> list[int]:
        numbers = [await desk.ask(0), await desk.ask(1, who="ben"), await desk.ask(1, name="b")]
        for at in (0, 1):
            with pytest.raises(NamedTwiceError, match="one twice"):
                await desk.ask(at, content=b"something else")
        return numbers

    assert asyncio.run(story()) == [1, 2, 3]


def test_callers_and_names_are_not_taken_for_each_other(desk: Desk) -> None:
    async def story() -> list[int]:
        return [await desk.ask(who=who, name=name) for who, name in (("a", "bc"), ("ab", "c"), ("a', 'b", "c"))]

    assert asyncio.run(story()) == [1, 2, 3]


def test_what_may_not_be_given_any_more_or_is_old_is_done_anew(desk: Desk) -> None:
    async def story() -> list[int]:
        numbers = [await desk.ask(0)]
        desk.may_be_given = False
        numbers.append(await desk.ask(1))
        desk.may_be_given = True
        desk.age(_KEPT_S - 1)
        numbers.append(await desk.ask(0))
        desk.age(2 * _KEPT_S)
        return [*numbers, await desk.ask(1), await desk.ask(1, content=b"q")]

    assert asyncio.run(story()) == [1, 2, 2, 3, 3]


def test_an_old_name_may_be_given_to_something_else(desk: Desk) -> None:
    async def story() -> list[int]:
        first = await desk.ask(0)
        desk.age(_KEPT_S + 1)
        return [first, await desk.ask(1, content=b"something else")]

    assert asyncio.run(story()) == [1, 2]


def test_what_failed_is_tried_again(desk: Desk) -> None:
    async def breaks() -> int:
        await asyncio.sleep(0)
        raise ValueError("the log is away")

    async def story() -> list[int]:
        for at in (0, 1):
            with pytest.raises(ValueError, match="the log is away"):
                await desk.ask(at, work=breaks)
        return [await desk.ask(0), await desk.ask(1)]

    assert asyncio.run(story()) == [1, 1]


def test_what_is_asked_anew_on_purpose_is_but_not_while_the_first_is_worked_on(desk: Desk) -> None:
    async def story() -> list[int]:
        go_on = asyncio.Event()

        async def slow() -> int:
            await go_on.wait()
            return await desk.next()

        first = asyncio.ensure_future(desk.ask(0, anew=True, work=slow))
        await desk.looked(1)
        second = asyncio.ensure_future(desk.ask(1, anew=True))
        await desk.looked(2)
        go_on.set()
        both = [await first, await second]
        return [*both, await desk.ask(1, anew=True), await desk.ask(0), await desk.ask(0, anew=True)]

    assert asyncio.run(story()) == [1, 1, 2, 2, 3]


def test_the_work_goes_on_when_whoever_sent_it_leaves(desk: Desk) -> None:
    async def story() -> int:
        go_on, begun = asyncio.Event(), asyncio.Event()

        async def slow() -> int:
            begun.set()
            await go_on.wait()
            return await desk.next()

        leaving = asyncio.ensure_future(desk.ask(0, work=slow))
        await begun.wait()
        leaving.cancel()
        go_on.set()
        return await desk.ask(1)

    assert asyncio.run(story()) == 1
    assert desk.given == [1], "and it is not begun once more"


def test_what_nobody_waits_for_any_more_may_fail(desk: Desk) -> None:
    async def story() -> int:
        go_on, begun = asyncio.Event(), asyncio.Event()

        async def breaks() -> int:
            begun.set()
            await go_on.wait()
            raise ValueError

        leaving = asyncio.ensure_future(desk.ask(0, work=breaks))
        await begun.wait()
        leaving.cancel()
        await asyncio.sleep(0)
        go_on.set()
        await asyncio.sleep(0.1)
        return await desk.ask(1)

    assert asyncio.run(story()) == 1
