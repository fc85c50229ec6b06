"""What a document may be called, and which characters may be shown.

A name is shown to people and written to line-based files, so it must read as it is.

Refused in a name: empty and hidden parts (`.`, `..`, `.name`), absolute paths, control and format characters (newlines,
right-to-left marks), line and paragraph separators, characters that are drawn as nothing, names that are not UTF-8 or
not in Unicode's composed form (NFC), and over-long names. Refused in a line of text (a title, a reason): control and
format characters, separators of lines. `printable` writes what is refused as an escape. Whether two names look alike
is a matter of `look_alikes`.
"""

import re
import unicodedata

from indexes.errors import DocumentNameError

MAX_NAME_CHARS = 512
_USUAL_NAME = re.compile(r"[^/\\.][^/\\]*(?:/[^/\\.][^/\\]*)+")  # with nothing but plain characters in it
_REFUSED_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_INVISIBLE = frozenset(  # drawn as nothing, though Unicode calls them letters, marks or symbols
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)
_JOINERS = frozenset("\u200c\u200d")  # they shape words of Arabic and Indic scripts, so a text may hold them
_MARKS = {"Mn", "Mc", "Me"}


def printable(name: str) -> str:
    """Return the name with every character that could mislead a reader written as an escape."""
    if _is_plain(name):
        return name
    return "".join(_escape(c) if _misleads(c) else c for c in name)


def _is_plain(text: str) -> bool:
    """Most names and texts are, and seeing it at once makes a long register quick to read."""
    return text.isascii() and text.isprintable()


def _misleads(char: str) -> bool:
    return unicodedata.category(char) in _REFUSED_CATEGORIES or char in _INVISIBLE


def _escape(char: str) -> str:
    return f"\\u{{{ord(char):04x}}}"


def _named(char: str) -> str:
    return f"{_escape(char)} ({unicodedata.name(char, 'a control character')})"


def misleading_in(text: str) -> str | None:
    """Return the first character that a line of text must not hold, in words; `None` if there is none.

    Joiners and variation selectors are let through: titles in some scripts need them, and they move nothing on a line.
    """
    if _is_plain(text):
        return None
    for char in text:
        if char not in _JOINERS and unicodedata.category(char) in _REFUSED_CATEGORIES:
            return _named(char)
    return None


def check_document_name(name: str) -> str:
    """Return the name if it may name a document.

    Raises:
        DocumentNameError: saying which rule the name breaks, with the name made printable.
    """
    if _is_plain(name) and len(name) <= MAX_NAME_CHARS and _USUAL_NAME.fullmatch(name):
        return name  # as most are, and a library may hold a hundred thousand
    shown = printable(name[:MAX_NAME_CHARS])
    if not name or len(name) > MAX_NAME_CHARS:
        raise DocumentNameError(f"expected a document name of 1 to {MAX_NAME_CHARS} characters, got {len(name)}")
    for char in "" if _is_plain(name) else name:
        if _misleads(char):
            raise DocumentNameError(
                f"the name '{shown}' holds {_named(char)}: rename the file so that its name reads as it is"
            )
    parts = name.split("/")
    if len(parts) == 1 or any(part.startswith(".") or not part for part in parts) or "\\" in name:
        raise DocumentNameError(
            f"expected a document name like 'source/file.md', without '..', '\\' or hidden parts (.name), got '{shown}'"
        )
    if (composed := unicodedata.normalize("NFC", name)) != name:
        raise DocumentNameError(
            f"the name '{_with_marks_apart(name)}' is not in Unicode's composed form (NFC); a disk or an archive of "
            f"macOS may have stored its accents apart: rename the file to '{composed}', typed anew"
        )
    return name


def spelled(name: str) -> str:
    """Return the name so that two that look alike can be told apart: what is not ASCII as an escape."""
    return "".join(c if c.isascii() and not _misleads(c) else _escape(c) for c in name)


def _with_marks_apart(name: str) -> str:
    """Show what cannot be seen: which letters and accents a name is made of."""
    return "".join(_escape(c) if unicodedata.category(c) in _MARKS else c for c in name)
