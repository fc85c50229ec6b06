"""Real libraries, both ways: which words a reader sees and the stored text lacks, and which it has that nobody sees.

Each document is read by its loader and looked at by other code (`drawn`, `plain_look`). Of the words of the one, those
are counted that the other lacks, each as often as it lacks; *nowhere* are those of them that the other does not hold
even once. So a running header that is stored once lacks on each further page but stands somewhere, and the name of a
column that is repeated in each row is too many but not invented. What cannot be looked at here is told, not skipped in
silence. Where a document is refused, all that a reader sees lacks.
"""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eval.quality.measure import Tell
from eval.quality.question_sets import QuestionSetError
from eval.reading.drawn import PACKAGE, can_look, drawn_pages
from eval.reading.plain_look import MARKDOWN_PACKAGE, can_render_markdown, html_look, markdown_look
from eval.reading.readers import HTML, MARKDOWN, OURS, PDF, UnreadError
from eval.reading.words import lacking, words_of

FOLDERS = {
    "handbook_18f": "handbook_18f/raw",
    "nara_preservation": "nara_preservation",
    "public_pdfs": "public_pdfs/pdfs",
    "newsroom_security": "newsroom_security/raw",
}
_KINDS = {".md": MARKDOWN, ".html": HTML, ".htm": HTML, ".pdf": PDF}
_NOT_DOCUMENTS = frozenset(["LICENSE.md", "README.md"])
_MOST_WORDS_SHOWN = 6
_MOST_TOLD = 10  # documents of a library, for a program


@dataclass(frozen=True, slots=True)
class Compared:
    """One document: its words both ways. `lacks` and `adds` say which word how often; processor's seconds of both."""

    document: str
    kind: str
    pages: int
    seen: int
    stored: int
    lacks: Counter[str]
    adds: Counter[str]
    lacks_nowhere: int
    adds_nowhere: int
    unseen_chars: int
    read_s: float
    look_s: float
    refused: str = ""


@dataclass(slots=True)
class Library:
    """What was compared of one library, summed up over one format."""

    name: str
    kind: str
    documents: list[Compared] = field(default_factory=list)

    def share(self, counted: str, of: str) -> float:
        """Return a share over all words of the library."""
        total = sum(getattr(one, of) for one in self.documents)
        return sum(_count(getattr(one, counted)) for one in self.documents) / total if total else 0.0

    def total(self, name: str) -> float:
        """Return a sum over its documents."""
        return float(sum(getattr(one, name) for one in self.documents))

    def worst(self, most: int) -> list[Compared]:
        """Return the documents with the largest share of words that lack or are too many."""
        return sorted(self.documents, key=lambda one: -_wrong(one))[:most]

    def as_json(self) -> dict[str, Any]:
        """Return the shares for a program."""
        shares = {
            name: round(self.share(name, of), 5)
            for name, of in (
                ("lacks", "seen"),
                ("lacks_nowhere", "seen"),
                ("adds", "stored"),
                ("adds_nowhere", "stored"),
            )
        }
        counts = {"documents": len(self.documents), "pages": int(self.total("pages")), "words": int(self.total("seen"))}
        times = {"read_s": round(self.total("read_s"), 2), "look_s": round(self.total("look_s"), 2)}
        refused = {one.document: one.refused for one in self.documents if one.refused}
        worst = [
            {"document": one.document, "seen": one.seen, "lacks": one.lacks.total(), "adds": one.adds.total()}
            for one in self.worst(_MOST_TOLD)
            if one.lacks or one.adds
        ]
        whole = {"library": self.name, "format": self.kind, **counts, **shares, **times}
        return {**whole, "refused": refused, "worst": worst}


def compared(data: Path, tell: Tell) -> list[Library]:
    """Compare the real libraries, a document at a time.

    Raises:
        QuestionSetError: none of them is there.
    """
    found = []
    for name, folder in FOLDERS.items():
        paths = [path for path in sorted((data / folder).rglob("*")) if _is_document(path)]
        kinds = sorted({_KINDS[path.suffix.lower()] for path in paths})
        found += [(name, kind, [p for p in paths if _KINDS[p.suffix.lower()] == kind]) for kind in kinds]
    if not found:
        raise QuestionSetError(f"expected real libraries ({', '.join(FOLDERS)}) in {data}, got none")
    return [one for name, kind, paths in found if (one := _library(name, kind, paths, data, tell)).documents]


def _is_document(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() in _KINDS and path.name not in _NOT_DOCUMENTS


def _library(name: str, kind: str, paths: Sequence[Path], data: Path, tell: Tell) -> Library:
    library = Library(name, kind)
    needed = _needed(kind)
    if needed:
        tell(f"{name}, {kind}: {len(paths)} documents are not looked at: that needs {needed}, which is not installed")
        return library
    tell(f"{name}, {kind}: {len(paths)} documents")
    for path in paths:
        library.documents.append(compare(path, kind, path.relative_to(data).as_posix()))
    return library


def _needed(kind: str) -> str:
    if kind == PDF and not can_look():
        return PACKAGE
    return MARKDOWN_PACKAGE if kind == MARKDOWN and not can_render_markdown() else ""


def compare(path: Path, kind: str, document: str) -> Compared:
    """Read and look at one document."""
    began = time.process_time()
    refused = ""
    try:
        stored = OURS.words(path, kind)
    except UnreadError as error:
        stored, refused = [], str(error)
    between = time.process_time()
    texts, pages, unseen = _look(path, kind)
    seen = words_of("\n".join(texts))
    look_s = time.process_time() - between
    lacks, adds = lacking(seen, stored), lacking(stored, seen)
    return Compared(
        document=document,
        kind=kind,
        pages=pages,
        seen=len(seen),
        stored=len(stored),
        lacks=lacks,
        adds=adds,
        lacks_nowhere=_nowhere(lacks, stored),
        adds_nowhere=_nowhere(adds, seen),
        unseen_chars=unseen,
        read_s=between - began,
        look_s=look_s,
        refused=refused,
    )


def _look(path: Path, kind: str) -> tuple[list[str], int, int]:
    """Return what is seen of a document, how many pages it has, and how many characters nobody sees."""
    if kind == PDF:
        texts, unseen = [], 0
        for page in drawn_pages(path):
            texts.append(page.text)
            unseen += page.unseen
        return texts, len(texts), unseen
    text = path.read_bytes().decode("utf-8", "replace")
    return [markdown_look(text) if kind == MARKDOWN else html_look(text)], 1, 0


def _nowhere(counts: Counter[str], text: Iterable[str]) -> int:
    there = set(text)
    return sum(count for word, count in counts.items() if word not in there)


def _count(value: Any) -> int:
    return value.total() if isinstance(value, Counter) else int(value)


def _wrong(one: Compared) -> float:
    return (one.lacks.total() + one.adds_nowhere) / max(one.seen, one.stored, 1)


def most_common(counts: Counter[str]) -> Iterator[str]:
    """Give the words that lack most often, for whoever looks for the reason."""
    for word, count in counts.most_common(_MOST_WORDS_SHOWN):
        yield word if count == 1 else f"{word} x{count}"
