"""Several processes that answer behind one listening socket: the parent of `greenlit serve --workers N`.

The parent answers nothing and loads no model. It has bound the sockets and holds the lock of this machine's state; each
replica is a process of its own that inherits the sockets, and takes its share of connections (`sharing`). They are
started anew rather than forked: the libraries of the encoder have threads, which a fork does not copy. In order:
(1) the first is started alone: it makes what is missing, keys and tables, and what keeps it from answering is told
once, (2) when it answers, the others are started, (3) one that ends by itself is started again, at once and then with
longer and longer pauses, (4) a signal is passed on to all, and their ends are waited for, as long as those take.

A replica tells on its standard output that it answers, and ends when its standard input closes: its parent is gone.
"""

import contextlib
import os
import signal
import subprocess  # starts this program and nothing else
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

REPLICA = (sys.executable, "-P", "-m", "greenlit", "serve", "--replica")
_READY = b"ready\n"
_LOOK_S = 0.1
_LASTS_S = 60.0  # one that answered for so long is well
_TELL_S = 60.0  # after which it is told which one is waited for
_PAUSES_S = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class NoReplicaError(Exception):
    """None answers, and one ended before it did, or could not be started; `status` is its exit status."""

    def __init__(self, why: str, *, status: int = 1) -> None:
        """Take what came of it, in words, and the exit status; a negative one is the signal that ended it."""
        super().__init__(f"no process answers: {why}")
        self.status = status


@dataclass(eq=False, slots=True)
class _Replica:
    """One of them: its process, or when the next is to be started."""

    number: int
    process: "subprocess.Popen[bytes] | None" = None
    ready: threading.Event = field(default_factory=threading.Event)
    since_s: float = 0.0  # when it was started
    ready_s: float | None = None  # when it was seen to be ready
    told: bool = False  # that it is waited for
    ends: int = 0  # in a row, of which each came soon
    next_s: float = 0.0


