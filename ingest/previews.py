"""Reads documents that await a decision, for whoever decides: what the loader would index, and what it says of it.

In order: (1) `plan` takes the register's overview, removes the previews of what is decided, changed or gone, and queues
what has none yet, what has waited longest first; (2) `read_next` reads one document of the queue, in the limited child
and with the limits of an ingestion, and (3) writes its preview, whole or not at all.

What awaits a decision: pending (one approval short too), changed, and expired, which somebody may renew; and what was
approved, is read otherwise now, and stays out of the build until somebody looks at it. What was revoked or rejected has
been decided. A preview lies outside every build. Law 1: nothing of it is embedded or indexed, no encoder comes near it,
and who asks is never shown it; who approves is, by doors that hold the version against the register.
"""

import contextlib
import os
from collections import deque
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from pathlib import Path

from indexes.durable import replace_file
from indexes.errors import DocumentNameError, UnsafeFileError
from indexes.library import locate, read_document
from indexes.lines import DocumentStanding
from indexes.previews import PREVIEWS_FOLDER, Preview, preview_file, preview_json
from indexes.readings import ReadingNote
from indexes.sources import Sources
from indexes.standing import Standing
from ingest.engine import Parser
from ingest.errors import LoadError, LoaderStartError
from ingest.loading.formats import FORMATS, loader_version
from ingest.parsed import Parsed
from ingest.titles import titled

_AWAIT = (Standing.PENDING, Standing.CHANGED, Standing.EXPIRED)
_MOST = 2_000  # previews at a time: more than a queue that people still work through
_MOST_BYTES = 500_000_000  # of all of them, and one more; a page of text takes some 3,000
_MADE_BY = ".made-by"  # holds what read them: another version reads otherwise
_VERSION = "2"  # raise it when a preview says something else of the same bytes
_SHORT_CHARS = 200  # less text than three lines: often a cover, or a scan with a stamp
_NO_TEXT = Parsed(None, "", ())


class Previews:
    """Keeps the previews of one folder of builds. One process and thread at a time."""

    def __init__(self, builds: Path, *, parser: Parser, max_file_bytes: int) -> None:
        """Read and write nothing yet.

        Args:
            builds: the folder of builds.
            parser: parses in the limited child.
            max_file_bytes: larger files are no documents.
        """
        self._builds = builds
        self._folder = builds / PREVIEWS_FOLDER
        self._parser = parser
        self._max_file_bytes = max_file_bytes
        self._sources: Sources = {}
        self._queue: deque[DocumentStanding] = deque()
        self._bytes = 0

    @property
    def left(self) -> int:
        """How many documents are queued."""
        return len(self._queue)

    def plan(
        self, lines: Iterable[DocumentStanding], sources: Sources, *, asked: AbstractSet[str] = frozenset()
    ) -> None:
        """Step 1: keep the previews that are wanted, remove the others, queue what is missing.

        Args:
            lines: the register's overview.
            sources: the allowlist.
            asked: documents that wait for a new look besides.

        Raises:
            OSError: the folder cannot be written.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._forget_other_versions()
        with os.scandir(self._folder) as found:
            sizes = {entry.name: entry.stat().st_size for entry in found if entry.name != _MADE_BY}
        self._sources = sources
        self._queue.clear()
        self._bytes = 0
        kept = set[str]()
        awaits = (line for line in lines if line.standing in _AWAIT or line.document in asked)
        waiting = [line for line in awaits if line.sha256 and not line.problem]
        for line in sorted(waiting, key=self._since)[:_MOST]:
            if self._bytes >= _MOST_BYTES:
                break
            name = self._file(line).name
            if name in sizes:
                kept.add(name)
                self._bytes += sizes[name]
            else:
                self._queue.append(line)
        for name in sizes.keys() - kept:  # what a crash left half written too
            (self._folder / name).unlink(missing_ok=True)

    def read_next(self) -> None:
        """Steps 2 and 3, for the first of the queue; one that is another version by now, or gone, is passed over.

        Raises:
            LoaderStartError: the process that parses does not start.
            OSError: the preview cannot be written.
        """
        line = self._queue.popleft()
        if self._bytes >= _MOST_BYTES:
            self._queue.clear()
            return
        try:
            file = read_document(self._sources, line.document, max_bytes=self._max_file_bytes)
        except (FileNotFoundError, UnsafeFileError, DocumentNameError):
            return
        if file.sha256 != line.sha256:
            return
        try:
            written = preview_json(self._preview(line.document, file.sha256, file.content)).encode()
            replace_file(self._file(line), written, mode=0o600)
        except (OSError, LoaderStartError):
            self._queue.clear()  # it would be the same with each of them
            raise
        self._bytes += len(written)

    def _preview(self, document: str, sha256: str, content: bytes) -> Preview:
        problem = None
        try:
            parsed = self._parser.load(document, content)
        except LoadError as error:
            parsed, problem = _NO_TEXT, str(error)
        read = titled(document, sha256, parsed, given="")
        warnings = () if problem else tuple(_warnings(parsed))
        return Preview(document, sha256, read.title, read.text, read.sections, warnings, problem)

    def _file(self, line: DocumentStanding) -> Path:
        return preview_file(self._builds, line.sha256 or "", line.document)

    def _since(self, line: DocumentStanding) -> tuple[datetime, str]:
        """Since when a version waits: as the register says, else since its file is as it is."""
        begun = [*(approval.at for approval in line.approvals), *(upload.at for upload in line.uploads)]
        if not begun:
            with contextlib.suppress(OSError):
                changed = locate(self._sources, line.document).lstat().st_ctime
                begun.append(datetime.fromtimestamp(changed, UTC))
        return min(begun, default=datetime.max.replace(tzinfo=UTC)), line.document

    def _forget_other_versions(self) -> None:
        """Remove all that another version of a loader read, or of this module wrote."""
        made_by = "\n".join([_VERSION, *(loader_version(f"document{extension}") for extension in sorted(FORMATS))])
        path = self._folder / _MADE_BY
        with contextlib.suppress(OSError, ValueError):
            if path.read_text(encoding="utf-8") == made_by:
                return
        for old in self._folder.iterdir():
            old.unlink()
        replace_file(path, made_by.encode(), mode=0o600)


def _warnings(parsed: Parsed) -> Iterable[ReadingNote]:
    """What an approver should know of a text that can be read, and that is certain."""
    yield from parsed.notes
    if len(parsed.text) < _SHORT_CHARS:
        yield ReadingNote("very_short", 1)
