"""Write a build aside, check it, publish it by one atomic rename. A crash at any point leaves the old build serving.

Order: a staging folder takes the originals as they are read; `Staging.publish` writes passages, indexes and manifest,
makes every file durable, gives the folder its final name, opens it as a reader would, checks each passage against its
document, and only then replaces `current`; where builds lie elsewhere, a `Sender` makes it live there just before. What
a crash left is removed before the next build. One ingestion at a time, across processes (`one_at_a_time`). What becomes
of old builds is told in `old_builds`.

An original that the live build holds too is not written again: both builds share the file by a hard link, so that
builds which are held cost little more than their texts and indexes. Nothing ever writes into an original; were one
changed from outside, every build that shares it would fail its check when it is opened.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexes.builds import (
    CURRENT_FILE,
    DENSE_FILE,
    LEXICAL_FOLDER,
    ORIGINALS_FOLDER,
    PASSAGES_FILE,
    PIECES_FOLDER,
    READERS_FILE,
    SENTENCES_FOLDER,
    current_build_id,
    hash_files,
    open_build,
)
from indexes.dense import DenseIndex
from indexes.durable import remove_left_over, sync_folder, written_beside
from indexes.encoder import Vectors
from indexes.errors import BuildDamagedError, BuildError
from indexes.lexical import LexicalIndex
from indexes.manifest import MANIFEST_FILE, Manifest
from indexes.passages import SplitDocument, write_passages
from indexes.pieces import PassagePieces, write_pieces
from indexes.sentences import PassageSentences, write_sentences
from ingest.errors import PublishError
from ingest.old_builds import STAGING_PREFIX
from ingest.one_at_a_time import NO_WAIT, Wait, one_at_a_time
from ingest.sending import Sender


@dataclass(frozen=True, slots=True)
class Content:
    """What a build is made of; the indexes have one row a passage, in the documents' order.

    `sentences` and `pieces` are gone through once; together the former hold `sentence_count` sentences. `projection` is
    what the pieces were made with. `readers` are the classes of documents (`indexes.milvus_filter`), shape
    (documents,), of a build with a collection.
    """

    documents: Iterable[SplitDocument]
    dense: DenseIndex
    lexical: LexicalIndex
    sentences: Iterable[PassageSentences]
    sentence_count: int
    pieces: Iterable[PassagePieces]
    projection: Vectors
    manifest: Manifest  # its `files` are filled in here
    readers: NDArray[np.int32] | None = None


class Staging:
    """A folder beside the builds that becomes one."""

    def __init__(self, builds: Path, folder: Path, *, shared: Path | None, sender: Sender | None) -> None:
        """Use `staging`; `shared` are the originals of the live build."""
        self._sender = sender
        self._builds = builds
        self._folder = folder
        self._shared = shared
        self._linked: set[Path] = set()  # originals that were made durable with the live build
        self._originals: dict[str, str] = {}  # SHA-256 by path in the build
        (folder / ORIGINALS_FOLDER).mkdir()

    def add_original(self, sha256: str, content: bytes) -> None:
        """Keep the approved bytes of a document, by their hash.

        Raises:
            PublishError: the disk refuses.
        """
        path = self._folder / ORIGINALS_FOLDER / sha256
        try:
            if not path.exists() and not self._link(path, content):  # never write into a file that may be shared
                path.write_bytes(content)
            self._originals[f"{ORIGINALS_FOLDER}/{sha256}"] = sha256  # what is on disk is held to it by the check
        except OSError as error:
            raise PublishError(f"an original cannot be kept ({error}); the previous build stays live") from error

    def _link(self, path: Path, content: bytes) -> bool:
        """Share the live build's original, if it is these very bytes and the file system can."""
        if self._shared is None:
            return False
        with contextlib.suppress(OSError):  # there is none, it cannot be read, or there are no links here
            path.hardlink_to(self._shared / path.name)
            if path.read_bytes() == content:
                self._linked.add(path)
                return True
        path.unlink(missing_ok=True)
        return False

    @property
    def originals(self) -> Path:
        """The folder of the approved bytes of all documents that were admitted, by hash."""
        return self._folder / ORIGINALS_FOLDER

    def publish(self, content: Content) -> str:
        """Make this the live build.

        Returns:
            The id of the build.

        Raises:
            PublishError: the disk refuses, or the build fails its own check; the old build stays live.
        """
        try:
            build_id = self._write(content)
            final = self._builds / build_id
            self._folder.rename(final)
        except OSError as error:
            raise PublishError(_not_written("the build", error)) from error
        try:
            _check(final)
            if self._sender:
                self._sender.publish(final)
                with contextlib.suppress(OSError):  # it is live there, whatever this disk says: the mirror follows
                    _point_current(self._builds, build_id)
            else:
                _point_current(self._builds, build_id)
        except PublishError:
            shutil.rmtree(final, ignore_errors=True)
            raise
        except (OSError, BuildError) as error:
            shutil.rmtree(final, ignore_errors=True)
            raise PublishError(f"the new build failed its check ({error}); the previous build stays live") from error
        return build_id

    def _write(self, content: Content) -> str:
        write_passages(self._folder / PASSAGES_FILE, content.documents)
        content.dense.write(self._folder / DENSE_FILE)
        content.lexical.write(self._folder / LEXICAL_FOLDER)
        write_sentences(
            self._folder / SENTENCES_FOLDER,
            content.sentences,
            sentences=content.sentence_count,
            dimensions=content.dense.dimensions,
        )
        write_pieces(self._folder / PIECES_FOLDER, content.pieces, projection=content.projection)
        if content.readers is not None:
            np.save(self._folder / READERS_FILE, content.readers, allow_pickle=False)
        manifest = replace(content.manifest, files=hash_files(self._folder, given=self._originals))
        (self._folder / MANIFEST_FILE).write_bytes(manifest.to_bytes())
        _sync_all(self._folder, but=self._linked)
        return manifest.build_id()


