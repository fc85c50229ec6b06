"""How often one caller may ask and call: one of many does not use up what others have.

The window itself is tried in `tests/contract/test_counts.py`.
"""

import asyncio
import dataclasses
import threading
from collections.abc import Sequence

import pytest

from service.access.counts import Counted, Counts, MemoryCounts
from service.access.errors import TooManyError
from service.access.principals import Principal, Role
from service.http.limits_per_caller import CallerLimits
from tests.support.audit_parts import wait_until
from tests.support.fakes import TinyLibrary
from tests.support.minutes import Minute
from tests.support.service_parts import TRAVEL_QUESTION, open_studio, with_rules

MIRA = Principal("mira", frozenset(), frozenset({Role.STAFF}), "oidc-session")
ADA = dataclasses.replace(MIRA, principal_id="ada")
pytestmark = pytest.mark.usefixtures("minute")


def limits_of(questions: int = 5, requests: int = 100, arrivals: int = 3, counts: Counts | None = None) -> CallerLimits:
    return CallerLimits(
        counts or MemoryCounts(),
        questions_per_minute=questions,
        requests_per_minute=requests,
        arrivals_per_minute=arrivals,
    )


def passed(limits: CallerLimits, principal: Principal, tries: int) -> int:
    """Return how many of some questions are let through."""
    through = 0
    for _ in range(tries):
        try:
            asyncio.run(limits.question(principal))
            through += 1
        except TooManyError:
            pass
    return through


def test_one_caller_may_ask_so_often_and_the_others_do_not_notice() -> None:
    limits = limits_of(5)
    assert passed(limits, MIRA, 9) == 5
    assert passed(limits, ADA, 9) == 5


def test_questions_and_requests_are_counted_apart() -> None:
    limits = limits_of(1, 2)
    asyncio.run(limits.question(MIRA))
    asyncio.run(limits.request(MIRA))
    asyncio.run(limits.request(MIRA))
    with pytest.raises(TooManyError, match="expected at most 2 requests a minute, got more"):
        asyncio.run(limits.request(MIRA))
    with pytest.raises(TooManyError, match="expected at most 1 questions a minute, got more"):
        asyncio.run(limits.question(MIRA))


def test_a_request_that_asks_is_counted_as_both(minute: Minute) -> None:
    limits = limits_of(1, 2)
    asyncio.run(limits.request(MIRA, asks=True))
    with pytest.raises(TooManyError, match="1 questions a minute"):
        asyncio.run(limits.request(MIRA, asks=True))
    with pytest.raises(TooManyError, match="2 requests a minute") as caught:
        asyncio.run(limits.request(MIRA, asks=True))
    assert caught.value.retry_after_s == 61, "the next whole second after the minute"
    minute.now += 61
    asyncio.run(limits.request(MIRA, asks=True))


def test_a_key_that_acts_for_people_leaves_each_their_own_limit_and_has_one_itself() -> None:
    limits = limits_of(2)
    people = [dataclasses.replace(MIRA, principal_id=f"p{n}", key_id="abcdefg234") for n in range(15)]
    assert [passed(limits, person, 3) for person in people] == [2] * 10 + [0] * 5
    assert passed(limits, dataclasses.replace(people[14], key_id=None), 3) == 0, "tried through the key before"
    assert passed(limits, dataclasses.replace(people[0], principal_id="fresh", key_id=None), 3) == 2


def test_somebody_has_one_limit_whichever_way_they_come() -> None:
    limits = limits_of(3)
    assert passed(limits, dataclasses.replace(MIRA, key_id="abcdefg234"), 2) == 2
    assert passed(limits, MIRA, 5) == 1


def test_counting_in_memory_starts_no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = limits_of(1000, 1000)
    wait_until(lambda: not any(isinstance(one, threading.Timer) for one in threading.enumerate()))
    monkeypatch.delattr(threading.Thread, "start")
    asyncio.run(limits.request(MIRA))


