"""What a connection may cost, and what is said beyond it."""

import json
import resource

import pytest

from service.http.limits import ConnectionLimits, limits_for

AS_SHIPPED = 16 + 2 * 256 + 256  # what `serve` asks for


@pytest.mark.parametrize("status", [400, 408, 413, 414, 431, 503])
def test_a_refusal_is_a_problem_that_says_what_was_expected(status: int) -> None:
    head, _, body = ConnectionLimits(max_open=9, max_in_work=8).refusal(status).partition(b"\r\n\r\n")
    problem = json.loads(body)
    assert head.startswith(b"HTTP/1.1 %d %s\r\n" % (status, problem["title"].encode()))
    assert b"content-length: %d\r\n" % len(body) in head
    assert problem["status"] == status
    assert problem["type"] == "urn:greenlit:problem:" + problem["title"].lower().replace(" ", "-")
    assert problem["detail"].startswith("expected ")
    assert ", got " in problem["detail"]


class Allowed:
    """What the system allows, now and at most."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, now: int, most: int) -> None:
        self.now, self.most = now, most
        monkeypatch.setattr(resource, "getrlimit", lambda _what: (self.now, self.most))
        monkeypatch.setattr(resource, "setrlimit", self._set)

    def _set(self, _what: int, limits: tuple[int, int]) -> None:
        self.now, self.most = limits


def test_as_shipped_they_fit_the_files_that_many_systems_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    allowed = Allowed(monkeypatch, 1024, 1024)
    limits = limits_for(AS_SHIPPED)
    assert (limits.max_open, limits.max_in_work) == (912, AS_SHIPPED)
    assert allowed.now == 1024


@pytest.mark.parametrize("most", [1_000_000, resource.RLIM_INFINITY])
def test_for_more_requests_more_files_are_asked_for(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    allowed = Allowed(monkeypatch, 256, most)
    limits = limits_for(20_272)
    assert (limits.max_open, limits.max_in_work) == (20_400, 20_272)
    assert (allowed.now, allowed.most) == (20_512, most)


@pytest.mark.parametrize("now", [65_536, resource.RLIM_INFINITY])
def test_what_is_allowed_is_not_made_less(monkeypatch: pytest.MonkeyPatch, now: int) -> None:
    allowed = Allowed(monkeypatch, now, resource.RLIM_INFINITY)
    assert limits_for(AS_SHIPPED).max_open == 912
    assert allowed.now == now


@pytest.mark.parametrize(("most", "max_open", "max_in_work"), [(1024, 912, 784), (256, 144, 72), (64, 16, 8)])
def test_with_fewer_files_fewer_are_answered_at_once(
    monkeypatch: pytest.MonkeyPatch, most: int, max_open: int, max_in_work: int
) -> None:
    Allowed(monkeypatch, 32, most)
    limits = limits_for(20_272)
    assert (limits.max_open, limits.max_in_work) == (max_open, max_in_work)