@contextlib.contextmanager
def staging(builds: Path, *, wait: Wait = NO_WAIT, sender: Sender | None = None) -> Iterator[Staging]:
    """Lend a staging folder; one ingestion at a time. Whatever was not published is removed at the end.

    Args:
        builds: the folder of builds.
        wait: for an ingestion that is running.
        sender: brings the build to where builds lie, if that is not this folder.

    Raises:
        BusyError: another ingestion is running, and is not waited for any longer.
        PublishError: the folder cannot be made, or where builds lie cannot be written.
    """
    with one_at_a_time(builds, "ingest", wait=wait):
        if sender:
            sender.begin()
        try:
            _remove_staging(builds)
            folder = Path(tempfile.mkdtemp(prefix=STAGING_PREFIX, dir=builds))
            aside = Staging(builds, folder, shared=_live_originals(builds), sender=sender)
        except OSError as error:
            raise PublishError(_not_written(str(builds), error)) from error
        try:
            yield aside
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _live_originals(builds: Path) -> Path | None:
    try:
        return builds / current_build_id(builds) / ORIGINALS_FOLDER
    except BuildError:
        return None


def _check(folder: Path) -> None:
    """Open the build as a reader would, and hold every passage and sentence against its document."""
    build = open_build(folder)
    try:
        stated = [(info.document, info.sha256, info.passages) for info in build.manifest.documents]
        held = zip(build.documents, build.passages.document_sizes(), strict=True)
        if stated != [(document, sha256, size) for (document, sha256), size in held]:
            raise BuildDamagedError("the documents in the manifest are not those in the build")
        build.passages.check()
    finally:
        build.passages.close()


def _point_current(builds: Path, build_id: str) -> None:
    with written_beside(builds / CURRENT_FILE, f"{build_id}\n".encode("ascii"), mode=0o600) as beside:
        beside.replace(builds / CURRENT_FILE)
    with contextlib.suppress(OSError):  # the build is live now: what fails from here on must not take it away
        sync_folder(builds)


def _not_written(what: str, error: OSError) -> str:
    mend = "make room, or let this account write there"
    return f"{what} cannot be written ({error}): {mend}; the previous build stays live"


def _sync_all(folder: Path, *, but: Collection[Path]) -> None:
    for path in folder.rglob("*"):
        if path not in but:
            _sync(path)
    _sync(folder)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove_staging(builds: Path) -> None:
    for path in builds.glob(f"{STAGING_PREFIX}*"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
    remove_left_over(builds / CURRENT_FILE)
