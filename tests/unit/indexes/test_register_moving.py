"""A register is moved whole, line for line, or not at all: cut off at any point, one place holds the decisions."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

import indexes.register_moving
from indexes.errors import RegisterError
from indexes.events import Approval, Withdrawal, event_to_line
from indexes.library_register import register_of
from indexes.register import IN_DATABASE_FILE, REGISTER_FILE, Register, append_events
from indexes.register_moving import move_to_file, move_to_rows
from indexes.register_rows import RegisterRows

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
APPROVAL = Approval("legal/a.md", "a" * 64, "Leave", "ann@x.example", AT, date(2027, 1, 1), ("staff",))
REVOKED = Withdrawal("revoke", "legal/a.md", "ann@x.example", AT.replace(hour=11), "superseded")
# Whatever people wrote into a file: a blank line, Windows' ends, what is no event, bytes that are no text.
ODD = [b"", b'{"event":"approve"}\r', b"<<<<<<< HEAD", b'\xff\x00\x1b[2J "document": "legal/b.md"', "ü".encode()]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A register's file with lines of every kind."""
    path = tmp_path / REGISTER_FILE
    append_events(path, [APPROVAL, REVOKED])
    path.write_bytes(path.read_bytes() + b"".join(line + b"\n" for line in ODD))
    return path


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexes.register_moving, "_PAGE", 2)


def test_every_line_moves_and_comes_back_byte_for_byte(path: Path, database_url: str) -> None:
    content, before = path.read_bytes(), Register(path).refresh()
    moved = move_to_rows(path.parent, database_url)
    assert (moved.lines, moved.left) == (7, str(path.with_name(IN_DATABASE_FILE)))
    assert not path.exists()
    followed = register_of(path.parent, database_url)
    assert followed.refresh() == before
    assert b"".join(line + b"\n" for line in followed.lines()) == content
    followed.append([APPROVAL])
    back = move_to_file(path.parent, database_url)
    assert (back.lines, back.to) == (8, str(path))
    assert path.read_bytes() == content + event_to_line(APPROVAL)
    assert not path.with_name(IN_DATABASE_FILE).exists()
    assert followed.refresh() == Register(path).refresh() == register_of(path.parent).refresh()
    append_events(path, [REVOKED])
    assert move_to_rows(path.parent, database_url).lines == 9, "and there again"
    assert followed.refresh().position == 9


def test_a_library_without_a_register_begins_one_there(tmp_path: Path, database_url: str) -> None:
    moved = move_to_rows(tmp_path, database_url)
    assert (moved.lines, moved.left) == (0, "")
    followed = register_of(tmp_path, database_url)
    followed.append([APPROVAL])
    assert followed.refresh().position == 1
    assert not (tmp_path / REGISTER_FILE).exists()


POINTS = ["add", "run begun", "run here", "all_lines", "_rename", "second page"]


@pytest.mark.parametrize("point", POINTS)
def test_cut_off_anywhere_one_place_holds_the_decisions_and_the_move_goes_on(
    path: Path, database_url: str, point: str
) -> None:
    before = Register(path).refresh()
    with pytest.MonkeyPatch.context() as patch:
        _cut_off_at(point, patch)
        with pytest.raises(KeyboardInterrupt):
            move_to_rows(path.parent, database_url)
    followed = register_of(path.parent, database_url)
    assert followed.refresh() == before
    followed.append([APPROVAL])  # decisions go on meanwhile, where they lie
    after = followed.refresh()
    assert after.position == before.position + 1
    assert move_to_rows(path.parent, database_url).lines in (before.position, after.position)
    assert followed.refresh() == register_of(path.parent, database_url).refresh() == after
    assert not path.exists()


