"""Follows the builds in an object store while the service runs: in a thread of its own, away from every question.

Every ten seconds: (1) look which build is live there, have it in the mirror here, whole, and let the live build be
opened from it as always; (2) bring the holds of this replica there. While the store is slow, gone or refuses, what is
here goes on answering and the problem is told.

A replica that was away for days has an old build at its start: it waits a while for the live one (`catch_up`), for it
would refuse what others answer. Takes that longer, it answers from what it has, which is a remark until the live one is
here. Opens no build and answers nothing.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime

from indexes.errors import BuildError
from indexes.objects.held import Holding
from indexes.objects.mirror import Mirror

LOOK_S = 10.0
KNOWN_WITHIN_S = 5.0  # which build is live: beyond, the store is taken for one that is away
CAUGHT_UP_WITHIN_S = 60.0  # a build of gigabytes; whoever watches a start gives it that long
_PAUSE_S = 0.02


class FollowedBuilds:
    """What becomes of following. One thread calls `look`, any the others."""

    def __init__(
        self,
        mirror: Mirror,
        holding: Holding,
        *,
        damaged: Callable[[], bool],
        now: Callable[[], datetime],
        notice: Callable[[str], None],
    ) -> None:
        """Take the parts; nothing is looked at.

        Args:
            mirror: of the object store.
            holding: brings the holds there.
            damaged: tells whether the live build here cannot be opened because its files are not as they should be.
            now: the time, with its zone.
            notice: is told each problem once, and that it is gone.
        """
        self.mirror = mirror
        self._holding = holding
        self._damaged = damaged
        self._now = now
        self._notice = notice
        self._problems: list[str] = []
        self._looked = threading.Event()
        self.seen_at: datetime | None = None  # when the build that is live there was last found to be here

    def look(self) -> None:
        """Do both steps; what fails, whatever it is, is told (`problems`) and does not come out: nobody else looks."""
        there = self.mirror.store.shown
        problems = [f"builds: {why}; what is here goes on answering" for why in _why_not(self._follow)]
        problems += [
            f"builds that answered here are not all held in {there}: {why}; one that is not may be removed after a day"
            for why in _why_not(self._holding.send)
        ]
        self._told(problems)
        self._looked.set()

    def _follow(self) -> None:
        if self.mirror.follow(damaged=self._damaged()) == self.mirror.here():  # not while another process fetches it
            self.seen_at = self._now()

    def problems(self) -> list[str]:
        """Return what is wrong, in words; empty if nothing is."""
        if self._looked.is_set() or self.mirror.here():
            return self._problems
        return [f"builds: none is here yet; the live one of {self.mirror.store.shown} is looked for and fetched"]

    def remarks(self) -> list[str]:
        """Return that another build answers here than the live one, in words; empty if that is not so.

        Answers from it are right: what was revoked since is hidden by the register. What is missing is what is new.
        """
        here, there, store = self.mirror.here(), self.mirror.there, self.mirror.store.shown
        if not here or here == there:
            return []
        if not there:
            return [f"builds: {here} answers, and which build is live in {store} is not known yet"]
        until = f"until {there}, which is live in {store}, is here"
        return [f"builds: {here} answers {until}: what was approved in between is not found yet"]

    def catch_up(self) -> None:
        """Wait, at the start, while a newer build than the one here is fetched; not for a store that does not answer.

        Without a build here nothing is waited for: until one is here, nothing is answered anyway.
        """
        began_s, here = time.monotonic(), self.mirror.here()
        while here and self.mirror.there != here:
            most_s = CAUGHT_UP_WITHIN_S if self.mirror.there else KNOWN_WITHIN_S
            if self._looked.wait(_PAUSE_S) or time.monotonic() - began_s >= most_s:
                return

    def wait(self) -> None:
        """Wait until the first look has ended: for whoever asks one question and goes."""
        self._looked.wait()

    def _told(self, problems: list[str]) -> None:
        for words in problems:
            if words not in self._problems:
                self._notice(words)
        if self._problems and not problems:
            self._notice(f"builds in {self.mirror.store.shown} are followed again")
        self._problems = problems


def _why_not(step: Callable[[], None]) -> list[str]:
    """Do a step; return why it could not be done, in words, if so."""
    try:
        step()
    except (BuildError, OSError) as error:
        return [str(error)]
    except Exception as error:  # noqa: BLE001 - else the thread would end, and nothing would be followed any more
        return [f"{type(error).__name__}, which is a fault of Greenlit's: report it"]
    return []


@contextlib.contextmanager
def following(followed: FollowedBuilds | None, *, every_s: float = LOOK_S) -> Iterator[None]:
    """Look again and again for as long as the context lasts, which begins once that has caught up.

    At its end a look that is on the way is left to itself.

    Args:
        followed: what looks; without it nothing is done.
        every_s: how long there is nothing to do between two looks, in seconds.
    """
    if followed is None:
        yield
        return
    ended = threading.Event()

    def run() -> None:
        while not ended.is_set():
            followed.look()
            ended.wait(every_s)

    threading.Thread(target=run, name="following builds", daemon=True).start()
    followed.catch_up()
    try:
        yield
    finally:
        ended.set()
