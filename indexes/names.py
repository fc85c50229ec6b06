"""What a document may be called. A name is shown to people and written to line-based files, so it must read as it is.

Refused: empty and hidden parts (`.`, `..`, `.name`), absolute paths, control and format characters (newlines,
right-to-left marks), line and paragraph separators, names that are not UTF-8, and over-long names.
"""

import unicodedata

from indexes.errors import DocumentNameError

MAX_NAME_CHARS = 512
_REFUSED_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def printable(name: str) -> str:
    """Return the name with every character that could mislead a reader written as an escape."""
    return "".join(c if unicodedata.category(c) not in _REFUSED_CATEGORIES else _escape(c) for c in name)


def _escape(char: str) -> str:
    return f"\\u{{{ord(char):04x}}}"


def check_document_name(name: str) -> str:
    """Return the name if it may name a document.

    Raises:
        DocumentNameError: saying which rule the name breaks, with the name made printable.
    """
    shown = printable(name[:MAX_NAME_CHARS])
    if not name or len(name) > MAX_NAME_CHARS:
        raise DocumentNameError(f"expected a document name of 1 to {MAX_NAME_CHARS} characters, got {len(name)}")
    for char in name:
        if unicodedata.category(char) in _REFUSED_CATEGORIES:
            raise DocumentNameError(
                f"the name '{shown}' holds {_escape(char)} ({unicodedata.name(char, 'a control character')}): "
                "rename the file so that its name reads as it is"
            )
    parts = name.split("/")
    if len(parts) == 1 or any(part.startswith(".") or not part for part in parts) or "\\" in name:
        raise DocumentNameError(
            f"expected a document name like 'source/file.md', without '..', '\\' or hidden parts (.name), got '{shown}'"
        )
    return name
