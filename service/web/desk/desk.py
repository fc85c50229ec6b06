"""What the pages for approvers stand on: deciding, bringing, stored texts, what is in the index, what the worker does.

The text of the version that is approved comes from the live build, or from an older one that still has it: a document
that changed is left out of new builds. Nothing here decides or writes.
"""

import contextlib
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from indexes.builds import PASSAGES_FILE, Build
from indexes.errors import BuildError
from indexes.passages import PassageStore
from indexes.previews import Preview, read_preview, read_worker_state
from service.answering.live_build import LiveBuild
from service.audit.errors import AuditError
from service.deciding.bringing import Bringing
from service.deciding.deciding import Case, Deciding

_AWAY_AFTER = timedelta(minutes=2)  # a worker that has said nothing for so long is not running


@dataclass(frozen=True, slots=True)
class Indexed:
    """What the live build holds: the version of each document, and when it was made; nothing where there is none."""

    versions: dict[str, str]
    made_at: datetime | None

    def has(self, document: str, sha256: str | None) -> bool:
        """Tell whether questions are answered from this version of a document."""
        return sha256 is not None and self.versions.get(document) == sha256


@dataclass(frozen=True, slots=True)
class Desk:
    """The parts that the pages for approvers share. Builds may be made `elsewhere`, on another machine."""

    deciding: Deciding
    bringing: Bringing
    live_build: LiveBuild
    builds: Path
    elsewhere: bool = False

    def preview(self, case: Case) -> Preview | None:
        """Return the version that lies in the library as it would be indexed; `None` if nobody has read it yet."""
        if case.line.sha256 is None:
            return None
        try:
            return read_preview(self.builds, case.line.sha256, case.line.document)
        except (KeyError, TypeError, IndexError):  # another release wrote it
            return None

    def text_in_index(self, document: str, sha256: str) -> str | None:
        """Return the stored text of a version, if a build still has it."""
        if build := self._live():
            split = build.passages.split_document(document)
            if split and split.document.sha256 == sha256:
                return split.document.text
        for folder in sorted(self.builds.glob(f"[0-9]*/{PASSAGES_FILE}"), reverse=True):
            if (text := _text_in(folder, document, sha256)) is not None:
                return text
        return None

    def indexed(self) -> Indexed:
        """Return what is in the index now; the build that was published last is opened for it."""
        build = self._live()
        if build is None:
            return Indexed({}, None)
        return Indexed(dict(build.documents), datetime.fromisoformat(build.manifest.created_at))

    def worker(self) -> dict[str, Any]:
        """Return what the worker does, for a page."""
        try:
            state = read_worker_state(self.builds)
        except (KeyError, TypeError, ValueError):  # another release wrote it
            state = None
        if state is None:
            return {"running": False, "doing": None, "done": 0, "total": 0, "built_at": None, "problem": None}
        return {
            "running": self.deciding.now() - state.seen_at < _AWAY_AFTER,
            "doing": state.doing,
            "done": state.done,
            "total": state.total,
            "built_at": state.built_at.isoformat() if state.built_at else None,
            "problem": state.problem,
        }

    def _live(self) -> Build | None:
        try:
            return self.live_build.get()
        except (BuildError, AuditError):  # there is none, or it cannot be put on record: nothing answers from it
            return None


def _text_in(file: Path, document: str, sha256: str) -> str | None:
    with contextlib.suppress(BuildError, OSError, sqlite3.Error):  # it is being removed
        store = PassageStore(file)
        with contextlib.closing(store):
            split = store.split_document(document)
            return split.document.text if split and split.document.sha256 == sha256 else None
    return None
