"""Writes the lines of an export into a folder that holds all of it or does not exist.

In order: (1) refuse a folder that holds anything, (2) write the files aside, beside the folder, (3) refuse lines that
do not end with the manifest, or do not fit it, (4) put the hash of each file into the manifest, (5) make all of it
durable and give it its name. Folder and files are for their owner only. Lines may come from another machine: no name in
them leads elsewhere. Does not check what the lines say: that is for `verifier`.
"""

import contextlib
import hashlib
import io
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from indexes.durable import sync_folder
from indexes.private_files import make_private_folder
from service.audit.errors import ExportError
from service.audit.reading.export import CHECKPOINTS_FILE, LEAVES_FILE, MANIFEST_FILE, PAYLOADS_FILE, TABLE_FILE

_FIXED_NAMES = (LEAVES_FILE, CHECKPOINTS_FILE, PAYLOADS_FILE, TABLE_FILE)
_NAME = re.compile(
    "|".join(map(re.escape, _FIXED_NAMES)) + r"|checkpoint-[0-9]{4}-(?:0[1-9]|1[0-2])(?:\.[0-9a-f]{8})?\.txt"
)


def write_export(lines: Iterable[Mapping[str, Any]], folder: Path) -> Path:
    """Write an export, with mode 0700, and return where it is.

    Args:
        lines: as `export.Exports.lines` gives them; taken one at a time.
        folder: where to: new, or empty.

    Raises:
        ExportError: the folder cannot be used, or the lines are not a whole export. Nothing was written then, nor after
            an error of whatever gives the lines, which is raised as it came.
    """
    folder = folder.resolve()
    with _said(folder):
        _check_free(folder)
        aside = folder.with_name(f".{folder.name}.{secrets.token_hex(8)}")
        make_private_folder(folder.parent)
        aside.mkdir(mode=0o700)
    try:
        with contextlib.ExitStack() as closing:
            _Writing(aside, folder, closing).write(lines)
        with _said(folder):
            aside.replace(folder)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    with _said(folder):
        sync_folder(folder.parent)
    return folder


class _Writing:
    """One export while it is written."""

    def __init__(self, aside: Path, folder: Path, closing: contextlib.ExitStack) -> None:
        self._aside = aside
        self._folder = folder
        self._closing = closing
        self._files: dict[str, io.BufferedRandom] = {}

    def write(self, lines: Iterable[Mapping[str, Any]]) -> None:
        """Write all lines, and the manifest after everything else."""
        manifest: str | None = None
        for line in lines:
            if manifest is not None:
                raise self._broken("expected the manifest to be the last line, got another after it")
            match line:
                case {"file": str(name), "line": str(text)}:
                    pass
                case _:
                    raise self._broken('expected lines of a "file" and a "line", got another')
            if name == MANIFEST_FILE:
                manifest = text
            else:
                self._add(name, text)
        if manifest is None:
            raise self._broken("it ended before its manifest")
        self._complete(manifest)

    def _add(self, name: str, text: str) -> None:
        try:
            content = f"{text}\n".encode()
        except UnicodeEncodeError:
            raise self._broken(f"expected lines of valid Unicode, got another in {name[:50]!a}") from None
        with _said(self._folder):
            self._file(name).write(content)

    def _file(self, name: str) -> io.BufferedRandom:
        if name not in self._files:
            if not _NAME.fullmatch(name):
                raise self._broken(f"expected the files of an export, got {name[:50]!a}")
            self._files[name] = self._create(name)
        return self._files[name]

    def _create(self, name: str) -> io.BufferedRandom:
        file = os.fdopen(os.open(self._aside / name, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b")
        self._closing.callback(_close, file)
        return file

    def _complete(self, text: str) -> None:
        manifest, names = self._manifest(text)
        if unnamed := sorted(self._files.keys() - set(names)):
            raise self._broken(f"its manifest does not name {unnamed[0]}")
        with _said(self._folder):
            hashes = {name: _hash(self._file(name)) for name in names}  # a file without lines is made here
            whole = self._create(MANIFEST_FILE)
            whole.write(json.dumps({**manifest, "files": hashes}, indent=2).encode() + b"\n")
            for file in (*self._files.values(), whole):
                file.flush()
                os.fsync(file.fileno())
            sync_folder(self._aside)

    def _manifest(self, text: str) -> tuple[dict[str, Any], list[str]]:
        with contextlib.suppress(ValueError):
            value = json.loads(text)
            names = value.get("files") if isinstance(value, dict) else None
            if isinstance(names, list) and all(isinstance(name, str) for name in names):
                return value, names
        raise self._broken("its manifest does not name its files")

    def _broken(self, what: str) -> ExportError:
        return ExportError(f"the export is not whole ({what}), so nothing was written to {self._folder}: export again")


def _check_free(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ExportError(
            f"expected {folder} to be a new or an empty folder, got one that holds something, or a file: "
            "nothing was written; name another"
        )


def _hash(file: io.BufferedRandom) -> str:
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()


def _close(file: io.BufferedRandom) -> None:
    with contextlib.suppress(OSError):  # all was flushed before, unless it is given up anyway
        file.close()


@contextlib.contextmanager
def _said(folder: Path) -> Iterator[None]:
    """Turn an error of the file system into ours."""
    try:
        yield
    except OSError as error:
        raise ExportError(
            f"the export cannot be written ({error.strerror}), so nothing was written to {folder}: "
            "make room, or name a folder that this account may write"
        ) from error
