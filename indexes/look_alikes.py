"""Which names a person would take for one another: by case, by form, by letters of other scripts that are drawn alike.

Two names look alike if one of two keys is the same. The first passes over case; the second passes over what is drawn
alike within Latin (`I`, `l`, `1`; `O`, `0`) and keeps case, without which "AI" and "Al" would differ. Both undo
compatibility forms (ligatures, full-width letters, other spaces and dashes) and put Latin letters for the letters of
Greek, Cyrillic, Armenian, Coptic, Cherokee and Lisu that look like them.

The letters are those that Unicode's list of confusables (UTS #39) gives as a single Latin letter. `rn` and `m`, which
it lists too, are let be: "modern" and "modem" are both words. The libraries that hold the whole list weigh a megabyte
and have stood still for years.
"""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache

_DRAWN_ALIKE = {
    "A": "ΑАᎪꓮ",
    "a": "ɑαа",
    "B": "ΒВᏴꓐꞴ",
    "b": "ƄЬᏏ",
    "C": "СᏟⲤꓚ",
    "c": "сᴄⲥꮯ",
    "D": "Ꭰꓓ",
    "d": "ԁᏧꓒ",
    "E": "ΕЕᎬꓰ",
    "e": "еҽꬲ",
    "F": "ϜꓝꞘ",
    "f": "քẝꞙꬵ",
    "G": "ԌᏀᏳꓖ",
    "g": "ƍɡցᶃ",
    "H": "ΗНᎻⲎꓧ",
    "h": "һհᏂ",
    "I": "ƖΙІӀⲒ",
    "i": "ıɩɪιіӏᎥꙇꭵ",
    "J": "ͿЈᎫꓙꞲ",
    "j": "ϳј",
    "K": "ΚКᏦⲔꓗ",
    "L": "ᏞⳐꓡ",
    "l": "ǀꓲ",
    "M": "ΜϺМᎷⲘꓟ",
    "N": "ΝⲚꓠ",
    "n": "ոռ",
    "O": "ΟОՕⲞꓳ",
    "o": "οσоօᴏᴑⲟꬽ",
    "P": "ΡРᏢⲢꓑ",
    "p": "ρрⲣ",
    "q": "ԛգզ",
    "R": "ƦᎡᏒꓣ",
    "r": "гᴦⲅꭇꭈꮁ",
    "S": "ЅՏᏕᏚꓢ",
    "s": "ƽѕꜱꮪ",
    "T": "ΤТᎢⲦꓔ",
    "U": "Սꓴ",
    "u": "ʋυսᴜꞟꭎꭒ",
    "V": "ѴᏙꓦ",
    "v": "νѵᴠꮩ",
    "W": "ԜᎳᏔꓪ",
    "w": "ɯѡԝաᴡꮃ",
    "X": "ΧХⲬꓫꞳ",
    "x": "х",
    "Y": "ΥУҮᎩᎽⲨꓬ",
    "y": "ɣʏγуүᶌỿꭚ",
    "Z": "ΖᏃꓜ",
    "z": "ᴢꮓ",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2212\u02d7",
    "'": "\u2018\u2019\u02bb\u02bc\u02b9\u055a\u2032`\u00b4",
    "/": "\u2044\u2215\u29f8\u2571",
}
_TO_LATIN = {ord(char): latin for latin, chars in _DRAWN_ALIKE.items() for char in chars}
_WITHIN_LATIN = {ord(char): drawn for drawn, chars in {"l": "I1|", "O": "0"}.items() for char in chars}


def look_alikes(names: Iterable[str]) -> dict[str, str]:
    """Return which names look like an earlier one, and which one that is.

    Args:
        names: each once, in the order in which they have a right to their looks: the first of several keeps it.
    """
    first: dict[str, str] = {}
    alike: dict[str, str] = {}
    for name in names:
        keys = look_keys(name)
        taken = next((first[key] for key in keys if key in first), None)
        if taken is not None:
            alike[name] = taken
        for key in keys:
            first.setdefault(key, taken or name)
    return alike


@lru_cache(maxsize=1 << 16)  # some 25 MB; the same library is looked at again and again
def look_keys(name: str) -> tuple[str, str]:
    """Return the two keys of a name's looks; names look alike if they share one."""
    spaced = "/".join(" ".join(part.split()) for part in unicodedata.normalize("NFKD", name).split("/"))
    latin = spaced.translate(_TO_LATIN)
    return f"case {unicodedata.normalize('NFKC', latin.casefold())}", f"line {latin.translate(_WITHIN_LATIN)}"
