"""What a limited child is held to by limits of the kernel's that every system has, and by Python itself.

`limit_use` sets what the kernel counts: memory, processor time, files that are open or written. `refuse_actions` has
Python refuse to write files, to open any outside its own folders, sockets and processes, with an error that names
what was refused. Native code knows nothing of that: it is held by `sandbox`.
"""

import os
import resource
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import Any

OPEN_FILES = 32  # after the imports a child needs none; some codecs are still imported late
_WRITE_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_REFUSED_EVENTS = frozenset(
    (
        "os.system os.exec os.fork os.forkpty os.posix_spawn os.spawn os.startfile pty.spawn subprocess.Popen "
        "os.remove os.rename os.mkdir os.rmdir os.link os.symlink os.truncate os.chmod os.chown os.utime os.kill "
        "os.setxattr os.removexattr os.putenv os.chflags os.lockf os.listxattr ctypes.dlopen "
        "ctypes.dlsym sqlite3.connect signal.pthread_kill webbrowser.open urllib.Request"
    ).split()
)


class RefusedError(PermissionError):
    """A limited child tried what none needs."""


def limit_use(memory_bytes: int, processor_s: int) -> None:
    """Limit what this process may use up; leave no core file, in which documents would lie open."""
    _limit(resource.RLIMIT_AS, memory_bytes)
    _limit(resource.RLIMIT_CPU, processor_s)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_NOFILE, OPEN_FILES)
    _limit(resource.RLIMIT_NPROC, 0)  # binds only when not run as root


def readable_folders(own: Sequence[Path]) -> list[str]:
    """Return the folders from which a child may still read: Python's, and its own code's.

    Args:
        own: folders of packages, not the folder above, which may hold keys and documents.
    """
    installed = sysconfig.get_paths()
    code = [installed[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    return sorted({os.path.realpath(folder) for folder in (*code, *own)})


def refuse_actions(readable: Sequence[str]) -> None:
    """Refuse from here on: writing files, opening files elsewhere than told, sockets, processes.

    A hook on Python's own audit events, which can never be taken out again.

    Args:
        readable: folders whose files may be read, as `readable_folders` names them.
    """
    within = tuple(os.path.join(folder, "") for folder in readable)  # noqa: PTH118 - wants the slash

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            _check_open(arguments, within)
        elif event in {"os.listdir", "os.scandir"}:
            _check_readable(arguments[0], within)
        elif event in _REFUSED_EVENTS or event.startswith(("socket.", "shutil.", "ftplib.", "http.", "smtplib.")):
            raise RefusedError(f"a parser may not do this: {event}")

    sys.addaudithook(refuse)


def _check_open(arguments: tuple[Any, ...], within: tuple[str, ...]) -> None:
    """Let only the interpreter's own files be opened, and only for reading: late imports need that."""
    path, _mode, flags = arguments
    if isinstance(flags, int) and flags & _WRITE_FLAGS:
        raise RefusedError("a parser may not write files")
    _check_readable(path, within)


def _check_readable(path: Any, within: tuple[str, ...]) -> None:
    if isinstance(path, int):
        return  # a descriptor that is open already
    if not os.path.join(os.path.realpath(os.fsdecode(path or ".")), "").startswith(within):  # noqa: PTH118 - as above
        raise RefusedError("a parser may not open files: it is given the bytes")


def _limit(kind: int, value: int) -> None:
    _soft, hard = resource.getrlimit(kind)
    most = value + 1 if kind == resource.RLIMIT_CPU else value  # the kernel tells it apart from any other end
    if hard != resource.RLIM_INFINITY:
        value, most = min(value, hard), min(most, hard)
    try:
        resource.setrlimit(kind, (value, most))
    except (ValueError, OSError):
        if sys.platform == "linux":  # elsewhere some kernels do not offer the limit; the hook and the timeout remain
            raise
