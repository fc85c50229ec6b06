"""When a model is called at all: not while it keeps failing, and not by more callers at once than it is meant to serve.

After some failures in a row the circuit is open: for a while nobody waits for a model that is down. Then one caller
tries; if that goes well everybody may again. Failures that an asker could bring about, such as a text in a form that
is refused, do not count (`calls` says which do): nobody can switch the model off for others by what they ask.

A breaker of a library would count streams that are closed, and judge time by its own clock; this is shorter than what
would have to stand around it.
"""

import threading
from collections.abc import Callable

from service.models.errors import ModelBusyError

FAILURES = 5  # in a row
PAUSE_S = 30.0


class Circuit:
    """Lets calls through. Any thread may call; every `enter` that returns has to be followed by one `leave`."""

    def __init__(self, name: str, *, at_once: int, clock_s: Callable[[], float]) -> None:
        """Begin closed.

        Args:
            name: the model's, for messages.
            at_once: how many calls may be under way.
            clock_s: a steady clock, in seconds.
        """
        self._name = name
        self._at_once = at_once
        self._clock_s = clock_s
        self._changed = threading.Condition()
        self._under_way = 0
        self._failures = 0
        self._why = ""
        self._open_until_s: float | None = None
        self._trying = False

    def enter(self, *, wait_s: float, stopped: Callable[[], bool], poll_s: float = 0.05) -> bool:
        """Take a place, waiting for one if all are taken; return whether this is the call that tries an open circuit.

        Args:
            wait_s: how long to wait for one at most.
            stopped: whoever asked does not want it any more.
            poll_s: how often that is asked.

        Raises:
            ModelBusyError: it is failing just now, or no place got free.
        """
        until_s = self._clock_s() + wait_s
        with self._changed:
            while True:
                self._expect_closed()
                if self._under_way < self._at_once:
                    break
                if self._clock_s() >= until_s or stopped():
                    raise ModelBusyError(
                        f"model '{self._name}': expected one of {self._at_once} calls at once to end within "
                        f"{wait_s:g} s, none did (at_once in models.toml)"
                    )
                self._changed.wait(poll_s)
            self._under_way += 1
            self._trying = self._open_until_s is not None
            return self._trying

    def problem(self) -> str | None:
        """Return why it is open, in words for operators; `None` if it is not."""
        with self._changed:
            if self._open_until_s is None:
                return None
            return f"model '{self._name}' failed {self._failures} times in a row, the last time because {self._why}"

    def leave(self, *, tried: bool, failed: bool | None, why: str = "") -> None:
        """Give a place back.

        Args:
            tried: what `enter` returned for it.
            failed: whether the model failed; `None` where the call says nothing about it.
            why: it failed, in words for operators.
        """
        with self._changed:
            self._under_way -= 1
            if tried:
                self._trying = False
            if failed:
                self._failures, self._why = self._failures + 1, why
                if self._failures >= FAILURES:
                    self._open_until_s = self._clock_s() + PAUSE_S
            elif failed is False:
                self._failures, self._open_until_s = 0, None
            self._changed.notify_all()

    def _expect_closed(self) -> None:
        if self._open_until_s is None:
            return
        left_s = self._open_until_s - self._clock_s()
        if left_s > 0:
            raise ModelBusyError(
                f"model '{self._name}' is not called for another {left_s:.0f} s: "
                f"it failed {self._failures} times in a row, the last time because {self._why}"
            )
        if self._trying:
            raise ModelBusyError(f"model '{self._name}' is not called: one call tries whether it is back")
