"""What goes wrong at Slack on demand: rate limits, errors, silence, broken connections, before or after the deed."""

import threading
from dataclasses import dataclass
from typing import Literal

Kind = Literal["limit", "error", "status", "hang", "reset", "reset-after"]


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong the next `times` times that a method is called (`*`: any)."""

    method: str
    kind: Kind
    times: int
    error: str = ""
    status: int = 500
    seconds: float = 0.0


class Faults:
    """Those that are still to happen. Any thread may add some."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()

    def limit(self, method: str, *, retry_after_s: int = 1, times: int = 1) -> None:
        """Answer 429 with Retry-After."""
        self._add(Fault(method, "limit", times, seconds=retry_after_s))

    def refuse(self, method: str, error: str, *, times: int = 1) -> None:
        """Answer `ok: false` with an error: `internal_error`, `invalid_auth`, ..."""
        self._add(Fault(method, "error", times, error=error))

    def break_down(self, method: str, *, status: int = 500, times: int = 1) -> None:
        """Answer with an HTTP status and a page that is no JSON."""
        self._add(Fault(method, "status", times, status=status))

    def hang(self, method: str, seconds: float, *, times: int = 1) -> None:
        """Let the answer wait."""
        self._add(Fault(method, "hang", times, seconds=seconds))

    def reset(self, method: str, *, times: int = 1, after: bool = False) -> None:
        """Break the connection; `after`: what was called for is done first."""
        self._add(Fault(method, "reset-after" if after else "reset", times))

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._waiting.clear()

    def next(self, method: str) -> Fault | None:
        """Return what goes wrong with a call, and count it."""
        with self._lock:
            for fault in self._waiting:
                if fault.method in (method, "*"):
                    fault.times -= 1
                    if fault.times <= 0:
                        self._waiting.remove(fault)
                    return fault
        return None

    def _add(self, fault: Fault) -> None:
        with self._lock:
            self._waiting.append(fault)
