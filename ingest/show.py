"""What the writer's commands print, put into words: all of it through the one console, which escapes."""

from collections.abc import Iterable
from typing import Any

from indexes.console import Part, Style, err, out, problem
from indexes.events import Approval
from indexes.lines import DocumentStanding
from ingest.report import Outcome, Report

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


def in_words(plan_lines: Iterable[Approval]) -> str:
    """Return a plan's approvals, one a line, as a person confirms them."""
    return "\n".join(
        f"  {line.document}  {line.sha256[:12]}  until {line.expires}  for {', '.join(line.groups) or 'nobody'}"
        for line in plan_lines
    )


def report(done: Report) -> None:
    """Print what an ingestion did."""
    rows = ((line.document, _styled(line.outcome), str(line.passages or ""), _remark(line)) for line in done.documents)
    out.table(("document", "outcome", "passages", "reason"), rows)
    summary(done)


def summary(done: Report) -> None:
    """Print what came of an ingestion, without a line for each document."""
    troubles(problems=list(done.problems), remarks=list(done.remarks))
    counts = ", ".join(f"{count} {outcome.replace('_', ' ')}" for outcome, count in done.counts().items())
    said = "published" if done.published else "nothing changed; still live:"
    out.line(f"{counts or 'no documents'}; {done.passages} passages in {done.seconds:.1f} s")
    out.line(f"{said} build {done.build_id}")


def _remark(line: Outcome) -> str:
    """Return why a document is not in the build, or what of it is not in its stored text."""
    return line.reason or "; ".join(note.in_words() for note in line.warnings)


def _styled(word: str) -> Part:
    return word.replace("_", " "), _STYLES.get(word, "red")
