"""What was measured of reading, as plain text: tables, the cases that are wrong and why, the worst documents."""

from collections import Counter
from collections.abc import Iterator, Sequence

from eval.quality.tables import table
from eval.reading.both_ways import Compared, Library, most_common
from eval.reading.cases import CaseResult
from eval.reading.measured import ReadingFigures
from eval.reading.peers import KINDS, PeerFigure

_MOST_REASONS = 3
_WORST = 3


def reading_text(found: ReadingFigures) -> str:
    """Return all that was measured."""
    parts = []
    if found.peers:
        parts.append("\n".join(_peers(found.peers)))
    if found.cases:
        parts.append("\n".join(_cases(found.cases)))
    if found.real:
        parts.append("\n".join(_real(found.real)))
    return "\n\n".join(parts)


def _peers(figures: Sequence[PeerFigure]) -> Iterator[str]:
    rows: list[Sequence[str]] = [
        ("format", "reader", "documents", "found", "in order", "of all words", "in order", "seconds", "pages/s")
    ]
    for one in figures:
        shares = [f"{share:.3f}" for share in (one.found, one.in_order, one.found_pooled, one.in_order_pooled)]
        speed = f"{one.pages / one.seconds:.1f}" if one.seconds else "-"
        rows.append((KINDS[one.kind], one.reader, str(one.documents), *shares, f"{one.seconds:.2f}", speed))
    yield table(rows)
    for one in figures:
        if one.unread:
            yield f"not read by {one.reader}: {'; '.join(one.unread)}"
        if one.reader == figures[0].reader:
            yield f"worst in {KINDS[one.kind]}: {', '.join(f'{name} {share:.2f}' for name, share in one.worst)}"


def _cases(cases: Sequence[CaseResult]) -> Iterator[str]:
    for case in cases:
        yield f"{case.verdict}: {case.case}"
        yield from (f"    {reason}" for reason in case.reasons[:_MOST_REASONS])
        if len(case.reasons) > _MOST_REASONS:
            yield f"    and {len(case.reasons) - _MOST_REASONS} more"
    counts = Counter(case.verdict for case in cases)
    yield f"cases: {counts['right']} right, {counts['wrong']} wrong, {counts['not checkable']} not checkable"


def _real(libraries: Sequence[Library]) -> Iterator[str]:
    rows: list[Sequence[str]] = [
        ("library", "format", "documents", "pages", "words", "lacks", "nowhere", "adds", "nowhere", "read s", "look s")
    ]
    for one in libraries:
        shares = [
            f"{100 * one.share(name, of):.2f}%"
            for name, of in (
                ("lacks", "seen"),
                ("lacks_nowhere", "seen"),
                ("adds", "stored"),
                ("adds_nowhere", "stored"),
            )
        ]
        counts = [str(len(one.documents)), str(int(one.total("pages"))), str(int(one.total("seen")))]
        times = [f"{one.total(name):.1f}" for name in ("read_s", "look_s")]
        rows.append((one.name, KINDS[one.kind], *counts, *shares, *times))
    yield table(rows)
    for one in libraries:
        yield from (_document(document) for document in one.worst(_WORST) if _is_worth_telling(document))
        refused = [document for document in one.documents if document.refused]
        if refused:
            words = sum(document.seen for document in refused)
            yield f"{one.name}: {len(refused)} of {len(one.documents)} documents are kept out, {words} words in all"


def _document(one: Compared) -> str:
    said = f"{one.document}: lacks {one.lacks.total()} of {one.seen}{_words(one.lacks)}"
    if one.adds:
        said += f"; adds {one.adds.total()}{_words(one.adds)}"
    if one.unseen_chars:
        said += f"; {one.unseen_chars} characters that nobody sees"
    return f"{said}; {one.refused}" if one.refused else said


def _words(counts: Counter[str]) -> str:
    return f" ({', '.join(most_common(counts))})" if counts else ""


def _is_worth_telling(one: Compared) -> bool:
    return bool(one.lacks or one.adds or one.refused)
