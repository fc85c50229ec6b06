"""A library of about so many passages to measure on: real pages, and pages dealt anew from their paragraphs.

Real public sets hold a few thousand passages. To measure with more, paragraphs are drawn by chance (the same ones every
time) into pages of their own: words are as frequent as in real text, and no page repeats another. Without the public
sets the paragraphs are made up.
"""

import random
from pathlib import Path

_CHARS_A_PASSAGE = 900  # measured on dealt pages: 220 tokens a passage, 30 of them shared, the last of a page shorter
_PARAGRAPHS_A_PAGE = 14
_LEAST_CHARS, _MOST_CHARS = 80, 1500  # of a paragraph that is dealt
_NO_PROSE = ("#", "|", "```", "<", "!", "{", ":")
_SEED = 7


def deal_pages(folder: Path, *, passages: int, data: Path | None, paragraphs_a_page: int = _PARAGRAPHS_A_PAGE) -> int:
    """Write pages of Markdown until they hold about so many passages; return how many pages.

    Args:
        folder: of a source; has to be there.
        passages: about how many.
        data: the folder of public sets, if there is one.
        paragraphs_a_page: of each page.
    """
    chance = random.Random(_SEED)  # nosec B311  # noqa: S311  (no secret)
    paragraphs = _paragraphs(data) or _made_up(chance)
    written = pages = 0
    while written < passages * _CHARS_A_PASSAGE:
        dealt = chance.sample(paragraphs, paragraphs_a_page)
        text = f"# Dealt page {pages}\n\n" + "\n\n".join(dealt) + "\n"
        (folder / f"page-{pages:05}.md").write_text(text, encoding="utf-8")
        written += len(text)
        pages += 1
    return pages


def _paragraphs(data: Path | None) -> list[str]:
    if data is None:
        return []
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in sorted(data.rglob("*.md"))]
    parts = (part.strip() for text in texts for part in text.split("\n\n"))
    return [part for part in parts if _LEAST_CHARS <= len(part) <= _MOST_CHARS and not part.startswith(_NO_PROSE)]


def _made_up(chance: random.Random) -> list[str]:
    things = "film reel tape mix title poster contract vendor invoice camera lens studio archive script score".split()
    doings = "is kept by, is checked by, goes to, is paid by, is stored beside, is approved by, belongs to".split(", ")
    people = "editing,sound,legal,the archivist,finance,the producer,the vendor desk,the night shift".split(",")

    def sentence() -> str:
        thing, doing, person = chance.choice(things), chance.choice(doings), chance.choice(people)
        return f"The {thing} {chance.randrange(10_000)} {doing} {person} within {chance.randrange(2, 90)} days."

    return [" ".join(sentence() for _ in range(6)) for _ in range(2000)]
