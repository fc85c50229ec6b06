"""The service's own knowledge: a question waits for its turn as at every door, and only as long as somebody waits."""

import asyncio
import threading

import pytest
from starlette.requests import Request

from service.answering.library.reading import Reading
from service.http.asking import Asking
from service.http.limits_per_caller import CallerLimits
from service.mcp.knowledge import NotGivenError
from service.mcp.within import WithinService
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import VENDOR_QUESTION, Studio, open_studio, with_rules


def _within(studio: Studio, gone: asyncio.Event) -> WithinService:
    parts = studio.app.state.parts
    return WithinService(
        caller=studio.service.owner,
        asking=parts[Asking],
        reading=parts[Reading],
        limits=parts[CallerLimits],
        address="",
        request=Request({"type": "http", "app": studio.app}),
        gone=gone.wait,
    )


def test_a_question_whose_asker_leaves_before_its_turn_is_on_record_as_turned_away(library: TinyLibrary) -> None:
    busy, go_on = threading.Event(), threading.Event()

    def holds_the_turn() -> None:
        busy.set()
        go_on.wait()

    async def run(studio: Studio) -> None:
        gone = asyncio.Event()
        within = _within(studio, gone)
        question = within.asking.checked("Who?", studio.service.owner, "mcp")
        first = asyncio.ensure_future(within.asking.run(question, holds_the_turn, gone=asyncio.Event().wait))
        await asyncio.to_thread(busy.wait)
        second = asyncio.ensure_future(within.ask(VENDOR_QUESTION, conversation_id=None))
        await asyncio.sleep(0)
        gone.set()
        try:
            with pytest.raises(NotGivenError, match=r"^Too many questions at once: .+ Try again in \d+ s\.$"):
                await asyncio.wait_for(second, 30)
        finally:
            go_on.set()
            await first

    with open_studio(with_rules(library), max_concurrent=1, max_wait_s=600.0) as studio:
        asyncio.run(run(studio))
        received, finished = studio.leaves()
    assert (received["channel"], finished["outcome"]) == ("mcp", "failed")
