"""A log that was put back from a copy: it records nothing until a person says so, and goes on under another history."""

import json
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from service.audit import histories, opening
from service.audit.checking.verify_store import Verdict, verify_store
from service.audit.checkpoints.signer import Signer
from service.audit.errors import AuditBusyError, AuditEntryError, AuditError, AuditKeyError, AuditUnavailableError
from service.audit.formats import notes
from service.audit.formats.notes import Checkpoint
from service.audit.histories import Backup, Begun, Restored, begin_history
from service.audit.keys.keyring import Keyring
from service.audit.sealed_text import payload_context
from service.audit.shards import history_of, key_name, month_of
from service.audit.storage.sqlite_store import SqliteLeafStore
from tests.support.audit_parts import DECEMBER_US, NOON_US, LogFolder
from tests.support.copied_logs import make_itself, memory_file

WHY = Restored("the disk failed", "mira")
FROM_COPY = Restored("the disk failed", "mira", Backup("nightly-7", NOON_US))


def _used(root: Path) -> LogFolder:
    """Return a closed log with a finished question, and one that nobody finished."""
    root.mkdir(parents=True)
    log = LogFolder(root)
    log.open()
    log.ask_in_vain()
    log.ask()
    log.parts.log.publish()
    log.close()
    return log


def _more(log: LogFolder) -> None:
    log.open()
    log.ask_in_vain()
    log.parts.log.publish()
    log.close()


def _copy(log: LogFolder, name: str) -> LogFolder:
    return LogFolder(Path(shutil.copytree(log.root, log.root.with_name(name))), now_us=log.now_us)


def _begin(log: LogFolder, restored: Restored = WHY) -> Begun:
    return begin_history(log.state, keys=log.keys, name=log.name, clock=lambda: log.now_us, restored=restored)


def _put_back_store(log: LogFolder, copy: LogFolder) -> None:
    shutil.rmtree(log.state)
    shutil.copytree(copy.state, log.state)


def _verify(log: LogFolder, *more: str) -> Verdict:
    signer = Signer(folder=log.keys, name=key_name(log.name))
    keys = [signer.key().text(), *more]
    return verify_store(log.reader(), keys=keys, keyring=Keyring(folder=log.keys), signed=signer.last())


def _leaf(log: LogFolder, kind: str) -> dict[str, Any]:
    return next(leaf for leaf in log.leaves()[::-1] if leaf["type"] == kind)


def _healthy(log: LogFolder) -> str | None:
    with closing(log.open()):
        return log.parts.log.healthy()


@pytest.fixture
def log(tmp_path: Path) -> LogFolder:
    return _used(tmp_path / "log")


def test_a_whole_older_copy_records_nothing_until_it_is_said_and_then_goes_on(log: LogFolder) -> None:
    copy = _copy(log, "copy")
    _more(log)
    assert "were copied here" in str(_healthy(copy))
    before = copy.leaves()
    begun = _begin(copy, FROM_COPY)
    assert (begun.memory, begun.signed, begun.lost, begun.lost_keys, begun.vkey) == ("copied", None, None, (), None)
    assert _healthy(copy) is None
    _more(copy)
    leaves = copy.leaves()
    assert leaves[: len(before)] == before, "nothing is added to the month that was put back, and nothing goes"
    after = leaves[len(before) :]
    assert {leaf["origin"] for leaf in after} == {f"{before[-1]['origin']}.{begun.history}"}
    assert [leaf["type"] for leaf in after[:3]] == ["shard.opened", "log.restored", "query.finished"]
    assert after[2]["outcome"] == "aborted", "a question that was open is closed, as after any start"
    assert leaves[begun.seq] == after[1]
    restored = after[1]
    assert (restored["history"], restored["memory"]) == (begun.history, "copied")
    assert restored["backup"] == {"id": "nightly-7", "made_ts_us": NOON_US}
    assert "mira" not in json.dumps(restored), "a name, like a reason, is sealed"
    assert "disk" not in json.dumps(restored)
    verdict = _verify(copy)
    assert verdict.ok, verdict
    assert "from a copy made on 2026-11-19, says record" in verdict.remarks[0]
    assert f"what was signed from number {len(before)} on is not known here" in verdict.remarks[0]


def test_the_reason_and_who_gave_it_can_be_opened(log: LogFolder) -> None:
    begun = _begin(log)
    leaf = _leaf(log, "log.restored")
    opened = {}
    for payload in log.reader().payloads(begun.seq):
        context = payload_context(leaf["origin"], "log.restored", "", payload.field)
        opened[payload.field] = Keyring(folder=log.keys).open(payload.key_id, payload.sealed, context=context)[1]
    assert opened == {"who": b"mira", "reason": b"the disk failed"}


