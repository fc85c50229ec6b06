"""Texts of others as Slack may show them: a document's, a question's, a person's. Decides nothing about where they go.

What is shown goes into elements that read no markup (`rich_text`, `plain_text`), so nothing is escaped here; what is
taken out are characters that show nothing and move or hide what stands beside them: controls, marks that turn the
direction of writing, halves of pairs. Spaces and line ends stay.
"""

import re
import unicodedata
from datetime import date

_JOINERS = "\u200c\u200d"  # they shape words of Arabic and Indic scripts, and move nothing
_NOTHING = {"Cf", "Cs", "Co", "Cn"}
_USUAL = re.compile(r"[\n -~]*")
_END = "…"


def harmless(text: object, *, most: int | None = None) -> str:
    """Return a text without what misleads; with `most`, at most so many characters, the last of them a mark if cut."""
    words = text if isinstance(text, str) else ""
    if not _USUAL.fullmatch(words):
        words = "".join(map(_shown, words.replace("\r\n", "\n")))
    if most is not None and len(words) > most:
        words = words[: most - len(_END)].rstrip() + _END
    return words


def on_one_line(text: object, *, most: int) -> str:
    """Return a text without line ends, and without what misleads."""
    return harmless(" ".join(harmless(text).split()), most=most)


def day_in_words(day: object) -> str:
    """Return a day such as `2036-12-31` as `31 Dec 2036`; what is none, as it came."""
    try:
        return f"{date.fromisoformat(str(day)):%-d %b %Y}"
    except ValueError:
        return on_one_line(day, most=40)


def place_in_words(locator: object, title: str) -> str:
    """Return where in a document a quote stands; empty where it is the document as a whole.

    A heading that only says the title again is left out.
    """
    where = locator if isinstance(locator, dict) else {}
    if where.get("kind") == "page":
        printed = on_one_line(where.get("label"), most=40)
        return f"page {printed} (page {where.get('page')} of the file)" if printed else f"page {where.get('page')}"
    if where.get("kind") == "time":
        return f"at {on_one_line(where.get('at'), most=12)}"
    path = [on_one_line(heading, most=150) for heading in where.get("path") or ()]
    if path and title.startswith(path[0]):
        path = path[1:]
    return harmless(" › ".join(path), most=200)


def _shown(char: str) -> str:
    if char == "\n" or char in _JOINERS:
        return char
    category = unicodedata.category(char)
    if category in ("Zl", "Zp"):
        return "\n"
    if category == "Cc":
        return " "
    return "" if category in _NOTHING else char
