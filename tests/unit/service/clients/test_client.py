"""The clients call a real service: what it answers comes back; what goes wrong is said without anybody's text."""

import asyncio
from collections.abc import Callable, Iterator

import pytest
from fastapi import FastAPI
from fastapi.responses import JSONResponse, PlainTextResponse

from service.clients.calls import Call, EventReader, Service, Told, refused
from service.clients.client import AsyncGreenlit, Greenlit
from service.clients.errors import CallError, RefusedCallError, UnreachableError
from tests.support.fakes import TinyLibrary
from tests.support.ports import free_port
from tests.support.service_parts import POLICY, VENDOR_QUESTION, open_studio, serving, with_rules


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    library = with_rules(TinyLibrary(tmp_path_factory.mktemp("there") / "studio"))
    with open_studio(library) as studio, serving(studio.app) as url:
        yield Service(url, studio.api.headers["Authorization"].removeprefix("Bearer "), channel="slack")


def test_both_clients_ask_search_and_name_their_questions(there: Service) -> None:
    async def ask() -> dict[str, object]:
        async with AsyncGreenlit(there) as greenlit:
            return await greenlit.ask(VENDOR_QUESTION, name="q-1")

    with Greenlit(there) as greenlit:
        answer = greenlit.ask(VENDOR_QUESTION, name="q-1")
        passages = greenlit.search(VENDOR_QUESTION, limit=1)["passages"]

    assert answer["outcome"] == "answered"
    assert asyncio.run(ask()) == answer, "the same question, sent again"
    assert [passage["document"] for passage in passages] == [POLICY]


def test_events_come_one_by_one_and_the_last_is_the_answer(there: Service) -> None:
    async def listen() -> list[Told]:
        async with AsyncGreenlit(there) as greenlit:
            return [told async for told in greenlit.events(VENDOR_QUESTION)]

    events = asyncio.run(listen())

    assert [told.name for told in events][-2:] == ["sentence", "done"]
    assert events[-1].data["outcome"] == "answered"


@pytest.mark.parametrize(
    ("call", "status", "kind"),
    [
        (Call("POST", "/v1/ask", {"question": ""}), 422, "question"),
        (Call("POST", "/v1/ask", {"question": "secret words", "context": "x"}), 422, "request"),
        (Call("GET", "/v1/documents/legal/none.md"), 404, "not-found"),
        (Call("GET", "/v1/me", on_behalf_of="nobody@northlight.example"), 401, "not-signed-in"),
    ],
)
def test_a_problem_is_an_error_in_its_own_words(there: Service, call: Call, status: int, kind: str) -> None:
    with Greenlit(there) as greenlit, pytest.raises(RefusedCallError) as raised:
        greenlit.call(call)

    assert (raised.value.status, raised.value.kind) == (status, kind)
    assert "secret words" not in str(raised.value)


def test_who_does_not_answer_as_greenlit_does_is_said_and_nothing_else() -> None:
    app = FastAPI()
    app.add_api_route("/v1/ask", lambda: PlainTextResponse("hello"), methods=["POST"])
    app.add_api_route("/v1/me", lambda: JSONResponse(["hello"]))
    with serving(app) as url, Greenlit(Service(url, "secret")) as greenlit:
        calls: list[Callable[[], object]] = [
            lambda: greenlit.ask("secret words"),
            lambda: greenlit.call(Call("GET", "/v1/me")),
        ]
        for call in calls:
            with pytest.raises(UnreachableError, match="expected JSON from Greenlit, got something else"):
                call()
    away = Service(f"http://127.0.0.1:{free_port()}", "secret")
    with Greenlit(away) as greenlit, pytest.raises(UnreachableError, match="got none") as raised:
        greenlit.ask("secret words")
    assert "secret" not in f"{raised.value!r} {greenlit!r} {away!r}"


def test_a_stream_that_breaks_is_an_error() -> None:
    reader = EventReader()
    lines = ["event: error", 'data: {"status": 503, "title": "No record", "type": "urn:greenlit:problem:log"}']
    assert [told for line in lines for told in reader.read(line)] == []
    with pytest.raises(RefusedCallError, match="No record") as raised:
        list(reader.read(""))
    assert raised.value.status == 503

    for data in ("[1]", "{"):
        assert list(reader.read(f"data: {data}")) == []
        with pytest.raises(CallError, match="expected events of JSON"):
            list(reader.read(""))


@pytest.mark.parametrize(("said", "seconds"), [("3", 3), ("1.2", 2), ("99999", 3600), ("soon", None), (None, None)])
def test_when_to_come_back_is_read_whatever_it_says(said: str | None, seconds: int | None) -> None:
    assert refused(429, {}, said).retry_after_s == seconds
