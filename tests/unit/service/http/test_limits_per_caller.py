"""How often one caller may ask and call: one of many does not use up what others have."""

import dataclasses
import threading
import time

import pytest

from service.access.errors import TooManyError
from service.access.principals import Principal, Role
from service.http.limits_per_caller import CallerLimits
from tests.support.audit_parts import wait_until
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import TRAVEL_QUESTION, open_studio, with_rules

MIRA = Principal("mira", frozenset(), frozenset({Role.STAFF}), "oidc-session")
ADA = dataclasses.replace(MIRA, principal_id="ada")


class Seconds:
    """A clock that stands until a test moves it."""

    def __init__(self) -> None:
        self.now = 1_795_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock_s(monkeypatch: pytest.MonkeyPatch) -> Seconds:
    clock = Seconds()
    monkeypatch.setattr(time, "time", clock)
    return clock


def passed(limits: CallerLimits, principal: Principal, tries: int) -> int:
    """Return how many of some questions are let through."""
    through = 0
    for _ in range(tries):
        try:
            limits.question(principal)
            through += 1
        except TooManyError:
            pass
    return through


@pytest.mark.usefixtures("clock_s")
def test_one_caller_may_ask_so_often_and_the_others_do_not_notice() -> None:
    limits = CallerLimits(questions_per_minute=5, requests_per_minute=100, arrivals_per_minute=3)
    assert passed(limits, MIRA, 9) == 5
    assert passed(limits, ADA, 9) == 5


@pytest.mark.usefixtures("clock_s")
def test_questions_and_requests_are_counted_apart() -> None:
    limits = CallerLimits(questions_per_minute=1, requests_per_minute=2, arrivals_per_minute=3)
    limits.question(MIRA)
    limits.request(MIRA)
    limits.request(MIRA)
    with pytest.raises(TooManyError, match="expected at most 2 requests a minute, got more"):
        limits.request(MIRA)
    with pytest.raises(TooManyError, match="expected at most 1 questions a minute, got more"):
        limits.question(MIRA)


def test_after_the_time_that_is_named_there_is_room_again(clock_s: Seconds) -> None:
    limits = CallerLimits(questions_per_minute=5, requests_per_minute=100, arrivals_per_minute=3)
    waited_s = 0
    assert passed(limits, MIRA, 5) == 5
    for _ in range(12):
        with pytest.raises(TooManyError) as caught:
            limits.question(MIRA)
        assert 1 <= caught.value.retry_after_s <= 61
        clock_s.now += caught.value.retry_after_s
        waited_s += caught.value.retry_after_s
        limits.question(MIRA)
    assert waited_s <= 4 * 60


def test_a_window_that_slides_lets_nobody_ask_twice_as_much_around_its_end(clock_s: Seconds) -> None:
    limits = CallerLimits(questions_per_minute=60, requests_per_minute=100, arrivals_per_minute=3)
    clock_s.now += 60 - clock_s.now % 60 - 1  # a second before the minute is full
    assert passed(limits, MIRA, 100) == 60
    clock_s.now += 2
    assert passed(limits, MIRA, 100) <= 2


@pytest.mark.usefixtures("clock_s")
def test_a_key_that_acts_for_people_leaves_each_their_own_limit_and_has_one_itself() -> None:
    limits = CallerLimits(questions_per_minute=2, requests_per_minute=100, arrivals_per_minute=3)
    people = [dataclasses.replace(MIRA, principal_id=f"p{n}", key_id="abcdefg234") for n in range(15)]
    assert [passed(limits, person, 3) for person in people] == [2] * 10 + [0] * 5
    assert passed(limits, dataclasses.replace(people[14], key_id=None), 3) == 0, "tried through the key before"
    assert passed(limits, dataclasses.replace(people[0], principal_id="fresh", key_id=None), 3) == 2


@pytest.mark.usefixtures("clock_s")
def test_somebody_has_one_limit_whichever_way_they_come() -> None:
    limits = CallerLimits(questions_per_minute=3, requests_per_minute=100, arrivals_per_minute=3)
    assert passed(limits, dataclasses.replace(MIRA, key_id="abcdefg234"), 2) == 2
    assert passed(limits, MIRA, 5) == 1


def test_counts_that_are_over_are_forgotten(clock_s: Seconds, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = CallerLimits(questions_per_minute=3, requests_per_minute=100, arrivals_per_minute=3)
    steady = Seconds()
    monkeypatch.setattr(time, "monotonic", steady)
    for n in range(500):
        limits.request(dataclasses.replace(MIRA, principal_id=f"p{n}"))
    limits._cleared_s = steady.now
    clock_s.now += 121
    steady.now += 61
    limits.request(MIRA)
    assert len(limits._storage.expirations) == len(limits._storage.storage) == 1
    assert len(limits._storage.locks) <= 2


def test_counting_starts_no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = CallerLimits(questions_per_minute=1000, requests_per_minute=1000, arrivals_per_minute=3)
    wait_until(lambda: not any(isinstance(one, threading.Timer) for one in threading.enumerate()))
    monkeypatch.delattr(threading.Thread, "start")
    limits.request(MIRA)


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
    limits = CallerLimits(questions_per_minute=5, requests_per_minute=100, arrivals_per_minute=2)
    for _ in range(2):
        limits.arrival(address)
    with pytest.raises(TooManyError, match="expected at most 2 tries to sign in a minute, got more"):
        limits.arrival(address)
    limits.arrival(other)


def test_a_network_of_ipv6_counts_as_one_address() -> None:
    limits = CallerLimits(questions_per_minute=5, requests_per_minute=100, arrivals_per_minute=1)
    limits.arrival("2001:db8::1")
    with pytest.raises(TooManyError):
        limits.arrival("2001:db8::ffff:1")


def test_whoever_tries_to_sign_in_too_often_is_told_by_a_page(library: TinyLibrary) -> None:
    with open_studio(with_rules(library), arrivals_per_minute=2) as studio:
        stranger = studio.stranger()
        tried = [stranger.get("/open", params={"code": "guessed"}) for _ in range(3)]
        assert [response.status_code for response in tried] == [401, 401, 429]
        assert "retry-after" in tried[-1].headers
        assert stranger.get("/healthz").status_code == 200
