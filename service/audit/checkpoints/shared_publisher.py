"""Follows a log that others write too, adds to it in its turn, and publishes checkpoints while it has the lease.

Whatever others add is read before anything is added or signed here: each leaf has to have its hash and be the next
(`log_end`), and each checkpoint of theirs has to be of a tree that this one grew from. So every process vouches for all
of the log, and one that was put back, or another one, is refused by each that knew it. The newest checkpoint in the
store is the signer's memory: it is read, held against the tree here, and the next is kept in the same
transaction (`Beside.publish_after`). Nothing rests on the lease: two that believe in theirs cannot sign two
histories. What the files beside the key remember is kept up as well, and tells if store and memory were put back.

A process that cannot sign, such as one without the key, answers, says so, and leaves the lease to the others; who waits
for a checkpoint here waits for another's.
"""

import contextlib
import json
import time
from collections.abc import Callable, Sequence

from service.audit.checkpoints.log_end import LogEnd, refusal
from service.audit.checkpoints.memory import Signed
from service.audit.checkpoints.publisher import CHECKPOINT_DELAY_S, Open, Publisher
from service.audit.checkpoints.put_back_elsewhere import follow
from service.audit.checkpoints.signer import Signer, used_no_more
from service.audit.checkpoints.stored_tree import StoredTree
from service.audit.errors import AuditKeyError, AuditOvertakenError, AuditUnavailableError, ProofError
from service.audit.events import KEY_REVOKED_TYPE
from service.audit.formats import tree
from service.audit.shards import shards_of
from service.audit.storage.beside import Again
from service.audit.storage.store import Beside, Entry, LeafStore, Receipt, StoredCheckpoint, StoredLeaf, Subtree

_LOOK_S = 0.25  # how often it is looked what others added
_PAGE = 500  # leaves read at once
_TRIES = 8  # while others are quicker


def _nothing(_: str) -> None:
    pass


