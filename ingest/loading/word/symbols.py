"""Symbol fonts to characters: what Symbol, Wingdings and Webdings draw for a code.

Documents name a code and a font (`w:sym`), or write text in such a font, plainly or in Unicode's private area (U+F0xx).
Known are Greek letters and mathematics (Symbol), and of the dingbats those that say something: marks, boxes, arrows,
digits, stars. A code that is not known is None: a sign that is not read.
"""

import re

_PRIVATE = 0xF000
_PRIVATE_SIGN = re.compile("[\ue000-\uf8ff]")
_BYTE = 0xFF
_CHARS = 0x100

_SYMBOL_LOW = " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼"  # 0x20
_SYMBOL_HIGH = (
    "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪\0〉∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭"  # 0xA0
)
_SYMBOL = {0x20 + place: char for place, char in enumerate(_SYMBOL_LOW)} | {
    0xA0 + place: char for place, char in enumerate(_SYMBOL_HIGH) if char != "\0"
}
_WINGDINGS = (
    {0x80: "⓪", 0x8B: "⓿"}
    | {0x81 + number: chr(0x2460 + number) for number in range(10)}
    | {0x8C + number: chr(0x2776 + number) for number in range(10)}
    | dict(
        zip(
            (0x20, 0x22, 0x28, 0x29, 0x2A, 0x41, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x4A, 0x4B, 0x4C, 0x6C, 0x6D),
            " ✂☎✆✉✌👍👎☜☞☝☟☺😐☹●❍",
            strict=True,
        )
    )
    | dict(
        zip(
            (0x6E, 0x6F, 0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x9E, 0x9F, 0xA0, 0xA1, 0xA7, 0xA8, 0xAB),
            "■☐☐❑❒⬧⧫◆❖⬥·•▪○▪☐★",
            strict=True,
        )
    )
    | dict(zip(range(0xD5, 0xF5), "⌫⌦⮘➢⮙⮛⮈➲⮉⮋←→↑↓↖↗↙↘←→↑↓↖↗↙↘⇦⇨⇧⇩⬄⇳", strict=True))
    | dict(zip((0xFB, 0xFC, 0xFD, 0xFE, 0xA4), "✗✓☒☑◉", strict=True))
)
_WINGDINGS_2 = dict(
    zip((0x4F, 0x50, 0x51, 0x52, 0x53, 0x54, 0x2A, 0x30, 0xA3, 0x97, 0x98), "✗✓☒☑☒☒☐☐☐●●", strict=True)
) | {0x6A + number: chr(0x2460 + number) for number in range(10)}
_WINGDINGS_3 = dict(zip(range(0x66, 0x76), "←→↑↓↖↗↙↘↔↕▲▼△▽◀▶", strict=False)) | {0x7D: "▶", 0x84: "◀", 0x22: "⇄"}
_WEBDINGS = {0x61: "✓", 0x72: "✗", 0x63: "□", 0x67: "■", 0x6E: "●", 0x33: "◀", 0x34: "▶", 0x35: "▲", 0x36: "▼"}
_FONTS = {
    "symbol": _SYMBOL,
    "symbol mt": _SYMBOL,
    "wingdings": _WINGDINGS,
    "wingdings 2": _WINGDINGS_2,
    "wingdings 3": _WINGDINGS_3,
    "webdings": _WEBDINGS,
}
MEANING = frozenset("✓✗☐☑☒")  # bullets that say more than that an item begins


def is_symbol_font(font: str | None) -> bool:
    """Tell whether text in a font is not the characters that are written."""
    return font is not None and font.lower() in _FONTS


def symbol(font: str | None, code: int) -> str | None:
    """Return the character that a font draws for a code, None if it is not known."""
    byte = code - _PRIVATE if _PRIVATE <= code < _PRIVATE + _CHARS else code
    known = _FONTS.get((font or "").lower())
    if known is not None:
        return known.get(byte) if 0 <= byte <= _BYTE else chr(code)
    if code < 0x20 or 0xD800 <= code < 0xE000 or code > 0x10FFFF:  # noqa: PLR2004 - Unicode's own bounds
        return None
    return None if _PRIVATE <= code < _PRIVATE + _CHARS else chr(code)


def in_symbols(font: str | None, text: str) -> tuple[str, int]:
    """Return text in a font as characters, and how many signs of it are not known.

    A text font shows its own characters; what it draws for those of Unicode's private area is not known.
    """
    if not is_symbol_font(font):
        return text, 0 if text.isascii() else len(_PRIVATE_SIGN.findall(text))
    signs = [symbol(font, ord(char)) for char in text]
    return "".join(sign or "" for sign in signs), signs.count(None)
