"""The publisher: checkpoints when they are due, of the tree that is there, and of no other log than the one signed."""

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from service.audit.checkpoints.publisher import CHECKPOINT_DELAY_S, Publisher
from service.audit.checkpoints.signer import Signer
from service.audit.errors import AuditKeyError, AuditUnavailableError
from service.audit.formats import notes
from service.audit.formats.canonical import canonical_json
from service.audit.storage.sqlite_store import SqliteLeafStore
from service.audit.storage.store import Entry, StoredCheckpoint, Subtree
from tests.support import reference_tree
from tests.support.copied_logs import memory_file

NAME = "greenlit/audit"
NOVEMBER, DECEMBER = "greenlit/audit/2026-11", "greenlit/audit/2026-12"


class Paper:
    """A store with a signer and a publisher, as the writer drives them."""

    def __init__(self, root: Path) -> None:
        self.keys, self.folder = root / "keys", root / "var"
        self.now_s = 100.0
        self.store = SqliteLeafStore.open(self.folder)
        self.signer = Signer(folder=self.keys, name=NAME)
        self.publisher = self.new_publisher()
        self.publisher.restore()

    def new_publisher(self) -> Publisher:
        return Publisher(store=self.store, signer=self.signer, clock_s=lambda: self.now_s)

    def write(self, count: int, origin: str = NOVEMBER, *, kind: str = "query.received", told: bool = True) -> None:
        """Append leaves; the publisher is told of them unless the process died before."""
        size = self.store.size()
        leaves = [canonical_json({"type": kind, "origin": origin, "n": size + number}) for number in range(count)]
        receipts = self.store.append([Entry(origin, kind, 1, "", leaf) for leaf in leaves])
        if told:
            self.publisher.add(receipts)

    def open_shard(self, origin: str = NOVEMBER) -> None:
        self.write(1, origin, kind="shard.opened")

    def record_key(self, vkey: str) -> None:
        leaf = canonical_json({"origin": NOVEMBER, "purpose": "signing", "key_id": "x", "vkey": vkey})
        self.publisher.add(self.store.append([Entry(NOVEMBER, "key.created", 1, "", leaf)]))

    def leaves(self, origin: str = NOVEMBER) -> list[bytes]:
        return [leaf.leaf for leaf in self.store.leaves(-1, 10_000) if json.loads(leaf.leaf)["origin"] == origin]

    def put_aside(self, name: str = "aside") -> Path:
        """Copy the store, not the keys."""
        self.store.reopen()  # everything is in the file, nothing in the write-ahead log
        return Path(shutil.copytree(self.folder, self.folder.with_name(name)))

    def put_back(self, aside: Path) -> None:
        self.store.close()
        shutil.rmtree(self.folder)
        shutil.copytree(aside, self.folder)
        self.store.reopen()


@pytest.fixture
def paper(tmp_path: Path) -> Iterator[Paper]:
    made = Paper(tmp_path)
    with closing(made.store):
        yield made


def _newest(paper: Paper, origin: str = NOVEMBER) -> StoredCheckpoint:
    newest = paper.store.newest_checkpoint(origin)
    assert newest is not None
    return newest


def test_a_log_without_a_leaf_gets_a_key_and_no_checkpoint(paper: Paper) -> None:
    paper.publisher.publish()
    assert paper.signer.key().name == NAME
    assert paper.signer.last() is None
    assert paper.publisher.due_in_s() is None
    assert paper.store.checkpoints(NOVEMBER) == []


def test_a_checkpoint_signs_the_tree_that_is_there(paper: Paper) -> None:
    paper.open_shard()
    paper.write(4)
    paper.publisher.publish()
    newest = _newest(paper)
    assert (newest.size, newest.root) == (5, reference_tree.root(paper.leaves()).hex())
    signed = notes.verified(newest.note, [paper.signer.key()])
    assert (signed.origin, signed.size, signed.root.hex()) == (NOVEMBER, newest.size, newest.root)
    paper.publisher.publish()
    assert len(paper.store.checkpoints(NOVEMBER)) == 1, "what is covered gets no second one"


def test_a_checkpoint_is_due_half_a_second_after_the_first_leaf_without_one(paper: Paper) -> None:
    assert CHECKPOINT_DELAY_S < 1, "AUDIT: within 1 s of the first uncovered leaf"
    paper.open_shard()
    assert paper.publisher.due_in_s() == CHECKPOINT_DELAY_S
    paper.now_s += 0.375
    paper.write(3)
    assert paper.publisher.due_in_s() == 0.125, "what comes later does not put it off"
    paper.now_s += 7
    assert paper.publisher.due_in_s() == 0.0
    paper.publisher.publish()
    assert paper.publisher.due_in_s() is None


