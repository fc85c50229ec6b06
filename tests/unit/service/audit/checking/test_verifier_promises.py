"""The offline verifier on logs whose own writer broke a promise: every signature holds, what was signed is wrong."""

from collections.abc import Callable
from pathlib import Path

import pytest

from service.audit.checking.verifier import LogCheck, check_export
from tests.support.export_parts import (
    NAME,
    OLD_KEY,
    STRANGER,
    HandMadeLog,
    a_log,
    change_manifest,
    note,
    rows_of,
    seal,
    write_export,
    write_rows,
)

OCTOBER, DECEMBER = f"{NAME}/2026-10", f"{NAME}/2026-12"
Change = Callable[[HandMadeLog], object]


@pytest.fixture
def check(tmp_path: Path) -> Callable[..., LogCheck]:
    """Export a log and check it."""

    def run(log: HandMadeLog, **span: int) -> LogCheck:
        folder = write_export(log, tmp_path / f"export-{len(list(tmp_path.iterdir()))}", **span)  # type: ignore[arg-type]
        return check_export(folder, keys=[OLD_KEY.vkey])

    return run


def of(check: LogCheck) -> list[str]:
    return [f"{one.seq}, {one.promise}: {one.detail}" for one in check.problems]


def signed(change: Change) -> HandMadeLog:
    """A month with a question (1, 2), and what a change makes of it."""
    log = HandMadeLog()
    log.open_month("2026-10")
    log.ask("q1")
    change(log)
    log.sign()
    return log


# Order


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda log: log.add("audit.read", ts_us=1), "3, order: its time is before that of the record before it"),
        (lambda log: log.add("audit.read", origin=DECEMBER), "3, order: belongs to another month"),
        (lambda log: log.end("q1", 1), "3, order: is no result of the question that record 1 is"),
        (lambda log: log.end("q2", 9), "3, order: is no result of the question that record 9 is"),
        (lambda log: log.end("q2", log.begin("q3")), "4, order: is no result of the question that record 3 is"),
        (lambda log: log.end("q2", log.begin("q2") - 1), "4, order: is no result of the question that record 2 is"),
        (lambda log: log.end("q2", -1), "3, order: is no result of the question that record -1 is"),
        (lambda log: log.add("audit.read", ts_us="noon"), "3, leaf: cannot be read (TypeError)"),
        (lambda log: log.add("query.received", request_id=[]), "3, leaf: cannot be read (TypeError)"),
        (lambda log: log.add("query.finished", request_id="q2"), "3, leaf: cannot be read (KeyError)"),
        (lambda log: log.add("payload.erased", ranges=[[0]]), "3, leaf: cannot be read (ValueError)"),
    ],
)
def test_a_record_that_does_not_follow_is_named(check: Callable[..., LogCheck], change: Change, expected: str) -> None:
    assert of(check(signed(change))) == [expected]


def test_a_question_from_before_the_range_may_end_in_it(check: Callable[..., LogCheck]) -> None:
    log = signed(lambda log: log.ask("q2"))
    assert of(check(log, from_seq=2)) == []
    assert of(check(log, from_seq=4)) == []


def test_a_result_in_a_range_is_of_a_question_in_it_or_before_it(check: Callable[..., LogCheck]) -> None:
    log = signed(lambda log: (log.add("audit.read"), log.end("q2", 3)))
    assert of(check(log, from_seq=3)) == ["4, order: is no result of the question that record 3 is"]


