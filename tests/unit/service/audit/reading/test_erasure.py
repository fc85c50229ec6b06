"""Texts are erased, in one step with the record of it, and every proof holds."""

import base64
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from service.audit.errors import AuditEntryError, AuditUnavailableError, NoRecordError
from service.audit.formats import notes, tree
from service.audit.reading import erasure as erasure_module
from service.audit.reading.erasure import MAX_RANGES, Agreed
from service.audit.reading.unseal import Unsealer
from service.audit.storage.sqlite_store import STORE_FILE
from tests.support.small_log import ANSWERED, REFUSED, Ending, SmallLog, at_us, open_small_log

CANARY = "zebra-canary-4711"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SmallLog]:
    with open_small_log(tmp_path / "var") as log:
        yield log


def _with_texts(log: SmallLog) -> list[int]:
    return log.store.payload_seqs(0, log.store.size())


def _older(log: SmallLog, before_us: int, ground: str = "too_old") -> dict[str, Any]:
    """Erase by age; who has to agree to that before is in test_erasure_by_age.py."""
    return log.erasure.older_than("ann", Agreed(3, before_us, ground), texts={"who": "ann", "purpose": "the agreement"})


def test_sentences_that_a_model_wrote_go_with_their_question(log: SmallLog) -> None:
    request_id, received = log.begin()
    log.say(request_id, received, CANARY)
    log.say(request_id, received, "And more.", 2)
    log.end(request_id, received)
    assert log.erasure.by_request("ann", request_id, ground="asker_request", purpose="why")["ranges"] == [[5, 8]]
    assert _with_texts(log) == [9]
    assert Unsealer(store=log.store, keyring=log.opened.keyring).open(log.stored(6)).texts == {}


def test_a_question_loses_all_its_texts_and_keeps_its_leaves(log: SmallLog) -> None:
    one, other = log.ask(ending=Ending(raw="Ten years?")), log.ask()
    before = [log.stored(seq) for seq in range(9)]
    done = log.erasure.by_request("ann@x.example", one.request_id, ground="asker_request", purpose="a name in it")
    receipt = log.stored(9)
    assert done == {
        "erased": 2,
        "ranges": [[5, 6]],
        "receipt": {"origin": "greenlit.local/audit/2026-11", "seq": 9, "leaf_hash": receipt.leaf_hash},
    }
    assert json.dumps(done)
    assert log.store.payloads(one.received) == log.store.payloads(one.finished) == ()
    assert len(log.store.payloads(other.received)) == 2
    assert len(log.store.payloads(other.finished)) == 1
    assert [log.stored(seq) for seq in range(9)] == before


def test_the_record_says_what_went_on_what_ground_and_keeps_who_sealed(log: SmallLog) -> None:
    asked = log.ask()
    log.erasure.by_request("ann@x.example", asked.request_id, ground="court_order", purpose="a name in it")
    leaf = log.newest()
    assert {name: leaf[name] for name in ("type", "ground", "ranges", "actor")} == {
        "type": "payload.erased",
        "ground": "court_order",
        "ranges": [[5, 6]],
        "actor": log.watcher("ann@x.example", "2026-11"),
    }
    assert log.auditor.payload("bo", 7, purpose="check")["texts"] == {"who": "ann@x.example", "purpose": "a name in it"}


def test_only_what_there_is_is_named(log: SmallLog) -> None:
    request_id, received = log.begin()
    log.ask()
    log.end(request_id, received)
    refused = log.ask(ending=REFUSED)
    done = log.erasure.by_request("ann", request_id, ground="asker_request", purpose="")
    assert done["ranges"] == [[5, 5], [8, 8]]
    done = log.erasure.by_request("ann", refused.request_id, ground="asker_request", purpose="")
    assert (done["erased"], done["ranges"]) == (1, [[refused.received, refused.received]])


def test_what_is_gone_is_not_erased_again(log: SmallLog) -> None:
    asked = log.ask()
    log.erasure.by_request("ann", asked.request_id, ground="asker_request", purpose="")
    size = log.store.size()
    nothing = {"erased": 0, "ranges": [], "receipt": None}
    assert log.erasure.by_request("ann", asked.request_id, ground="asker_request", purpose="") == nothing
    assert log.store.size() == size


