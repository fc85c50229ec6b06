"""The stored texts of a build: documents, their passages by row, their units. One SQLite file, never changed.

`write_passages` makes the file; `PassageStore` reads it (immutable, safe from several threads). Row numbers are those
of the dense and the lexical index; a document's passages have consecutive rows. Texts lie apart from what is read of
every document when a build is opened. Units are found when a document is ingested, so that a question needs no language
tools.
"""

import json
import sqlite3
import threading
import weakref
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from indexes.documents import Document, Locator, Passage, Section, locator_from_json
from indexes.errors import BuildDamagedError
from indexes.readings import ReadingNote, notes_from_json
from indexes.units import Series, Span, Unit, UnitKind

_SCHEMA = """
CREATE TABLE documents (number INTEGER PRIMARY KEY, document TEXT UNIQUE NOT NULL, sha256 TEXT NOT NULL,
                        title TEXT NOT NULL, first_row INTEGER NOT NULL, passages INTEGER NOT NULL);
CREATE TABLE texts (number INTEGER PRIMARY KEY, text TEXT NOT NULL, sections TEXT NOT NULL,
                    notes TEXT NOT NULL);
CREATE TABLE passages (row INTEGER PRIMARY KEY, passage_id TEXT UNIQUE NOT NULL, number INTEGER NOT NULL,
                       start INTEGER NOT NULL, stop INTEGER NOT NULL, text TEXT NOT NULL, locator TEXT NOT NULL);
CREATE TABLE units (number INTEGER NOT NULL, start INTEGER NOT NULL, stop INTEGER NOT NULL, kind INTEGER NOT NULL,
                    label_start INTEGER, label_stop INTEGER, series INTEGER NOT NULL,
                    PRIMARY KEY (number, start)) WITHOUT ROWID;
CREATE TABLE series (number INTEGER NOT NULL, place INTEGER NOT NULL, start INTEGER NOT NULL, stop INTEGER NOT NULL,
                     kind INTEGER NOT NULL, label_start INTEGER, label_stop INTEGER, items INTEGER NOT NULL,
                     PRIMARY KEY (number, place)) WITHOUT ROWID;
"""
_PASSAGE_COLUMNS = """SELECT passages.row, passage_id, document, sha256, title, start, stop, passages.text, locator
                      FROM passages JOIN documents USING (number)"""
_MOST_VARIABLES = 900  # SQLite's portable limit on ?s in a statement is 999
_ALL_SPANS = """SELECT number, start, stop FROM units
                UNION ALL SELECT number, label_start, label_stop FROM units WHERE label_start IS NOT NULL
                UNION ALL SELECT number, start, stop FROM series
                UNION ALL SELECT number, label_start, label_stop FROM series WHERE label_start IS NOT NULL
                ORDER BY number"""
_UNITS = """SELECT units.start, units.stop, kind, label_start, label_stop, series
            FROM units JOIN documents USING (number) WHERE document = ?"""


@dataclass(frozen=True, slots=True)
class SplitDocument:
    """A document with its passages and its units, in reading order, and the series that units belong to by number."""

    document: Document
    passages: tuple[Passage, ...]
    units: tuple[Unit, ...]
    series: tuple[Series, ...] = ()

    @property
    def spans(self) -> list[Span]:
        """Where its units stand."""
        return [unit.span for unit in self.units]


def write_passages(path: Path, documents: Iterable[SplitDocument]) -> None:
    """Write a new file; rows are numbered in the order given, from 0.

    Raises:
        OSError: the disk refuses.
    """
    try:
        _write(path, documents)
    except sqlite3.Error as error:
        raise OSError(f"{path} cannot be written: {error}") from error


