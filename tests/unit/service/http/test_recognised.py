"""Who sent a request is asked in the event loop, but where that waits for a database, and once more after a refresh."""

import asyncio
import threading
from dataclasses import dataclass, field

import pytest

from service.access.errors import NotFreshError, NotSignedInError
from service.access.port import Carried
from service.access.principals import Principal
from service.http.recognised import recognised

MIRA = Principal("mira-1", frozenset({"staff"}), frozenset(), "oidc-session", name="Mira")


@dataclass
class Counting:
    """An `Access` that is not fresh for some looks, and notes in which threads it was asked."""

    waits: bool
    stale: int = 0
    asked_in: list[int] = field(default_factory=list)
    refreshed_in: list[int] = field(default_factory=list)

    def principal(self, _: Carried) -> Principal:
        self.asked_in.append(threading.get_ident())
        if len(self.asked_in) <= self.stale:
            raise NotFreshError("expected what was read")
        return MIRA

    def refresh(self) -> None:
        self.refreshed_in.append(threading.get_ident())


def _of(access: Counting) -> Principal:
    return asyncio.run(recognised(access, Carried(bearer="x")))


@pytest.mark.parametrize("waits", [False, True])
def test_only_what_waits_for_a_database_is_asked_in_another_thread(*, waits: bool) -> None:
    access = Counting(waits)
    assert _of(access) == MIRA
    assert (access.asked_in[0] != threading.get_ident()) == waits
    assert access.refreshed_in == []


@pytest.mark.parametrize("waits", [False, True])
def test_what_is_not_fresh_is_read_anew_in_a_thread_and_asked_again(*, waits: bool) -> None:
    access = Counting(waits, stale=2)
    assert _of(access) == MIRA
    assert len(access.asked_in) == 3
    assert threading.get_ident() not in access.refreshed_in


def test_what_changes_all_the_time_lets_nobody_in() -> None:
    with pytest.raises(NotSignedInError):
        _of(Counting(waits=False, stale=99))
