"""Cuts a text for a list: its beginning, or the stretch of it that holds words that were looked for."""

import re
import unicodedata
from collections.abc import Sequence

_MOST_CHARS = 160


def plain(text: str) -> str:
    """Return a text in which words are looked for: neither capital letters nor the width of signs matter."""
    return unicodedata.normalize("NFKC", text).casefold()


def cut(text: str, most: int) -> str:
    """Return a text on one line and of at most so many characters, whole words where there are any."""
    flat = " ".join(text.split())
    if len(flat) <= most:
        return flat
    return re.sub(r"\s+\S*$", "", flat[: most - 1]).rstrip(",;:.") + "…"


def excerpt(text: str, words: Sequence[str]) -> str:
    """Return the stretch of a text around the first of some words, which are `plain`."""
    flat = " ".join(text.split())
    at = min((found for word in words if (found := flat.casefold().find(word)) >= 0), default=0)
    begin = flat.rfind(" ", 0, at - _MOST_CHARS // 4) + 1 if at > _MOST_CHARS // 2 else 0
    return ("…" if begin else "") + cut(flat[begin:], _MOST_CHARS)
