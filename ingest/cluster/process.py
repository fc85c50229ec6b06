"""`DriverProcess`: the process that speaks with Ray (`driver`), as whoever asks it sees it.

It gets no setting of ours and a folder that is for us alone, which goes at its end, or, where both processes were
killed, with the next start: pieces of documents may lie there. It runs in a session of its own, so that Ctrl-C reaches
this process alone, which ends it: by closing its input, and with the whole session where that does not end in time. A
cluster of our own listens on loopback only and asks for a token that nobody else has. What Ray prints goes nowhere, as
it may quote a document. Knows Ray's settings, and imports none of it.
"""

import contextlib
import json
import os
import secrets
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import BinaryIO, cast

from filelock import FileLock, Timeout

from indexes.limited.frames import framed, read_frame
from ingest.cluster.engine import ClosedError
from ingest.cluster.messages import unpacked

WORK = "ingest.cluster.work"
_DRIVER = "ingest.cluster.driver"
_FOLDER_PREFIX = "greenlit-ray-"
_LOCK_FILE = ".lock"  # held for as long as whoever started it lives
_BEING_MADE_S = 60.0  # a folder that is younger may not be held yet
_END_S = 15.0  # for Ray to end what it started
_QUIET = {"RAY_USAGE_STATS_ENABLED": "0"}
_OWN_CLUSTER = {
    "RAY_gcs_rpc_server_reconnect_timeout_s": "20",  # what is gone on one machine does not come back
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # Ray's way to say: listen on loopback only
    "RAY_AUTH_MODE": "token",
}


class DriverProcess:
    """A `Driver` that is a process."""

    def __init__(self, *, address: str, cores: int | None = None, work: str = WORK) -> None:
        """Start nothing yet.

        Args:
            address: of the cluster, as Ray names it; empty for one made of this machine.
            cores: of this machine that are used; `None` for all.
            work: the module whose `perform` workers call. Tests put their own here.
        """
        self._wanted = {"address": address, "cores": cores, "work": work}
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = ""
        self._held: FileLock | None = None
        self._cores = 0  # until it is ready

    @property
    def pid(self) -> int | None:
        """Its number, which names its session too; `None` if it does not run."""
        return self._process.pid if self._process else None

    def start(self, setup: bytes) -> int:
        """See `Driver`."""
        if self._process is not None:
            return self._cores
        address = self._wanted["address"]
        _remove_left_over()
        self._folder = tempfile.mkdtemp(prefix=_FOLDER_PREFIX)  # short, as sockets lie in it; for us alone
        self._held = FileLock(Path(self._folder, _LOCK_FILE))
        self._held.acquire()
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", _DRIVER],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_environment(own_cluster=not address),
                start_new_session=True,
            )
        except OSError as error:  # no memory, or too many processes
            self._let_go()
            raise ClosedError(f"the process that speaks with Ray cannot be started ({error.strerror})") from error
        where = f"the Ray cluster at {address}" if address else "Ray on this machine"
        wanted = self._wanted | {"folder": self._folder, "setup": setup.decode()}
        try:
            self.send(json.dumps(wanted).encode())
            failed, *cores = unpacked(self.receive())
        except ClosedError as error:
            raise ClosedError(f"{where} does not start: its process ended") from error
        if failed:
            how = "cannot be reached" if address else "does not start"
            raise ClosedError(f"{where} {how} ({failed.decode()})")
        self._cores = int(cores[0])
        return self._cores

    def send(self, request: bytes) -> None:
        """See `Driver`."""
        try:
            if self._process is not None:
                pipe = _pipe(self._process.stdin)
                pipe.write(framed(request))
                pipe.flush()
        except OSError as error:
            raise _gone() from error

    def receive(self) -> bytes:
        """See `Driver`."""
        reply = read_frame(_pipe(self._process.stdout)) if self._process is not None else None
        if reply is None:
            raise _gone()
        return reply

    def close(self) -> None:
        """See `Driver`. One that still starts Ray would hear nothing: it is not waited for."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(OSError):
            _pipe(process.stdin).close()
        try:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_END_S if self._cores else 0)
        finally:
            _end_session(process.pid)
            process.wait()
            _pipe(process.stdout).close()
            self._let_go()

    def _let_go(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        if self._held is not None:
            self._held.release()
        self._cores = 0


def _environment(*, own_cluster: bool) -> dict[str, str]:
    """Return the environment of the driver, and so of workers on this machine: Ray's settings, none of ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GREENLIT_")}
    own = str(Path(__file__).resolve().parents[2])
    kept["PYTHONPATH"] = os.pathsep.join([own, *filter(None, [kept.get("PYTHONPATH")])])
    ours = {**_OWN_CLUSTER, "RAY_AUTH_TOKEN": secrets.token_hex(32)} if own_cluster else {}
    return {**kept, **_QUIET, **ours}


def _remove_left_over() -> None:
    """Remove the folders of those that were killed with all that they started."""
    for left in Path(tempfile.gettempdir()).glob(f"{_FOLDER_PREFIX}*"):
        with contextlib.suppress(OSError, Timeout):  # another removes it, or it is held
            status = left.lstat()
            young = time.time() - status.st_mtime < _BEING_MADE_S
            if stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not young:
                with FileLock(left / _LOCK_FILE, timeout=0):
                    shutil.rmtree(left, ignore_errors=True)


def _end_session(leader: int) -> None:
    """End at once what of a session did not end: Ray's workers have process groups of their own."""
    for state in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            _, _, _, session, *_ = state.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            if int(session) == leader:
                os.kill(int(state.parent.name), signal.SIGKILL)
    with contextlib.suppress(OSError):  # where there is no /proc
        os.killpg(leader, signal.SIGKILL)


def _gone() -> ClosedError:
    return ClosedError("the Ray cluster is gone")


def _pipe(stream: object) -> BinaryIO:
    return cast("BinaryIO", stream)
