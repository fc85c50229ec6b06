"""Raised and lowered text, so that it never joins the number or word before it: notes, powers, ordinals, fractions.

A raised number is a note's if it is a link, or if the page has such a note, or if it follows a word; then it is left
out, as the note has its text. Else it is a power: `10^6`, `m²`. Letters stay where they are ("1st"), as do signs.
"""

import re

_DIGITS = re.compile(r"[-−–+]?\d{1,4}")
_NOTE = re.compile(r"[\[(]?\s*(?:note\s*)?(\d{1,3}|[a-z]|[ivx]{1,4})(?:\s*[,;–-]\s*\d{1,3})*\s*[\])]?", re.IGNORECASE)
_BRACKETED = re.compile(r"[\[(][^\[\]()]{1,12}[\])]")
_ORDINALS = frozenset("st nd rd th er re e es ère ème eme o a os as º ª do to no na ro mo vo".split())
_SIGNS = {"tm": "™", "sm": "℠"}
_UNIT = re.compile(r"(?:^|[\s\d(/·.])(?:mm|cm|dm|m|km|in|ft|yd|mi|s|ha|kg|mol)$")
_POWERS = {"2": "²", "3": "³"}
_LAST_WORD = re.compile(r"[^\W_]+$")
_LAST_NUMBER = re.compile(r"\d[\d.,]*$")
_MONEY = re.compile(r"[$€£¥]\s?\d[\d,.]*$")
_MIN_WORD = 3  # letters: what is shorter before a raised number may be the x of a formula


def raised(text: str, before: str, *, linked: bool, notes: frozenset[str]) -> str:
    """Return how raised text is written after what stands before it; empty for the mark of a note.

    Args:
        text: the raised text, cleaned.
        before: the text of the same block before it.
        linked: it is a link to a place on the page.
        notes: the numbers and letters of the page's notes.
    """
    if not text:
        return ""
    mark = _NOTE.fullmatch(text)
    joins = before[-1:].isalnum() or before[-1:] in {")", "]", "%", "€", "$", '"', "”"}
    if linked and mark:
        return ""
    if not before.strip() or before[-1:].isspace():
        return text
    if mark and _is_note(text, mark[1].lower(), before, notes):
        return ""
    if text.lower() in _SIGNS:
        return _SIGNS[text.lower()]
    if not joins:
        return text
    if _DIGITS.fullmatch(text):
        return _power(text, before)
    if text.lower() in _ORDINALS or not text[0].isalnum():
        return text
    if text[0].isalpha() and not before[-1:].isdigit() and len(_last(before)) >= _MIN_WORD:
        return text
    return f"^{text}" if len(text) == 1 or text.isalnum() else f"^({text})"


def lowered(text: str, before: str) -> str:
    """Return how lowered text is written: as it stands, but for a number after a number."""
    if text[:1].isdigit() and before[-1:].isdigit():
        return f"_{text}"
    return text


def fraction(above: str, below: str, before: str) -> str:
    """Return a fraction that is set with raised and lowered numbers; apart from a whole number before it."""
    return f"{' ' if before[-1:].isdigit() else ''}{above}/{below}"


def _is_note(text: str, mark: str, before: str, notes: frozenset[str]) -> bool:
    is_power_of_ten = before.endswith("10") and not before[-3:-2].isdigit() and mark.isdigit()
    if mark in notes and (mark.isdigit() or text.lower() not in _ORDINALS or before[-1:].isalpha()):
        return not (is_power_of_ten and int(mark) > 1 and not _BRACKETED.fullmatch(text) and len(notes) < int(mark))
    if _BRACKETED.fullmatch(text):
        return True
    after_word = len(_last(before)) >= _MIN_WORD and not _LAST_NUMBER.search(before) and not _UNIT.search(before)
    return mark.isdigit() and (after_word or before[-1:] in {".", ",", ";", ":", "!", "?", '"', "”", "’"})


def _power(text: str, before: str) -> str:
    if _UNIT.search(before) and text in _POWERS:
        return _POWERS[text]
    if _MONEY.search(before) and len(text) == 2 and text.isdigit():  # noqa: PLR2004 - cents
        return f".{text}"
    return f"^{text}"


def _last(before: str) -> str:
    found = _LAST_WORD.search(before)
    return found[0] if found else ""
