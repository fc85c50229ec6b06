"""A process for `test_publish`: it ingests libraries and is killed, or meets a full disk, in the middle of publishing.

It reads one request a line, each done in a fork of its own, so that what a request breaks is gone with it, and answers
with one line: how the fork ended. Requests: `die-at PART ROOT` (SIGKILL when that part is reached), `die-after MS ROOT`
(SIGKILL after so long), `disk-of BYTES ROOT` (no file may become larger). ROOT is where a `TinyLibrary` stands.
"""

import importlib
import itertools
import os
import resource
import signal
import sys
import time
from datetime import timedelta
from pathlib import Path

from indexes.holds import HOLDS_FOLDER
from ingest.approvals import Approvals, Terms
from ingest.errors import PublishError
from ingest.pipeline import Ingestion, ingest
from tests.support.fakes import NOON, Clock, DirectParser, HashingEncoder, QuietProgress


def publish(root: Path, clock: Clock) -> None:
    ingest(
        Ingestion(
            library=root / "library",
            builds=root / "builds",
            holds=root / "state" / HOLDS_FOLDER,
            encoder=HashingEncoder(),
            parser=DirectParser(),
            progress=QuietProgress(),
            now=clock,
            max_file_bytes=1 << 20,
        )
    )


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_at(part: str, root: Path) -> None:
    """`part` is `module:attribute`, the attribute perhaps within a class."""
    module, _, path = part.partition(":")
    owner: object = importlib.import_module(module)
    *way, name = path.split(".")
    for step in way:
        owner = getattr(owner, step)
    setattr(owner, name, die)
    publish(root, Clock(NOON + timedelta(hours=1)))


def publish_until_killed(root: Path) -> None:
    clock = Clock(NOON + timedelta(hours=1))
    approvals = Approvals(library=root / "library", now=clock, max_file_bytes=1 << 20)
    for number in itertools.count():
        clock.at += timedelta(seconds=1)
        (root / "library" / "legal" / "busy.md").write_text(f"# Busy\n\nThis is version {number}.\n")
        approvals.approve(approvals.plan_approval("legal/busy.md", Terms(by="ann@x.example")))
        publish(root, clock)


def publish_on_a_small_disk(limit: int, root: Path) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    publish(root, Clock(NOON + timedelta(hours=1)))


def run(request: str, argument: str, root: Path) -> str:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        said = "published"
        try:
            if request == "die-at":
                die_at(argument, root)
            elif request == "die-after":
                publish_until_killed(root)
            else:
                publish_on_a_small_disk(int(argument), root)
        except PublishError as error:
            said = f"PublishError: {error}"
        except BaseException as error:  # noqa: BLE001  (whatever it is, the test has to see it)
            said = f"{type(error).__name__}: {error}"
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    if request == "die-after":
        time.sleep(int(argument) / 1000)
        os.kill(child, signal.SIGKILL)
    with os.fdopen(reading, encoding="utf-8") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    return signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else said.replace("\n", " ")


def main() -> None:
    print("ready", flush=True)  # noqa: T201
    for line in sys.stdin:
        request, argument, root = line.strip().split(" ", 2)
        print(run(request, argument, Path(root)), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
