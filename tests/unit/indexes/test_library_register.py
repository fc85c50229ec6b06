"""Where the register of a library lies is asked each time, and what says two things at once is followed by nobody."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from indexes.errors import RegisterError, SettingsError
from indexes.events import Approval, Withdrawal, event_to_line
from indexes.library_register import LibraryRegister, register_of
from indexes.register import IN_DATABASE_FILE, REGISTER_FILE, Register, append_events
from indexes.register_rows import Last
from indexes.register_schema import NO_CHAIN, chained
from indexes.register_state import hash_line

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
APPROVAL = Approval("legal/a.md", "a" * 64, "Leave", "ann@x.example", AT, date(2027, 1, 1), ("staff",))
REVOKED = Withdrawal("revoke", "legal/a.md", "ann@x.example", AT.replace(hour=11), "superseded")
LINES = [event_to_line(event).removesuffix(b"\n") for event in (APPROVAL, REVOKED)]


class Rows:
    """Rows in memory, which a test may hold up or break."""

    shown = "the register in postgresql://db/greenlit"

    def __init__(self, *lines: bytes, place: str = "here") -> None:
        self.held, self.place, self.looks = list(lines), place, 0
        self.broken: str | None = None
        self.on_look: Callable[[], None] = lambda: None

    def last(self) -> Last:
        self.looks += 1
        seen = self._end()
        self.on_look()
        if self.broken:
            raise RegisterError(self.broken)
        return seen

    def _end(self) -> Last:
        chain = NO_CHAIN
        for line in self.held:
            chain = chained(chain, hash_line(line))
        return Last(cast("Any", self.place), len(self.held), chain)

    def lines_after(self, number: int, chain: str, *, to: Last) -> list[bytes] | None:
        before = Rows(*self.held[:number])._end()
        return self.held[number : to.number] if before.chain == chain and number <= to.number else None


def _followed(library: Path, rows: Rows) -> LibraryRegister:
    return LibraryRegister(Register(library / REGISTER_FILE), cast("Any", rows))


def test_a_register_that_was_not_moved_is_the_file(tmp_path: Path) -> None:
    append_events(tmp_path / REGISTER_FILE, [APPROVAL])
    for place in ("", "begun", "left"):
        followed = _followed(tmp_path, Rows(*LINES[:1], place=place))
        assert followed.refresh() == Register(tmp_path / REGISTER_FILE).refresh()
        assert followed.shown == tmp_path / REGISTER_FILE
        assert followed.is_there()
        assert followed.lines() == LINES[:1]


def test_a_service_sees_the_move_without_a_new_start(tmp_path: Path) -> None:
    append_events(tmp_path / REGISTER_FILE, [APPROVAL])
    rows = Rows(place="")
    followed = _followed(tmp_path, rows)
    before = followed.refresh()
    rows.held, rows.place = LINES[:1], "here"
    assert followed.refresh() == before
    assert followed.shown == rows.shown
    rows.held.append(LINES[1])
    assert followed.refresh().position == 2
    rows.place = "left"
    append_events(tmp_path / REGISTER_FILE, [REVOKED])
    assert followed.refresh().position == 2
    assert str(followed.shown) == str(tmp_path / REGISTER_FILE)


def test_an_old_file_is_not_followed_when_the_register_was_moved_back_at_another_machine(tmp_path: Path) -> None:
    """A checkout from before the move lies there still: what was revoked in the database is not in it."""
    path = tmp_path / REGISTER_FILE
    followed = _followed(tmp_path, Rows(*LINES, place="left"))
    old = {
        "no file": b"",
        "a beginning": LINES[0] + b"\n",
        "cut off": LINES[0] + b"\n" + LINES[1],
        "as many": LINES[0] + b"\n" + LINES[0] + b"\n",
        "in another order": LINES[1] + b"\n" + LINES[0] + b"\n",
    }
    for content in old.values():
        if content:
            path.write_bytes(content)
        for asked in (followed.refresh, lambda: followed.append([APPROVAL]), followed.lines):
            with pytest.raises(RegisterError, match=r"jsonl is not the register that was moved back .* the 2 lines"):
                asked()
        assert followed.look() == ()
    path.write_bytes(b"".join(line + b"\n" for line in LINES))
    assert followed.refresh().position == 2
    followed.append([APPROVAL])
    assert followed.refresh().position == 3


def test_a_copy_beside_is_left_alone_and_another_register_is_refused_with_both_named(tmp_path: Path) -> None:
    path = tmp_path / REGISTER_FILE
    followed = _followed(tmp_path, Rows(*LINES))
    path.write_bytes(LINES[0] + b"\n")
    assert followed.refresh().position == 2
    path.write_bytes(LINES[0] + b"\n" + LINES[1] + b"\n")
    assert followed.refresh().position == 2
    append_events(path, [APPROVAL])  # somebody edits a dead file
    with pytest.raises(
        RegisterError, match=r"two registers: the register in .*/greenlit, and .*register\.jsonl, .* 3 on"
    ):
        followed.refresh()
    path.write_bytes(LINES[1] + b"\n")
    with pytest.raises(RegisterError, match=r"says something else from line 1 on: put away the one"):
        followed.refresh()
    path.unlink()
    assert followed.refresh().position == 2


def test_without_its_database_a_register_that_was_moved_is_in_no_file(tmp_path: Path) -> None:
    """Not even if a file is put there again: a checkout of the library's repository does."""
    (tmp_path / IN_DATABASE_FILE).write_bytes(LINES[0] + b"\n")
    for place in (register_of(tmp_path), _followed(tmp_path, Rows(place=""))):
        with pytest.raises(
            RegisterError, match=r"was moved into a database, as register\.in-database\.jsonl there says"
        ):
            place.refresh()
        with pytest.raises(RegisterError, match="expected GREENLIT_DATABASE_URL to name that database"):
            place.append([APPROVAL])
    assert not (tmp_path / REGISTER_FILE).exists()
    (tmp_path / REGISTER_FILE).write_bytes(LINES[0] + b"\n")
    with pytest.raises(RegisterError, match="was moved into a database"):
        register_of(tmp_path).refresh()
    with pytest.raises(RegisterError, match="was moved into a database"):
        register_of(tmp_path).lines()


