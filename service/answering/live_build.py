"""The build that answers now: follows `indexes/builds/current` and opens a newly published build on the next question.

A new build that cannot be opened leaves the old one answering and its problem on show; the boundary is checked against
the live register either way. With none to fall back on, there is no answer.

Nobody gets a build that is not on record: `on_open` is told of each one first. If that fails, so does the question; the
old build does not step in, because a build that opens is the one to answer from.
"""

import threading
from collections.abc import Callable
from pathlib import Path

from indexes.builds import CURRENT_FILE, Build, Originals, current_build_id, open_build
from indexes.candidates import Collections
from indexes.encoder import Encoder
from indexes.errors import BuildDamagedError, BuildError, BuildFormError


class LiveBuild:
    """Hands out the live build. Safe to call from several threads."""

    def __init__(
        self,
        *,
        builds: Path,
        encoder: Encoder,
        notice: Callable[[str], None],
        on_open: Callable[[Build], None],
        collections: Collections | None = None,
        originals: Originals | None = None,
    ) -> None:
        """Remember where the builds are; nothing is opened before `get`.

        Args:
            builds: the folder of published builds.
            encoder: the one that a build must have been made with.
            notice: is told once of each build that cannot be opened.
            on_open: puts a build on record: is called with each newly opened one before it is handed out, one at a
                time. What it raises goes to whoever asked, and the next call tries again. It must not call back.
            collections: where candidates for questions come from, of builds that have a collection there.
            originals: gives those that are not in the folder, where it mirrors builds that lie elsewhere.
        """
        self._builds = builds
        self._encoder = encoder
        self._notice = notice
        self._on_open = on_open
        self._collections = collections
        self._originals = originals
        self._lock = threading.Lock()
        self._signature: tuple[int, ...] | None = None
        self._build: Build | None = None
        self._on_record = False
        self._error: BuildError | None = None

    def get(self) -> Build:
        """Return the live build, opening it if it is new.

        The one before is not closed: a question that is being answered from it may still read it, and it is closed
        when the last of those has let it go.

        Raises:
            BuildError: there is none that can be opened.
            Exception: whatever `on_open` raises.
        """
        with self._lock:
            self._follow()
            if self._build is None:
                raise self._error or BuildError(f"no build in {self._builds}: run greenlit ingest")
            if not self._on_record:
                self._on_open(self._build)
                self._on_record = True
            return self._build

    def problem(self) -> str | None:
        """Return why the newest build cannot be opened, if so."""
        with self._lock:
            self._follow()
            return str(self._error) if self._error else None

    def is_damaged(self) -> bool:
        """Tell whether the newest build cannot be opened because its files are not as its manifest says."""
        with self._lock:
            return isinstance(self._error, BuildDamagedError) and not isinstance(self._error, BuildFormError)

    def _follow(self) -> None:
        signature = self._look()
        if signature == self._signature and self._build is not None:
            return  # with no build at all, look anew each time: what was wrong may have been mended in place
        self._signature = signature
        try:
            build_id = current_build_id(self._builds)
            if self._build is None or self._build.build_id != build_id:
                self._build = open_build(
                    self._builds / build_id,
                    encoder=self._encoder,
                    collections=self._collections,
                    originals=self._originals,
                )
                self._on_record = False
            self._error = None
        except BuildError as error:
            if str(error) != str(self._error):
                self._notice(str(error))
            self._error = error

    def _look(self) -> tuple[int, ...] | None:
        try:
            status = (self._builds / CURRENT_FILE).stat()
        except OSError:
            return None
        return (status.st_ino, status.st_size, status.st_mtime_ns)
