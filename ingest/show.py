"""What the writer's commands print: the only place of `ingest` that writes to a terminal.

Whatever is printed passes through `_plain`, which writes characters that would steer a terminal as escapes and keeps
square brackets from being read as markup; nor is `:name:` read as a picture. Tables and lines go to people; JSON, which
is ASCII, to programs.
"""

import json
import sys
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from indexes.names import printable
from ingest.approvals import DocumentStanding
from ingest.report import Report

_PIPE_WIDTH = 1000  # characters: a program that reads a table gets whole lines
_out = Console(soft_wrap=True, highlight=False, emoji=False, width=None if sys.stdout.isatty() else _PIPE_WIDTH)
err = Console(stderr=True, soft_wrap=True, highlight=False, emoji=False)

_STYLES = {"approved": "green", "ingested": "green", "unchanged": "green", "pending": "yellow", "kept_out": "yellow"}


def _plain(text: str) -> str:
    return escape(printable(text))


def say(*lines: str) -> None:
    """Print lines of a command's result."""
    for line in lines:
        _out.print(_plain(line))


def hint(line: str) -> None:
    """Print a line beside the result."""
    err.print(_plain(line))


def failure(message: str) -> None:
    """Print why a command ends here."""
    err.print(f"[red]greenlit:[/red] {_plain(message)}")


def troubles(*, problems: list[str], remarks: list[str]) -> None:
    """Print what has to be mended, and what is worth knowing."""
    for problem in problems:
        err.print(f"[red]problem:[/red] {_plain(problem)}")
    for remark in remarks:
        err.print(f"[yellow]remark:[/yellow] {_plain(remark)}")


def as_json(value: dict[str, Any]) -> None:
    """Print JSON for a program."""
    print(json.dumps(value, indent=1, ensure_ascii=True))  # noqa: T201


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
    table = Table(
        Column("document", overflow="fold"), "standing", "approved by", "until", "for", box=None, pad_edge=False
    )
    for line in lines:
        granted = line.grant
        table.add_row(
            _plain(line.document),
            _styled(line.standing.value),
            _plain(", ".join(granted.approved_by)) if granted else "",
            str(granted.expires) if granted else "",
            _plain(line.problem or (", ".join(sorted(granted.groups)) if granted else "")),
        )
    _out.print(table, soft_wrap=False)


def report(done: Report) -> None:
    """Print what an ingestion did."""
    table = Table(Column("document", overflow="fold"), "outcome", "passages", "reason", box=None, pad_edge=False)
    for line in done.documents:
        table.add_row(_plain(line.document), _styled(line.outcome), str(line.passages or ""), _plain(line.reason))
    _out.print(table, soft_wrap=False)
    troubles(problems=list(done.problems), remarks=list(done.remarks))
    counts = ", ".join(f"{count} {outcome.replace('_', ' ')}" for outcome, count in done.counts().items())
    said = "published" if done.published else "nothing changed; still live:"
    say(
        f"{counts or 'no documents'}; {done.passages} passages in {done.seconds:.1f} s",
        f"{said} build {done.build_id}",
    )


def _styled(word: str) -> str:
    return f"[{_STYLES.get(word, 'red')}]{word.replace('_', ' ')}[/]"