# Months


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda log: log.open_month("2026-11", first_seq=5), "4, shard: does not go on"),
        (lambda log: log.open_month("2026-11", previous=None), "4, shard: does not go on"),
        (lambda log: log.open_month("2026-09"), f"3, shard: is no shard.closed that leads to '{NAME}/2026-09'"),
        (lambda log: log.add("shard.opened", first_seq=3, previous=None), "3, shard: shard.opened is not where"),
        (
            lambda log: (log.add("shard.closed", next_origin=DECEMBER), log.ask("q2")),
            "4, shard: comes after shard.closed",
        ),
    ],
)
def test_a_month_that_does_not_follow_is_named(check: Callable[..., LogCheck], change: Change, expected: str) -> None:
    assert any(one.startswith(expected) for one in of(check(signed(change))))


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": 3},
        {"first_seq": 1},
        {"origin": DECEMBER},
        {"checkpoint": note(OCTOBER, [b"{}"] * 4, OLD_KEY)},
        {"checkpoint": "none"},
        {"checkpoint": None},
    ],
)
def test_a_month_must_hold_the_last_checkpoint_of_the_one_before(
    check: Callable[..., LogCheck], wrong: dict[str, object]
) -> None:
    right = signed(lambda log: log.open_month("2026-11"))
    previous = {"origin": OCTOBER, "first_seq": 0, "size": 4, "checkpoint": right.newest(OCTOBER)[1]}
    assert of(check(signed(lambda log: log.open_month("2026-11", previous=previous)))) == []
    bad = signed(lambda log: log.open_month("2026-11", previous=previous | wrong))
    assert [one[:8] for one in of(check(bad))] in (["4, shard"], ["4, leaf:"])


def test_the_checkpoint_in_a_month_must_be_signed(check: Callable[..., LogCheck]) -> None:
    right = signed(lambda log: log.open_month("2026-11"))
    unsigned = note(OCTOBER, right.months[0].leaves, STRANGER)
    previous = {"origin": OCTOBER, "first_seq": 0, "size": 4, "checkpoint": unsigned}
    bad = signed(lambda log: log.open_month("2026-11", previous=previous))
    assert of(check(bad)) == ["4, shard: does not go on where the month before it ended"]


def test_a_month_must_be_closed(check: Callable[..., LogCheck]) -> None:
    log = a_log()
    closed = log.months[0].leaves[-1].replace(b"2026-11", b"2026-12")
    log.months[0].leaves[-1] = closed
    assert f"8, shard: is no shard.closed that leads to '{NAME}/2026-11'" in of(check(log))


def test_months_must_not_be_left_out_or_be_told_otherwise_in_the_manifest(tmp_path: Path) -> None:
    for number, change in enumerate(
        [
            lambda manifest: manifest["shards"].pop(1),
            lambda manifest: manifest["shards"][1].update(first_seq=8),
            lambda manifest: manifest["shards"][0].update(size=8),
            lambda manifest: manifest["shards"].clear(),
        ]
    ):
        folder = write_export(a_log(), tmp_path / str(number))
        change_manifest(folder, change)
        assert check_export(folder, keys=[OLD_KEY.vkey]).problems, number


# Texts


def test_texts_that_are_missing_or_changed_are_named(tmp_path: Path) -> None:
    cases: list[tuple[Callable[[list[dict[str, object]]], object], str]] = [
        (lambda rows: rows.pop(0), "4, payload: lacks a text that no payload.erased here covers"),
        (lambda rows: rows.clear(), "4, payload: lacks a text that no payload.erased here covers"),
        (
            lambda rows: rows[0].update(text="And now?"),
            "4, payload: the text 'prompt' is not what the record commits to",
        ),
        (
            lambda rows: rows[0].update(salt="00" * 32),
            "4, payload: the text 'prompt' is not what the record commits to",
        ),
        (lambda rows: rows[0].update(salt=str(rows[0]["salt"]).upper()), "4, payload: the text 'prompt' is not"),
        (
            lambda rows: rows[0].update(field="answer"),
            "4, payload: the text 'answer' is not what the record commits to",
        ),
        (lambda rows: rows[0].update(seq=5), "4, payload: lacks a text that no payload.erased here covers"),
        (lambda rows: rows.append(dict(rows[0])), "4, payload: the text 'prompt' is not what the record commits to"),
        (
            lambda rows: rows.append({**rows[0], "seq": 19}),
            "19, payload: the text 'prompt' is of no record that is here",
        ),
        (lambda rows: rows.pop(3), "10, payload: lacks a text that no payload.erased here covers"),
        (lambda rows: rows.pop(2), "10, payload: lacks a text that no payload.erased here covers"),
        (lambda rows: rows.insert(0, {**rows[0], "seq": 2}), "2, payload: has a text, though the log says that it was"),
    ]
    for number, (change, expected) in enumerate(cases):
        folder = write_export(a_log(), tmp_path / str(number))
        rows = rows_of(folder / "payloads.jsonl")
        change(rows)
        write_rows(folder / "payloads.jsonl", rows)
        seal(folder)
        found = of(check_export(folder, keys=[OLD_KEY.vkey]))
        assert any(one.startswith(expected) for one in found), (number, found)