def test_an_older_store_under_the_keys_that_stayed_says_how_much_is_gone(log: LogFolder) -> None:
    copy = _copy(log, "copy")
    size = len(log.leaves())
    _more(log)
    lost = len(log.leaves())
    signed = Signer(folder=log.keys, name=key_name(log.name)).last()
    _put_back_store(log, copy)
    assert "if nothing holds more, say so with greenlit restore --here" in str(_healthy(log))
    begun = _begin(log, FROM_COPY)
    assert (begun.memory, begun.lost, begun.signed) == ("here", (size, lost - 1), signed)
    verdict = _verify(log)
    assert verdict.ok, verdict
    assert f"the numbers {size} to {lost - 1} that had been signed are gone" in verdict.remarks[0]


def test_of_a_store_that_is_lost_the_keys_remember_how_much_there_was(log: LogFolder) -> None:
    size = len(log.leaves())
    shutil.rmtree(log.state)
    assert f"signed up to number {size - 1}, but the store ends before 0" in str(_healthy(log))
    begun = _begin(log)
    assert (begun.ended, begun.lost, begun.seq) == (None, (0, size - 1), 1)
    _more(log)
    assert history_of(log.leaves()[0]["origin"]) == begun.history
    verdict = _verify(log)
    assert verdict.ok, verdict
    assert f"the numbers 0 to {size - 1} that had been signed are gone" in verdict.remarks[0]


def test_two_restores_of_one_copy_never_share_an_origin(log: LogFolder) -> None:
    first, second = _copy(log, "first"), _copy(log, "second")
    assert _begin(first).history != _begin(second).history
    _more(log)
    signed = []
    for one in (log, first, second):
        with closing(one.open()):
            one.parts.log.make_ready()
            one.parts.log.publish()
            origin = one.leaves()[-1]["origin"]
            signed += [(origin, row.size, row.root) for row in one.reader().checkpoints(origin)]
    assert len({row[:2] for row in signed}) == len(set(signed)), "nothing is signed twice for one origin and size"


def test_a_history_goes_on_through_the_months(log: LogFolder) -> None:
    begun = _begin(log)
    log.now_us = DECEMBER_US
    _more(log)
    origin = log.leaves()[-1]["origin"]
    assert (month_of(origin), history_of(origin)) == ("2026-12", begun.history)
    assert _verify(log).ok


def test_a_restore_in_a_later_month_needs_no_end_of_the_month_before(log: LogFolder) -> None:
    copy = _copy(log, "copy")
    copy.now_us = DECEMBER_US
    begun = _begin(copy)
    assert "shard.closed" not in copy.types()
    assert copy.leaves()[begun.seq]["origin"] == f"greenlit/audit/2026-12.{begun.history}"
    _more(copy)
    assert _verify(copy).ok


def test_a_log_is_restored_again_and_again(log: LogFolder) -> None:
    for number in range(3):
        copy = _copy(log, f"copy {number}")
        _more(log)
        _put_back_store(log, copy)
        _begin(log)
    assert len({history_of(leaf["origin"]) for leaf in log.leaves()}) == 4
    verdict = _verify(log)
    assert verdict.ok, verdict
    assert sum("was restored" in remark for remark in verdict.remarks) == 3


def test_leaves_that_no_checkpoint_covered_when_the_copy_was_made_are_covered(log: LogFolder) -> None:
    log.open()
    asked = log.ask()[1]
    copied = SqliteLeafStore(folder=Path(shutil.copytree(log.state, log.root / "aside")))
    log.close()
    newest = copied.newest_checkpoint(asked.origin)
    assert newest is not None
    if newest.size > asked.seq:
        pytest.skip("the checkpoint came before the copy was made")
    shutil.rmtree(log.state)
    (log.root / "aside").rename(log.state)
    begun = _begin(log)
    assert begun.ended is not None
    assert begun.ended.size == asked.seq + 1
    assert _verify(log).ok


def test_a_copy_that_is_no_older_loses_nothing_and_says_so(log: LogFolder) -> None:
    begun = _begin(log)
    assert (begun.memory, begun.lost) == ("here", None)
    verdict = _verify(log)
    assert verdict.ok
    assert "nothing that had been signed is gone, as far as its signer remembers" in verdict.remarks[0]


def test_without_a_memory_nobody_can_tell_what_is_gone(log: LogFolder) -> None:
    memory_file(log.keys).unlink()
    assert "memory of what it last signed is missing" in str(_healthy(log))
    assert _begin(log).memory == "missing"
    assert _healthy(log) is None
    assert _verify(log).ok


def test_a_memory_that_cannot_be_read_is_as_none(log: LogFolder) -> None:
    memory_file(log.keys).write_text("{")
    assert _begin(log).memory == "missing"
    assert _healthy(log) is None


def test_a_signing_key_that_is_lost_is_followed_by_another(log: LogFolder) -> None:
    old = Signer(folder=log.keys, name=key_name(log.name)).key()
    (log.keys / "signing.key").unlink()
    begun = _begin(log)
    new = Signer(folder=log.keys, name=key_name(log.name)).key()
    assert (begun.vkey, begun.lost_keys) == (new.text(), (old.key_id.hex(),))
    assert _leaf(log, "key.revoked")["reason"] == "lost"
    _more(log)
    for keys in ((), (old.text(),)):
        verdict = _verify(log, *keys)
        assert verdict.ok, verdict
    assert f"lost: the key '{old.key_id.hex()}'" in verdict.remarks[0]
    only_old = verify_store(log.reader(), keys=[old.text()], keyring=None, signed=None)
    assert not only_old.ok, "whoever has the old key alone was not told of the new one"