def test_no_loop_waits_for_what_counts_elsewhere_and_is_asked_once_a_request() -> None:
    class Elsewhere(MemoryCounts):
        waits = True
        asked: Sequence[Sequence[Counted]] = ()

        def take(self, wanted: Sequence[Counted]) -> None:
            assert threading.current_thread() is not threading.main_thread()
            self.asked = [*self.asked, wanted]

    counts = Elsewhere()
    asyncio.run(limits_of(counts=counts).request(dataclasses.replace(MIRA, key_id="abcdefg234"), asks=True))
    assert [[one.what for one in asked] for asked in counts.asked] == [
        ["requests", "requests of a key", "questions", "questions of a key"]
    ]


def test_whoever_asks_too_often_is_told_when_to_come_back_and_nothing_is_recorded(library: TinyLibrary) -> None:
    with open_studio(with_rules(library), questions_per_minute=1) as studio:
        studio.ask(TRAVEL_QUESTION)
        told = studio.api.post("/v1/search", json={"question": TRAVEL_QUESTION})
        assert (told.status_code, told.json()["type"]) == (429, "urn:greenlit:problem:too-many")
        assert int(told.headers["Retry-After"]) >= 1
        assert studio.api.get("/v1/documents").status_code == 200
        page = studio.browser().post("/", data={"question": TRAVEL_QUESTION})
        assert (page.status_code, int(page.headers["Retry-After"]) >= 1) == (429, True)
        assert "You asked very often" in page.text
        assert [leaf["type"] for leaf in studio.leaves()] == ["query.received", "query.finished"]


def test_whoever_calls_too_often_is_told_so_by_every_route_but_health(library: TinyLibrary) -> None:
    with open_studio(with_rules(library), requests_per_minute=2) as studio:
        browser = studio.browser()
        assert [studio.api.get(path).status_code for path in ("/v1/me", "/v1/documents", "/v1/me")] == [200, 200, 429]
        page = browser.get("/documents")
        assert (page.status_code, "You asked very often" in page.text) == (429, True)
        assert [studio.api.get("/readyz").status_code for _ in range(5)] == [200] * 5


@pytest.mark.parametrize(
    ("address", "other"), [("192.0.2.7", "192.0.2.8"), ("2001:db8::1", "2001:db8:0:1::1"), ("testclient", "another")]
)
def test_from_one_address_so_many_sign_in_and_others_do_not_notice(address: str, other: str) -> None:
    limits = limits_of(arrivals=2)
    for _ in range(2):
        asyncio.run(limits.arrival(address))
    with pytest.raises(TooManyError, match="expected at most 2 tries to sign in a minute, got more"):
        asyncio.run(limits.arrival(address))
    asyncio.run(limits.arrival(other))


def test_who_comes_by_ipv4_to_a_service_that_listens_for_ipv6_is_still_one_address() -> None:
    limits = limits_of(arrivals=1)
    asyncio.run(limits.arrival("::ffff:192.0.2.1"))
    asyncio.run(limits.arrival("::ffff:192.0.2.2"))
    with pytest.raises(TooManyError):
        asyncio.run(limits.arrival("192.0.2.2"))


def test_a_network_of_ipv6_counts_as_one_address() -> None:
    limits = limits_of(arrivals=1)
    asyncio.run(limits.arrival("2001:db8::1"))
    with pytest.raises(TooManyError):
        asyncio.run(limits.arrival("2001:db8::ffff:1"))


def test_whoever_tries_to_sign_in_too_often_is_told_by_a_page(library: TinyLibrary) -> None:
    with open_studio(with_rules(library), arrivals_per_minute=2) as studio:
        stranger = studio.stranger()
        tried = [stranger.get("/open", params={"code": "guessed"}) for _ in range(3)]
        assert [response.status_code for response in tried] == [401, 401, 429]
        assert "retry-after" in tried[-1].headers
        assert stranger.get("/healthz").status_code == 200