def _write(path: Path, documents: Iterable[SplitDocument]) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(_SCHEMA)
        next_row = 0
        for number, split in enumerate(documents):
            document = split.document
            sections = json.dumps(
                [[s.start, s.end, s.locator.as_json()] for s in document.sections], ensure_ascii=False
            )
            connection.execute(
                "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?)",
                (number, document.document, document.sha256, document.title, next_row, len(split.passages)),
            )
            notes = json.dumps([note.as_json() for note in document.notes], ensure_ascii=False)
            connection.execute("INSERT INTO texts VALUES (?, ?, ?, ?)", (number, document.text, sections, notes))
            connection.executemany(
                "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    (
                        row,
                        passage.passage_id,
                        number,
                        passage.start,
                        passage.end,
                        passage.text,
                        _to_json(passage.locator),
                    )
                    for row, passage in enumerate(split.passages, next_row)
                ),
            )
            next_row += len(split.passages)
            connection.executemany(
                "INSERT INTO units VALUES (?, ?, ?, ?, ?, ?, ?)",
                ((number, *unit.span, unit.kind, *(unit.label or (None, None)), unit.series) for unit in split.units),
            )
            connection.executemany(
                "INSERT INTO series VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    (number, place, one.start, one.end, one.kind, *(one.label or (None, None)), one.items)
                    for place, one in enumerate(split.series)
                ),
            )


