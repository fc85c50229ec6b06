"""Which approved documents are read otherwise now than when they were approved, and what differs.

In order: (1) documents that are approved as they are, whose approvals name the text that was read of them, (2) the text
as it is read now: of the live build, if what reads it today made it, else read anew in the limited child, so many at
most, (3) held against the approvals, (4) where it is another, the approved text, if a build still has it, and what
differs. Decides nothing: what a source makes of it, an ingestion knows (`admit`).
"""

import contextlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from indexes.documents import text_hash
from indexes.errors import BuildError, IndexesError
from indexes.lines import DocumentStanding
from indexes.live import PASSAGES_FILE, current_build_id
from indexes.manifest import DocumentInfo, read_manifest
from indexes.passages import PassageStore
from indexes.standing import Grant, Standing
from ingest.difference import differing_lines
from ingest.errors import LoadError
from ingest.loading.formats import loader_version

if TYPE_CHECKING:
    from ingest.given import Progress

MOST_READ = 100  # documents that are read anew: a minute or two


@dataclass(frozen=True, slots=True)
class Reread:
    """A document that is read otherwise: the hashes of the approved texts and of the one now, and what differs.

    `now` is `None` if it cannot be read any more, and `problem` says why. `difference` is `None` where no build has the
    approved text; `more` lines of it are not given.
    """

    document: str
    approved: tuple[str, ...]
    now: str | None
    problem: str | None = None
    difference: tuple[str, ...] | None = None
    more: int = 0


@dataclass(frozen=True, slots=True)
class Rereading:
    """What is read otherwise; `unlooked` documents were too many to be looked at."""

    found: tuple[Reread, ...]
    unlooked: int


def reread(
    lines: Iterable[DocumentStanding],
    builds: Path,
    *,
    read: Callable[[DocumentStanding], str],
    progress: "Progress",
) -> Rereading:
    """Return which documents are read otherwise than when they were approved; at most `MOST_READ` are read anew.

    Args:
        lines: of the register's overview.
        builds: the folder of builds.
        read: reads a document anew and returns its stored text; a `LoadError` says that it cannot be read, and one of
            `indexes` that it went away meanwhile.
        progress: is told how it goes on.

    Raises:
        LoaderStartError: as `read`.
    """
    found: list[Reread] = []
    unlooked, most = 0, MOST_READ
    claimed = list(_claimed(lines))  # 1
    if not claimed:
        return Rereading((), 0)
    progress.step("Reading", len(claimed))
    with contextlib.ExitStack() as opened:
        texts = _Texts(builds, opened)
        for line, granted in claimed:
            progress.advance()
            now, problem = texts.live(line), None  # 2
            if now is None and most <= 0:
                unlooked += 1
                continue
            if now is None:
                most -= 1
                try:
                    now = read(line)
                except LoadError as error:
                    problem = str(error)
                except IndexesError:
                    continue
            if now is None or granted.read_otherwise(text_hash(now)):  # 3
                found.append(_compared(line, granted, now, problem, texts))
    return Rereading(tuple(found), unlooked)


def _claimed(lines: Iterable[DocumentStanding]) -> Iterator[tuple[DocumentStanding, Grant]]:
    for line in lines:
        if line.standing is Standing.APPROVED and line.grant and line.grant.readings:
            yield line, line.grant


def _compared(line: DocumentStanding, granted: Grant, now: str | None, problem: str | None, texts: "_Texts") -> Reread:
    approved = tuple(sorted(granted.readings))
    if now is None:
        return Reread(line.document, approved, None, problem)
    wanted = granted.readings - {text_hash(now)}
    old = next((text for text in texts.all_of(line.document) if text_hash(text) in wanted), None)  # 4
    if old is None:
        return Reread(line.document, approved, text_hash(now))
    shown, more = differing_lines(old, now)
    return Reread(line.document, approved, text_hash(now), None, tuple(shown), more)


class _Texts:
    """Stored texts of the builds that there are, the newest first."""

    def __init__(self, builds: Path, opened: contextlib.ExitStack) -> None:
        self._builds = builds
        self._opened = opened
        self._stores: list[PassageStore] | None = None
        self._live: PassageStore | None = None
        self._infos: dict[str, DocumentInfo] = {}
        with contextlib.suppress(BuildError, OSError):
            folder = builds / current_build_id(builds)
            self._infos = {info.document: info for info in read_manifest(folder).documents}
            self._live = self._open(folder / PASSAGES_FILE)

    def live(self, line: DocumentStanding) -> str | None:
        """Return the text of a document in the live build, if it is of this version, as it is read today."""
        info = self._infos.get(line.document)
        with contextlib.suppress(LoadError, sqlite3.Error):
            if self._live and info and (info.sha256, info.loader) == (line.sha256, loader_version(line.document)):
                return self._live.text(line.document)
        return None

    def all_of(self, document: str) -> Iterator[str]:
        """Return the texts of a document that builds have; an approval knows the one that it is of by its hash."""
        if self._stores is None:
            paths = sorted(self._builds.glob(f"[0-9]*/{PASSAGES_FILE}"), reverse=True)
            self._stores = [store for path in paths if (store := self._open(path))]
        for store in self._stores:
            with contextlib.suppress(sqlite3.Error, BuildError):
                text = store.text(document)
                if text is not None:
                    yield text

    def _open(self, path: Path) -> PassageStore | None:
        try:
            return self._opened.enter_context(contextlib.closing(PassageStore(path)))
        except (BuildError, OSError):  # of another release, or being removed
            return None
