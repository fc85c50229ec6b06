"""Whatever is printed, nothing in it steers a terminal, reads otherwise than it is, or is taken for markup."""

import io
import json
import re
import subprocess
import sys
import unicodedata
from collections.abc import Callable

import pytest

from indexes.console import Console, fail, problem

_MISLEADING = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_COLOUR = re.compile(r"\x1b\[(0|1|2|3[1236]|1;31)m")  # of our styles; no other code of a terminal
HOSTILE = [
    "\x1b[2J\x1b]0;title\x07",  # clears the screen, names the window
    "\x1b[5;7mblinks\x1b[27m",
    "\x9b31m",  # the same in one character, for a terminal that knows C1
    "\x90payload\x9c",
    "a\u202etxt.exe\u2066b",  # turns the order around
    "a\rgreenlit: all is well",
    "a\ngreenlit: all is well",
    "a\u2028b\u2029c\x85d",
    "a\tb\x0bc\x0cd\x7fe\x00f",
    "soft\u00adhyphen\ufeff\u200b",
    "a\U000e0041\U0001f600",  # a tag that nobody sees, beside a face that everybody may
    "\ud83d alone",
    "[red]x[/red] [/] [link=https://x.example]y[/link] \\[b]",
    ":warning: :skull:",
    "a" * 5000,
]
Print = Callable[[Console, str], None]
KINDS: dict[str, Print] = {
    "line": lambda console, words: console.line(words),
    "line in parts": lambda console, words: console.line("before ", (words, "red"), words, ("after", "dim")),
    "text": lambda console, words: console.text(words),
    "text in a style": lambda console, words: console.text(words, "cyan"),
    "table": lambda console, words: console.table([words, "more"], [[words, (words, "green")], ["", words]]),
    "json": lambda console, words: console.json({words: [words]}),
    "json in one line": lambda console, words: console.json(words, indent=None),
}


class _Stream(io.TextIOWrapper):
    """Standard output or standard error, as a terminal or as a pipe."""

    def __init__(self, *, terminal: bool, encoding: str = "utf-8") -> None:
        super().__init__(io.BytesIO(), encoding=encoding, newline="")
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal

    def printed(self) -> str:
        self.flush()
        self.seek(0)
        return self.read()


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch) -> Callable[..., _Stream]:
    """Let standard output (or standard error) be a terminal with colours, or a pipe."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TTY_COMPATIBLE", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")

    def made(name: str = "stdout", *, terminal: bool = False, encoding: str = "utf-8") -> _Stream:
        stream = _Stream(terminal=terminal, encoding=encoding)
        monkeypatch.setattr(sys, name, stream)
        return stream

    return made


def _misleading(printed: str) -> list[str]:
    return [char for char in printed if unicodedata.category(char) in _MISLEADING and char != "\n"]


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize("name", ["stdout", "stderr"])
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_misleading_is_printed(stream: Callable[..., _Stream], kind: str, name: str, *, terminal: bool) -> None:
    for words in HOSTILE:
        taken = stream(name, terminal=terminal)
        KINDS[kind](Console(stderr=name == "stderr"), words)
        printed = taken.printed()
        assert _misleading(_COLOUR.sub("", printed) if terminal else printed) == [], words


@pytest.mark.parametrize("code", [1, 2])
def test_a_failure_and_a_problem_are_one_line_each_on_standard_error(stream: Callable[..., _Stream], code: int) -> None:
    for words in HOSTILE:
        taken, other = stream("stderr"), stream("stdout")
        assert fail(ValueError(words), code).exit_code == code
        fail(words, code)
        problem(words)
        lines = taken.printed().splitlines()
        assert [line.split(":")[0] for line in lines] == ["greenlit", "greenlit", "problem"]
        assert lines[0] == lines[1]
        assert _misleading("".join(lines)) == []
        assert other.printed() == ""


def test_a_line_stays_one_line_and_a_text_keeps_its_own(stream: Callable[..., _Stream]) -> None:
    taken, console = stream(), Console()
    console.line("a\nb ", ("c\r", "red"))
    console.line()
    console.text("a\n\n  b\x1b")
    assert taken.printed() == "a\\u{000a}b c\\u{000d}\n\na\n\n  b\\u{001b}\n"


def test_what_looks_like_markup_or_a_face_is_printed_as_it_is(stream: Callable[..., _Stream]) -> None:
    words = "[red]x[/red] [/] [link=https://x.example]y[/link] \\[b] :skull: 123 'a'"
    for terminal in (False, True):
        taken, console = stream(terminal=terminal), Console()
        console.line(words)
        assert taken.printed() == f"{words}\n"


def test_a_style_colours_its_part_on_a_terminal_and_nothing_in_a_pipe(stream: Callable[..., _Stream]) -> None:
    for terminal, expected in ((True, "a \x1b[31mb\x1b[0m c\n"), (False, "a b c\n")):
        taken = stream(terminal=terminal)
        Console().line("a ", ("b", "red"), " c")
        assert taken.printed() == expected


def test_a_long_line_is_neither_cut_nor_broken(stream: Callable[..., _Stream]) -> None:
    for terminal in (False, True):
        taken = stream(terminal=terminal)
        Console().line("word " * 500)
        assert taken.printed() == "word " * 500 + "\n"


def test_json_is_the_same_value_when_it_is_read(stream: Callable[..., _Stream]) -> None:
    values = [words for words in HOSTILE if "\ud83d" not in words]
    for encoding in ("utf-8", "ascii", "latin-1"):
        taken, console = stream(encoding=encoding), Console()
        console.json({"ä": values, "n": 1.5, "none": None})
        assert json.loads(taken.printed()) == {"ä": values, "n": 1.5, "none": None}


def test_json_keeps_letters_and_its_lines(stream: Callable[..., _Stream]) -> None:
    taken, console = stream(), Console()
    console.json({"Größe": "›\u202e\U000e0041"})
    console.json([1, "ü"], indent=None)
    assert taken.printed() == '{\n "Größe": "›\\u202e\\udb40\\udc41"\n}\n[1, "ü"]\n'


def test_a_stream_without_the_letter_gets_an_escape(stream: Callable[..., _Stream]) -> None:
    taken, console = stream(encoding="ascii"), Console()
    console.line("Größe › 1")
    console.table(["a"], [["ü"]])
    assert taken.printed().splitlines() == ["Gr\\xf6\\xdfe \\u203a 1", "a   ", "\\xfc"]


def test_a_table_is_whole_in_a_pipe_and_folded_on_a_terminal(
    stream: Callable[..., _Stream], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    rows = [["legal/" + "long" * 200 + ".md", "approved"]]
    taken = stream()
    Console().table(["document", "standing"], rows)
    assert [line.split() for line in taken.printed().splitlines()] == [["document", "standing"], rows[0]]
    taken = stream(terminal=True)
    Console().table(["document", "standing"], rows)
    lines = _COLOUR.sub("", taken.printed()).splitlines()
    assert max(map(len, lines)) <= 40
    assert "".join(line[:30].split()[0] for line in lines[1:]) == rows[0][0]


def test_it_is_read_without_the_library_for_terminals() -> None:
    code = "import sys, indexes.console; print('rich.console' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "False"
