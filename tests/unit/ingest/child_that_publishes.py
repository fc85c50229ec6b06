"""A program for `test_publish`: it ingests a library and is killed, or meets a full disk, in the middle of publishing.

Its arguments: `die-at PART ROOT` (SIGKILL when that part is reached), `publish-on - ROOT` (again and again, until it is
killed), `disk-of BYTES ROOT` (no file may become larger). ROOT is where a `TinyLibrary` stands.
"""

import importlib
import itertools
import os
import resource
import signal
from datetime import timedelta
from pathlib import Path

from indexes.approvals import Approvals
from indexes.holds import HOLDS_FOLDER
from indexes.terms import Terms
from ingest.errors import PublishError
from ingest.given import Ingestion
from ingest.pipeline import ingest
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


def main(request: str, argument: str, root: str) -> None:
    """Do what one request asks for; a `PublishError` is printed, and so is that there was none."""
    try:
        if request == "die-at":
            die_at(argument, Path(root))
        elif request == "publish-on":
            publish_until_killed(Path(root))
        else:
            publish_on_a_small_disk(int(argument), Path(root))
    except PublishError as error:
        print(f"PublishError: {error}")  # noqa: T201
    else:
        print("published")  # noqa: T201
