"""An object store of builds, and machines around it that share nothing else: each has a mirror of its own."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from indexes.builds import Build, current_build_id, open_build
from indexes.objects.mirror import Mirror
from indexes.objects.opening import open_store
from indexes.objects.store import ObjectStore
from ingest.pipeline import ingest
from ingest.report import Report
from ingest.sending import Sender
from tests.support.fakes import TinyLibrary

TEXT = "# Masters\n\nKeep masters for {} years.\n"


@dataclass
class Machines:
    """A library, and the store that its builds lie in."""

    library: TinyLibrary
    address: str
    seconds: float = 0.0  # of the steady clock of all mirrors
    opened: list[Build] = field(default_factory=list)

    @property
    def store(self) -> ObjectStore:
        return open_store(self.address)

    def mirror(self, name: str, store: ObjectStore | None = None) -> Mirror:
        """Return the mirror of a machine."""
        return Mirror(store or self.store, self.library.root / name, clock_s=lambda: self.seconds)

    def publish(self, years: int, mirror: Mirror | None = None) -> Report:
        """Make and publish a build that says how many years masters are kept, on a machine."""
        self.library.clock.pass_days(1)
        self.library.add("legal/a.md", TEXT.format(years))
        return self.ingest(mirror)

    def ingest(self, mirror: Mirror | None = None) -> Report:
        mirror = mirror or self.mirror("writer")
        return ingest(replace(self.library.ingestion(), builds=mirror.folder, sender=Sender(mirror)))

    def text(self, mirror: Mirror) -> str:
        """Return what the build says that is live in a mirror, opened as whoever answers opens it."""
        build = open_build(mirror.folder / current_build_id(mirror.folder), originals=mirror.original)
        try:
            return str(build.passages.text("legal/a.md"))
        finally:
            build.passages.close()

    def age(self, days: float, *, which: Callable[[str], bool] = lambda _: True) -> None:
        """Let what lies in a shared folder be older by so many days."""
        folder = Path(self.address.removeprefix("file://"))
        for path in folder.rglob("*"):
            if path.is_file() and which(path.relative_to(folder).as_posix()):
                at = path.stat().st_mtime - timedelta(days=days).total_seconds()
                os.utime(path, (at, at))