def test_a_publisher_takes_up_where_another_left(paper: Paper) -> None:
    paper.open_shard()
    paper.write(299)
    paper.publisher.publish()
    paper.write(300, told=False)  # and then the process died
    paper.publisher = paper.new_publisher()
    paper.publisher.restore()
    assert paper.publisher.due_in_s() == CHECKPOINT_DELAY_S, "what was left without a checkpoint waits for one"
    paper.write(10)
    paper.publisher.publish()
    leaves = paper.leaves()
    assert (_newest(paper).size, _newest(paper).root) == (610, reference_tree.root(leaves).hex())
    assert paper.store.subtrees(NOVEMBER, 1, 0, 9) == [
        reference_tree.root(leaves[:256]),
        reference_tree.root(leaves[256:512]),
    ]


def test_a_subtree_is_kept_with_the_checkpoint_that_covers_it(paper: Paper) -> None:
    paper.open_shard()
    paper.write(254)
    paper.publisher.publish()
    assert paper.store.subtrees(NOVEMBER, 1, 0, 9) == []
    paper.write(1)
    assert paper.store.subtrees(NOVEMBER, 1, 0, 9) == []
    paper.publisher.publish()
    assert paper.store.subtrees(NOVEMBER, 1, 0, 9) == [reference_tree.root(paper.leaves())]


def test_a_shard_begins_a_tree_of_its_own(paper: Paper) -> None:
    paper.open_shard()
    paper.write(6)
    paper.publisher.publish()
    paper.open_shard(DECEMBER)
    paper.write(2, DECEMBER)
    paper.publisher.publish()
    assert (_newest(paper).size, _newest(paper, DECEMBER).size) == (7, 3)
    assert _newest(paper, DECEMBER).root == reference_tree.root(paper.leaves(DECEMBER)).hex()
    paper.publisher.restore()
    paper.write(1, DECEMBER)
    paper.publisher.publish()
    assert _newest(paper, DECEMBER).root == reference_tree.root(paper.leaves(DECEMBER)).hex()


