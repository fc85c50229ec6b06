"""Reads one file before anybody approves it: as it would be stored, with what of it was not read, and nothing kept.

`read_file` takes any path, `read_version` a document of the library in the version that somebody is about to approve:
its bytes are read once more, and must be those. Both parse in the limited child, with the limits of an ingestion. Where
a text goes that they return is the caller's: nothing here stores, logs or indexes it (law 1).
"""

import hashlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from indexes.documents import Document
from indexes.errors import NoFileError, UnreadableFileError, UnsafeFileError, VersionError
from indexes.library import read_document
from indexes.names import printable
from indexes.sources import Sources
from ingest.titles import titled

if TYPE_CHECKING:
    from ingest.engine import Parser

_OPEN_FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC  # O_NONBLOCK: never hang on a FIFO


def read_file(path: Path, parser: "Parser", *, max_bytes: int) -> Document:
    """Return a file as it would be stored.

    Args:
        path: of the file, which may lie anywhere.
        parser: parses in the limited child.
        max_bytes: larger files are no documents.

    Raises:
        UnsafeFileError: it is not there, not a file, too large, or cannot be read.
        LoadError: it cannot be read as a document, with the reason.
        LoaderStartError: the process that parses does not start.
    """
    content = _bytes_of(path, max_bytes)
    parsed = parser.load(path.name, content)
    return titled(path.name, hashlib.sha256(content).hexdigest(), parsed, given="")


def read_version(sources: Sources, document: str, sha256: str, parser: "Parser", *, max_bytes: int) -> Document:
    """Return a version of a document as it would be stored.

    Args:
        sources: the allowlist.
        document: the document's id.
        sha256: of the version (hex).
        parser: parses in the limited child.
        max_bytes: larger files are no documents.

    Raises:
        VersionError: the file is another version by now.
        LoadError, LoaderStartError: as `read_file`.
        IndexesError: as `read_document`.
    """
    try:
        file = read_document(sources, document, max_bytes=max_bytes)
    except FileNotFoundError as error:
        raise NoFileError(f"there is no file '{printable(document)}' any more") from error
    if file.sha256 != sha256:
        raise VersionError(f"'{printable(document)}' changed while it was being read: try again when it is complete")
    return titled(document, sha256, parser.load(document, file.content), given="")


def _bytes_of(path: Path, max_bytes: int) -> bytes:
    shown = printable(str(path))
    try:
        descriptor = os.open(path, _OPEN_FILE)
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:  # ValueError: a NUL character
        raise NoFileError(f"there is no file '{shown}': expected a document to read") from error
    except OSError as error:
        raise UnreadableFileError(f"'{shown}' cannot be read: {error.strerror}") from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            kind = "is a folder" if stat.S_ISDIR(status.st_mode) else "is not a regular file"
            raise UnsafeFileError(f"'{shown}' {kind}: expected one document")
        size, content = status.st_size, b""
        if size <= max_bytes:
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                content = file.read(max_bytes + 1)  # it may grow meanwhile
            size = len(content)
    except OSError as error:
        raise UnreadableFileError(f"'{shown}' cannot be read: {error.strerror}") from error
    finally:
        os.close(descriptor)
    if size > max_bytes:
        raise UnsafeFileError(
            f"'{shown}' is too large: {size / 1e6:.0f} MB, expected at most {max_bytes / 1e6:.0f} MB "
            "(GREENLIT_MAX_FILE_BYTES)"
        )
    return content
