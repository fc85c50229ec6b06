"""What a missing, unusable, wrong or destroyed key means for a check of the log: named, and told from altered texts."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.audit import events
from service.audit.checking import sealing_keys
from service.audit.checking.verify_store import Verdict, verify_store
from service.audit.keys.keyring import Keyring
from service.audit.reading.retention import Retention
from service.audit.rotation import Rotation
from service.audit.storage.sqlite_store import SqliteLeafStore
from service.audit.storage.store import LeafReader, StoredPayload
from tests.support.real_logs import NAME, RealLog, at_us

KINDS = {  # by the beginning of a key's id: what waits for it in a log of three questions
    "payload": "6 sealed texts",
    "identity": "who asked in 3 records",
    "actor": "3 pseudonyms",
}
EACH_KEY = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[RealLog]:
    """A log of three questions."""
    made = RealLog(tmp_path)
    for _ in range(3):
        made.ask()
    made.publish()
    yield made
    made.close()


def _verify(made: RealLog, store: LeafReader | None = None) -> Verdict:
    made.publish()
    return verify_store(
        store or SqliteLeafStore(folder=made.state),
        keys=[made.parts.signer.key().text()],
        keyring=Keyring(folder=made.keys),
        signed=made.parts.signer.last(),
    )


def _path(made: RealLog, kind: str, month: str = "2026-11") -> Path:
    return made.keys / (f"payload-{month}-1.key" if kind == "payload" else f"{kind}-{month}.key")


def _wrong(verdict: Verdict) -> list[tuple[int | None, str, str]]:
    return [(problem.seq, problem.promise, problem.detail) for problem in verdict.problems]


@EACH_KEY
def test_what_a_missing_key_sealed_cannot_be_checked_and_is_not_wrong(made: RealLog, kind: str) -> None:
    _path(made, kind).rename(made.keys / "away")
    verdict = _verify(made)
    assert (verdict.ok, verdict.counts["wrong"], verdict.problems) == (False, 0, ())
    (words,) = verdict.unchecked
    missing = f"the key file {_path(made, kind)} is missing"
    assert words == f"{missing}: {KINDS[kind]} cannot be checked; put that file back from a backup"
    (made.keys / "away").rename(_path(made, kind))
    assert _verify(made).ok


def test_several_missing_keys_are_named_each(made: RealLog) -> None:
    for kind in KINDS:
        _path(made, kind).unlink()
    verdict = _verify(made)
    assert verdict.counts["wrong"] == 0
    assert [words.split(" is missing")[0] for words in verdict.unchecked] == [
        f"the key file {_path(made, kind)}" for kind in ("identity", "payload")
    ], "without who asked there is no pseudonym to be held against"


@EACH_KEY
@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda path: path.chmod(0o644), "everybody on this machine may open the key"),
        (lambda path: path.write_bytes(b"k" * 31), "to be 32 bytes, got 31"),
        (lambda path: path.write_bytes(b"k" * 33), "to be 32 bytes, got 33"),
        (lambda path: path.write_bytes(bytes(32)), "holds only zeros: it was being destroyed"),
        (lambda path: (path.unlink(), path.mkdir()), "cannot be read (Is a directory)"),
        (lambda path: (path.unlink(), path.symlink_to("nowhere")), "to be a file of its own, got a link"),
    ],
)
def test_what_a_key_that_cannot_be_used_sealed_cannot_be_checked(
    made: RealLog, kind: str, spoil: Callable[[Path], object], reason: str
) -> None:
    spoil(_path(made, kind))
    verdict = _verify(made)
    assert (verdict.counts["wrong"], verdict.problems) == (0, ())
    (words,) = verdict.unchecked
    assert str(_path(made, kind)) in words
    assert reason in words
    assert f": {KINDS[kind]} cannot be checked" in words


@EACH_KEY
def test_another_key_in_the_place_of_the_right_one_is_wrong_and_named_once(made: RealLog, kind: str) -> None:
    _path(made, kind).write_bytes(b"k" * 32)
    verdict = _verify(made)
    assert verdict.unchecked == ()
    assert verdict.counts["wrong"] == 1
    ((seq, promise, words),) = _wrong(verdict)
    assert (seq, promise) == (5, "payload")
    assert words == (
        f"{KINDS[kind]}, all that there are, do not fit {_path(made, kind)}: it is the key of another month or of "
        "another log, or all of these were altered"
    )


def test_the_key_of_another_month_in_the_place_of_the_right_one_is_named(made: RealLog) -> None:
    made.now_us = at_us(2026, 12)
    made.ask()
    _path(made, "payload").write_bytes(_path(made, "payload", "2026-12").read_bytes())
    verdict = _verify(made)
    assert verdict.counts["wrong"] == 1
    assert f"do not fit {_path(made, 'payload')}" in verdict.problems[0].detail


def test_one_text_among_others_that_does_not_open_was_altered(made: RealLog) -> None:
    with made.behind() as file:
        file.execute("UPDATE payloads SET sealed = zeroblob(90) WHERE seq = 7 AND field = 'prompt'")
        file.execute("UPDATE payloads SET sealed = x'00' WHERE seq = 9 AND field = 'asker'")
    verdict = _verify(made)
    assert (verdict.counts["wrong"], verdict.unchecked) == (2, ())
    assert _wrong(verdict) == [
        (
            7,
            "payload",
            f"the text 'prompt' does not fit {_path(made, 'payload')}: it was altered, or belongs elsewhere",
        ),
        (
            9,
            "payload",
            f"the text 'asker' does not fit {_path(made, 'identity')}: it was altered, or belongs elsewhere",
        ),
    ]


def test_the_only_text_of_a_key_that_does_not_open_says_no_more_than_that(tmp_path: Path) -> None:
    made = RealLog(tmp_path)
    made.ask()
    _path(made, "identity").write_bytes(b"k" * 32)
    assert [words for _, _, words in _wrong(_verify(made))] == [
        f"the text 'asker' does not fit {_path(made, 'identity')}: it was altered, or belongs elsewhere"
    ]
    made.close()


def test_of_very_many_altered_texts_all_are_counted_and_the_first_named(
    made: RealLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing_keys, "MAX_DETAILS", 2)
    with made.behind() as file:
        file.execute("UPDATE payloads SET sealed = zeroblob(90) WHERE seq < 10 AND field IN ('prompt', 'answer')")
    verdict = _verify(made)
    assert verdict.counts["wrong"] == 5
    assert [seq for seq, _, _ in _wrong(verdict)] == [5, 6, 9]
    assert "what 3 more records hold does not fit" in verdict.problems[-1].detail


def test_a_text_that_names_a_missing_key_of_another_month_does_not_get_away_with_it(made: RealLog) -> None:
    """It could hide behind a key that retention destroyed."""
    with made.behind() as file:
        file.execute("UPDATE payloads SET key_id = 'payload-2025-11-1' WHERE seq = 7 AND field = 'prompt'")
        file.execute("UPDATE payloads SET key_id = 'payload-2026-11-1' WHERE seq = 9 AND field = 'asker'")
    assert _wrong(_verify(made)) == [
        (
            7,
            "payload",
            "the text 'prompt' names the key 'payload-2025-11-1', which seals no such text of 2026-11: it was altered",
        ),
        (
            9,
            "payload",
            "the text 'asker' names the key 'payload-2026-11-1', which seals no such text of 2026-11: it was altered",
        ),
    ]


@pytest.mark.parametrize(
    "key_id", ["payload-2026-11-7", "payload-2026-11-07", "payload-2026-11-\0", "payload-2026-11-"]
)
def test_a_text_that_names_a_key_that_never_was_is_wrong(made: RealLog, key_id: str) -> None:
    with made.behind() as file:
        file.execute("UPDATE payloads SET key_id = ? WHERE seq = 7 AND field = 'prompt'", (key_id,))
    verdict = _verify(made)
    assert (verdict.counts["wrong"], verdict.unchecked) == (1, ())
    words = f"1 sealed text would need {key_id!a}, a key that the log has not on record"
    assert _wrong(verdict) == [(7, "payload", words)]


@pytest.mark.parametrize("value", ["7", "x'00'", "CAST(x'ff' AS TEXT)"])
def test_a_key_id_that_is_none_is_wrong(made: RealLog, value: str) -> None:
    with made.behind() as file:
        file.execute(f"UPDATE payloads SET key_id = {value} WHERE seq = 7 AND field = 'prompt'")  # noqa: S608
    ((seq, promise, words),) = _wrong(_verify(made))
    assert (seq, promise) == (7, "payload")
    assert "which seals no such text of 2026-11" in words


def test_texts_of_a_payload_key_before_the_newest_are_told_apart(made: RealLog) -> None:
    parts = made.parts
    rotate = Rotation(
        name=NAME, log=parts.log, keyring=parts.keyring, signer=parts.signer, clock=parts.clock, store=parts.store
    )
    rotate.payload_key()
    made.ask()
    (made.keys / "payload-2026-11-2.key").unlink()
    (words,) = _verify(made).unchecked
    assert f"the key file {made.keys / 'payload-2026-11-2.key'} is missing: 2 sealed texts cannot be checked" in words


# Keys that were destroyed on purpose


def test_keys_that_retention_destroyed_are_a_remark(made: RealLog) -> None:
    made.now_us = at_us(2027, 12)
    made.ask()
    retention = Retention(log=made.parts.log, store=made.parts.store, keyring=made.parts.keyring, months=12)
    assert retention.apply(made.now_us) == 1
    assert not _path(made, "payload").exists()
    verdict = _verify(made)
    assert (verdict.ok, verdict.unchecked, verdict.problems) == (True, (), ())
    assert (
        "3 keys were destroyed with the texts of their months, as the log says; the last is 2026-11" in verdict.remarks
    )


def test_a_key_that_came_back_after_retention_is_told(made: RealLog) -> None:
    kept = _path(made, "identity").read_bytes()
    made.now_us = at_us(2027, 12)
    Retention(log=made.parts.log, store=made.parts.store, keyring=made.parts.keyring, months=12).apply(made.now_us)
    _path(made, "identity").write_bytes(kept)
    verdict = _verify(made)
    assert verdict.ok
    assert (
        f"the key identity-2026-11 was to be destroyed, but is still there: {_path(made, 'identity')}"
        in verdict.remarks
    )


def test_texts_that_outlived_their_key_cannot_be_checked(made: RealLog) -> None:
    """Retention erases them first, so that this is not its doing."""
    revoked = made.parts.log.note(events.key_revoked("payload", "payload-2026-11-1")).seq
    _path(made, "payload").unlink()
    verdict = _verify(made)
    assert (verdict.ok, verdict.counts["wrong"]) == (False, 0)
    (words,) = verdict.unchecked
    assert words.startswith(f"6 sealed texts should be gone, for payload-2026-11-1 was destroyed, as record {revoked} ")
    assert words.endswith(": they cannot be checked any more")


def test_a_key_that_is_destroyed_while_the_log_is_checked_is_no_problem(made: RealLog) -> None:
    """What was recorded after the check began says why."""

    class Meanwhile(SqliteLeafStore):
        def stream_payloads(self, start: int, end: int) -> Iterator[StoredPayload]:
            rows = list(super().stream_payloads(start, end))
            made.now_us = at_us(2027, 12)
            Retention(log=made.parts.log, store=made.parts.store, keyring=made.parts.keyring, months=12).apply(
                made.now_us
            )
            yield from rows

    verdict = _verify(made, Meanwhile(folder=made.state))
    assert (verdict.ok, verdict.problems, verdict.unchecked) == (True, (), ())
    assert "6 sealed texts were erased, and payload-2026-11-1 was destroyed, while this was checked" in verdict.remarks
