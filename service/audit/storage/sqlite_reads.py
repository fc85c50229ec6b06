"""What can be read of the SQLite store; what is asked is in `leaf_reads`."""

import json
from collections.abc import Collection

from service.audit.storage.leaf_reads import LeafReads, bounded
from service.audit.storage.sqlite_file import SqliteFile
from service.audit.storage.store import StoredLeaf


class SqliteReads(LeafReads):
    """Reads a store's file; see `LeafReader` for what each method gives."""

    def __init__(self, file: SqliteFile) -> None:
        """Read this file; nothing is opened before the first call."""
        super().__init__(file)
        self._file = file

    @property
    def shown(self) -> str:
        """See `LeafStore.shown`."""
        return str(self._file.path)

    @property
    def beside(self) -> None:
        """See `LeafStore.beside`: one process at a time writes a file."""
        return None

    def remark(self) -> str | None:
        """See `LeafStore.remark`. Whoever may write the file may change it, and doctor looks at its folder's mode."""
        return None

    def leaves_at(self, seqs: Collection[int]) -> list[StoredLeaf]:
        """See `LeafReader.leaves_at`. In one statement, however many they are."""
        numbers = json.dumps([bounded(seq) for seq in seqs])
        return self._leaves("WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq", numbers)