class Replicas:
    """See the module. Everything is done by the thread that calls `run`, the main one."""

    def __init__(
        self,
        count: int,
        *,
        inherited: Sequence[int],
        notice: Callable[[str], None],
        environment: Mapping[str, str] | None = None,
        command: Sequence[str] = REPLICA,
        on_end: Callable[[int], object] = lambda _: None,
    ) -> None:
        """Take how many there are to be; nothing is started.

        Args:
            count: how many, 1 or more.
            inherited: descriptors of what they share; a replica is told its own number and those, as `1,5,6`.
            notice: is told, in words, of one that ended by itself.
            environment: of the replicas; this process's unless given.
            command: what starts one.
            on_end: is told the number of one that has ended.
        """
        self._all = [_Replica(number) for number in range(1, count + 1)]
        self._inherited = tuple(inherited)
        self._notice = notice
        self._environment = dict(os.environ if environment is None else environment)
        self._command = tuple(command)
        self._on_end = on_end
        self._signals: list[int] = []

    def run(self, *, on_ready: Callable[[], None], on_signal: Callable[[int], None]) -> None:
        """Start them and keep them going, until a signal ends them all.

        Args:
            on_ready: called when the first answers.
            on_signal: told the number of each signal.

        Raises:
            NoReplicaError: none answers; nothing is left running.
        """
        before = [signal.signal(number, lambda got, _: self._signals.append(got)) for number in _SIGNALS]
        try:
            self._start(self._all[0])
            while not self._signals and not self._all[0].ready.wait(_LOOK_S):
                self._see_to(self._all[:1])
            if not self._signals:
                on_ready()
            while not self._signals:
                self._see_to(self._all)
                time.sleep(_LOOK_S)
        finally:
            self._end(on_signal)
            for number, handler in zip(_SIGNALS, before, strict=True):
                signal.signal(number, signal.SIG_DFL if handler is None else handler)

    def _see_to(self, wanted: Sequence[_Replica]) -> None:
        """Start those that do not run and are due; look at those that ended."""
        for one in wanted:
            if one.process is not None:
                self._look_at(one)
            if one.process is None and time.monotonic() >= one.next_s:
                self._start(one)

    def _look_at(self, one: _Replica) -> None:
        now_s = time.monotonic()
        if one.ready_s is None and one.ready.is_set():
            one.ready_s = now_s
        if one.process is not None and (status := one.process.poll()) is not None:
            lasted = one.ready_s is not None and now_s - one.ready_s >= _LASTS_S
            name, was_ready = self._named(one), one.ready.is_set()
            self._let_go(one)
            if not was_ready and not self._any_ready():
                raise NoReplicaError(f"the last one ended before it was ready (exit status {status})", status=status)
            self._again(one, f"{name} ended by itself (exit status {status})", lasted=lasted)
        elif one.ready_s is None and not one.told and now_s - one.since_s >= _TELL_S:
            one.told = True
            self._notice(
                f"{self._named(one)} does not answer {now_s - one.since_s:.0f} s after its start: it is waited for"
            )

    def _again(self, one: _Replica, what: str, *, lasted: bool) -> None:
        """Have one started again, soon, or later if it ended soon again and again."""
        one.ends = 0 if lasted else one.ends + 1
        pause_s = _PAUSES_S[min(one.ends, len(_PAUSES_S) - 1)]
        one.next_s = time.monotonic() + pause_s
        self._notice(f"{what}: it is started " + (f"again in {pause_s:.0f} s" if pause_s else "again"))

    def _any_ready(self) -> bool:
        return any(one.process is not None and one.ready.is_set() for one in self._all)

    def _named(self, one: _Replica) -> str:
        name = f"process {one.number} of {len(self._all)}"
        return f"{name} ({one.process.pid})" if one.process else name

    def _start(self, one: _Replica) -> None:
        said = ",".join(map(str, (one.number, *self._inherited)))
        try:
            # A session of its own: Ctrl-C reaches the parent, which ends them in order.
            one.process = process = subprocess.Popen(
                [*self._command, said],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                pass_fds=self._inherited,
                env=self._environment,
                start_new_session=True,
            )
        except OSError as error:  # no memory, or too many processes: those that answer go on
            what = f"{self._named(one)} cannot be started ({error.strerror})"
            if not self._any_ready():
                raise NoReplicaError(what) from error
            self._again(one, what, lasted=False)
            return
        one.since_s, one.ready_s, one.told = time.monotonic(), None, False
        one.ready = ready = threading.Event()
        threading.Thread(target=_listen, args=(process, ready), name=f"process {one.number}", daemon=True).start()

    def _let_go(self, one: _Replica) -> None:
        if one.process is not None and one.process.stdin is not None:
            with contextlib.suppress(OSError):
                one.process.stdin.close()
        one.process = None
        one.ready.clear()
        self._on_end(one.number)

    def _end(self, on_signal: Callable[[int], None]) -> None:
        """Tell all to end, wait until they have, and pass on what is signalled meanwhile."""
        told, since_s, waits = 0, time.monotonic(), False
        for number in self._signals[:1]:
            on_signal(number)
        self._tell(signal.SIGTERM)
        while left := [one for one in self._all if one.process is not None and one.process.poll() is None]:
            time.sleep(_LOOK_S / 10)
            while told + 1 < len(self._signals):  # a second Ctrl-C does not wait for those who are connected
                told += 1
                self._tell(self._signals[told])
            if not waits and time.monotonic() - since_s >= _TELL_S:
                waits = True
                names = ", ".join(map(self._named, left))
                self._notice(
                    f"{names} has not ended {_TELL_S:.0f} s after it was told to: it is waited for; SIGINT (Ctrl-C) "
                    "waits for no connection, and nothing that was recorded is lost when it is killed"
                )
        for one in self._all:
            self._let_go(one)

    def _tell(self, number: int) -> None:
        for one in self._all:
            if one.process is not None:
                one.process.send_signal(number)  # Popen knows whether it has ended


def tell_parent() -> None:
    """Tell the parent of this process that it answers."""
    with contextlib.suppress(OSError):  # a parent that is gone is noticed otherwise
        os.write(1, _READY)


def end_with_parent() -> None:
    """Let this process be told to end (SIGTERM) when its standard input closes: its parent is gone."""

    def wait() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 1):
                pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="parent's end", daemon=True).start()


def _listen(process: "subprocess.Popen[bytes]", ready: threading.Event) -> None:
    """Read what a replica says to its end: what it prints besides goes nowhere."""
    if process.stdout is None:
        return
    with process.stdout:
        for line in process.stdout:
            if line == _READY:
                ready.set()