def test_what_was_read_before_counts_no_more_while_the_database_cannot_be_asked(tmp_path: Path) -> None:
    rows = Rows(LINES[0])
    followed = _followed(tmp_path, rows)
    before = followed.refresh()
    rows.broken = "the register in postgresql://db/greenlit cannot be read: the connection to the server is lost"
    for _ in range(2):
        with pytest.raises(RegisterError, match="the connection to the server is lost"):
            followed.refresh()
    rows.broken = None
    assert followed.refresh() is before


def test_who_comes_while_a_look_is_under_way_waits_for_one_that_began_after_they_came(tmp_path: Path) -> None:
    rows, looking, go_on = Rows(LINES[0]), threading.Event(), threading.Event()
    followed = _followed(tmp_path, rows)
    followed.refresh()
    rows.looks = 0

    def hold_up() -> None:
        rows.on_look = lambda: None
        looking.set()
        assert go_on.wait(10)

    rows.on_look = hold_up
    first = threading.Thread(target=followed.refresh)
    first.start()
    assert looking.wait(10)  # it has seen one line
    rows.held.append(LINES[1])  # revoked
    seen: list[int] = []
    others = [threading.Thread(target=lambda: seen.append(followed.refresh().position)) for _ in range(5)]
    for other in others:
        other.start()
    try:
        _until_they_wait(followed, 5)
    finally:
        go_on.set()
    for thread in (first, *others):
        thread.join()
    assert seen == [2] * 5
    assert rows.looks == 2, "they share one look"


def test_a_look_that_fails_fails_for_whoever_shares_it_and_for_nobody_after(tmp_path: Path) -> None:
    rows, looking, go_on = Rows(LINES[0]), threading.Event(), threading.Event()
    followed = _followed(tmp_path, rows)

    def hold_up() -> None:
        rows.on_look = lambda: None
        looking.set()
        assert go_on.wait(10)

    rows.on_look = hold_up
    first = threading.Thread(target=followed.refresh)
    first.start()
    assert looking.wait(10)
    told: list[str] = []

    def refused() -> None:
        try:
            followed.refresh()
        except RegisterError as error:
            told.append(str(error))

    others = [threading.Thread(target=refused) for _ in range(3)]
    for other in others:
        other.start()
    try:
        _until_they_wait(followed, 3)
        rows.on_look = lambda: setattr(rows, "broken", "gone")
    finally:
        go_on.set()
    for thread in (first, *others):
        thread.join()
    assert told == ["gone"] * 3
    rows.on_look, rows.broken = lambda: None, None
    assert followed.refresh().position == 1


def test_a_server_that_does_not_answer_keeps_nobody_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexes.library_register._PATIENCE_S", 0.01)
    rows, looking, go_on = Rows(LINES[0]), threading.Event(), threading.Event()
    followed = _followed(tmp_path, rows)

    def hold_up() -> None:
        looking.set()
        assert go_on.wait(10)

    rows.on_look = hold_up
    stuck = threading.Thread(target=followed.refresh)
    stuck.start()
    assert looking.wait(10)
    with pytest.raises(RegisterError, match="cannot be read: the server does not answer"):
        followed.refresh()
    go_on.set()
    stuck.join()
    assert followed.refresh().position == 1


def test_what_speaks_to_the_database_is_named_where_it_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys  # noqa: PLC0415 - what is not imported is the point

    for name in (
        "indexes.register_rows",
        "indexes.register_row_errors",
        "indexes.postgres_address",
        "indexes.postgres_session",
    ):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(SettingsError, match=r"found no psycopg: pip install -e '\.\[postgres\]'"):
        register_of(tmp_path, "postgresql:///x")


def _until_they_wait(followed: LibraryRegister, count: int) -> None:
    for _ in range(1000):
        with followed._turn:
            if len(followed._turn._waiters) == count:  # type: ignore[attr-defined]
                return
        threading.Event().wait(0.002)
    raise AssertionError(f"expected {count} to wait")