def test_the_end_of_a_salt_must_not_move_into_the_text(tmp_path: Path) -> None:
    folder = write_export(a_log(), tmp_path / "export")
    rows = rows_of(folder / "payloads.jsonl")
    salt = bytes.fromhex(rows[0]["salt"])
    cut = next(index for index in range(31, -1, -1) if salt[index:].isascii())
    rows[0] |= {"salt": salt[:cut].hex(), "text": salt[cut:].decode() + rows[0]["text"]}
    write_rows(folder / "payloads.jsonl", rows)
    seal(folder)
    assert of(check_export(folder, keys=[OLD_KEY.vkey]))[0].startswith("4, payload: the text 'prompt' is not")


def test_texts_are_erased_by_later_records_only(check: Callable[..., LogCheck]) -> None:
    log = signed(lambda log: (log.add("payload.erased", ranges=[[0, 9]]), log.ask("q2")))
    del log.texts[1], log.texts[2], log.texts[5]
    assert of(check(log)) == ["5, payload: lacks a text that no payload.erased here covers"]


def test_a_commitment_counts_wherever_it_stands(check: Callable[..., LogCheck]) -> None:
    for place in ({"a": {"b_commit": "0" * 64}}, {"a": [{"b_commit": "0" * 64}]}, {"b_commit": "0" * 64}):
        found = of(check(signed(lambda log, place=place: log.add("audit.read", **place))))  # type: ignore[misc]
        assert found == ["3, payload: lacks a text that no payload.erased here covers"]


def test_who_asked_needs_no_commitment_but_its_record() -> None:
    log = HandMadeLog()
    log.open_month("2026-10")
    leaves = [(0, log.months[0].leaves[0], None)]
    row = {"origin": OCTOBER, "first_seq": 0, "start": 0, "end": 1, "size": 1, "left": [], "right": []}
    for seq, salt, wrong in ((0, 32, []), (0, 31, [0]), (-1, 32, [-1]), (1, 32, [1])):
        check = LogCheck(keys=[OLD_KEY.vkey], texts=[(seq, "asker", b"s" * salt, b"mira")])
        check.shard(row, iter(leaves))
        check.finish()
        assert [one.seq for one in check.problems] == wrong, (seq, salt)


# A store, where each record brings its number


def stream(log: HandMadeLog, check: LogCheck, *, without: int = -1, moved: dict[int, int] | None = None) -> None:
    """Stream a log, without one record, or with numbers that are others."""
    for month in log.months:
        size = len(month.leaves)
        row = {"origin": month.origin, "first_seq": month.first_seq, "start": 0, "end": size, "size": size}
        numbered = enumerate(month.leaves, month.first_seq)
        leaves = [((moved or {}).get(seq, seq), leaf, None) for seq, leaf in numbered if seq != without]
        check.shard({**row, "left": [], "right": []}, iter(leaves))
    check.finish()


def test_the_last_record_of_a_month_that_a_store_lacks_is_named() -> None:
    check = LogCheck(keys=[OLD_KEY.vkey])
    stream(a_log(), check, without=8)
    assert (check.problems[0].seq, check.problems[0].promise) == (8, "order")


@pytest.mark.parametrize("number", [0, 2**62])
def test_a_number_that_no_record_can_have_here_is_named(number: int) -> None:
    check = LogCheck(keys=[OLD_KEY.vkey], texts=[])
    stream(signed(lambda log: log.add("audit.read")), check, moved={3: number})
    assert (3, "order") in [(one.seq, one.promise) for one in check.problems]
