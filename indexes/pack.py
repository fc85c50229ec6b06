"""The pack: where held builds lie that are not among the newest two, with what they have in common there once.

`builds/pack/blocks.sqlite` keeps *blocks*, each by the SHA-256 of its bytes and compressed, and of each build which
blocks it is made of, in order; `builds/pack/originals/<sha256>` keeps the approved bytes that its builds hold. From one
day to the next nearly all blocks are the same, so a year of builds costs what changed. A block that is nearly another
one, its *base*, is kept as what it differs by, byte for byte; a base has none itself. What is in a block is not known
here: `indexes.packing` takes builds apart and `indexes.unpacking` puts them together.

Written by whoever has the lock of ingestion; read by anybody, meanwhile too. A change is there whole or not at all.
What is removed leaves no bytes behind.
"""

import contextlib
import hashlib
import json
import sqlite3
import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Self

import numpy as np

from indexes.errors import BuildDamagedError, BuildError

PACK_FOLDER = "pack"
_BLOCKS_FILE = "blocks.sqlite"
_ORIGINALS_FOLDER = "originals"
_FORMAT = 2
_WORTH_IT = 0.9  # of its own size: a block is kept against a base if that takes less
_WAIT_S = 30.0  # for the writer's commit
_SCHEMA = """
CREATE TABLE blocks (number INTEGER PRIMARY KEY, sha256 BLOB UNIQUE NOT NULL, name TEXT NOT NULL,
                     original TEXT NOT NULL, base INTEGER, content BLOB NOT NULL);
CREATE INDEX blocks_by_base ON blocks (base) WHERE base IS NOT NULL;
CREATE INDEX blocks_by_name ON blocks (name) WHERE name <> '';
CREATE TABLE builds (id TEXT PRIMARY KEY, head BLOB NOT NULL, numbers BLOB NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of a build. A document's has the document's `name`, and the SHA-256 (hex) of its `original`.

    `like` is the number of a packed block that this one may be nearly the same as.
    """

    content: bytes
    name: str = ""
    original: str = ""
    like: int | None = None


