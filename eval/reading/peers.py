"""Readings beside those of another project: of each format the share of words found, in order, and how fast.

The collection is `reading/<format>/<file>` with the other project's reading, in Markdown, in `<file>.gt.md`. That
reading is a peer's, not the truth. Two shares of its words are counted of each document: those that were found, each as
often as it stands there, and those found in order (the longest common subsequence). A format's figure is the mean over
its documents, each of which weighs the same; `pooled` is over all words. Words that were read and that the other does
not have cost nothing here. Documents whose peer reading holds equations are left out: LaTeX there, and no words of the
page. Seconds are of the processor, one document after another; a first one is read before, uncounted. A document that
a reader refuses counts as nothing found, and is named.
"""

import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pypdf import PdfReader

from eval.quality.measure import Tell
from eval.quality.question_sets import QuestionSetError
from eval.reading.readers import HTML, MARKDOWN, PDF, WORD, Reader, UnreadError
from eval.reading.words import found, has_equations, in_order, words_of_markdown

COLLECTION = "reading"
PEER_SUFFIX = ".gt.md"
KINDS = {WORD: "Word", HTML: "HTML", MARKDOWN: "Markdown", PDF: "PDF"}


@dataclass(frozen=True, slots=True)
class Peer:
    """A document, the other project's words of it, and its pages (1 where the format has none)."""

    path: Path
    kind: str
    words: tuple[str, ...]
    pages: int


@dataclass(frozen=True, slots=True)
class PeerFigure:
    """What one reader made of one format: means over documents, shares over all words, seconds for all of them."""

    kind: str
    reader: str
    documents: int
    found: float
    in_order: float
    found_pooled: float
    in_order_pooled: float
    seconds: float
    pages: int
    unread: tuple[str, ...]
    worst: tuple[tuple[str, float], ...]

    def as_json(self) -> dict[str, Any]:
        """Return the figure for a program."""
        shares = {name: round(getattr(self, name), 4) for name in _SHARES}
        rest = {"seconds": round(self.seconds, 3), "pages": self.pages, "unread": list(self.unread)}
        worst = {name: round(share, 4) for name, share in self.worst}
        whole = {"format": self.kind, "reader": self.reader, "documents": self.documents, **shares, **rest}
        return {**whole, "worst": worst}


_SHARES = ("found", "in_order", "found_pooled", "in_order_pooled")
_WORST = 3


def read_peers(data: Path) -> dict[str, list[Peer]]:
    """Return the documents of the collection by format, without those whose peer reading holds equations.

    Raises:
        QuestionSetError: there is no such collection.
    """
    folder = data / COLLECTION
    peers = {kind: list(_peers(folder / kind, kind)) for kind in KINDS}
    if not any(peers.values()):
        raise QuestionSetError(f"expected documents with their reading in {folder}/<format>/, got none")
    return peers


def _peers(folder: Path, kind: str) -> Iterator[Peer]:
    for reading in sorted(folder.glob(f"*{PEER_SUFFIX}")):
        text = reading.read_text(encoding="utf-8")
        path = reading.with_name(reading.name.removesuffix(PEER_SUFFIX))
        words = words_of_markdown(text)
        if words and path.is_file() and not has_equations(text):
            yield Peer(path, kind, tuple(words), len(PdfReader(path).pages) if kind == PDF else 1)


def beside_peers(readers: Sequence[Reader], data: Path, tell: Tell) -> list[PeerFigure]:
    """Read the collection with each reader, format by format."""
    figures = []
    for kind, peers in read_peers(data).items():
        for reader in [one for one in readers if kind in one.reads and peers]:
            tell(f"{KINDS[kind]}: {len(peers)} documents, {reader.name}")
            figures.append(_measured(reader, kind, peers))
    return figures


def _measured(reader: Reader, kind: str, peers: Sequence[Peer]) -> PeerFigure:
    wanted = have = ordered = 0
    shares: list[tuple[float, float, str]] = []
    unread = []
    took_s = 0.0
    with contextlib.suppress(UnreadError):
        reader.words(peers[0].path, kind)  # what a library imports and sets up the first time is not counted
    for peer in peers:
        began = time.process_time()
        try:
            words = reader.words(peer.path, kind)
        except UnreadError as error:
            unread.append(f"{peer.path.name}: {error}")
            words = []
        took_s += time.process_time() - began
        here, here_ordered = found(peer.words, words), in_order(peer.words, words)
        wanted, have, ordered = wanted + len(peer.words), have + here, ordered + here_ordered
        shares.append((here / len(peer.words), here_ordered / len(peer.words), peer.path.name))
    count = len(peers)
    worst = sorted((share, name) for _, share, name in shares)[:_WORST]
    return PeerFigure(
        kind=kind,
        reader=reader.version(),
        documents=count,
        found=sum(share for share, _, _ in shares) / count,
        in_order=sum(share for _, share, _ in shares) / count,
        found_pooled=have / wanted,
        in_order_pooled=ordered / wanted,
        seconds=took_s,
        pages=sum(peer.pages for peer in peers),
        unread=tuple(unread),
        worst=tuple((name, share) for share, name in worst),
    )
