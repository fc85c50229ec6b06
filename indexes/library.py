"""The library on disk: which files a source holds, and their bytes, read once and safely.

A file is opened part by part without following any link, checked to be a regular file with a single name, and read from
that one open descriptor; its SHA-256 is of the bytes returned. Whatever happens to the path afterwards cannot change
what was hashed. Does not know who approved what (`register`) and does not parse.
"""

import errno
import hashlib
import os
import stat
import sys
import unicodedata
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from indexes.errors import DocumentNameError, SourcesError, UnreadableFileError, UnsafeFileError
from indexes.names import MAX_NAME_CHARS, check_document_name, printable
from indexes.sources import Source, Sources, source_name

DEFAULT_MAX_FILE_BYTES = 100_000_000
_OPEN_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # O_NONBLOCK: never hang on a FIFO
_OPEN_FOLDER = os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class FileBytes:
    """The bytes of one document, read once; `sha256` (hex) is of `content`."""

    document: str
    content: bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class Listed:
    """One file found in a source: its document id, and why it may not be a document, if so.

    `signature` is what the disk says of the file; it changes with the file (`hash_document`).
    """

    document: str
    problem: str | None = None
    signature: tuple[int, ...] | None = field(default=None, compare=False)


def list_documents(sources: Sources) -> list[Listed]:
    """List every file of every source, sorted by name; hidden files and folders (`.name`) are passed over.

    Links and special files are listed with a `problem`, so that a person sees them; they are never followed.
    A source whose folder is missing contributes nothing here; `folder_problems` names it. Names that look alike are all
    listed: which of them is the document depends on what was approved (`stock`).
    """
    found: list[Listed] = []
    for source in sources.values():
        if _is_folder(source.folder):
            found.extend(_walk(source.folder, source.name))
    return sorted(found, key=lambda listed: listed.document)


def missing_folders(sources: Sources) -> list[Source]:
    """Return the sources whose folder does not exist."""
    return [source for source in sources.values() if not _is_folder(source.folder)]


def folder_problems(sources: Sources) -> list[str]:
    """Return which sources' folders do not exist or cannot be listed, in words; empty if all can."""
    problems = []
    for source in sources.values():
        try:
            with os.scandir(source.folder):
                pass
        except FileNotFoundError:
            problems.append(f"source '{source.name}': {source.folder} does not exist")
        except OSError as error:
            problems.append(f"source '{source.name}': {source.folder} cannot be listed: {error.strerror}")
    return problems


def _is_folder(folder: Path) -> bool:
    try:
        return stat.S_ISDIR(folder.stat().st_mode)
    except OSError:
        return False


def _walk(folder: Path, prefix: str) -> Iterator[Listed]:
    if len(prefix) > MAX_NAME_CHARS:  # whatever is inside has too long a name, and folders can be nested without end
        yield Listed(prefix, _name_problem(prefix))
        return
    try:
        with os.scandir(folder) as found:
            entries = list(found)
    except OSError as error:
        yield Listed(prefix, f"is a folder that cannot be listed: {error.strerror}")
        return
    for entry in entries:
        name = f"{prefix}/{_as_typed(entry.name)}"
        if entry.name.startswith("."):
            continue
        if entry.is_symlink():
            yield Listed(name, "is a symbolic link: put the file itself into the source")
        elif entry.is_dir(follow_symlinks=False):
            yield from _walk(folder / entry.name, name)
        else:
            yield Listed(name, _name_problem(name), _signature_of(entry))


def _signature_of(entry: os.DirEntry[str]) -> tuple[int, ...] | None:
    try:
        return signature(entry.stat(follow_symlinks=False))
    except OSError:  # it went away meanwhile
        return None