class Pack:
    """The pack of a folder of builds. One thread at a time."""

    def __init__(self, folder: Path, connection: sqlite3.Connection) -> None:
        """Wrap an open file; use `reading` or `writing`."""
        self._connection = connection
        self.originals = folder / _ORIGINALS_FOLDER

    @classmethod
    @contextlib.contextmanager
    def reading(cls, builds: Path) -> Iterator[Self | None]:
        """Lend the pack to read; `None` where nothing was ever packed.

        Raises:
            BuildDamagedError: it cannot be read, or is none of this program.
        """
        folder = builds / PACK_FOLDER
        path = folder / _BLOCKS_FILE
        if not path.exists():
            yield None
            return
        with _told(path), contextlib.closing(_connected(f"{path.absolute().as_uri()}?mode=ro")) as connection:
            yield cls(folder, connection) if _has_format(path, connection) else None

    @classmethod
    @contextlib.contextmanager
    def writing(cls, builds: Path) -> Iterator[Self]:
        """Lend the pack to change, made if it is missing.

        All that was changed is durable at the end; after an error nothing was changed.

        Raises:
            BuildDamagedError: it is none, or none of this program.
            BuildError, OSError: it cannot be written.
        """
        folder = builds / PACK_FOLDER
        path = folder / _BLOCKS_FILE
        with _told(path):
            (folder / _ORIGINALS_FOLDER).mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)
            with contextlib.closing(_connected(path.absolute().as_uri())) as connection:
                connection.execute("PRAGMA auto_vacuum = FULL")  # before there is a table
                connection.execute("PRAGMA secure_delete = ON")
                connection.execute("BEGIN IMMEDIATE")
                if not _has_format(path, connection):
                    for statement in _SCHEMA.split(";")[:-1]:
                        connection.execute(statement)
                    connection.execute(f"PRAGMA user_version = {_FORMAT}")
                yield cls(folder, connection)  # an error leaves here, and closing undoes
                connection.execute("COMMIT")

    def build_ids(self) -> list[str]:
        """Return the ids of the builds that are packed, in order."""
        return [str(build_id) for (build_id,) in self._connection.execute("SELECT id FROM builds ORDER BY id")]

    def head(self, build_id: str) -> dict[str, Any] | None:
        """Return what is kept of a build beside its blocks; `None` if it is not packed."""
        found = self._connection.execute("SELECT head FROM builds WHERE id = ?", (build_id,)).fetchone()
        return None if found is None else dict(json.loads(zlib.decompress(found[0])))

    def numbers(self, build_id: str) -> list[int]:
        """Return the numbers of the blocks of a build, in order; none if it is not packed."""
        found = self._connection.execute("SELECT numbers FROM builds WHERE id = ?", (build_id,)).fetchone()
        return _numbers(found[0]) if found else []

    def block(self, number: int) -> bytes:
        """Return the content of a block.

        Raises:
            BuildDamagedError: it is not what was packed.
        """
        found = self._connection.execute(
            "SELECT one.sha256, one.content, base.content FROM blocks AS one LEFT JOIN blocks AS base "
            "ON base.number = one.base WHERE one.number = ?",
            (number,),
        ).fetchone()
        try:
            content = zlib.decompress(found[1]) if found else b""
            if found and found[2] is not None:
                content = _moved(content, zlib.decompress(found[2]), back=True)
        except (zlib.error, ValueError):
            content = b""
        if not found or hashlib.sha256(content).digest() != found[0]:
            raise BuildDamagedError(
                f"a block of packed builds is damaged: put {self.originals.parent} back from a backup"
            )
        return content

    def names(self) -> dict[int, str]:
        """Return the document's name of each block that has one, by number."""
        return dict(self._connection.execute("SELECT number, name FROM blocks WHERE name <> ''"))

    def named(self, build_id: str, name: str) -> bytes | None:
        """Return the block of a document in a packed build; `None` if the build does not hold it."""
        own = set(self.numbers(build_id))
        found = self._connection.execute("SELECT number FROM blocks WHERE name = ?", (name,)).fetchall()
        return next((self.block(number) for (number,) in found if number in own), None)

    def add(self, build_id: str, head: dict[str, Any], blocks: Iterable[Block]) -> None:
        """Pack a build, in place of what is there under its id."""
        numbers = [self._kept(block) for block in blocks]
        deltas = np.diff(np.array([0, *numbers], np.int64))
        packed = zlib.compress(json.dumps(head).encode()), zlib.compress(deltas.tobytes())
        self._connection.execute("INSERT OR REPLACE INTO builds VALUES (?, ?, ?)", (build_id, *packed))

    def remove(self, build_ids: Collection[str]) -> None:
        """Remove builds, and the blocks and originals that no other packed build has."""
        self._connection.executemany("DELETE FROM builds WHERE id = ?", [(build_id,) for build_id in build_ids])
        self._connection.execute("CREATE TEMP TABLE kept (number INTEGER PRIMARY KEY)")
        for (packed,) in self._connection.execute("SELECT numbers FROM builds").fetchall():
            used = [(number,) for number in _numbers(packed)]
            self._connection.executemany("INSERT OR IGNORE INTO kept VALUES (?)", used)
        self._rest_on_others()
        self._connection.execute("DELETE FROM blocks WHERE number NOT IN (SELECT number FROM kept)")
        self._connection.execute("DROP TABLE kept")

    def remove_unused_originals(self) -> None:
        """Remove the originals that no packed build has; to be called when a change is durable."""
        used = {str(sha256) for (sha256,) in self._connection.execute("SELECT DISTINCT original FROM blocks")}
        for path in self.originals.iterdir():
            if path.name not in used:
                path.unlink()

    def sizes(self) -> dict[str, tuple[int, int]]:
        """Return of each build how many bytes its blocks take that no other has, and those that others have too."""
        taken = dict(self._connection.execute("SELECT number, length(content) FROM blocks"))
        blocks = {build_id: set(self.numbers(build_id)) for build_id in self.build_ids()}
        users = Counter(number for numbers in blocks.values() for number in numbers)
        whole = {one: sum(taken.get(number, 0) for number in numbers) for one, numbers in blocks.items()}
        own = {one: sum(taken.get(n, 0) for n in numbers if users[n] == 1) for one, numbers in blocks.items()}
        return {one: (own[one], whole[one] - own[one]) for one in blocks}

    def _kept(self, block: Block) -> int:
        digest = hashlib.sha256(block.content).digest()
        found = self._connection.execute("SELECT number FROM blocks WHERE sha256 = ?", (digest,)).fetchone()
        if found:
            return int(found[0])
        base, content = self._against(block.content, block.like)
        kept = (digest, block.name, block.original, base, content)
        made = self._connection.execute(
            "INSERT INTO blocks (sha256, name, original, base, content) VALUES (?, ?, ?, ?, ?)", kept
        )
        return int(made.lastrowid or 0)

    def _against(self, content: bytes, like: int | None) -> tuple[int | None, bytes]:
        """Return the base that a block is kept against, if that is worth it, and the bytes that are kept."""
        whole = zlib.compress(content)
        if like is None:
            return None, whole
        found = self._connection.execute("SELECT coalesce(base, number) FROM blocks WHERE number = ?", (like,))
        (base,) = found.fetchone()
        given = self.block(base)
        if len(given) != len(content):
            return None, whole
        moved = zlib.compress(_moved(content, given, back=False))
        return (base, moved) if len(moved) < _WORTH_IT * len(whole) else (None, whole)

    def _rest_on_others(self) -> None:
        """Give each block that is kept, and whose base is not, another base or none."""
        resting = self._connection.execute(
            "SELECT base, number FROM blocks WHERE base NOT IN (SELECT number FROM kept) "
            "AND number IN (SELECT number FROM kept) ORDER BY base, number"
        ).fetchall()
        for _, group in groupby(resting, key=lambda row: row[0]):
            first: int | None = None
            contents = [(number, self.block(number)) for _, number in group]
            for number, content in contents:
                base, kept = self._against(content, first)
                self._connection.execute(
                    "UPDATE blocks SET base = ?, content = ? WHERE number = ?", (base, kept, number)
                )
                first = first or number


def _moved(content: bytes, base: bytes, *, back: bool) -> bytes:
    """Return what each byte differs by from that of a base of the same length, modulo 256, or what it was before."""
    one, other = np.frombuffer(content, np.uint8), np.frombuffer(base, np.uint8)
    return bytes((one + other if back else one - other).tobytes())


def _numbers(packed: bytes) -> list[int]:
    numbers: list[int] = np.cumsum(np.frombuffer(zlib.decompress(packed), np.int64)).tolist()
    return numbers


def _connected(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=_WAIT_S)


def _has_format(path: Path, connection: sqlite3.Connection) -> bool:
    """Tell whether anything was ever packed: a crash while the file was made leaves one without tables."""
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    if found not in (0, _FORMAT):
        raise BuildDamagedError(
            f"{path}: expected packed builds of format {_FORMAT}, got {found}: use the version of Greenlit that made "
            "them, or put them back from a backup"
        )
    return bool(found)


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise BuildError(f"{path} cannot be used ({error}): make room, or let this account use it") from error
    except sqlite3.DatabaseError as error:
        raise BuildDamagedError(f"{path} is damaged ({error}): put it back from a backup") from error