def _cut_off_at(point: str, patch: pytest.MonkeyPatch) -> None:
    calls = []

    def cut(name: str, when: Callable[..., bool]) -> None:
        owner = indexes.register_moving if name == "_rename" else RegisterRows
        real = getattr(owner, name)

        def until(*given: Any, **more: Any) -> Any:
            calls.append(given)
            if when(*given):
                raise KeyboardInterrupt
            return real(*given, **more)

        patch.setattr(owner, name, until)

    name, _, what = point.partition(" ")
    if point == "second page":
        cut("add", lambda *_: len(calls) == 2)
    elif what:
        cut(name, lambda *given: f"'{what}'" in given[-1])
    else:
        cut(name, lambda *_: True)


@pytest.mark.parametrize("point", ["_write", "run left"])
def test_on_the_way_back_too(path: Path, database_url: str, point: str) -> None:
    before = Register(path).refresh()
    move_to_rows(path.parent, database_url)
    with pytest.MonkeyPatch.context() as patch:
        if point == "_write":
            patch.setattr(indexes.register_moving, "sync_folder", _interrupt)
        else:
            _cut_off_at(point, patch)
        with pytest.raises(KeyboardInterrupt):
            move_to_file(path.parent, database_url)
    followed = register_of(path.parent, database_url)
    assert followed.refresh() == before
    followed.append([APPROVAL])
    assert move_to_file(path.parent, database_url).lines == before.position + 1
    assert followed.refresh() == register_of(path.parent).refresh()


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_another_register_is_never_joined_to_one_that_is_there(
    path: Path, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    move_to_rows(path.parent, database_url)
    other = tmp_path_factory.mktemp("other")
    append_events(other / REGISTER_FILE, [REVOKED])
    for attempt in (lambda: move_to_rows(other, database_url), register_of(other, database_url).refresh):
        with pytest.raises(RegisterError, match=r"two registers: .*register\.jsonl.* from line 1 on"):
            attempt()
    with pytest.raises(
        RegisterError, match=r"two registers: .*register\.jsonl says something else than the register in"
    ):
        move_to_file(other, database_url)
    assert (other / REGISTER_FILE).exists()


def test_what_is_not_to_be_moved_is_told(path: Path, database_url: str, postgres_server: Any) -> None:
    content = path.read_bytes()
    path.write_bytes(content + b'{"event"')
    with pytest.raises(RegisterError, match=r"the last line of .*register\.jsonl is cut off \(no newline at its end\)"):
        move_to_rows(path.parent, database_url)
    with pytest.raises(RegisterError, match="holds no decisions: the register lies in"):
        move_to_file(path.parent, database_url)
    path.write_bytes(content)
    move_to_rows(path.parent, database_url)
    with pytest.raises(RegisterError, match="holds all decisions already: there is nothing to move"):
        move_to_rows(path.parent, database_url)
    elsewhere = postgres_server.url(postgres_server.new_database())
    with pytest.raises(
        RegisterError, match=r"in-database\.jsonl was moved into a database before, and .* does not hold"
    ):
        move_to_rows(path.parent, elsewhere)
    path.write_bytes(content)  # a checkout of the library's repository
    with pytest.raises(RegisterError, match=r"which was moved before, got both: put one of them away"):
        move_to_rows(path.parent, elsewhere)


def test_who_may_not_make_tables_is_told_what_to_run(path: Path, database_url: str, postgres_server: Any) -> None:
    role = database_url.partition("?")[0].rpartition("/")[2]
    postgres_server.run(f"CREATE ROLE {role} LOGIN")
    with pytest.raises(RegisterError, match="the role may not: run greenlit audit prepare --role ROLE"):
        move_to_rows(path.parent, database_url.replace("user=owner", f"user={role}"))
    assert register_of(path.parent, database_url).refresh().position == 7


def test_a_line_that_arrives_changed_stops_the_move(
    path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = RegisterRows.add

    def change(self: RegisterRows, writer: Any, lines: list[bytes], *, after: Any) -> None:
        add(self, writer, [line.upper() for line in lines], after=after)

    monkeypatch.setattr(RegisterRows, "add", change)
    with pytest.raises(RegisterError, match=r"from line 1 on, after it was written"):
        move_to_rows(path.parent, database_url)
    assert register_of(path.parent, database_url).refresh().position == 7
    assert path.exists()