def test_a_signing_key_that_was_changed_after_the_copy_was_made_goes_on(log: LogFolder) -> None:
    copy = _copy(log, "copy")
    log.open()
    key = log.parts.signer.prepare_next()
    log.close()
    log.parts.signer.go_over(key)
    _put_back_store(log, copy)
    begun = _begin(log)
    assert begun.vkey == key.text()
    assert _verify(log).ok


def test_keys_of_texts_that_are_lost_are_on_record_and_followed(log: LogFolder) -> None:
    copy = _copy(log, "copy")
    for path in copy.keys.glob("*-2026-11*.key"):
        path.unlink()
    begun = _begin(copy)
    assert sorted(begun.lost_keys) == ["actor-2026-11", "identity-2026-11", "payload-2026-11-1"]
    assert _healthy(copy) is None
    _more(copy)
    verdict = _verify(copy)
    assert verdict.ok, verdict
    assert any("cannot be opened: the key payload-2026-11-1 was lost" in remark for remark in verdict.remarks)


def test_a_store_of_another_log_is_refused(log: LogFolder, tmp_path: Path) -> None:
    _put_back_store(log, _used(tmp_path / "other"))
    with pytest.raises(AuditUnavailableError, match="are not those that were signed: expected a copy of this log"):
        _begin(log)


@pytest.mark.parametrize("where", ["append", "begin_history"])
def test_one_that_is_broken_off_records_nothing_until_it_is_done_again(
    log: LogFolder, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def crash(*_: object, **_more: object) -> None:
        raise AuditKeyError("the power went")

    copy = _copy(log, "copy")
    with monkeypatch.context() as patch:
        patch.setattr(SqliteLeafStore if where == "append" else Signer, where, crash)
        with pytest.raises(AuditKeyError, match="the power went"):
            _begin(copy)
    assert _healthy(copy) is not None
    make_itself(copy.keys)
    why = _healthy(copy)
    assert (why is None) == (where == "append")
    assert why is None or "its signer signs in its first history: they are of two copies, or a restore was" in why
    _begin(copy)
    assert _healthy(copy) is None
    _more(copy)
    verdict = _verify(copy)
    assert verdict.ok, verdict


def test_a_log_that_somebody_has_open_is_refused(log: LogFolder) -> None:
    with closing(log.open()), pytest.raises(AuditBusyError):
        _begin(log)


def test_where_there_is_no_log_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(AuditUnavailableError, match=r"expected a log in .*, or its keys in .*, found neither"):
        _begin(LogFolder(tmp_path / "nothing"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("restored", [Restored(" ", "mira"), Restored("x", "mira", Backup("a name, with words", 1))])
def test_a_reason_is_needed_and_a_backup_has_an_id(log: LogFolder, restored: Restored) -> None:
    before = log.types()
    with pytest.raises(AuditEntryError):
        _begin(log, restored)
    assert log.types() == before


def test_a_clock_behind_the_copy_is_refused(log: LogFolder) -> None:
    log.now_us -= 3_600_000_000
    with pytest.raises(AuditUnavailableError, match="the clock went back"):
        _begin(log)


def test_the_signer_leaves_a_history_by_no_other_way(log: LogFolder) -> None:
    """Neither back into one that was left, nor into one that nobody began."""
    begun = _begin(log)
    signer = Signer(folder=log.keys, name=key_name(log.name))
    last = signer.last()
    assert last is not None
    for history in ("", ".3fa9c1d2"):
        checkpoint = Checkpoint(f"greenlit/audit/2026-11{history}", 1, bytes(32))
        with pytest.raises(AuditUnavailableError, match=f"in the history {begun.history}: expected a shard of it"):
            signer.sign(checkpoint, first_seq=last.next_seq, proof=[])


def test_a_checkpoint_of_the_month_that_was_put_back_is_not_made_anew(log: LogFolder) -> None:
    origin = log.leaves()[0]["origin"]
    before = log.reader().newest_checkpoint(origin)
    assert before is not None
    _begin(log)
    assert log.reader().newest_checkpoint(origin) == before
    assert _leaf(log, "shard.opened")["previous"]["checkpoint"] == before.note
    assert notes.read_checkpoint(before.note).origin == origin


def test_what_it_opens_at_the_end_is_the_log_itself(log: LogFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **_more: object) -> opening.OpenLog:
        raise AuditUnavailableError("not now")

    monkeypatch.setattr(histories, "assemble", fail)
    with pytest.raises(AuditError, match="not now"):
        _begin(log)
    monkeypatch.undo()
    assert _healthy(log) is None, "the history was begun: the next start goes on"
