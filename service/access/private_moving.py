"""Carries sessions, API keys and pushed people from the files of one machine into a database, with nobody using them.

For each file: (1) all rows are read, (2) in one transaction the tables are expected to be empty, or to hold just these
rows, and the rows are put there, (3) they are read back and compared, (4) the file is put out of use under another
name. Cut off at any point, it goes on when it is run again. Of sessions, which end within a day, those in the database
count where it holds any. Nothing is recorded: keys stay the ones they were.
"""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexes.database import Database
from indexes.durable import sync_folder
from service.access.key_store import KEPT as KEYS
from service.access.private_database import Connection, Kept
from service.access.private_file import PrivateFile, moved_from
from service.access.private_schema import SCHEMA
from service.access.private_tables import PrivateTables, see_to_schema
from service.access.pushed_store import KEPT as PEOPLE
from service.access.session_store import KEPT as SESSIONS

_Rows = dict[str, tuple[tuple[str, ...], list[tuple[Any, ...]]]]  # by table: the columns, and what they hold


@dataclass(frozen=True, slots=True)
class Carried:
    """What was carried: how many rows, and what is left of the files."""

    rows: int
    left: Sequence[Path]


def carry(state: Path, *, url: str) -> Carried:
    """Carry what the files of a folder hold into a database; see the module.

    Args:
        state: the folder; no service uses it.
        url: the address of the database.

    Raises:
        DatabaseError: the address cannot be read.
        AccessError: a file cannot be read, the database cannot be written, or it holds something else.
    """
    rows, left = 0, []
    with closing(Database(url, schema=SCHEMA, prepare=see_to_schema)) as database:
        for kept in (KEYS, PEOPLE, SESSIONS):
            path = state / kept.file
            if path.exists():
                rows += _carry(path, kept, PrivateTables(database, kept, state=None))
                path.rename(moved_from(path))  # so that nobody goes on with it
                sync_folder(state)
                left.append(moved_from(path))
    return Carried(rows, left)


def _carry(path: Path, kept: Kept, tables: PrivateTables) -> int:
    with closing(PrivateFile(path, kept)) as file, file.at_one_moment() as connection:
        rows = {table: _all(connection, table) for table in kept.tables}
    if not any(values for _, values in rows.values()):
        return 0
    with tables.writing() as connection:
        there = _there(connection, rows)
        if not any(there.values()):
            for table, (columns, values) in rows.items():
                _put(connection, table, columns, values)
        elif not kept.changes:
            return 0
    with tables.at_one_moment() as connection:
        there = _there(connection, rows)
    if any(sorted(values, key=repr) != sorted(there[table], key=repr) for table, (_, values) in rows.items()):
        raise kept.failed(
            tables.place,
            f"it holds something else than {path}: it was changed since, or is of another installation; move that file "
            "away to go on with what the database holds",
        )
    return sum(len(values) for _, values in rows.values())


def _all(connection: Any, table: str) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    found = connection.execute(f"SELECT * FROM {table}")  # nosec B608  # noqa: S608  (a name of ours)
    return tuple(column[0] for column in found.description), found.fetchall()


def _there(connection: Connection, rows: _Rows) -> dict[str, list[tuple[Any, ...]]]:
    return {
        table: connection.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall()  # nosec B608  # noqa: S608
        for table, (columns, _) in rows.items()
    }


def _put(connection: Connection, table: str, columns: Sequence[str], values: list[tuple[Any, ...]]) -> None:
    marks = ", ".join("?" for _ in columns)
    statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # nosec B608  # noqa: S608
    for row in values:
        connection.execute(statement, row)
