"""Sentences of a PDF that go on over a page's end: they stand whole on the page on which they begin."""

import re
from dataclasses import replace

from ingest.loading.pdf.blocks import Block
from ingest.loading.pdf.words import joined

_MAX_CARRIED_CHARS = 1500  # a sentence that goes on over a page's end is not longer; a table might be
_FOOTNOTE_BLOCKS = 6  # at most so many stand between a page's last sentence and its end
_ONE_SIZE = 0.08  # sizes that differ by less, relatively, are one size

_SENTENCE_END = re.compile(r"[.!?:;][\"'”’)\]]*$")
_SENTENCE_STOP = re.compile(r"[.!?][\"'”’)\]]*\s+(?=[\"“(]?[A-Z0-9])")
_OPEN_END = re.compile(r"(?:,|\b(?:the|a|an|of|and|or|to|in|for|by|with|on|at|from|as|that|which|under|is|are))$")


def carry_sentences(pages: list[list[Block]], words: frozenset[str]) -> None:
    """Move the rest of a sentence that goes on over a page's end to the page on which it begins."""
    for number in range(len(pages) - 1):
        here, there = pages[number], pages[number + 1]
        if not there or there[0].kind != "paragraph":
            continue
        index = _unfinished(here, there[0])
        if index is None:
            continue
        text = there[0].text
        stop = _SENTENCE_STOP.search(text)
        cut = stop.end() if stop else len(text)
        if cut > _MAX_CARRIED_CHARS:
            continue
        here[index] = replace(here[index], text=joined(here[index].text, text[:cut].rstrip(), words))
        if text[cut:]:
            there[0] = replace(there[0], text=text[cut:])
        else:
            del there[0]


def _unfinished(blocks: list[Block], rest: Block) -> int | None:
    """Return which block `rest` goes on with: the last of its size, under which only smaller footnotes stand."""
    for index in range(len(blocks) - 1, max(len(blocks) - 1 - _FOOTNOTE_BLOCKS, -1), -1):
        block = blocks[index]
        if block.size < (1 - _ONE_SIZE) * rest.size:
            continue
        aligned = abs(block.size - rest.size) < _ONE_SIZE * rest.size and abs(block.x - rest.first_x) < rest.size
        open_end = rest.text[0].islower() or _OPEN_END.search(block.text)
        if block.kind != "row" and aligned and open_end and not _SENTENCE_END.search(block.text):
            return index
        return None
    return None
