"""Prints for people and programs, for every command; nobody else prints. And the one way in which a command fails.

What is printed comes from documents, registers, logs, file names, other machines: none of it may steer a terminal or
read otherwise than it is. So every character that could mislead is written as an escape here, whatever the caller
did, and nothing is read as markup. Knows no command, decides nothing, and reads nothing from the keyboard.
"""

import json
import re
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, TextIO

import typer

from indexes.names import printable

if TYPE_CHECKING:
    import rich.console
    import rich.text

_PIPE_WIDTH = 10_000  # characters: a program that reads a table gets whole lines
_NOT_PLAIN = re.compile(r"[^\n -~]")
_WIDEST_UNIT = 0xFFFF  # a character beyond it is two escapes in JSON

Style = Literal["red", "yellow", "green", "cyan", "dim", "bold", "bold red"]
Part = str | tuple[str, Style]


class Console:
    """Prints on standard output or standard error, whatever these are at that moment."""

    def __init__(self, *, stderr: bool = False) -> None:
        self._stderr = stderr
        self._drawing: rich.console.Console | None = None

    def line(self, *parts: Part) -> None:
        """Print one line; a newline in a part is written as an escape, like all that could mislead."""
        self.drawing().print(self._joined(parts))

    def text(self, text: str, style: Style | None = None) -> None:
        """Print a text of many lines as it is, line by line."""
        for words in text.split("\n"):
            self.line((words, style) if style else words)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[Part]]) -> None:
        """Print a table, a cell a part; what is too long for a terminal goes on below, in its column."""
        from rich.table import Column, Table

        table = Table(*(Column(self._joined([name]), overflow="fold") for name in columns), box=None, pad_edge=False)
        for row in rows:
            table.add_row(*(self._joined([cell]) for cell in row))
        drawing = self.drawing()
        width = drawing.width if drawing.is_terminal else _PIPE_WIDTH
        self._made(width).print(table, soft_wrap=False)

    def json(self, value: Any, *, indent: int | None = 1) -> None:
        """Print a value as JSON. What could mislead is escaped, so it is the same value when it is read."""
        text = json.dumps(value, indent=indent, ensure_ascii=not _is_unicode(self._encoding()))
        stream = self._stream()
        stream.write(_NOT_PLAIN.sub(_json_escape, text) + "\n")
        stream.flush()

    def drawing(self) -> "rich.console.Console":
        """Return what a progress bar or a benchmark draws on. What is printed there directly is escaped by nobody."""
        if self._drawing is None:
            self._drawing = self._made(None)
        return self._drawing

    def _made(self, width: int | None) -> "rich.console.Console":
        import rich.console

        return rich.console.Console(stderr=self._stderr, soft_wrap=True, highlight=False, width=width)

    def _joined(self, parts: Iterable[Part]) -> "rich.text.Text":
        """Return parts as a text of the terminal's library: in that form nothing in them is read as markup."""
        from rich.text import Text

        joined = Text()
        for part in parts:
            words, style = (part, None) if isinstance(part, str) else part
            joined.append(self._shown(words), style)
        return joined

    def _shown(self, words: str) -> str:
        shown, encoding = printable(words), self._encoding()
        if _is_unicode(encoding):
            return shown
        return shown.encode(encoding, "backslashreplace").decode(encoding)

    def _encoding(self) -> str:
        return getattr(self._stream(), "encoding", None) or "utf-8"

    def _stream(self) -> TextIO:
        return sys.stderr if self._stderr else sys.stdout


out = Console()
err = Console(stderr=True)


def fail(error: Exception | str, code: int) -> typer.Exit:
    """Print an error in one line and return what ends the command."""
    err.line(("greenlit:", "red"), f" {error}")
    return typer.Exit(code)


def problem(words: str) -> None:
    """Print what an operator should see, in one line, beside what the command prints."""
    err.line(("problem:", "red"), f" {words}")


def _is_unicode(encoding: str) -> bool:
    return encoding.lower().startswith("utf")


def _json_escape(found: re.Match[str]) -> str:
    char = found.group()
    if printable(char) == char:
        return char
    if (code := ord(char)) <= _WIDEST_UNIT:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
