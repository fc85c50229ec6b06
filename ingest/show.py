"""What the writer's commands print, put into words: all of it through the one console, which escapes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from indexes.console import Part, Style, err, out, problem
from indexes.counting import counted
from indexes.documents import Document
from indexes.events import Approval
from indexes.lines import DocumentStanding
from indexes.readings import ReadingNote
from ingest.report import Outcome, Report
from ingest.rereading import Reread

_PLACE_CHARS = 60  # of a heading path, in a line that names several
_STYLES: dict[str, Style] = {
    "approved": "green",
    "ingested": "green",
    "unchanged": "green",
    "pending": "yellow",
    "kept_out": "yellow",
}


def troubles(*, problems: list[str], remarks: list[str]) -> None:
    """Print what has to be mended, and what is worth knowing."""
    for words in problems:
        problem(words)
    for words in remarks:
        err.line(("remark:", "yellow"), f" {words}")


def standing_json(line: DocumentStanding) -> dict[str, Any]:
    """Return the public form of one line of the register's overview."""
    granted = line.grant
    return {
        "document": line.document,
        "standing": line.standing.value,
        "sha256": line.sha256,
        "approved_sha256": granted.sha256 if granted else None,
        "approved_by": list(granted.approved_by) if granted else [],
        "approved_on": granted.approved_on.isoformat() if granted else None,
        "expires": granted.expires.isoformat() if granted else None,
        "groups": sorted(granted.groups) if granted else [],
        "supersedes": sorted(granted.supersedes) if granted else [],
        "problem": line.problem,
    }


def standings(lines: list[DocumentStanding]) -> None:
    """Print the register's overview."""
    out.table(("document", "standing", "approved by", "until", "for"), map(_standing_row, lines))


def _standing_row(line: DocumentStanding) -> tuple[Part, ...]:
    granted = line.grant
    approved_by = ", ".join(granted.approved_by) if granted else ""
    until = str(granted.expires) if granted else ""
    groups = ", ".join(sorted(granted.groups)) if granted else ""
    return line.document, _styled(line.standing.value), approved_by, until, line.problem or groups


def in_words(plan_lines: Iterable[Approval], remarks: Mapping[str, Sequence[str]] = MappingProxyType({})) -> str:
    """Return a plan's approvals, one a line, as a person confirms them; what they should know of one stands under it.

    Args:
        plan_lines: the approvals.
        remarks: what came of reading the documents, by their names.
    """
    lines = []
    for line in plan_lines:
        groups = ", ".join(line.groups) or "nobody"
        lines.append(f"  {line.document}  {line.sha256[:12]}  until {line.expires}  for {groups}")
        lines += [f"      supersedes {old}" for old in line.supersedes]
        lines += [f"      {remark}" for remark in remarks.get(line.document, ())]
    return "\n".join(lines)


def reread(one: Reread, *, stays_out: bool) -> None:
    """Print that a document is read otherwise than when it was approved, and what differs."""
    what = (
        f"cannot be read any more: {one.problem}" if one.now is None else "is read otherwise than when it was approved"
    )
    out.line(one.document, (f" {what}", "yellow"), "; it stays out until it is approved again" if stays_out else "")
    if one.difference is None and one.now is not None:
        out.line(("    no build has the text that was approved", "dim"))
    for line in one.difference or ():
        out.line(f"    {line}")
    if one.more:
        out.line((f"    and {counted(one.more, 'line')} more", "dim"))


def reread_json(one: Reread) -> dict[str, Any]:
    """Return the public form of a document that is read otherwise than when it was approved."""
    return {
        "document": one.document,
        "approved_text_sha256": list(one.approved),
        "text_sha256": one.now,
        "problem": one.problem,
        "difference": None if one.difference is None else list(one.difference),
        "more_lines": one.more,
    }


def reading_json(document: Document, loader: str) -> dict[str, Any]:
    """Return the public form of a document as it is read."""
    return {
        "title": document.title,
        "text": document.text,
        "sections": [{"span": [one.start, one.end], "locator": one.locator.as_json()} for one in document.sections],
        "warnings": [note.as_json() for note in document.notes],
        "loader": loader,
    }


def lacking_first(notes: Iterable[ReadingNote]) -> list[ReadingNote]:
    """Return notes with what a reader sees and the text lacks first, and no place longer than a line bears."""
    short = (replace(note, where=tuple(map(_shortened, note.where))) for note in notes)
    return sorted(short, key=lambda note: not note.lacks)


def notes_in_words(notes: Iterable[ReadingNote]) -> str:
    """Return notes in one line: what a reader sees and the text lacks, then what was left out for a reason."""
    ordered = lacking_first(notes)
    lacking = [note.in_words() for note in ordered if note.lacks]
    others = "; ".join(note.in_words() for note in ordered if not note.lacks)
    return "; ".join([*lacking, f"left out: {others}"] if others else lacking)


def _shortened(place: str) -> str:
    return place if len(place) <= _PLACE_CHARS else f"{place[: _PLACE_CHARS - 1]}…"


def report(done: Report) -> None:
    """Print what an ingestion did."""
    rows = ((line.document, _styled(line.outcome), str(line.passages or ""), line.reason) for line in done.documents)
    out.table(("document", "outcome", "passages", "reason"), rows)
    _not_whole(line for line in done.documents if line.is_held and line.warnings)
    _counts(done)


def summary(done: Report) -> None:
    """Print what came of an ingestion, with a line only for documents that came in now and were not read whole."""
    _not_whole(line for line in done.documents if line.outcome == "ingested" and not line.read_whole)
    _counts(done)


def _not_whole(lines: Iterable[Outcome]) -> None:
    for line in lines:
        style: Style = "dim" if line.read_whole else "yellow"
        out.line(f"{line.document}: {line.outcome}, ", (notes_in_words(line.warnings), style))


def _counts(done: Report) -> None:
    troubles(problems=list(done.problems), remarks=list(done.remarks))
    counts = ", ".join(f"{count} {outcome.replace('_', ' ')}" for outcome, count in done.counts().items())
    said = "published" if done.published else "nothing changed; still live:"
    out.line(f"{counts or 'no documents'}; {counted(done.passages, 'passage')} in {done.seconds:.1f} s")
    if done.not_whole:
        were = "was" if done.not_whole == 1 else "were"
        out.line(f"{done.not_whole} of {counted(done.held, 'document')} {were} not read whole")
    out.line(f"{said} build {done.build_id}")


def _styled(word: str) -> Part:
    return word.replace("_", " "), _STYLES.get(word, "red")
