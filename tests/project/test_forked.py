"""Programs that are forked off for the tests are programs like any other: arguments, streams, signals, how they end."""

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.support import forked
from tests.support.forked import Forked

TIMEOUT_S = 300.0


def _start(code: str, *arguments: str, folder: Path) -> Forked:
    return Forked(code, *arguments, environment={"PATH": os.defpath, "MARK": "here"}, folder=folder)


def _ended(code: str, folder: Path) -> tuple[int, str, str]:
    with _start(code, folder=folder) as program:
        out, err = program.communicate(TIMEOUT_S)
    return program.wait(), out, err


def test_it_has_its_own_arguments_environment_folder_and_streams(tmp_path: Path) -> None:
    code = "import os, sys; print(sys.argv[1:], dict(os.environ)['MARK'], os.getcwd(), sys.stdin.read() == '')"
    with _start(code, "a b", "ü", folder=tmp_path) as program:
        out, err = program.communicate(TIMEOUT_S)
    assert (out, err) == (f"['a b', 'ü'] here {tmp_path} True\n", "")
    assert program.pid != os.getpid()


@pytest.mark.parametrize(
    ("code", "status", "problem"),
    [
        ("pass", 0, ""),
        ("import sys; sys.exit(3)", 3, ""),
        ("import sys; sys.exit('no')", 1, "no\n"),
        ("raise SystemExit", 0, ""),
        ("import os; os._exit(7)", 7, ""),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -9, ""),
    ],
)
def test_it_ends_as_python_ends(tmp_path: Path, code: str, status: int, problem: str) -> None:
    assert _ended(code, tmp_path) == (status, "", problem)


def test_an_error_is_a_traceback_and_1(tmp_path: Path) -> None:
    status, _, err = _ended("def f():\n    raise KeyError('x')\nf()", tmp_path)
    assert (status, err.splitlines()[-1]) == (1, "KeyError: 'x'")


def test_what_runs_at_the_end_of_python_runs(tmp_path: Path) -> None:
    code = "import atexit, threading, time, weakref; atexit.register(print, 'at exit')\n"
    code += "class It: pass\nit = It(); weakref.finalize(it, print, 'finalized')\n"
    code += "threading.Thread(target=lambda: (time.sleep(0.05), print('thread'))).start()"
    assert _ended(code, tmp_path) == (0, "thread\nfinalized\nat exit\n", "")


def test_signals_reach_it(tmp_path: Path) -> None:
    code = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(5)); print('ready', flush=True)\n"
    code += "while True: signal.pause()"
    with _start(code, folder=tmp_path) as program:
        assert program.stdout.readline() == "ready\n"
        assert program.poll() is None
        program.terminate()
        assert program.wait(TIMEOUT_S) == 5
    program.kill()  # of one that has ended: nothing happens


def test_one_that_does_not_end_in_time_is_ended(tmp_path: Path) -> None:
    with pytest.raises(TimeoutError), _start("import time; time.sleep(600)", folder=tmp_path) as program:
        program.communicate(0.1)
    assert program.wait() == -signal.SIGKILL


def test_whoever_asks_and_goes_stops_nobody_else(tmp_path: Path) -> None:
    gone = _start("import time; time.sleep(0.2)", folder=tmp_path)
    gone._connection.close()
    assert gone.stdout.read() == "", "it has ended, and nobody waits for it"
    gone.stdout.close()
    gone.stderr.close()
    assert _ended("print('still there')", tmp_path) == (0, "still there\n", "")


def test_nothing_of_another_program_is_in_it(tmp_path: Path) -> None:
    code = "import sys; print(hasattr(sys, 'marked'), '{0}' in sys.modules); sys.marked = True"
    said = [_ended(code.format("pytest"), tmp_path)[1] for _ in range(2)]
    assert said == ["False False\n"] * 2
    assert "pytest" in sys.modules


def test_the_command_line_is_lent_the_encoder_and_any_other_program_loads_its_own(tmp_path: Path) -> None:
    code = "import indexes.encoder as it; print(it.load_encoder.__module__)\n"
    code += "print(it.load_encoder(it.DEFAULT_ENCODER, copies=1).encode(['Keep masters.']).tobytes().hex())"
    ran = [_ended(f"{code}{more}", tmp_path) for more in ("", "  # as in greenlit.main()")]
    assert [(status, err) for status, _, err in ran] == [(0, "")] * 2
    own, lent = (out.split() for _, out, _ in ran)
    assert (own[0], lent[0]) == ("indexes.encoder", "tests.support.lent_encoder")
    assert own[1] == lent[1], "the same vector to the bit"


def test_law_8_another_machine_is_out_of_reach(tmp_path: Path) -> None:
    ran = forked.run(
        "import socket; socket.create_connection(('192.0.2.1', 9), 1)",
        environment={},
        folder=tmp_path,
        timeout=TIMEOUT_S,
    )
    assert ran.stderr.endswith("OSError: the network is away\n")