class PassageStore:
    """Reads the file that `write_passages` made."""

    def __init__(self, path: Path) -> None:
        """Open the file.

        Raises:
            BuildDamagedError: it is not such a file.
        """
        self._lock = threading.Lock()
        try:
            self._connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
            self._close = weakref.finalize(self, self._connection.close)  # with the last question that reads it
            self.rows = int(self._connection.execute("SELECT coalesce(max(row) + 1, 0) FROM passages").fetchone()[0])
        except sqlite3.Error as error:
            raise BuildDamagedError(f"{path} is not a passage store: {error}") from error

    def close(self) -> None:
        """Close the file."""
        self._close()

    def document_ids(self) -> list[tuple[str, str]]:
        """Return (document, sha256) by document number."""
        return self._all("SELECT document, sha256 FROM documents ORDER BY number")

    def document_sizes(self) -> list[int]:
        """Return how many passages each document has, by document number; rows go through them in that order."""
        return [size for (size,) in self._all("SELECT passages FROM documents ORDER BY number")]

    def check(self) -> None:
        """Hold every passage, unit and series against its document's stored text.

        Raises:
            BuildDamagedError: one is not where it says it is, or a document's passages are not its rows.
        """
        passages = self._each("SELECT number, start, stop, text, row FROM passages ORDER BY row")
        spans = self._each(_ALL_SPANS)
        next_passage, next_span, next_row = next(passages, None), next(spans, None), 0
        documents = self._each(
            "SELECT number, document, first_row, passages, text "
            "FROM documents LEFT JOIN texts USING (number) ORDER BY number"
        )
        for number, document, first_row, size, text in documents:
            if text is None or first_row != next_row:
                raise BuildDamagedError(f"'{document}' is not whole in the build")
            while next_passage and next_passage[0] == number:
                _, start, stop, quoted, row = next_passage
                if row != next_row or quoted != text[start:stop]:
                    raise BuildDamagedError(f"a passage of '{document}' is not at its span in the stored text")
                next_row, next_passage = row + 1, next(passages, None)
            if next_row != first_row + size:
                raise BuildDamagedError(f"'{document}' is not whole in the build")
            while next_span and next_span[0] == number:
                if not 0 <= next_span[1] < next_span[2] <= len(text):
                    raise BuildDamagedError(f"a unit of '{document}' lies outside the stored text")
                next_span = next(spans, None)
        if next_passage or next_span:
            raise BuildDamagedError("a passage or unit in the build belongs to no document")

    def passages(self, rows: Sequence[int]) -> list[Passage]:
        """Return the passages of some rows, in the order given."""
        found: dict[int, Passage] = {}
        for start in range(0, len(rows), _MOST_VARIABLES):
            part = [int(row) for row in rows[start : start + _MOST_VARIABLES]]
            marks = ",".join("?" * len(part))
            for record in self._all(f"{_PASSAGE_COLUMNS} WHERE passages.row IN ({marks})", *part):
                found[int(record[0])] = _passage(record)
        return [found[int(row)] for row in rows]

    def passage(self, passage_id: str) -> Passage | None:
        """Return a passage by its id."""
        records = self._all(f"{_PASSAGE_COLUMNS} WHERE passage_id = ?", passage_id)
        return _passage(records[0]) if records else None

    def split_document(self, document: str) -> SplitDocument | None:
        """Return a document with its passages, units and series."""
        records = self._all(
            "SELECT sha256, title, first_row, passages, text, sections, notes "
            "FROM documents JOIN texts USING (number) WHERE document = ?",
            document,
        )
        if not records:
            return None
        sha256, title, first_row, size, text, sections, notes = records[0]
        return SplitDocument(
            document=Document(
                document=document,
                sha256=sha256,
                title=title,
                text=text,
                sections=tuple(Section(start, end, locator_from_json(loc)) for start, end, loc in json.loads(sections)),
                notes=notes_from_json(json.loads(notes)),
            ),
            passages=tuple(
                Passage(passage_id, document, sha256, title, start, stop, passage, _from_json(locator))
                for passage_id, start, stop, passage, locator in self._all(
                    "SELECT passage_id, start, stop, text, locator FROM passages "
                    "WHERE row >= ? AND row < ? ORDER BY row",
                    first_row,
                    first_row + size,
                )
            ),
            units=tuple(_unit(*record) for record in self._all(f"{_UNITS} ORDER BY units.start", document)),
            series=self.series(document),
        )

    def text(self, document: str) -> str | None:
        """Return a document's stored text."""
        records = self._all("SELECT text FROM texts JOIN documents USING (number) WHERE document = ?", document)
        return str(records[0][0]) if records else None

    def notes(self, document: str) -> tuple[ReadingNote, ...]:
        """Return what of a document is not in its stored text; nothing for one that is not in the build."""
        records = self._all("SELECT notes FROM texts JOIN documents USING (number) WHERE document = ?", document)
        return notes_from_json(json.loads(records[0][0])) if records else ()

    def units(self, passage: Passage) -> list[Unit]:
        """Return the units that lie wholly within a passage, in reading order."""
        records = self._all(
            f"{_UNITS} AND units.start >= ? AND units.stop <= ? ORDER BY units.start",
            passage.document,
            passage.start,
            passage.end,
        )
        return [_unit(*record) for record in records]

    def series(self, document: str) -> tuple[Series, ...]:
        """Return the series of a document by number; none for one that is not in the build."""
        records = self._all(
            "SELECT start, stop, kind, label_start, label_stop, items FROM series JOIN documents USING (number) "
            "WHERE document = ? ORDER BY place",
            document,
        )
        return tuple(
            Series(start, stop, UnitKind(kind), _label(*label), items) for start, stop, kind, *label, items in records
        )

    def _all(self, statement: str, *values: str | int) -> list[tuple]:  # type: ignore[type-arg]
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    def _each(self, statement: str) -> Iterator[tuple]:  # type: ignore[type-arg]
        """Return the records of a statement one by one; while they are read nobody else may ask."""
        return iter(self._connection.execute(statement))


def _passage(record: tuple[int, str, str, str, str, int, int, str, str]) -> Passage:
    _, passage_id, document, sha256, title, start, stop, text, locator = record
    return Passage(
        passage_id=passage_id,
        document=document,
        sha256=sha256,
        title=title,
        start=start,
        end=stop,
        text=text,
        locator=_from_json(locator),
    )


def _unit(start: int, stop: int, kind: int, label_start: int | None, label_stop: int | None, series: int) -> Unit:
    return Unit(start, stop, UnitKind(kind), _label(label_start, label_stop), series)


def _label(start: int | None, stop: int | None) -> Span | None:
    return None if start is None or stop is None else (start, stop)


def _to_json(locator: Locator) -> str:
    return json.dumps(locator.as_json(), ensure_ascii=False)


@lru_cache(maxsize=1 << 12)  # neighbouring passages often share one
def _from_json(locator: str) -> Locator:
    return locator_from_json(json.loads(locator))
