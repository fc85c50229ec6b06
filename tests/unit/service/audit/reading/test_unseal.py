"""Texts are opened only as they were recorded; what was erased stays so; what is damaged says where."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.audit import events
from service.audit.errors import AuditError, SealError
from service.audit.keys.key_files import destroy_key
from service.audit.reading.unseal import Erased, Erasures, Opened, Unsealer, commitments_of
from tests.support.small_log import ANSWER, QUESTION, REFUSED, Ending, SmallLog, open_small_log

CANARY = "zebra-canary-4711"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SmallLog]:
    with open_small_log(tmp_path / "var") as log:
        yield log


@pytest.fixture
def unsealer(log: SmallLog) -> Unsealer:
    return Unsealer(store=log.store, keyring=log.opened.keyring)


def _erase(log: SmallLog, *ranges: tuple[int, int]) -> int:
    event = events.payload_erased(None, ground="court_order", ranges=ranges, texts={})
    return log.opened.log.note(event).seq


def test_a_leaf_names_the_fields_that_it_commits_to_wherever_they_stand() -> None:
    value = {
        "prompt_commit": "a",
        "prompt_len": 3,
        "answer_commit": None,
        "answerer": {"name": "x", "raw_commit": "b"},
        "hits": [{"x_commit": "c"}],
    }
    assert commitments_of(value) == {"prompt": "a", "raw": "b"}


def test_each_text_opens_under_its_own_name_and_who_asked_is_not_among_them(log: SmallLog, unsealer: Unsealer) -> None:
    asked = log.ask(ending=Ending(raw="Ten years, I think."))
    assert unsealer.open(log.stored(asked.received)) == Opened({"prompt": QUESTION})
    assert unsealer.open(log.stored(asked.finished)) == Opened({"answer": ANSWER, "raw": "Ten years, I think."})
    assert unsealer.openable(log.stored(asked.received)) == (["prompt"], None)
    assert unsealer.openable(log.stored(asked.finished)) == (["answer", "raw"], None)


def test_a_leaf_without_texts_has_none(log: SmallLog, unsealer: Unsealer) -> None:
    refused = log.ask(ending=REFUSED)
    for seq in (0, refused.finished):
        assert unsealer.open(log.stored(seq)) == Opened({})
        assert unsealer.openable(log.stored(seq)) == ([], None)


def test_a_text_that_is_not_unicode_comes_back_as_it_came(log: SmallLog, unsealer: Unsealer) -> None:
    asked = log.ask(text="half \ud83d a smile")
    assert unsealer.open(log.stored(asked.received)).texts == {"prompt": "half \ud83d a smile"}


def test_who_asked_opens_by_itself(log: SmallLog, unsealer: Unsealer) -> None:
    asked = log.ask("mira@x.example")
    assert unsealer.asker(log.stored(asked.received)) == "mira@x.example"


DAMAGE = {
    "another text of the same record": "UPDATE payloads SET sealed = (SELECT sealed FROM payloads WHERE seq = 6 AND "
    "field = 'raw') WHERE seq = 6 AND field = 'answer'",
    "the text of another record": "UPDATE payloads SET sealed = (SELECT sealed FROM payloads WHERE seq = 8 AND "
    "field = 'answer') WHERE seq = 6 AND field = 'answer'",
    "another key": "UPDATE payloads SET key_id = 'identity-2026-11' WHERE seq = 6 AND field = 'answer'",
    "a key that is no key": "UPDATE payloads SET key_id = '../signing' WHERE seq = 6 AND field = 'answer'",
    "a key that is gone": "UPDATE payloads SET key_id = 'payload-2026-11-2' WHERE seq = 6 AND field = 'answer'",
    "nothing": "UPDATE payloads SET sealed = x'' WHERE seq = 6 AND field = 'answer'",
    "a text and no bytes": "UPDATE payloads SET sealed = 'text' WHERE seq = 6 AND field = 'answer'",
    "one byte more": "UPDATE payloads SET sealed = CAST(sealed || x'00' AS BLOB) WHERE seq = 6 AND field = 'answer'",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_text_that_was_altered_is_named_and_nothing_of_the_record_is_given(
    log: SmallLog, unsealer: Unsealer, damage: str
) -> None:
    asked = log.ask(ending=Ending(answer=CANARY, raw=f"{CANARY} raw"))
    log.ask(ending=Ending(answer=f"{CANARY} other"))
    log.tamper(DAMAGE[damage])
    with pytest.raises(
        SealError, match=r"^the text 'answer' of record 6 cannot be opened \(.*greenlit audit verify"
    ) as told:
        unsealer.open(log.stored(asked.finished))
    shown: BaseException | None = told.value
    while shown is not None:
        assert CANARY not in f"{shown!r} {vars(shown)!r}"
        shown = shown.__cause__ or shown.__context__


def test_a_text_that_opens_but_is_not_the_one_committed_to_is_not_given(log: SmallLog, unsealer: Unsealer) -> None:
    """As whoever holds the keys could make it: sealed well, but another text."""
    asked = log.ask()
    context = f"greenlit.local/audit/2026-11\0query.received\0{asked.request_id}\0prompt".encode()
    forged = log.opened.keyring.seal("payload", "2026-11", salt=bytes(32), body=CANARY.encode(), context=context)
    log.tamper("UPDATE payloads SET sealed = ? WHERE seq = 5 AND field = 'prompt'", values=[forged.sealed])
    with pytest.raises(
        SealError, match=r"^the text 'prompt' of record 5 is not the one that the record commits to: run"
    ):
        unsealer.open(log.stored(5))


def test_a_text_that_is_missing_without_an_erasure_is_damage(log: SmallLog, unsealer: Unsealer) -> None:
    log.ask()
    log.tamper("DELETE FROM payloads WHERE seq = 5")
    with pytest.raises(
        SealError, match=r"^the text 'prompt' of record 5 is missing, and no record says that it was erased"
    ):
        unsealer.open(log.stored(5))
    with pytest.raises(SealError, match=r"^the text 'asker' of record 5 is missing"):
        unsealer.asker(log.stored(5))
    assert unsealer.openable(log.stored(5)) == ([], None)


def test_a_row_that_the_leaf_does_not_commit_to_is_not_given(log: SmallLog, unsealer: Unsealer) -> None:
    log.ask()
    log.tamper(
        "INSERT INTO payloads SELECT seq, 'note', key_id, sealed FROM payloads WHERE seq = 5 AND field = 'prompt'"
    )
    assert unsealer.open(log.stored(5)).texts == {"prompt": QUESTION}
    assert unsealer.openable(log.stored(5)) == (["prompt"], None)


def test_what_was_erased_is_said_to_be(log: SmallLog, unsealer: Unsealer) -> None:
    asked = log.ask()
    log.set_time("2026-11-21T10:00:00Z")
    seq = _erase(log, (asked.received, asked.finished))
    erased = Erased(seq, "court_order", 1_795_255_200_000_000)
    for number in (asked.received, asked.finished):
        assert unsealer.open(log.stored(number)) == Opened({}, erased)
        assert unsealer.openable(log.stored(number)) == ([], erased)
    assert unsealer.asker(log.stored(asked.received)) == erased
    assert erased.as_json() == {
        "seq": 7,
        "ground": "court_order",
        "ts_us": 1_795_255_200_000_000,
        "time": "2026-11-21T10:00:00Z",
    }
    assert json.dumps(erased.as_json())


def test_what_was_erased_stays_so_when_somebody_puts_it_back(log: SmallLog, unsealer: Unsealer) -> None:
    asked = log.ask()
    log.tamper("CREATE TABLE kept AS SELECT * FROM payloads")
    _erase(log, (asked.received, asked.finished))
    log.tamper("INSERT INTO payloads SELECT * FROM kept")
    assert len(log.store.payloads(asked.received)) == 2
    assert unsealer.open(log.stored(asked.received)).texts == {}
    assert unsealer.openable(log.stored(asked.received))[0] == []
    assert isinstance(unsealer.asker(log.stored(asked.received)), Erased)


def test_destroyed_keys_are_no_damage_where_the_log_says_that_it_was_erased(log: SmallLog, unsealer: Unsealer) -> None:
    asked = log.ask()
    log.tamper("CREATE TABLE kept AS SELECT * FROM payloads")
    _erase(log, (0, asked.finished))
    log.opened.keyring.destroy("2026-11")
    log.tamper("INSERT INTO payloads SELECT * FROM kept")
    assert unsealer.open(log.stored(asked.received)).erased is not None


def test_a_key_that_is_lost_is_damage(log: SmallLog, unsealer: Unsealer) -> None:
    asked = log.ask()
    destroy_key(log.folder / "keys", "payload-2026-11-1.key")
    with pytest.raises(
        AuditError, match=r"the text 'prompt' of record 5 cannot be opened \(the key payload-2026-11-1 is not"
    ):
        unsealer.open(log.stored(asked.received))


def test_a_leaf_that_held_no_text_lost_none(log: SmallLog, unsealer: Unsealer) -> None:
    refused = log.ask(ending=REFUSED)
    _erase(log, (0, refused.finished))
    assert unsealer.open(log.stored(refused.finished)) == Opened({})
    assert unsealer.openable(log.stored(0)) == ([], None)


def test_an_erasure_is_about_what_came_before_it_and_the_first_one_counts(log: SmallLog) -> None:
    erasures = Erasures(store=log.store)
    log.ask()
    assert erasures.of(5) is None
    first = _erase(log, (5, 5), (20, 30))
    second = _erase(log, (0, 6))
    while log.store.size() < 25:
        log.ask()
    found = [erased.seq if (erased := erasures.of(seq)) else None for seq in (4, 5, 6, 7, 22)]
    assert found == [second, first, second, None, None]
    third = _erase(log, (0, 1000))
    assert erasures.of(third) is None
    assert erasures.of(third - 1) is not None


def test_each_record_of_an_erasure_is_read_once(log: SmallLog, monkeypatch: pytest.MonkeyPatch) -> None:
    erasures = Erasures(store=log.store)
    asked = [log.ask() for _ in range(3)]
    read: list[int] = []
    of_type = log.store.of_type

    def counted(kind: str, *, after: int = -1) -> object:
        found = of_type(kind, after=after)
        read.extend(leaf.seq for leaf in found)
        return found

    monkeypatch.setattr(log.store, "of_type", counted)
    written = []
    for one in asked:
        written.append(_erase(log, (one.received, one.finished)))
        assert erasures.of(one.received) is not None
        assert erasures.of(one.finished) is not None
    assert read == written
