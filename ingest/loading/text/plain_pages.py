"""The lines of a plain text in their flow: printed pages are put together, and what a page repeats is said once.

A form feed ends a page. Its header and footer are dropped where they say the same on most pages, with a page number at
most that counts along; the first of each stays. A sentence that goes over the break goes on. Pages do not part the
text, and quotes are not cited by them: a page of a text file is nothing that a reader of it could turn to.
"""

import re
from collections import defaultdict

_NUMBER = re.compile(r"\d+")
_MIN_PAGES = 3
_SENTENCE_END = re.compile(r"[.!?:;][\"'”’)\]]*$")
_FEW = 0.5  # of the pages: what stands on fewer is no header of theirs


def flowing_lines(text: str) -> tuple[list[str], int]:
    """Return the lines of a text without line ends, and how many repeated lines were left out.

    What a header or footer says first stays where a page begins the text with it, else it ends the text.
    """
    pages = [[line.rstrip() for line in page.splitlines()] for page in text.split("\f")]
    pages = [page for page in pages if any(page)]
    running = _running(pages) if len(pages) >= _MIN_PAGES else []
    firsts = [found[0] for found in running]
    dropped = {place for found in running for place in found} - {place for place in firsts if place[0] == 0 == place[1]}
    lines: list[str] = []
    for number, page in enumerate(pages):
        kept = [line for at, line in enumerate(page) if (number, at) not in dropped]
        lines = _put_together(lines, kept) if number else kept
    said = [pages[number][at].strip() for number, at in firsts if (number, at) in dropped]
    return lines + [line for one in said for line in ("", one)], len(dropped) - len(said)


def _running(pages: list[list[str]]) -> list[list[tuple[int, int]]]:
    """Return page and line of the first and last lines of pages that say the same, those that do together."""
    running: list[list[tuple[int, int]]] = []
    for edge in (0, -1):
        seen: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for number, page in enumerate(pages):
            filled = [at for at, line in enumerate(page) if line.strip()]
            seen[_NUMBER.sub("#", " ".join(page[filled[edge]].split()))].append((number, filled[edge]))
        many = [found for found in seen.values() if len(found) > max(1, _FEW * len(pages))]
        running += [found for found in many if _says_the_same(pages, found)]
    return running


def _says_the_same(pages: list[list[str]], found: list[tuple[int, int]]) -> bool:
    """Tell whether lines that are alike but for numbers differ in a page number at most: one that counts along."""
    rows = [[int(one) - number for one in _NUMBER.findall(pages[number][at])] for number, at in found]
    plain = [_NUMBER.findall(pages[number][at]) for number, at in found]
    return all(
        len(set(counted)) == 1 or len(set(written)) == 1
        for counted, written in zip(zip(*rows, strict=True), zip(*plain, strict=True), strict=True)
    )


def _put_together(before: list[str], after: list[str]) -> list[str]:
    """Return the lines of two pages as one flow: without a blank line where a sentence goes on."""
    while before and not before[-1]:
        before.pop()
    first = next((at for at, line in enumerate(after) if line), len(after))
    goes_on = bool(before) and first < len(after) and not _SENTENCE_END.search(before[-1])
    between = [] if goes_on and after[first].strip()[0].islower() else [""]
    before.extend([*between, *after[first:]])
    return before
