"""Texts of documents inside Markdown: they stay text, whatever they hold.

Chat pages draw what a model says as Markdown, with links, pictures that are loaded, HTML, formulas and more. Here each
character that could begin any of it is escaped, and a word that a page would turn into a link by itself (an address, an
e-mail address) becomes code, which nothing looks into. Line ends become blanks, so no line begins a list or a heading.
"""

import re

_MARKS = re.compile(r"[\\`*_{}\[\]~$|]")
_AT_START = re.compile(r"^(?:(?P<number>\d{1,9})(?P<after>[.)])|(?P<mark>[-+=#:]))")
_ADDRESS = re.compile(r"\S*(?:://|www\.|@|\b(?:mailto|xmpp|tel|javascript|data):)\S*", re.IGNORECASE)
_END = ".,;:!?"  # of a sentence, behind an address
_TICKS = re.compile(r"`+")


def as_text(text: str) -> str:
    """Return a text so that Markdown shows it as it is."""
    line = " ".join(text.split())
    pieces, end = [], 0
    for found in _ADDRESS.finditer(line):
        address = found.group().rstrip(_END)
        pieces += [_escaped(line[end : found.start()]), _as_code(address)]
        end = found.start() + len(address)
    pieces.append(_escaped(line[end:]))
    return _AT_START.sub(_harmless, "".join(pieces))


def _escaped(text: str) -> str:
    marked = _MARKS.sub(lambda found: f"\\{found.group()}", text.replace("&", "&amp;"))
    return marked.replace("<", "&lt;").replace(">", "&gt;")


def _as_code(word: str) -> str:
    fence = "`" * (max((len(found) for found in _TICKS.findall(word)), default=0) + 1)
    inner = f" {word} " if word.startswith("`") or word.endswith("`") else word
    return f"{fence}{inner}{fence}"


def _harmless(found: re.Match[str]) -> str:
    return f"{found['number']}\\{found['after']}" if found["number"] else f"\\{found['mark']}"