def test_a_signature_that_was_not_kept_is_made_again(paper: Paper, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(_: StoredCheckpoint, _more: tuple[Subtree, ...]) -> None:
        raise AuditUnavailableError("the disk refuses")

    paper.open_shard()
    with monkeypatch.context() as patch:
        patch.setattr(paper.store, "publish", crash)
        with pytest.raises(AuditUnavailableError, match="the disk refuses"):
            paper.publisher.publish()
    last = paper.signer.last()
    assert last is not None
    assert last.size == 1
    paper.publisher = paper.new_publisher()
    paper.publisher.restore()
    paper.publisher.publish()
    assert _newest(paper).size == 1


def test_a_store_that_was_rolled_back_is_refused_until_it_is_put_right(paper: Paper) -> None:
    paper.open_shard()
    paper.write(4)
    paper.publisher.publish()
    older = paper.put_aside()
    paper.write(5)
    paper.publisher.publish()
    newer = paper.put_aside("newer")
    paper.put_back(older)
    for publisher in (paper.publisher, paper.new_publisher()):
        for _ in range(2):
            with pytest.raises(
                AuditUnavailableError,
                match=r"signed up to number 9, but the store ends before 5: the newest leaves are missing; put the st",
            ):
                publisher.restore()
    paper.put_back(newer)
    paper.publisher.restore()
    paper.write(1)
    paper.publisher.publish()
    assert _newest(paper).size == 11


def test_a_store_of_other_leaves_is_refused(paper: Paper) -> None:
    paper.open_shard()
    older = paper.put_aside()
    paper.write(9)
    paper.publisher.publish()
    paper.put_back(older)
    paper.write(9, kind="query.finished", told=False)
    with pytest.raises(AuditUnavailableError, match=f"first 10 leaves of {NOVEMBER} are not those that were signed"):
        paper.publisher.restore()


@pytest.mark.parametrize("instead", [8, 9, 30])
def test_leaves_that_were_written_and_not_yet_signed_must_be_there_too(paper: Paper, instead: int) -> None:
    paper.open_shard()
    paper.publisher.publish()
    older = paper.put_aside()
    paper.write(9)
    paper.put_back(older)
    paper.write(instead, kind="query.finished", told=False)
    for _ in range(2):  # it does not get used to it
        with pytest.raises(AuditUnavailableError, match=r"written up to number 9|not those that were written"):
            paper.publisher.restore()
    paper.new_publisher().restore()  # another process does not know, and what was signed is there


def test_leaves_of_an_entry_that_was_kept_without_a_receipt_are_taken(paper: Paper) -> None:
    paper.open_shard()
    paper.write(2, told=False)
    paper.publisher.restore()
    paper.publisher.publish()
    assert _newest(paper).size == 3


@pytest.mark.parametrize("which", ["root", "size"])
def test_a_checkpoint_of_something_else_is_refused(paper: Paper, which: str) -> None:
    paper.open_shard()
    paper.write(4)
    paper.publisher.publish()
    size, root = (5, "0" * 64) if which == "root" else (9, _newest(paper).root)
    paper.store.publish(StoredCheckpoint(NOVEMBER, size, root, "note"), [])
    with pytest.raises(AuditUnavailableError, match=r"of 5 leaves .* is of other leaves|covers 9 leaves .* holds 5"):
        paper.publisher.restore()


def test_a_key_that_is_missing_is_not_made_anew_once_there_is_a_leaf(paper: Paper) -> None:
    paper.open_shard()
    (paper.keys / "signing.key").unlink()
    for attempt in (paper.publisher.publish, paper.publisher.restore):
        with pytest.raises(AuditKeyError, match=r"signing\.key is missing"):
            attempt()


def test_a_key_that_is_missing_is_not_made_anew_for_a_store_that_lost_everything(paper: Paper, tmp_path: Path) -> None:
    paper.open_shard()
    paper.publisher.publish()
    (paper.keys / "signing.key").unlink()
    store = SqliteLeafStore.open(tmp_path / "empty")
    with closing(store), pytest.raises(AuditKeyError, match=r"signing\.key is missing"):
        Publisher(store=store, signer=paper.signer).restore()


def test_a_missing_memory_is_noticed_once_something_was_signed(paper: Paper) -> None:
    paper.open_shard()
    paper.publisher.restore()
    paper.publisher.publish()
    kept = memory_file(paper.keys)
    aside = kept.rename(paper.keys / "aside")
    with pytest.raises(AuditKeyError, match=r"memory of what it last signed is missing: .* restore --here --reason"):
        paper.publisher.restore()
    aside.rename(kept)
    paper.publisher.restore()


def test_another_key_than_the_one_on_record_is_refused(paper: Paper) -> None:
    paper.open_shard()
    vkey = paper.signer.key().text()
    paper.record_key(vkey)
    paper.publisher.restore()
    other = Signer(folder=paper.keys, name="renamed/audit")
    with pytest.raises(AuditKeyError, match=r"would sign as renamed/audit\+.*, but has greenlit/audit\+.* set the log"):
        Publisher(store=paper.store, signer=other).restore()
    (paper.keys / "signing.key").write_bytes(bytes(range(32)))
    with pytest.raises(AuditKeyError, match="restore the signing key from a backup"):
        paper.publisher.restore()


def test_a_key_that_was_announced_may_take_over(paper: Paper) -> None:
    paper.open_shard()
    paper.record_key(paper.signer.key().text())
    following = paper.signer.prepare_next()
    paper.record_key(following.text())
    paper.publisher.publish()
    paper.signer.go_over(following)
    paper.publisher.restore()
    paper.write(1)
    paper.publisher.publish()
    notes.verified(_newest(paper).note, [paper.signer.key()])


def test_a_signing_key_that_is_replaced_while_the_log_goes_on_signs_nothing(paper: Paper) -> None:
    paper.open_shard()
    right = (paper.keys / "signing.key").read_bytes()
    own = paper.signer.key().text()
    paper.record_key(own)
    paper.publisher.publish()
    checkpoints = paper.store.checkpoint_count()
    (paper.keys / "signing.key").write_bytes(b"k" * 32)
    paper.write(1)
    with pytest.raises(AuditKeyError, match=r"would sign as greenlit/audit\+.* restore the signing key from a backup"):
        paper.publisher.publish()
    with pytest.raises(AuditKeyError, match="would sign as"):
        paper.new_publisher().restore()
    assert paper.store.checkpoint_count() == checkpoints
    assert (paper.keys / "signing.pub").read_text() == f"{own}\n", "the wrong one is not handed out either"
    (paper.keys / "signing.key").write_bytes(right)
    paper.publisher = paper.new_publisher()
    paper.publisher.restore()
    paper.publisher.publish()
    assert paper.store.checkpoint_count() == checkpoints + 1
