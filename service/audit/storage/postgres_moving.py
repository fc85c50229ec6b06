"""A log that is carried into a database row by row, and counts for nothing until all of it is there.

`history` says that a move has begun, and from which log, before the first row comes; until it says that it is done, no
service opens the tables. What is there already is held against what should be, never written over, so that a move that
was cut off goes on where it was, and one of another log is refused. Where the rows come from is `moving`.
"""

from collections.abc import Sequence

from service.audit.errors import AuditUnavailableError
from service.audit.storage.postgres_database import Connection, PostgresDatabase
from service.audit.storage.postgres_rows import (
    ADD_CHECKPOINT,
    ADD_LEAVES,
    ADD_PAYLOADS,
    ADD_SCOPE,
    ADD_SUBTREE,
    columns,
    one,
)
from service.audit.storage.postgres_steps import noted
from service.audit.storage.postgres_store import (
    HALF_MOVED,
    MOVE,
    PostgresLeafStore,
)
from service.audit.storage.store import KeptScope, StoredCheckpoint, StoredLeaf, StoredPayload, Subtree

_FROM = "SELECT value FROM history WHERE what = 'moved from' ORDER BY id DESC LIMIT 1"
_DONE = "done"
_ERASE = "DELETE FROM payloads WHERE seq = %s AND field = %s"


class HalfMoved(PostgresLeafStore):
    """The tables that a log is moved into; make it with `take_half`. Nobody else writes them meanwhile."""

    @classmethod
    def take_half(cls, url: str) -> "HalfMoved":
        """Open the tables in a database, making them if they are missing; the caller holds this machine's lock.

        Raises:
            AuditBusyError: another process has them open.
            AuditUnavailableError: they cannot be reached, made or written.
        """
        half = cls(database=PostgresDatabase(url), folder=None)
        half._take(make=True)
        return half

    def is_half(self) -> bool:
        """Tell whether a move to here has begun and is not done."""
        return self._write(lambda writer: bool(one(writer, MOVE) == HALF_MOVED))

    def begin(self, first_leaf_hash: str) -> None:
        """Put down that the log which begins with a leaf is moved here; or go on with it, if that was put down.

        Raises:
            AuditUnavailableError: another log is here, or half of one, or all of this one.
        """
        self._write(lambda writer: self._begin(writer, first_leaf_hash))

    def _begin(self, writer: Connection, first_leaf_hash: str) -> None:
        state = one(writer, MOVE)
        if state == HALF_MOVED and one(writer, _FROM) == first_leaf_hash:
            return
        if state is None and not self.size() and not self.checkpoint_count() and not self.scope_hashes():
            writer.execute(noted("move", HALF_MOVED).encode())
            writer.execute(noted("moved from", first_leaf_hash).encode())
            return
        what = "half of another log, which is being moved here" if state == HALF_MOVED else "a log"
        raise AuditUnavailableError(f"expected an empty database to move the log into, found {what} in {self.shown}")

    def take_page(
        self,
        leaves: Sequence[StoredLeaf],
        payloads: Sequence[StoredPayload],
        erased: Sequence[StoredPayload],
    ) -> None:
        """Keep leaves and payloads that are missing, and let go of payloads that were erased where they came from."""

        def work(writer: Connection) -> None:
            rows = [
                (leaf.seq, leaf.leaf_hash, leaf.type, leaf.ts_us, leaf.request_id, leaf.conversation, leaf.leaf)
                for leaf in leaves
            ]
            texts = [(at.seq, at.payload.field, at.payload.key_id, at.payload.sealed) for at in payloads]
            if rows:
                writer.execute(ADD_LEAVES, columns(rows))
            if texts:
                writer.execute(ADD_PAYLOADS, columns(texts))
            for gone in erased:
                writer.execute(_ERASE, (gone.seq, gone.payload.field))

        self._write(work)

    def take_checkpoints(self, checkpoints: Sequence[tuple[int, StoredCheckpoint]]) -> None:
        """Keep checkpoints under their numbers."""

        def work(writer: Connection) -> None:
            for number, kept in checkpoints:
                writer.execute(ADD_CHECKPOINT, (number, kept.origin, kept.size, kept.root, kept.note))

        self._write(work)

    def take_rest(self, subtrees: Sequence[Subtree], scopes: Sequence[KeptScope]) -> None:
        """Keep subtrees and scopes that are missing."""
        packed = self._scopes.new(scopes)

        def work(writer: Connection) -> None:
            for tree in subtrees:
                writer.execute(ADD_SUBTREE, (tree.origin, tree.level, tree.number, tree.hash))
            for name, kept in packed.items():
                writer.execute(ADD_SCOPE, (name, kept))

        self._write(work)
        self._scopes.written(packed)

    def run(self, statements: Sequence[str]) -> None:
        """Run statements of ours, all or none."""

        def work(writer: Connection) -> None:
            for statement in statements:
                writer.execute(statement.encode())

        self._write(work)

    def finish(self) -> None:
        """Put down that all of the log is here: from now on a service may open it."""
        self._write(lambda writer: writer.execute(noted("move", _DONE).encode()))

    def _expect_whole(self, writer: Connection) -> None:
        """Half of a log is what is expected."""