def test_what_two_people_agreed_on_is_on_record_even_where_nothing_was_left(log: SmallLog) -> None:
    done = _older(log, at_us("2026-11-20T09:00:00Z"))
    assert (done["erased"], done["ranges"], done["receipt"]["seq"]) == (0, [], 5)
    assert (log.newest()["ranges"], log.newest()["opening"]) == ([], 3)


def test_a_question_that_is_not_there_is_said_not_to_be_without_repeating_it(log: SmallLog) -> None:
    for request_id in (CANARY, "", "01890a5d-ac96-774b-bcce-b302099a8057"):
        with pytest.raises(NoRecordError, match=r"^there is no such question on record") as told:
            log.erasure.by_request("ann", request_id, ground="asker_request", purpose=CANARY)
        assert "zebra" not in str(told.value)
    assert log.store.size() == 5


def test_an_open_question_is_erased_only_when_its_answer_is_on_record(log: SmallLog) -> None:
    request_id, received = log.begin()
    with pytest.raises(NoRecordError, match="the question is still open, so its answer would be kept after all"):
        log.erasure.by_request("ann", request_id, ground="asker_request", purpose="")
    assert (log.store.size(), len(log.store.payloads(received.seq))) == (6, 2)
    log.end(request_id, received)
    assert log.erasure.by_request("ann", request_id, ground="asker_request", purpose="")["erased"] == 2


def test_a_question_that_a_crash_left_open_can_be_erased_after_the_next_start(tmp_path: Path) -> None:
    with open_small_log(tmp_path / "var") as log:
        request_id, _ = log.begin()
    with open_small_log(tmp_path / "var") as log:
        assert log.types(5) == ["query.received", "query.finished"]
        assert log.erasure.by_request("ann", request_id, ground="asker_request", purpose="")["ranges"] == [[5, 5]]


def test_a_ground_is_a_code_and_nothing_goes_without_one(log: SmallLog) -> None:
    asked = log.ask()
    with pytest.raises(AuditEntryError, match="expected a ground of 1 to 32 lower-case letters"):
        log.erasure.by_request("ann", asked.request_id, ground=CANARY, purpose="")
    with pytest.raises(AuditEntryError, match="expected a ground"):
        _older(log, log.now_us + 1, ground="")
    assert (_with_texts(log), log.store.size()) == ([5, 6], 7)


def test_what_cannot_be_recorded_is_not_erased(log: SmallLog) -> None:
    asked = log.ask()
    log.store.refused = {"payload.erased"}
    with pytest.raises(AuditUnavailableError, match="the disk is full"):
        log.erasure.by_request("ann", asked.request_id, ground="asker_request", purpose="")
    assert _with_texts(log) == [5, 6]


def test_all_that_is_older_than_a_time_goes(log: SmallLog) -> None:
    old = log.ask()
    log.auditor.record("ann", old.received)
    log.set_time("2026-11-20T10:00:00Z")
    log.ask()
    done = _older(log, at_us("2026-11-20T10:00:00Z"))
    assert (done["erased"], done["ranges"], done["receipt"]["seq"]) == (3, [[5, 7]], 10)
    assert _with_texts(log) == [8, 9, 10]
    unsealer = Unsealer(store=log.store, keyring=log.opened.keyring)
    assert unsealer.open(log.stored(10)).texts == {"who": "ann", "purpose": "the agreement"}
    done = _older(log, at_us("2026-11-20T10:00:00Z") + 1)
    assert (done["erased"], done["ranges"]) == (3, [[8, 10]])
    assert _with_texts(log) == [11]


def test_an_open_question_grows_too_old_like_any_other(log: SmallLog) -> None:
    request_id, received = log.begin()
    log.set_time("2026-11-20T10:00:00Z")
    assert _older(log, log.now_us)["ranges"] == [[5, 5]]
    finished = log.end(request_id, received)
    assert _with_texts(log) == [6, finished.seq]


def test_what_has_no_texts_stands_between_ranges(log: SmallLog) -> None:
    for _ in range(3):
        log.ask(ending=REFUSED)
    log.ask()
    done = _older(log, log.now_us + 1)
    assert (done["erased"], done["ranges"]) == (5, [[5, 5], [7, 7], [9, 9], [11, 12]])


