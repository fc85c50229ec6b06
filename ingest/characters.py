"""Turn text as it is found in files into plain characters, so that what is quoted reads as it is.

Done, in this order: every kind of space and line end becomes one space; control, format, private-use and invisible
characters go (soft hyphens, zero-width and right-to-left marks, tag characters, variation selectors, fillers);
typographic ligatures become letters; the rest is put into Unicode's form NFC; runs of spaces become one.
Does not change words, quotes or dashes.
"""

import re
import unicodedata

_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
_INVISIBLE = frozenset(  # drawn as nothing, though Unicode calls them letters, marks or symbols
    map(
        ord,
        "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
        + "".join(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))),
    )
)
_JOINERS = frozenset([0x200C, 0x200D])  # they shape words in Arabic and Indic scripts; elsewhere they only hide
_STRAY_JOINER = re.compile("(?<![\u0600-\u0fff])[\u200c\u200d]|[\u200c\u200d](?![\u0600-\u0fff])")
_DROPPED_CATEGORIES = frozenset(["Cc", "Cf", "Co", "Cs"])
_SPACE_CATEGORIES = frozenset(["Zs", "Zl", "Zp"])
_SENTENCE_END = re.compile(r"[.!?:;][\"'”’)\]]*$")


class _Table(dict[int, int | str | None]):
    """For `str.translate`: works out each character the first time that it is met."""

    def __missing__(self, code: int) -> int | str | None:
        char = chr(code)
        category = unicodedata.category(char)
        kept: int | str | None = code
        if category in _SPACE_CATEGORIES or char in "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85":
            kept = " "
        elif code in _LIGATURES:
            kept = _LIGATURES[code]
        elif code in _INVISIBLE or (category in _DROPPED_CATEGORIES and code not in _JOINERS):
            kept = None
        self[code] = kept
        return kept


_TABLE = _Table()


def clean(text: str) -> str:
    """Return the text as one line of plain characters, without spaces at its ends."""
    plain = _STRAY_JOINER.sub("", text.translate(_TABLE))
    return " ".join(unicodedata.normalize("NFC", plain).split())


def split_at_breaks(text: str) -> list[str]:
    """Return a paragraph's lines, cleaned, broken only where its author meant a line to end.

    A newline in `text` is a break that was set by hand. Many are set for looks in the middle of a sentence, so one
    counts only after the end of a sentence, or before a capital, a digit or a sign; the others become spaces.
    """
    lines: list[str] = []
    for piece in text.split("\n"):
        line = clean(piece)
        if not line:
            continue
        if lines and not _SENTENCE_END.search(lines[-1]) and line[0].islower():
            lines[-1] += f" {line}"
        else:
            lines.append(line)
    return lines
