"""The process that speaks with Ray: it gives each request that it is sent to a worker; replies leave in order.

Run by `process.DriverProcess`. The first message says where the cluster is, and what is expected of workers. Without an
address Ray's processes are started here: without a dashboard, their files in the folder that is given and gone with it.
Each request is a task of Ray's, one a core: Ray chooses the worker, moves the bytes, and does again what was lost with
a worker or a machine. A worker that is ready leaves a mark until it has done what was asked: so where all died it is
known whether of the request, or already as they started. It ends when its standard input does, and takes along what it
started. Reads no document, and imports nothing of ours that is slow: what is done on a worker is found by its name.
"""

import contextlib
import importlib
import json
import os
import queue
import secrets
import shutil
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any, BinaryIO, NoReturn

import ray
from ray.exceptions import OutOfMemoryError, RayError, WorkerCrashedError
from ray.experimental.internal_kv import _internal_kv_del as take_mark
from ray.experimental.internal_kv import _internal_kv_exists as has_mark
from ray.experimental.internal_kv import _internal_kv_put as leave_mark

from indexes.limited.frames import framed, read_frame

TRIES = 6  # a request is done again after its worker was lost, this many times in all
LOOPBACK = "127.0.0.1"
_MARKS = "greenlit"
_Ask = Callable[[bytes], tuple[str, Any]]  # returns the mark of a request, and Ray's reference of the reply


def main() -> None:
    """Answer requests until they end."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "r+b") as nothing:  # noqa: PTH123 - what Ray prints must not get between the replies
        for descriptor in (0, 1, 2):
            os.dup2(nothing.fileno(), descriptor)
    wanted = json.loads(read_frame(requests) or b"null")
    if wanted is None:
        return
    try:
        _serve(wanted, requests, replies)
    except SystemExit:
        pass
    finally:
        with contextlib.suppress(Exception):
            ray.shutdown()
        shutil.rmtree(wanted["folder"], ignore_errors=True)
        os._exit(0)  # Ray's own threads are not waited for


def _serve(wanted: dict[str, Any], requests: BinaryIO, replies: BinaryIO) -> None:
    try:
        _connect(wanted)
        ask = _asking(wanted["work"], wanted["setup"].encode())
    except (RayError, ConnectionError, OSError, RuntimeError, ValueError) as error:
        _send(replies, [f"{type(error).__name__}: {_line(error)}".encode()])
        return
    signal.signal(signal.SIGTERM, _end)  # after Ray's own
    asked = queue.SimpleQueue[tuple[str, Any]]()
    _send(replies, [b"", str(_cores()).encode()])
    threading.Thread(target=_take, args=(requests, ask, asked), daemon=True).start()
    while True:
        mark, coming = asked.get()
        try:
            reply = ray.get(coming)
        except (WorkerCrashedError, OutOfMemoryError) as error:
            _send(replies, _died(mark, type(error).__name__))
        except RayError as error:
            _send(replies, [b"failed", f"Ray says {type(error).__name__}".encode()])
        else:
            replies.write(framed(reply))
            replies.flush()


def _connect(wanted: dict[str, Any]) -> None:
    """Join the cluster that is named, or start one here."""
    quiet: dict[str, Any] = {"log_to_driver": False, "configure_logging": False, "namespace": "greenlit"}
    if wanted["address"]:
        ray.init(address=wanted["address"], **quiet)
        return
    ray.init(
        address="local",
        num_cpus=wanted["cores"],
        num_gpus=0,
        include_dashboard=False,
        _node_ip_address=LOOPBACK,
        _temp_dir=os.path.join(wanted["folder"], "r"),  # noqa: PTH118 - Ray opens it to everybody, not what it lies in
        **quiet,
    )


def _cores() -> int:
    found: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    return int(found.get("CPU", 1))


def _asking(work: str, setup: bytes) -> _Ask:
    """Return what gives a request to some worker."""

    def perform(setup: bytes, request: bytes, mark: str) -> bytes:
        working = importlib.import_module(work)
        if working.is_ready(setup):
            leave_mark(mark, b"", namespace=_MARKS)
        done: bytes = working.perform(setup, request)
        take_mark(mark, namespace=_MARKS)
        return done

    task = ray.remote(num_cpus=1, max_retries=TRIES - 1)(perform)
    everywhere = ray.put(setup)

    def ask(request: bytes) -> tuple[str, Any]:
        mark = secrets.token_hex(16)
        return mark, task.remote(everywhere, request, mark)

    return ask


def _died(mark: str, error: str) -> list[bytes]:
    """Return what is replied where every worker died that was given a request."""
    was_ready = False
    with contextlib.suppress(Exception):  # then nobody can say, and no document is blamed
        was_ready = has_mark(mark, namespace=_MARKS)
        take_mark(mark, namespace=_MARKS)
    if was_ready:
        return [b"crashed", error.encode()]
    return [b"failed", f"workers die as they start, before they read anything ({error})".encode()]


def _take(requests: BinaryIO, ask: _Ask, asked: "queue.SimpleQueue[Any]") -> None:
    """Hand on requests as they come; at their end, end this process, whatever it waits for."""
    with contextlib.suppress(Exception):
        while (request := read_frame(requests)) is not None:
            asked.put(ask(request))
    os.kill(os.getpid(), signal.SIGTERM)


def _end(_number: int, _frame: object) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(0)


def _send(replies: BinaryIO, parts: list[bytes]) -> None:
    replies.write(framed(b"".join(framed(part) for part in parts)))
    replies.flush()


def _line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0][:300]


if __name__ == "__main__":
    main()
