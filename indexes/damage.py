"""Lines of the register that are no events: what is wrong with them, in as few messages as a person needs.

A file that an editor saved in another encoding, a merge that git left open or bytes that a crash left would each give
a message a line; here the lines of one cause are one `Problem`, from its first line to its last (`join`). Whatever the
cause, the documents that such a line still names are found, for they count as not approved. Parses no event and
decides nothing.
"""

import contextlib
import json
import re
from dataclasses import replace

from indexes.decisions import Cause, Problem
from indexes.names import printable

_NAMED_DOCUMENT = re.compile(rb'"document"\s*:\s*"((?:[^"\\]|\\.)*)"')
_MERGE_MARK = re.compile(rb"(?:<<<<<<<|\|\|\|\|\|\|\||=======|>>>>>>>)(?:\s|$)")  # what git writes around both sides
_MERGE_BEGINS, _MERGE_ENDS = b"<<<<<<<", b">>>>>>>"
_MAX_MARK_CHARS = 60
_BOMS = (b"\xff\xfe", b"\xfe\xff")
_WIDE_SHARE = 0.2  # of NUL bytes: half of a text of ASCII in UTF-16, and keys and hashes are always ASCII
_MEND_MERGE = "keep the lines of both sides and take its marks out"


def problem_of(line: bytes, position: int, said: str) -> Problem:
    """Return what is wrong with a line that is no event, with the documents that it names.

    Args:
        line: its bytes, without the newline.
        position: its number.
        said: what is wrong with it, if nothing better can be said.
    """
    documents = named_documents(line)
    if cause := _bytes_of(line):
        return Problem(position, _OF_BYTES[cause](line), documents, cause=cause)
    if mark := _merge_mark(line):
        cause = None if line.startswith(_MERGE_ENDS) else "merge"
        return Problem(position, f"git left '{mark}' of a merge: {_MEND_MERGE}", documents, cause=cause)
    return Problem(position, said, documents)


def join(problems: list[Problem], found: Problem, line: bytes) -> None:
    """Add a problem, or lengthen the one that it belongs to: the merge that is open, the same damage just above."""
    if mark := _merge_mark(line) if found.cause in (None, "merge") else None:
        at = _open_merge(problems, line)
        if at is not None:
            first = problems[at].message.split("'")[1]
            message = f"git left a merge open, '{first}' to '{mark}': {_MEND_MERGE}"
            problems[at] = _longer(problems[at], found, message=message, cause=found.cause)
            return
    elif found.cause and problems:
        last = problems[-1]
        goes_on = last.last == found.line - 1 and (last.cause == found.cause or (last.cause, found.cause) == _TAIL)
        if goes_on:
            problems[-1] = _longer(last, found, message=last.message, cause=last.cause)
            return
    problems.append(found)


_TAIL: tuple[Cause, Cause] = ("wide", "nul")  # an empty line in UTF-16 is one NUL, and so is half of the last newline


def _longer(known: Problem, found: Problem, *, message: str, cause: Cause | None) -> Problem:
    documents = known.documents + found.documents
    return replace(known, to=found.line, documents=documents, message=message, cause=cause)


def _open_merge(problems: list[Problem], line: bytes) -> int | None:
    if line.startswith(_MERGE_BEGINS):
        return None
    return next((at for at in reversed(range(len(problems))) if problems[at].cause == "merge"), None)


def _merge_mark(line: bytes) -> str | None:
    if not _MERGE_MARK.match(line):
        return None
    return printable(line[:_MAX_MARK_CHARS].decode(errors="replace").strip()).replace("'", "")


def _bytes_of(line: bytes) -> Cause | None:
    """Tell what the bytes of a line are, where they cannot be text in UTF-8 that anybody wrote."""
    if b"\0" not in line and not line.startswith(_BOMS):
        return None
    text = line.replace(b"\0", b"").strip()
    return "wide" if text and line.count(b"\0") >= _WIDE_SHARE * len(line) else "nul"


def is_foreign(beginning: bytes) -> bool:
    """Tell whether a file that begins so cannot be added to: it is in another encoding, or was overwritten."""
    return beginning.startswith(_BOMS) or b"\0" in beginning


def _wide_words(line: bytes) -> str:
    name = "UTF-16" if line.startswith(_BOMS) else "UTF-16LE" if line[1:2] == b"\0" else "UTF-16BE"
    return (
        "UTF-16 text, as some editors and PowerShell save it, expected UTF-8; none of it counts until it is saved as "
        f"UTF-8 (iconv -f {name} -t UTF-8; where only lines at the end are UTF-16, write those anew)"
    )


def _nul_words(line: bytes) -> str:
    del line
    return (
        "NUL bytes, as a crash of the machine leaves them, expected an event; what stood there does not count: put it "
        "back from a backup, or take the bytes out"
    )


_OF_BYTES = {"wide": _wide_words, "nul": _nul_words}


def named_documents(line: bytes) -> tuple[str, ...]:
    """Return every document that a line names: two events on one line are a line that was joined, and take both.

    NUL bytes are passed over, so that what is written in UTF-16 is found too.
    """
    names: dict[str, None] = {}
    for match in _NAMED_DOCUMENT.finditer(line.replace(b"\0", b"")):
        with contextlib.suppress(ValueError):
            names[printable(str(json.loads(b'"' + match.group(1) + b'"')))] = None
    return tuple(names)
