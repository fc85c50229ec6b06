"""A model's output as plain text while it comes: no tag, no hidden stretch, no character that misleads.

1  tags are taken off: those of blocks end a line, `<li>` begins an item, `<h1>` a heading, all others leave nothing
2  what lies inside some is left out whole: reasoning (`<think>`), scripts, styles, comments
3  tokens of a template (`<|im_end|>`) end a line
4  characters that show nothing or steer what is shown are left out

It does not matter in which pieces the output comes. What is no tag ("if x < 5") stays. Markdown and entities are the
business of `lines`.
"""

import re
import unicodedata

_MOST_TAG = 300  # characters; a longer one is none
_LONGEST_END = 20  # of what ends a hidden stretch: "</reasoning >"
_TAG_BEGINS = re.compile(r"<[/!?|a-zA-Z]")
_NAME = re.compile(r"</?([a-zA-Z][\w-]*)")
_HIDDEN = frozenset(
    "script style think thinking thought reasoning analysis reflection template noscript svg pre".split()
)
_LINE_TAGS = frozenset(
    "p div br ul ol tr table thead tbody section article header footer blockquote hr body html main dl dd".split()
)
_STARTS = {"li": "\n- ", "dt": "\n- ", "td": " | ", "th": " | ", **{f"h{n}": "\n# " for n in range(1, 7)}}
_COMMENT = "<!--"
_LINE_ENDS = dict.fromkeys(map(ord, "\v\f\x1c\x1d\x1e\x85\u2028\u2029"), "\n") | {9: " ", 13: " ", 0xA0: " "}
_MISLEADS = {"Cc", "Cf", "Cs", "Co", "Cn"}
_DRAWN_AS_NOTHING = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffd")


def cleaned(text: str) -> str:
    """Return a text without characters that show nothing or steer what is shown; newlines stay."""
    text = text.translate(_LINE_ENDS)
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return "".join(char for char in text if char == "\n" or not _misleads(char))


def _misleads(char: str) -> bool:
    return (
        unicodedata.category(char) in _MISLEADS
        or char in _DRAWN_AS_NOTHING
        or "\ufe00" <= char <= "\ufe0f"
        or "\U000e0100" <= char <= "\U000e01ef"
    )


class Plain:
    """Turns output into plain text, piece by piece. For one output; not for several threads."""

    def __init__(self) -> None:
        self._held = ""  # what may be the beginning of a tag, or of the end of a hidden stretch
        self._until: re.Pattern[str] | None = None  # what ends the hidden stretch that is being read

    def feed(self, piece: str) -> str:
        """Return the plain text that is certain after one more piece."""
        self._held += piece
        out: list[str] = []
        while self._held and self._step(out):
            pass
        return cleaned("".join(out))

    def end(self) -> str:
        """Return what is left: nothing of a tag or a hidden stretch that was not closed."""
        left = "" if self._until or _TAG_BEGINS.match(self._held) else self._held
        self._held = ""
        return cleaned(left)

    def _step(self, out: list[str]) -> bool:
        """Take one thing off what is held; tell whether there may be more to take."""
        if self._until:
            return self._leave_hidden()
        begin = self._held.find("<")
        out.append(self._held[:begin] if begin >= 0 else self._held)
        self._held = self._held[begin:] if begin >= 0 else ""
        if len(self._held) < 2:  # noqa: PLR2004  (the character after the "<" decides)
            return False
        if not _TAG_BEGINS.match(self._held):
            return self._as_text(out)
        return self._tag(out)

    def _tag(self, out: list[str]) -> bool:
        """Take off a tag or the beginning of a comment."""
        if self._held.startswith(_COMMENT):
            self._until, self._held = re.compile("-->"), self._held[len(_COMMENT) :]
            return True
        if _COMMENT.startswith(self._held):
            return False
        end = self._held.find(">", 0, _MOST_TAG)
        if end < 0:
            return self._as_text(out) if len(self._held) >= _MOST_TAG else False
        out.append(self._instead_of(self._held[: end + 1]))
        self._held = self._held[end + 1 :]
        return True

    def _as_text(self, out: list[str]) -> bool:
        out.append(self._held[0])
        self._held = self._held[1:]
        return True

    def _leave_hidden(self) -> bool:
        assert self._until is not None  # noqa: S101  # nosec B101  (for the type checker)
        found = self._until.search(self._held)
        if found is None:
            self._held = self._held[-_LONGEST_END:]
            return False
        self._until, self._held = None, self._held[found.end() :]
        return True

    def _instead_of(self, tag: str) -> str:
        named = _NAME.match(tag)
        if named is None:
            return "\n"
        name, closes = named[1].lower(), tag[1] == "/"
        if name in _HIDDEN and not closes and not tag.endswith("/>"):
            self._until = re.compile(rf"</{name}\s*>", re.IGNORECASE)
            return "\n"
        if name in _LINE_TAGS or name in _HIDDEN or (closes and name in _STARTS and name[0] in "lhd"):
            return "\n"
        return "" if closes else _STARTS.get(name, "")
