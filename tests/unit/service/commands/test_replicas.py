"""Several processes of one service, as their parent sees them: started, started again, ended together."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from service.commands import replicas, serve
from service.commands.replicas import NoReplicaError, Replicas, end_with_parent
from tests.support.audit_parts import wait_until

# What a replica does, without a service: it notes that it began, tells that it is ready, and waits for its end.
_BEGIN = """
import os, signal, sys
from pathlib import Path
number, folder = sys.argv[1].partition(",")[0], Path(os.environ["NOTES"])
def note(what):
    with (folder / what).open("a") as file: file.write(f"{number} {os.getpid()}\\n")
note("began")
def end(*_):
    note("ended")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
"""
READY = "os.write(1, b'ready\\n')\n"
WAIT = "os.write(1, b'a library prints\\n')\nwhile True: signal.pause()\n"


class Family:
    """Replicas under their parent, which is this process, and what they noted."""

    def __init__(self, folder: Path, does: str, *, count: int = 2, **more: str) -> None:
        self.folder = folder
        self.notices: list[str] = []
        self.ready = 0
        self.heard: list[int] = []
        self.gone: list[int] = []
        self.replicas = Replicas(
            count,
            inherited=(),
            notice=self.notices.append,
            environment={"NOTES": str(folder), **more},
            command=(sys.executable, "-S", "-c", _BEGIN + does),
            on_end=self.gone.append,
        )

    def noted(self, what: str) -> list[tuple[int, int]]:
        """Return the numbers and process ids of those that noted something."""
        path = self.folder / what
        lines = path.read_text().splitlines() if path.exists() else []
        return [(int(number), int(pid)) for number, pid in (line.split() for line in lines)]

    def run(self, meanwhile: Callable[[], None], *, ends_them: bool = False) -> None:
        """Run them in this thread while another does something, and ends them by a signal if that does not."""
        failed: list[BaseException] = []

        def other() -> None:
            try:
                meanwhile()
            except BaseException as error:  # noqa: BLE001 - raised below, in the thread of the test
                failed.append(error)
                ended_by_it = False
            else:
                ended_by_it = ends_them
            if not ended_by_it:
                os.kill(os.getpid(), signal.SIGTERM)

        thread = threading.Thread(target=other)
        thread.start()
        self.replicas.run(on_ready=self._now_ready, on_signal=self.heard.append)
        thread.join()
        if failed:
            raise failed[0]

    def _now_ready(self) -> None:
        self.ready += 1


def _gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_the_first_is_alone_until_it_answers_then_the_others_come_and_a_signal_ends_all(tmp_path: Path) -> None:
    family = Family(tmp_path, "import time\ntime.sleep(0.2)\nnote('ready')\n" + READY + WAIT, count=3)
    family.run(lambda: wait_until(lambda: len(family.noted("ready")) == 3))
    began = family.noted("began")
    assert began[0][0] == 1
    assert sorted(number for number, _ in began) == [1, 2, 3]
    assert (family.ready, family.heard, family.notices) == (1, [signal.SIGTERM], [])
    assert sorted(family.noted("ended")) == sorted(began)
    assert all(_gone(pid) for _, pid in began)


def test_one_that_is_killed_is_started_again_and_told_of_and_the_other_goes_on(tmp_path: Path) -> None:
    family = Family(tmp_path, "note('ready')\n" + READY + WAIT)

    def kill_one() -> None:
        wait_until(lambda: len(family.noted("ready")) == 2)
        os.kill(dict(family.noted("began"))[2], signal.SIGKILL)
        wait_until(lambda: len(family.noted("ready")) == 3)
        assert family.gone == [2]  # the others are told that it takes no connections

    family.run(kill_one)
    assert [number for number, _ in family.noted("began")] == [1, 2, 2]
    ((words),) = family.notices
    assert words.startswith("process 2 of 2 (")
    assert words.endswith("ended by itself (exit status -9): it is started again in 1 s")


def test_where_none_gets_ready_it_ends_with_the_status_of_the_one_that_did_not(tmp_path: Path) -> None:
    family = Family(tmp_path, "sys.exit(3)\n")
    with pytest.raises(NoReplicaError, match=r"no process answers: .* \(exit status 3\)") as raised:
        family.replicas.run(on_ready=lambda: None, on_signal=family.heard.append)
    assert raised.value.status == 3
    assert [number for number, _ in family.noted("began")] == [1]


def test_a_signal_before_any_answers_ends_it_without_saying_that_it_is_ready(tmp_path: Path) -> None:
    family = Family(tmp_path, "note('waits')\n" + WAIT)
    family.run(lambda: wait_until(lambda: bool(family.noted("waits"))))
    assert (family.ready, len(family.noted("ended"))) == (0, 1)


def test_a_second_signal_reaches_one_that_takes_long_to_end(tmp_path: Path) -> None:
    stubborn = "signal.signal(signal.SIGTERM, lambda *_: note('told'))\n"
    sharp = "signal.signal(signal.SIGINT, lambda *_: (note('ended'), os._exit(0)))\nnote('ready')\n"
    family = Family(tmp_path, stubborn + sharp + READY + WAIT, count=1)

    def twice() -> None:
        wait_until(lambda: bool(family.noted("ready")))
        os.kill(os.getpid(), signal.SIGINT)
        wait_until(lambda: bool(family.noted("told")))
        os.kill(os.getpid(), signal.SIGINT)

    family.run(twice, ends_them=True)
    assert family.noted("ended")
    assert family.heard == [signal.SIGINT]


ONLY_FIRST_ANSWERS = "if number == '2': time.sleep(float(os.environ['LASTS'])); note('died'); sys.exit(4)\n"


def test_one_that_ends_at_its_start_again_and_again_is_tried_later_and_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replicas, "_PAUSES_S", (0.0, 0.01, 0.02, 0.03))
    monkeypatch.setattr(replicas, "_LASTS_S", 0.05)  # that its start takes longer makes it no better
    family = Family(tmp_path, "import time\n" + ONLY_FIRST_ANSWERS + READY + WAIT, LASTS="0.1")
    pauses: list[float] = []
    monkeypatch.setattr(family.replicas, "_notice", lambda _: pauses.append(family.replicas._all[1].ends))
    family.run(lambda: wait_until(lambda: len(pauses) >= 3))
    assert pauses[:3] == [1, 2, 3]


def test_one_that_cannot_be_started_again_is_tried_later_and_the_other_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    family = Family(tmp_path, "note('ready')\n" + READY + WAIT)
    real, refused = subprocess.Popen, threading.Event()

    def popen(command: list[str], **more: object) -> object:
        if len(family.noted("began")) == 2 and not refused.is_set():
            refused.set()
            raise OSError(12, "Cannot allocate memory")
        return real(command, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "Popen", popen)
    monkeypatch.setattr(replicas, "_PAUSES_S", (0.0, 0.01))

    def kill_one() -> None:
        wait_until(lambda: len(family.noted("ready")) == 2)
        os.kill(dict(family.noted("began"))[2], signal.SIGKILL)
        wait_until(lambda: len(family.noted("ready")) == 3)

    family.run(kill_one)
    assert family.notices[1].startswith(
        "process 2 of 2 cannot be started (Cannot allocate memory): it is started again"
    )


def test_where_the_first_cannot_be_started_it_is_said_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    with pytest.raises(NoReplicaError, match=r"no process answers: process 1 of 2 cannot be started \(Cannot allocate"):
        Family(tmp_path, WAIT).replicas.run(on_ready=lambda: None, on_signal=lambda _: None)


def test_one_that_does_not_begin_to_answer_and_one_that_does_not_end_are_told_of_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replicas, "_TELL_S", 0.05)
    stubborn = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    family = Family(tmp_path, stubborn + "note('waits')\n" + WAIT, count=1)

    def kill_once_told() -> None:
        wait_until(lambda: len(family.notices) == 1 and bool(family.noted("waits")))
        os.kill(os.getpid(), signal.SIGTERM)
        wait_until(lambda: len(family.notices) == 2)
        os.kill(family.noted("waits")[0][1], signal.SIGKILL)

    family.run(kill_once_told, ends_them=True)
    assert "does not answer 0 s after its start: it is waited for" in family.notices[0]
    assert "has not ended 0 s after it was told to: it is waited for" in family.notices[1]


def test_what_is_open_is_unwound_once_however_often_it_is_signalled() -> None:
    class Its:
        why = 0

        def ends(self, number: int) -> None:
            self.why = number

    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    try:
        serve._end_in_order_on_signals(Its())  # type: ignore[arg-type]
        with pytest.raises(SystemExit):
            signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)  # by the parent, and by whoever stops all of them
    finally:
        for number, handler in zip((signal.SIGTERM, signal.SIGINT), before, strict=True):
            signal.signal(number, handler)


def test_a_replica_whose_parent_is_gone_is_told_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    told = threading.Event()
    reading, writing = os.pipe()
    monkeypatch.setattr("service.commands.replicas.os.read", lambda _, size: _read(reading, size))
    monkeypatch.setattr("service.commands.replicas.os.kill", lambda *_: told.set())
    end_with_parent()
    assert not told.wait(0.05)
    os.close(writing)
    assert told.wait(10)
    os.close(reading)


_read = os.read
