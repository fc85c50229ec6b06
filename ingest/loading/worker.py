"""The child that parses: `python -m ingest.loading.worker`, started by `process` and by nobody else.

The steps: limit memory and what may be opened or started, say that it is ready, then for each document: read its
bytes from standard input, parse, write the reply to standard output. It ends when its input ends, or when memory ran
out. Whatever a parser prints is thrown away. The limits hold for pure Python mistakes and for most of hostile input;
they are no sandbox against code that was injected into the interpreter itself.
"""

import os
import resource
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import ingest
from ingest.errors import LoadError
from ingest.loading.frames import LENGTH_BYTES, error_frames, framed, reply_frames
from ingest.loading.registry import load_document

READY = b"ready"
OPEN_FILES = 32  # after the imports a parser needs none; some codecs are still imported late
_OUT_OF_MEMORY_STATUS = 70
_WRITE_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_REFUSED_EVENTS = frozenset(
    (
        "os.system os.exec os.fork os.forkpty os.posix_spawn os.spawn os.startfile pty.spawn subprocess.Popen "
        "os.remove os.rename os.mkdir os.rmdir os.link os.symlink os.truncate os.chmod os.chown os.utime os.kill "
        "os.setxattr os.removexattr os.putenv os.chflags os.lockf os.listxattr ctypes.dlopen "
        "ctypes.dlsym sqlite3.connect signal.pthread_kill webbrowser.open urllib.Request"
    ).split()
)


class RefusedByWorkerError(PermissionError):
    """A parser tried what no parser needs."""


def limit_memory(max_bytes: int) -> None:
    """Limit this process's memory; leave no core file, in which documents would lie open."""
    _limit(resource.RLIMIT_AS, max_bytes)
    _limit(resource.RLIMIT_CORE, 0)


def limit_actions() -> None:
    """Refuse from here on: writing files, opening files outside Python's own folders, sockets, processes.

    Two layers: the kernel's limits, and a hook on Python's own audit events, which can never be taken out again.
    """
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_NOFILE, OPEN_FILES)
    _limit(resource.RLIMIT_NPROC, 0)  # binds only when not run as root
    installed = sysconfig.get_paths()
    code = [installed[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    code.append(str(Path(ingest.__file__).parent))  # not the folder above, which may hold keys and documents
    readable = tuple({os.path.join(os.path.realpath(folder), "") for folder in code})  # noqa: PTH118 - wants the slash

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            _check_open(arguments, readable)
        elif event in {"os.listdir", "os.scandir"}:
            _check_readable(arguments[0], readable)
        elif event in _REFUSED_EVENTS or event.startswith(("socket.", "shutil.", "ftplib.", "http.", "smtplib.")):
            raise RefusedByWorkerError(f"a parser may not do this: {event}")

    sys.addaudithook(refuse)


def _check_open(arguments: tuple[Any, ...], readable: tuple[str, ...]) -> None:
    """Let only the interpreter's own files be opened, and only for reading: late imports need that."""
    path, _mode, flags = arguments
    if isinstance(flags, int) and flags & _WRITE_FLAGS:
        raise RefusedByWorkerError("a parser may not write files")
    _check_readable(path, readable)


def _check_readable(path: Any, readable: tuple[str, ...]) -> None:
    if isinstance(path, int):
        return  # a descriptor that is open already
    if not os.path.join(os.path.realpath(os.fsdecode(path or ".")), "").startswith(readable):  # noqa: PTH118 - as above
        raise RefusedByWorkerError("a parser may not open files: it is given the bytes")


def _limit(kind: int, value: int) -> None:
    _soft, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    try:
        resource.setrlimit(kind, (value, value))
    except (ValueError, OSError):
        if sys.platform == "linux":  # elsewhere some kernels do not offer the limit; the hook and the timeout remain
            raise


def serve(load: Callable[[str, bytes], Any], reply: Callable[[Any], bytes] = reply_frames) -> None:
    """Take this process's standard streams and answer requests until they end.

    Args:
        load: parses one document; tests give their own, and so does what draws pages.
        reply: returns the two frames of a reply with what was made.
    """
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "r+b") as nothing:  # noqa: PTH123 - a print in a parser must not get between the replies
        os.dup2(nothing.fileno(), 0)
        os.dup2(nothing.fileno(), 1)
    limit_actions()
    _send(replies, framed(READY))
    while (name := _read_frame(requests)) is not None:
        content = _read_frame(requests)
        if content is None:
            return
        _answer(lambda name, content: reply(load(name, content)), name.decode("utf-8"), content, replies)


def _answer(frames: Callable[[str, bytes], bytes], name: str, content: bytes, replies: BinaryIO) -> None:
    try:
        reply = frames(name, content)
    except LoadError as error:
        reply = error_frames("refused", str(error))
    except MemoryError:
        _send(replies, error_frames("memory"))
        os._exit(_OUT_OF_MEMORY_STATUS)  # what is left of the heap is not worth trusting
    _send(replies, reply)


def _send(stream: BinaryIO, content: bytes) -> None:
    stream.write(content)
    stream.flush()


def _read_frame(stream: BinaryIO) -> bytes | None:
    """Return the next frame, or None at the end of the stream."""
    head = stream.read(LENGTH_BYTES)
    if len(head) < LENGTH_BYTES:
        return None
    length = int.from_bytes(head, "big")
    content = stream.read(length)
    return content if len(content) == length else None


def main(arguments: list[str]) -> None:
    """Run the child; the one argument is its memory in bytes."""
    limit_memory(int(arguments[0]))
    serve(load_document)


if __name__ == "__main__":
    main(sys.argv[1:])
