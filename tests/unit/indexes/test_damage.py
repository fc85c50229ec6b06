"""A register that was damaged as a whole: one message says what it is and how it is mended, and nothing answers."""

import shutil
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from indexes.errors import RegisterError
from indexes.events import event_to_line
from indexes.register import Register, append_events
from indexes.register_state import RegisterState
from tests.support.fakes import APPROVAL, NOON, REVOCATION

OTHER = replace(APPROVAL, document="legal/b.md")
LINES = b"".join(event_to_line(replace(APPROVAL, document=f"legal/{name}.md")) for name in "abcdefgh")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "register.jsonl"


def _read(path: Path) -> RegisterState:
    return Register(path).refresh()


def _words(path: Path) -> list[str]:
    return [problem.in_words(path) for problem in _read(path).problems]


def _approved(path: Path) -> list[str]:
    return [name for name, one in _read(path).decisions.items() if one.approvals and not one.problem]


# Another encoding


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("encoding", "named"),
    [
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16LE"),
        ("utf-16-be", "UTF-16BE"),
    ],
)
def test_a_register_in_utf_16_is_one_problem_that_says_how_it_is_mended(
    path: Path, encoding: str, named: str, newline: str
) -> None:
    path.write_bytes(LINES.decode().replace("\n", newline).encode(encoding))
    (words,) = _words(path)
    last = 8 if encoding == "utf-16-be" else 9
    assert words.startswith(f"{path}, lines 1 to {last}: UTF-16 text, as some editors and PowerShell save it, expected")
    assert f"(iconv -f {named} -t UTF-8;" in words
    assert words.endswith("; 'legal/a.md' and 'legal/b.md' and 'legal/c.md' and 5 more count as not approved")
    assert _approved(path) == []


def test_what_the_message_says_mends_it(path: Path) -> None:
    if shutil.which("iconv") is None:
        pytest.skip("there is no iconv here")
    path.write_bytes(LINES.decode().encode("utf-16"))
    command = ["iconv", "-f", "UTF-16", "-t", "UTF-8", str(path)]
    path.write_bytes(subprocess.run(command, check=True, capture_output=True).stdout)
    assert (_words(path), len(_approved(path))) == ([], 8)


def test_nothing_is_added_to_a_register_in_another_encoding(path: Path) -> None:
    before = LINES.decode().encode("utf-16")
    path.write_bytes(before)
    with pytest.raises(RegisterError, match="is not UTF-8 text, so nothing was added"):
        append_events(path, [OTHER])
    assert path.read_bytes() == before


def test_a_withdrawal_that_was_added_in_utf_16_takes_the_approval(path: Path) -> None:
    path.write_bytes(LINES + event_to_line(replace(REVOCATION, document="legal/b.md")).decode().encode("utf-16-le"))
    (words,) = _words(path)
    assert "lines 9 to 10: UTF-16 text" in words
    assert words.endswith("; 'legal/b.md' counts as not approved")
    assert "legal/b.md" not in _approved(path)
    append_events(path, [replace(OTHER, at=NOON + timedelta(seconds=1))])
    assert "legal/b.md" in _approved(path), "what was UTF-8 goes on"


def test_lines_that_come_one_after_another_are_one_problem(path: Path) -> None:
    register = Register(path)
    whole = LINES.decode().encode("utf-16-le")
    for end in range(0, len(whole) + 1, 97):
        path.write_bytes(whole[:end])
        assert len(register.refresh().problems) == (1 if end else 0)
    path.write_bytes(whole)
    assert [(one.line, one.last) for one in register.refresh().problems] == [(1, 9)]


def test_a_mark_of_utf_8_and_line_ends_of_windows_hurt_nothing(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbf" + LINES.replace(b"\n", b"\r\n"))
    assert (_words(path), len(_approved(path))) == ([], 8)


# A crash


@pytest.mark.parametrize("kept", [0, 1, 8])
def test_nul_bytes_of_a_crash_are_one_problem(path: Path, kept: int) -> None:
    lines = LINES.splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:kept]) + b"\0" * 4096)
    (words,) = _words(path)
    assert words.startswith(f"{path}, line {kept + 1}: NUL bytes, as a crash of the machine leaves them")
    assert len(_approved(path)) == kept


def test_a_decision_after_a_crash_stands_on_its_own_line(path: Path) -> None:
    path.write_bytes(event_to_line(APPROVAL) + b"\0" * 512)
    append_events(path, [REVOCATION])
    assert _read(path).decisions["legal/a.md"].withdrawal == REVOCATION
    assert len(_words(path)) == 1


# A merge


def test_each_merge_that_is_open_is_one_problem(path: Path) -> None:
    one, two = event_to_line(APPROVAL), event_to_line(OTHER)
    merge = b"<<<<<<< HEAD\n" + one + b"=======\nbroken\n" + two + b">>>>>>> renew\n"
    path.write_bytes(merge + merge + b"<<<<<<< HEAD\n" + one)
    said = [words.partition(": ")[0].partition(", ")[2] for words in _words(path)]
    assert said == ["lines 1 to 6", "line 4", "lines 7 to 12", "line 10", "line 13"]
    assert _approved(path) == ["legal/a.md", "legal/b.md"]


def test_a_quote_in_the_name_of_a_branch_stays_out_of_the_message(path: Path) -> None:
    path.write_bytes(b"<<<<<<< it's\n=======\n>>>>>>> renew\n")
    assert "'<<<<<<< its' to '>>>>>>> renew'" in _words(path)[0]


# What is no file


def test_a_link_to_nowhere_is_no_empty_register(path: Path) -> None:
    path.symlink_to(path.parent / "share" / "register.jsonl")
    (path.parent / "share").mkdir()
    with pytest.raises(RegisterError, match="is a link to "):
        _read(path)
    with pytest.raises(RegisterError, match="which is not there: put that back"):
        append_events(path, [APPROVAL])
    assert not path.exists()


def test_a_folder_is_no_register(path: Path) -> None:
    path.mkdir()
    with pytest.raises(RegisterError, match="cannot be read: Is a directory"):
        _read(path)
