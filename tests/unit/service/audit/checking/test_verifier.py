"""The offline verifier on logs made by hand: a good one passes, and each promise that is broken is named."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from service.audit.checking.verifier import LogCheck, Problem, check_export
from tests.support.export_parts import (
    NAME,
    NEW_KEY,
    OLD_KEY,
    STRANGER,
    WITNESS,
    HandMadeLog,
    Signer,
    a_log,
    base64_of,
    change_lines,
    change_manifest,
    leaf_hash,
    note,
    rows_of,
    seal,
    write_export,
    write_rows,
)

Export = Callable[..., Path]


@pytest.fixture
def export(tmp_path: Path) -> Export:
    """Write a log as an export; without one, the good one."""

    def write(log: HandMadeLog | None = None, **span: int | bool) -> Path:
        return write_export(log or a_log(), tmp_path / f"export-{len(list(tmp_path.iterdir()))}", **span)  # type: ignore[arg-type]

    return write


def problems_of(folder: Path, *keys: Signer, kept: Sequence[tuple[str, int, str, str]] = ()) -> list[Problem]:
    trusted = [key.vkey for key in keys or (OLD_KEY,)]
    return check_export(folder, keys=trusted, kept=kept, witness=WITNESS.vkey).problems


def first_of(folder: Path, *keys: Signer, kept: Sequence[tuple[str, int, str, str]] = ()) -> str:
    """Return the first problem as `record, promise: detail`; there must be one."""
    problem = problems_of(folder, *keys, kept=kept)[0]
    return f"{problem.seq}, {problem.promise}: {problem.detail}"


def a_month(*signers: Signer) -> HandMadeLog:
    """A month in which one question was answered, and nothing is signed yet."""
    log = HandMadeLog(signers or (OLD_KEY,))
    log.open_month("2026-10")
    log.ask("q1")
    return log


def test_a_good_log_passes_and_is_counted(export: Export) -> None:
    check = check_export(export(), keys=[OLD_KEY.vkey])
    assert check.problems == []
    assert (check.from_seq, check.seq, check.shards, check.fitting["checkpoint"]) == (0, 19, 3, 8)
    assert (check.texts, check.erased, check.excused) == (10, 2, 0)
    assert check.questions == {"q5": 18}


def _with_sentences(at: str) -> HandMadeLog:
    """A month in which a model wrote two sentences; the last of them before or after the end of its question."""
    log = HandMadeLog((OLD_KEY,))
    log.open_month("2026-10")
    received = log.begin("q1")
    log.add("query.sentence", request_id="q1", received_seq=received, texts={"sentence": "Ten years."})
    if at == "after":
        log.end("q1", received)
    log.add("query.sentence", request_id="q1", received_seq=received, texts={"sentence": "Not more."})
    if at == "before":
        log.end("q1", received)
    log.sign()
    return log


def test_sentences_of_a_model_belong_to_the_question_that_is_open(export: Export) -> None:
    assert problems_of(export(_with_sentences("before"))) == []
    assert first_of(export(_with_sentences("after"))) == "4, order: is no sentence of the open question of record 1"


def test_a_sentence_of_another_question_is_noticed(export: Export) -> None:
    log = a_month()
    received = log.begin("q2")
    log.add("query.sentence", request_id="q2", received_seq=received - 1, texts={"sentence": "Ten years."})
    log.sign()
    assert first_of(export(log)) == "4, order: is no sentence of the open question of record 2"


@pytest.mark.parametrize("first", range(1, 5))
def test_a_part_that_begins_within_an_answer_passes(export: Export, first: int) -> None:
    log = _with_sentences("before")
    assert problems_of(export(log, from_seq=first, to_seq=log.size - 1)) == []


def test_no_records_are_not_a_good_log(export: Export) -> None:
    folder = export()
    change_lines(folder, "leaves.jsonl", lambda lines: lines.clear())
    change_lines(folder, "checkpoints.jsonl", lambda lines: lines.clear())
    change_lines(folder, "payloads.jsonl", lambda lines: lines.clear())
    change_manifest(folder, lambda manifest: manifest.update(shards=[], to_seq=-1))
    assert first_of(folder) == "0, order: is not where the manifest says that it ends"


def test_every_range_of_a_good_log_passes(export: Export) -> None:
    log = a_log()
    for first in range(log.size):
        for last in range(first, log.size):
            folder = export(log, from_seq=first, to_seq=last)
            change_manifest(folder, lambda manifest: manifest.update(erased_later=[[2, 3]]))
            assert problems_of(folder, OLD_KEY, NEW_KEY) == [], (first, last)


def test_what_the_log_says_itself_counts_before_what_the_manifest_says(export: Export) -> None:
    folder = export()
    change_manifest(folder, lambda manifest: manifest.update(erased_later=[[2, 3]]))
    check = check_export(folder, keys=[OLD_KEY.vkey])
    assert (check.problems, check.erased, check.excused) == ([], 2, 0)


def test_a_log_without_texts_is_checked_without_them(export: Export) -> None:
    check = check_export(export(with_texts=False), keys=[OLD_KEY.vkey])
    assert (check.problems, check.has_texts, check.texts) == ([], False, 0)


@pytest.mark.parametrize("key", [OLD_KEY, NEW_KEY])
def test_whoever_has_one_key_of_the_log_can_check_all_of_it(export: Export, key: Signer) -> None:
    check = check_export(export(), keys=[key.vkey])
    assert check.problems == []
    assert check.keys == {OLD_KEY.vkey, NEW_KEY.vkey}


def test_a_log_that_somebody_else_signed_fails(export: Export) -> None:
    log = a_month(STRANGER)
    log.sign()
    folder = export(log)
    assert first_of(folder) == "2, checkpoint: is signed by no trusted key, and none after it is"
    change_manifest(folder, lambda manifest: manifest.update(log_key=OLD_KEY.vkey))
    assert first_of(folder) == "2, checkpoint: 3 records of this month are signed by no key that is known"


def test_a_key_that_only_introduces_itself_is_not_trusted(export: Export) -> None:
    log = a_month()
    log.sign()
    log.add("key.created", purpose="signing", key_id=STRANGER.key_id.hex(), vkey=STRANGER.vkey)
    log.sign(STRANGER)
    assert first_of(export(log)) == "3, checkpoint: is signed by no trusted key, and none after it is"


def test_a_key_that_was_revoked_is_not_trusted_afterwards(export: Export) -> None:
    log = a_month()
    log.change_keys()
    log.ask("q2")
    log.sign(OLD_KEY)
    assert first_of(export(log)) == "6, checkpoint: 7 records of this month are signed by no key that is known"


def test_a_key_of_another_log_signs_nothing_here(export: Export) -> None:
    other = Signer(1, "elsewhere/audit")
    log = a_month(other)
    log.sign()
    assert "signed by no key that is known" in first_of(export(log), other)


def test_an_older_key_that_the_export_names_must_be_confirmed_by_a_trusted_one(export: Export) -> None:
    log = a_month()
    log.sign()
    log.change_keys()
    folder = export(log, from_seq=1, to_seq=2)
    assert "signed by no key that is known" in first_of(folder, NEW_KEY)
    change_manifest(folder, lambda manifest: manifest.update(earlier_keys=[OLD_KEY.vkey]))
    assert problems_of(folder, NEW_KEY) == []

    forged = a_month(STRANGER)
    forged.sign()
    folder = export(forged)
    change_manifest(folder, lambda manifest: manifest.update(log_key=NEW_KEY.vkey, earlier_keys=[STRANGER.vkey]))
    assert "is signed by no trusted key, and none after it is" in first_of(folder, NEW_KEY)


def test_a_key_that_cannot_be_read_is_a_broken_record(export: Export) -> None:
    log = a_month()
    log.add("key.created", purpose="signing", key_id="00", vkey="greenlit.local/audit+00+")
    log.sign()
    assert first_of(export(log)) == "3, leaf: cannot be read (ValueError)"


def test_a_checkpoint_signed_by_another_key_in_the_logs_name_is_noticed(export: Export) -> None:
    folder = export()
    rows = rows_of(folder / "checkpoints.jsonl")
    rows[0]["note"] = note(f"{NAME}/2026-10", a_log().months[0].leaves[:4], STRANGER)
    write_rows(folder / "checkpoints.jsonl", rows)
    seal(folder)
    assert first_of(folder) == "3, checkpoint: 4 records of this month are signed by no key that is known"


def test_a_checkpoint_that_was_rolled_back_is_noticed(export: Export) -> None:
    log = a_log()
    log.notes.insert(2, log.notes[0])
    assert first_of(export(log)) == "6, checkpoint: 4 records were signed after 7"


def test_two_different_trees_of_one_size_are_noticed(export: Export) -> None:
    log = a_log()
    origin, size, _ = log.notes[1]
    log.notes.insert(2, (origin, size, note(origin, [*log.months[0].leaves[: size - 1], b"{}"], OLD_KEY)))
    assert first_of(export(log)) == "0, checkpoint: two different trees of 7 records were signed"


def test_a_checkpoint_of_another_size_or_month_than_its_row_says_is_noticed(export: Export) -> None:
    for number, name, value in ((1, "size", 6), (1, "origin", f"{NAME}/2026-09"), (-1, "origin", f"{NAME}/2027-01")):
        folder = export()
        rows = rows_of(folder / "checkpoints.jsonl")
        rows[number][name] = value
        write_rows(folder / "checkpoints.jsonl", rows)
        seal(folder)
        assert ", checkpoint: " in first_of(folder), value


def test_a_changed_record_is_looked_for_after_the_last_checkpoint_that_fits(export: Export) -> None:
    folder = export()
    change_lines(folder, "leaves.jsonl", lambda lines: lines.__setitem__(5, lines[5].replace(b"q2", b"q7")))
    (problem,) = [one for one in problems_of(folder) if one.promise == "tree"]  # and not at every later checkpoint
    assert (problem.seq, problem.last, problem.promise) == (4, 6, "tree")
    assert "one of the records 4 to 6 is not as it was signed" in problem.detail


def test_a_record_that_cannot_be_read_is_named_itself(export: Export) -> None:
    folder = export()
    change_lines(folder, "leaves.jsonl", lambda lines: lines.__setitem__(5, b"{\n"))
    leaf, tree = problems_of(folder)[:2]
    assert (leaf.seq, leaf.promise, leaf.detail) == (5, "leaf", "cannot be read (JSONDecodeError)")
    assert (tree.seq, tree.last, tree.promise) == (5, 6, "tree")


def test_records_that_are_removed_added_or_swapped_are_noticed(export: Export) -> None:
    changes: list[Callable[[list[bytes]], None]] = [
        lambda lines: lines.__delitem__(5),
        lambda lines: lines.insert(5, lines[5]),
        lambda lines: lines.__setitem__(slice(4, 6), lines[5:3:-1]),
    ]
    for change in changes:
        folder = export()
        change_lines(folder, "leaves.jsonl", change)
        problems = problems_of(folder)
        assert problems[0].seq == 4, change
        assert next(one.last for one in problems if one.promise == "tree") == 6, change


def test_records_that_the_manifest_promises_must_be_there(export: Export) -> None:
    folder = export()
    change_lines(folder, "leaves.jsonl", lambda lines: lines.__delitem__(slice(17, None)))
    assert first_of(folder) == f"17, order: is missing: '{NAME}/2026-12' should go on"


def test_records_that_the_manifest_does_not_know_of_are_noticed(export: Export) -> None:
    folder = export()
    change_lines(folder, "leaves.jsonl", lambda lines: lines.append(lines[-1]))
    assert first_of(folder) == "19, order: is more than the manifest says"
    folder = export()
    change_manifest(folder, lambda manifest: manifest.update(to_seq=20))
    assert first_of(folder) == "19, order: is not where the manifest says that it ends"


def test_checkpoints_of_records_that_are_gone_are_noticed(export: Export) -> None:
    longer = a_log()
    longer.end("q5", 18)
    row = {"origin": f"{NAME}/2026-12", "size": 5, "note": longer.sign()}
    folder = export()
    change_lines(folder, "checkpoints.jsonl", lambda lines: lines.append(json.dumps(row).encode() + b"\n"))
    assert first_of(folder) == "19, tree: is missing: 5 records of its month were signed"


def test_records_that_the_newest_checkpoint_does_not_cover_are_noticed(export: Export) -> None:
    folder, log = export(), a_log()
    change_lines(folder, "checkpoints.jsonl", lambda lines: lines.__delitem__(-1))
    (folder / "checkpoint-2026-12.txt").write_text(log.notes[-2][2], "utf-8")
    change_manifest(folder, lambda manifest: manifest["shards"][-1].update(size=3))
    assert first_of(folder) == "15, shard: no tree of 3 records comes of it"


def test_a_month_cannot_begin_with_its_second_record_after_another_month(export: Export) -> None:
    log = a_log()
    folder = export(log, to_seq=14)
    change_lines(folder, "leaves.jsonl", lambda lines: lines.__delitem__(9))
    left = [base64_of(bytes.fromhex(leaf_hash(log.months[1].leaves[0])))]
    change_manifest(folder, lambda manifest: manifest["shards"][1].update(first_seq=8, start=1, left=left))
    change_manifest(folder, lambda manifest: manifest.update(to_seq=13))
    assert first_of(folder) == f"8, shard: is no shard.closed that leads to '{NAME}/2026-11'"


def test_numbers_and_places_in_a_month_must_agree(export: Export) -> None:
    folder = export(from_seq=4, to_seq=7, with_texts=False)
    change_manifest(folder, lambda manifest: manifest["shards"][0].update(first_seq=1))
    assert first_of(folder) == f"4, shard: '{NAME}/2026-10' does not begin or go on here"


def test_a_record_that_a_store_lacks_is_named_and_the_others_keep_their_numbers() -> None:
    log = a_month()
    lost = log.ask("q2")[0]
    log.erase((4, 4))
    (month,) = log.months
    leaves = [(seq, leaf, None) for seq, leaf in enumerate(month.leaves) if seq != lost]
    texts = [(seq, name, salt, text.encode()) for seq, kept in log.texts.items() for name, (salt, text) in kept.items()]
    check = LogCheck(keys=[OLD_KEY.vkey], texts=[one for one in texts if one[0] != lost])
    row = {"origin": month.origin, "first_seq": 0, "start": 0, "end": 6, "size": 6, "left": [], "right": []}
    check.shard(row, iter(leaves))
    check.finish()
    assert check.problems[0] == Problem(lost, "order", "is missing, or not in its place")
    assert [one.promise for one in check.problems] == ["order", "order", "order"]  # its result, and the month's end
    assert check.erased == 1


def test_a_hash_kept_beside_a_record_must_be_its_own() -> None:
    log = a_month()
    log.sign()
    (month,) = log.months
    check = LogCheck(keys=[OLD_KEY.vkey], notes=[(*log.notes[0], "checkpoint")])
    row = {"origin": month.origin, "first_seq": 0, "start": 0, "end": 3, "size": 3, "left": [], "right": []}
    hashes = [leaf_hash(month.leaves[0]), "0" * 64, leaf_hash(month.leaves[2])]
    check.shard(row, iter(list(zip(range(3), month.leaves, hashes, strict=True))))
    check.finish()
    assert check.problems == [Problem(1, "leaf", "does not have the hash that is kept beside it")]
    assert check.covered == check.seq == 3