def test_much_goes_in_stretches_each_with_a_record_that_names_the_opening(
    log: SmallLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasure_module, "STRETCH", 3)
    log.ask(ending=REFUSED)
    log.ask()
    done = _older(log, log.now_us + 1)
    assert (done["erased"], done["ranges"]) == (3, [[5, 5], [7, 8]])
    assert [(leaf["ranges"], leaf["opening"]) for leaf in map(log.leaf, (9, 10))] == [([[5, 5]], 3), ([[7, 8]], 3)]
    assert (done["receipt"]["seq"], _with_texts(log)) == (10, [9, 10])


def test_too_many_ranges_become_one_that_spans_them(log: SmallLog, monkeypatch: pytest.MonkeyPatch) -> None:
    for ending in (ANSWERED, REFUSED, REFUSED, ANSWERED):
        log.ask(ending=ending)
    assert _with_texts(log) == [5, 6, 7, 9, 11, 12]
    monkeypatch.setattr(erasure_module, "MAX_RANGES", 2)
    done = _older(log, log.now_us + 1)
    assert (done["erased"], done["ranges"]) == (6, [[5, 12]])
    assert _with_texts(log) == [13]


def test_neighbours_are_one_range() -> None:
    ranges = erasure_module._Ranges()
    for seq in (5, 6, 7, 9, 11, 12):
        ranges.add(seq)
    assert (ranges.given(), ranges.count) == ([(5, 7), (9, 9), (11, 12)], 6)


def test_the_most_ranges_fit_into_a_leaf(log: SmallLog) -> None:
    ranges = erasure_module._Ranges()
    for seq in range(MAX_RANGES):
        ranges.add(10**9 + 2 * seq)
    assert len(ranges.given()) == MAX_RANGES
    log.erasure._erase("ann", ranges, ground="g" * 32, texts={"who": "ann", "purpose": ""})
    assert len(log.newest()["ranges"]) == MAX_RANGES
    ranges.add(10**10)
    assert ranges.given() == [(10**9, 10**10)]


def test_every_proof_of_an_erased_question_holds(log: SmallLog) -> None:
    asked = log.ask()
    log.erasure.by_request("ann", asked.request_id, ground="asker_request", purpose="")
    log.opened.log.publish()
    for seq in (asked.received, asked.finished):
        proof = log.proofs.inclusion(seq)
        checkpoint = notes.verified(proof["checkpoint"], [log.opened.signer.key()])
        tree.verify_inclusion(
            index=proof["index"],
            size=checkpoint.size,
            leaf=tree.leaf_hash(log.stored(seq).leaf),
            root=checkpoint.root,
            proof=[base64.b64decode(one) for one in proof["proof"]],
        )


def test_no_byte_of_an_erased_text_stays_in_the_files(log: SmallLog) -> None:
    asked = log.ask(text=CANARY * 20)
    (sealed,) = (row.sealed for row in log.store.payloads(asked.received) if row.field == "prompt")

    def kept() -> bool:
        return any(sealed in path.read_bytes() for path in log.folder.glob(f"{STORE_FILE}*"))

    assert kept(), "it would be found"
    log.erasure.by_request("ann", asked.request_id, ground="asker_request", purpose="")
    assert not kept()


def test_the_asker_erases_without_a_name_on_record(log: SmallLog) -> None:
    """A name beside the numbers of a question would tell who asked it."""
    asked = log.ask("mira")
    done = log.erasure.by_asker(asked.request_id)
    leaf = log.newest()
    assert (done["erased"], leaf["ground"], leaf["ranges"]) == (2, "asker_request", [[5, 6]])
    assert not {"actor", "who_commit", "purpose_commit"} & leaf.keys()
    assert log.store.payloads(7) == ()


def test_the_leaf_and_the_end_of_the_texts_are_one_step(log: SmallLog) -> None:
    """A program that reads the file never sees one without the other."""
    asked = log.ask()
    with closing(sqlite3.connect(log.folder / STORE_FILE)) as other:
        other.execute("BEGIN")
        count = "SELECT (SELECT count(*) FROM leaves WHERE type = 'payload.erased'), count(*) FROM payloads"
        assert other.execute(count).fetchone() == (0, 3)
        log.erasure.by_request("ann", asked.request_id, ground="asker_request", purpose="")
        assert other.execute(count).fetchone() == (0, 3), "as it was when this reader began"
        other.execute("ROLLBACK")
        assert other.execute(count).fetchone() == (1, 2), "only who and why of the erasure are left"