def signature(status: os.stat_result) -> tuple[int, ...]:
    """Return what tells a file from another, and from itself after it was written to; the last is when that was."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _as_typed(name: str) -> str:
    """Where the system takes both forms of a name for one, as macOS does, the form that it stores is no difference."""
    return unicodedata.normalize("NFC", name) if sys.platform == "darwin" else name


@lru_cache(maxsize=1 << 16)  # some 15 MB; the same library is listed again and again
def _name_problem(name: str) -> str | None:
    try:
        check_document_name(name)
    except DocumentNameError as error:
        return str(error)
    return None


def locate(sources: Sources, document: str) -> Path:
    """Return where a document's file stands (it need not exist).

    Raises:
        DocumentNameError: the id may not name a document.
        SourcesError: its source is not on the allowlist.
    """
    check_document_name(document)
    name = source_name(document)
    if name not in sources:
        raise SourcesError(
            f"'{document}' is not in an approved source: expected one of {', '.join(sources)}, got '{name}'"
        )
    return sources[name].folder.joinpath(*document.split("/")[1:])


def document_at(sources: Sources, path: Path) -> str:
    """Return the id of the document (or folder of documents) at a path, which may be absolute or relative.

    The path is made absolute without following links, so a link cannot lend its target a second name.

    Raises:
        DocumentNameError: the path lies in no source, or is none.
    """
    path = Path(_as_typed(str(path)))
    if "\0" in str(path):  # what follows it would be cut off on the way to the disk
        raise DocumentNameError(f"expected a path, got '{printable(str(path))}', which holds a NUL character")
    absolute = Path(os.path.normpath(path.absolute()))
    for source in sources.values():
        for folder in (source.folder, source.folder.resolve()):
            folder_path = Path(os.path.normpath(folder))
            if absolute == folder_path:
                return source.name
            if absolute.is_relative_to(folder_path):
                return f"{source.name}/{absolute.relative_to(folder_path).as_posix()}"
    folders = ", ".join(str(source.folder) for source in sources.values())
    raise DocumentNameError(f"'{printable(str(path))}' lies in no approved source; the sources are {folders}")


def read_document(sources: Sources, document: str, *, max_bytes: int = DEFAULT_MAX_FILE_BYTES) -> FileBytes:
    """Read a document's bytes once.

    Args:
        sources: the allowlist.
        document: the document's id.
        max_bytes: larger files are refused before they are read.

    Raises:
        DocumentNameError, SourcesError: as `locate`.
        FileNotFoundError: there is no such file.
        UnreadableFileError: the disk does not give it.
        UnsafeFileError: a link, a hard link, not a regular file, too large, or changed while it was read.
    """
    with _regular_file(sources, document, max_bytes=max_bytes) as (descriptor, before):
        content = _whole(printable(document), descriptor, before, max_bytes)
    return FileBytes(document=document, content=content, sha256=hashlib.sha256(content).hexdigest())


def hash_document(
    sources: Sources, document: str, *, max_bytes: int, known: MutableMapping[tuple[int, ...], str]
) -> str:
    """Return the SHA-256 (hex) of a document's bytes, which are read only if the file is none of those in `known`.

    For looking at many documents. What is decided on or parsed is read each time (`read_document`): a file that is
    written twice within a tick of the disk's clock looks the same.

    Args:
        sources: the allowlist.
        document: the document's id.
        max_bytes: larger files are refused before they are read.
        known: the hashes so far, by what the disk says of a file; the new one is added.

    Raises:
        DocumentNameError, SourcesError, FileNotFoundError, UnsafeFileError: as `read_document`.
    """
    with _regular_file(sources, document, max_bytes=max_bytes) as (descriptor, before):
        ours = signature(before)
        if ours not in known:
            content = _whole(printable(document), descriptor, before, max_bytes)
            known[ours] = hashlib.sha256(content).hexdigest()
    return known[ours]


@contextmanager
def _regular_file(sources: Sources, document: str, *, max_bytes: int) -> Iterator[tuple[int, os.stat_result]]:
    """Open a document's file for reading; lends what the disk says of it too."""
    locate(sources, document)
    source = sources[source_name(document)]
    shown = printable(document)
    try:
        with _opened(source.folder, document.split("/")[1:]) as descriptor:
            status = os.fstat(descriptor)
            _check_kind(shown, status, max_bytes)
            yield descriptor, status
    except FileNotFoundError:
        raise
    except OSError as error:
        if _is_link_error(error):
            raise UnsafeFileError(f"'{shown}' cannot be read: a part of its path is a symbolic link") from error
        raise UnreadableFileError(f"'{shown}' cannot be read: {error.strerror}") from error


def _whole(shown: str, descriptor: int, before: os.stat_result, max_bytes: int) -> bytes:
    content = _read_up_to(descriptor, max_bytes + 1)
    after = os.fstat(descriptor)
    if len(content) > max_bytes:
        raise UnsafeFileError(_too_large(shown, len(content), max_bytes))
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or len(content) != after.st_size:
        raise UnsafeFileError(f"'{shown}' changed while it was being read: try again when it is complete")
    return content


@contextmanager
def _opened(folder: Path, parts: list[str]) -> Iterator[int]:
    """Open `folder/parts...` one part at a time, following no link below the source's own folder."""
    descriptors = [os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)]
    try:
        for part in parts[:-1]:
            descriptors.append(os.open(part, _OPEN_FOLDER, dir_fd=descriptors[-1]))
        descriptors.append(os.open(parts[-1], _OPEN_FILE, dir_fd=descriptors[-1]))
        yield descriptors[-1]
    finally:
        for descriptor in reversed(descriptors):
            os.close(descriptor)


def _is_link_error(error: OSError) -> bool:
    return error.errno in (errno.ELOOP, errno.ENOTDIR)  # the last part is a link; a folder on the way is


def _check_kind(shown: str, status: os.stat_result, max_bytes: int) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UnsafeFileError(f"'{shown}' is not a regular file")
    if status.st_nlink > 1:
        raise UnsafeFileError(
            f"'{shown}' has {status.st_nlink} names (hard links): it could be changed from outside the library; copy it"
        )
    if status.st_size > max_bytes:
        raise UnsafeFileError(_too_large(shown, status.st_size, max_bytes))


def _too_large(shown: str, size: int, max_bytes: int) -> str:
    return (
        f"'{shown}' is too large: {size / 1e6:.0f} MB, expected at most {max_bytes / 1e6:.0f} MB "
        "(GREENLIT_MAX_FILE_BYTES)"
    )


def _read_up_to(descriptor: int, limit: int) -> bytes:
    pieces: list[bytes] = []
    total = 0
    while total < limit and (piece := os.read(descriptor, min(limit - total, 1 << 20))):
        pieces.append(piece)
        total += len(piece)
    return b"".join(pieces)