class SharedPublisher(Publisher):
    """See the module; also the writer's `Others`."""

    def __init__(
        self,
        *,
        store: LeafStore,
        beside: Beside,
        signer: Signer,
        clock_s: Callable[[], float] = time.monotonic,
        notice: Callable[[str], None] = _nothing,
    ) -> None:
        """Take an open store that others write too, and the log's signer; see `Publisher`.

        `notice` is told when this process cannot sign any more, and when it can again.
        """
        super().__init__(store=store, signer=signer, clock_s=clock_s)
        self._beside = beside
        self._notice = notice
        self._end: LogEnd | None = None
        self._changes = 0  # up to when the log was last taken up
        self._looked_s = float("-inf")
        self._made = 0  # leaves that the checkpoint covers which is being kept
        self._key_as_of = -1  # changes
        self.cannot_sign = ""  # why this process does not sign; empty if it does

    @property
    def changes(self) -> int:
        """See `Others.changes`."""
        return self._end.changes if self._end else self._changes

    @property
    def newest_us(self) -> int:
        """See `Others.newest_us`."""
        return self._end.ts_us if self._end else 0

    @property
    def next_seq(self) -> int:
        """See `Others.next_seq`."""
        return self._end.next_seq if self._end else 0

    @property
    def unsigned_s(self) -> float:
        """See `Others.unsigned_s`."""
        since = self._waiting_since
        return self._clock_s() - since if since is not None else 0.0

    def restore(self) -> None:
        """Take up the tree of the open shard, as the store holds it now; see `Publisher.restore`."""
        self._forget_tree()
        if not self._store.size() and not self._signer.exists():
            self._signer.create_missing()
        self._look_at_key()
        self._signer.expect_itself()
        last = self._signer.last()
        for attempt in range(_TRIES):
            size = self._store.size()
            if self._took_up(size, is_last=attempt == _TRIES - 1):
                break
        last = follow(self._store, self._signer, last)
        self._expect_tree(last, size, "signed")
        self._expect_tree(self._written, size, "written")
        self._expect_history(last, shards_of(self._store))
        self._written = None  # it was found here; from now on the tree says it

    def _took_up(self, size: int, *, is_last: bool) -> bool:
        """Take up the first `size` leaves; `False` if a checkpoint covers more: others went on meanwhile."""
        shards = [shard for shard in shards_of(self._store) if shard.first_seq < size]
        shard = shards[-1] if shards else None
        newest = self._store.newest_checkpoint(shard.origin) if shard else None
        if shard and newest and newest.size > size - shard.first_seq and not is_last:
            return False
        self._changes = self.changes + 1
        self._end = LogEnd(self._store, size=size, shard=shard, changes=self._changes)
        hashes = self._store.leaf_hashes(size - 1, size) if size else []
        self._beside.known(size - 1, hashes[0].hex() if hashes else "")
        if shard:
            self._take_up(shard, size - shard.first_seq)
        return True

    def append(self, batch: Sequence[tuple[Entry, Again | None]]) -> list[Receipt | AuditUnavailableError]:
        """See `Others.append`."""
        refused: dict[int, AuditUnavailableError] = {}

        def settle(others: Sequence[StoredLeaf]) -> list[Entry]:
            self._follow(others)
            entries = []
            for number, (entry, again) in enumerate(batch):
                made = again(self.newest_us) if again and entry.ts_us < self.newest_us else entry
                taken = self._known_end().take(made)
                if taken == "taken":
                    entries.append(made)
                else:
                    refused[number] = refusal(taken)
            return entries

        receipts = iter(self._in_turn(settle))
        return [refused[number] if number in refused else next(receipts) for number in range(len(batch))]

    def _in_turn(self, settle: Callable[[Sequence[StoredLeaf]], list[Entry]]) -> list[Receipt]:
        for _ in range(_TRIES):
            try:
                receipts = self._beside.append_after(settle)
            except AuditOvertakenError:
                self._catch_up()
            else:
                self.add(receipts)
                return receipts
        raise AuditUnavailableError("other processes write the log faster than this one reads it: try again")

    def due_in_s(self) -> float | None:
        """Return in how many seconds it is to be looked what others did."""
        return max(0.0, self._looked_s + _LOOK_S - self._clock_s())

    def publish(self, *, wished: bool = True) -> int:
        """Read what others did, and sign if it is due and this process has the lease, or somebody waits for it.

        Returns and raises as `Publisher.publish`; where others have to sign, what is covered so far is returned.
        """
        self._looked_s = self._clock_s()
        has_lease = self._tend_lease()
        self._catch_up()
        if self._key_as_of != self.changes:  # told now, rather than when this process is to sign
            self._look_at_key()
        if (first := self._uncovered()) is None:
            return self.next_seq
        is_due = wished or (has_lease and self.unsigned_s >= CHECKPOINT_DELAY_S)
        if not is_due or not self._signs():
            return first
        self._beside.publish_after(self._made_after)
        if self._open and self._made:
            self._open.take_as_covered(self._made)
            self._waiting_since = None
        first = self._uncovered()
        return self.next_seq if first is None else first

    def _tend_lease(self) -> bool:
        """Tend the lease where this process can sign: one that cannot would keep it from those that can."""
        if self.cannot_sign and not self._signs():
            self._beside.leave_lease()
            return False
        return self._beside.tend_lease()

    def _uncovered(self) -> int | None:
        """Return the number of the first leaf without a checkpoint; `None` if there is none."""
        shard = self._open
        return shard.first_seq + shard.covered if shard and shard.growing.size > shard.covered else None

    def _made_after(self, latest: StoredCheckpoint | None) -> tuple[StoredCheckpoint, Sequence[Subtree]] | None:
        """Return the checkpoint that follows on the latest of all, which nobody can follow on meanwhile."""
        self._made = 0
        self._catch_up()  # so that all that the latest covers was read here
        shard = self._open
        if shard is None or shard.growing.size == shard.covered:
            return None
        if not self._signs():  # what was just read may say that this key is used no more
            return None
        self._remember(latest, shard)
        stored, subtrees = self._signed(shard)
        self._made = stored.size
        return stored, subtrees

    def _remember(self, latest: StoredCheckpoint | None, shard: Open) -> None:
        """Have the signer remember what another process signed since: what is signed next has to follow from that."""
        last = self._signer.last()
        if latest is None or (last and last.origin == latest.origin and last.size >= latest.size):
            return
        first_seq = shard.first_seq
        if latest.origin != shard.origin:
            first_seq = next(one.first_seq for one in shards_of(self._store) if one.origin == latest.origin)
        signed = Signed(latest.origin, first_seq, latest.size, bytes.fromhex(latest.root))
        self._expect_tree(signed, self.next_seq, "signed")
        self._signer.take_up(signed)

    def _signs(self) -> bool:
        """Tell whether this process can sign."""
        self._look_at_key()
        return not self.cannot_sign

    def _look_at_key(self) -> None:
        before = self.cannot_sign
        try:
            self._expect_key_on_record()
            self._signer.show_key()
        except AuditKeyError as error:
            self.cannot_sign = str(error)
        else:
            self.cannot_sign = ""
        if self.cannot_sign != before:
            words = f"this process answers and does not sign: {self.cannot_sign}"
            with contextlib.suppress(Exception):  # whoever is told must not stop the thread that writes
                self._notice(words if self.cannot_sign else "this process signs again")

    def _expect_key_on_record(self) -> None:
        if self._key_as_of != self.changes:  # keys were put on record, perhaps
            self._key_as_of, self._key = self.changes, None
        if self._signer.key() == self._key:
            return
        super()._expect_key_on_record()
        revoked = [str(json.loads(leaf.leaf)["key_id"]) for leaf in self._store.of_type(KEY_REVOKED_TYPE)]
        if (key := self._signer.key()).key_id.hex() in revoked:
            self._key = None
            raise AuditKeyError(used_no_more(key))

    def _known_end(self) -> LogEnd:
        if self._end is None:
            raise AuditUnavailableError("the log was not taken up")
        return self._end

    def _catch_up(self) -> None:
        """Read what others added and signed, and hold it against the tree.

        Raises:
            AuditUnavailableError: it does not go on from what is known.
        """
        end = self._known_end()
        while page := self._store.leaves(end.next_seq - 1, _PAGE):
            self._follow(page)
            self._beside.known(page[-1].seq, page[-1].leaf_hash)
        if (shard := self._open) is None:
            return
        newest = self._store.newest_checkpoint(shard.origin)
        if (newest.size if newest else 0) < shard.covered:
            raise AuditUnavailableError(
                f"the checkpoint of {shard.covered} leaves of {shard.origin} is not in {self._store.shown} any more: "
                "put it back as it was"
            )
        if newest and newest.size > shard.covered:
            self._see(shard, newest)

    def _follow(self, leaves: Sequence[StoredLeaf]) -> None:
        end = self._known_end()
        for leaf in leaves:
            if leaf.seq >= end.next_seq:
                end.follow(leaf)
                self.add([Receipt(end.origin, leaf.seq, leaf.leaf_hash)])

    def _see(self, shard: Open, newest: StoredCheckpoint) -> None:
        """Hold a checkpoint of another process against the tree that was grown here."""
        if newest.size > shard.growing.size:
            return  # of leaves that came since they were read: seen next time
        stored = StoredTree(store=self._store, origin=shard.origin, first_seq=shard.first_seq)
        try:
            tree.verify_consistency(
                old_size=newest.size,
                old_root=bytes.fromhex(newest.root),
                size=shard.growing.size,
                root=shard.growing.root(),
                proof=stored.consistency(newest.size, shard.growing.size),
            )
        except ProofError as error:
            raise AuditUnavailableError(
                f"the checkpoint of {newest.size} leaves of {shard.origin} is of other leaves than those that were "
                "read here: run greenlit audit verify to see which, and put the store back as it was"
            ) from error
        shard.take_as_covered(newest.size)
        self._waiting_since = self._clock_s() if shard.growing.size > shard.covered else None
