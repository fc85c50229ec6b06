"""The command `approve`: pins a file, or every undecided file of a folder, to the bytes that it has now; or renews.

In order: (1) what would be approved, (2) read each document in the limited child, as it would be stored, (3) say what
of it was not read, and pass over what cannot be read at all, (4) ask, for a folder and for what was not read whole,
(5) write the hashes of the bytes and of the text that was read of them, (6) say where the documents stand.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Annotated

import typer

from indexes.approvals import Approvals, Plan
from indexes.clock import utc_now
from indexes.console import err, fail, out
from indexes.documents import Document
from indexes.errors import IndexesError, RegisterError, TermsError
from indexes.events import TYPED
from indexes.keep_out import why_kept_out
from indexes.renewal import WITHIN_DAYS, plan_renewal
from indexes.settings import LibrarySettings, read_library_settings
from indexes.sources import Source, source_name
from indexes.terms import Terms, checked_by, checked_groups, checked_text
from ingest import show
from ingest.commands.opening import By, PathArgument, failed, limited_parser, opened_approvals, stop_if_damaged
from ingest.commands.register import read_otherwise
from ingest.commands.renewing import report_renewals, without_read_otherwise
from ingest.errors import IngestError, LoadError

_NOTHING_QUOTED = "nothing of it could ever be quoted; mend the file, or approve it all the same with --unread"


def approve(
    path: PathArgument,
    by: By,
    expires: Annotated[str | None, typer.Option(help="last day of the approval, like 2027-11-20")] = None,
    groups: Annotated[str | None, typer.Option(help="who may read, separated by commas")] = None,
    title: Annotated[str, typer.Option(help="the title to show")] = "",
    note: Annotated[str, typer.Option(help="a note for the record")] = "",
    supersedes: Annotated[
        list[str] | None, typer.Option(help='a document that it comes in the place of; "" takes back what was said')
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="do not ask")] = False,
    unread: Annotated[bool, typer.Option("--unread", help="approve even what cannot be read")] = False,
    reread: Annotated[bool, typer.Option("--reread", help="what is read otherwise than when it was approved")] = False,
    renew: Annotated[bool, typer.Option("--renew", help="what is approved and ends soon, or has ended")] = False,
    within: Annotated[
        int | None, typer.Option(min=1, help=f"with --renew: ends within so many days, {WITHIN_DAYS} unless given")
    ] = None,
) -> None:
    """Approve a file as it is now, or every undecided file of a folder.

    Each file is read first, and what of it was not read is said before anything is asked. A folder is asked about, and
    so is a file that was not read whole, at a terminal. What cannot be read is not approved: nothing of it would ever
    be quoted.

    With --supersedes, older versions follow after this document in answers, for as long as its approval holds. What the
    last approval said of that stays, unless it is said anew.

    With --reread, it is what was approved in the folder and is read otherwise now; what differs is shown first.

    With --renew, it is what is approved as it is now and whose approval ends within 60 days or has ended. The new
    approval says what the one before said, but for what is given anew. What changed since is named and left as it is.
    """
    if (renew and reread) or (within is not None and not renew):
        raise fail("expected --reread or --renew, and --within DAYS only with --renew", 2)
    try:
        terms = Terms(
            by=checked_by(by),
            expires=_date(expires) if expires is not None else None,
            groups=checked_groups(groups) if groups is not None else None,
            title=checked_text("--title", title),
            note=checked_text("--note", note),
            auth=TYPED,
        )
        settings = read_library_settings()
        approvals = opened_approvals(settings)
        if supersedes is not None:
            olds = dict.fromkeys(approvals.name_of(old) for old in supersedes if old)
            terms = replace(terms, supersedes=tuple(olds))
        if renew:  # 1
            stop_if_damaged(approvals)
            plan = plan_renewal(approvals, path, terms, now=utc_now(), within_days=within or WITHIN_DAYS)
        else:
            again = _read_otherwise(path, approvals, settings) if reread else None
            plan = approvals.plan_approval(path, terms, again=again)
        readings = _read(plan, approvals, settings)  # 2
    except (IndexesError, IngestError) as error:
        raise failed(error, 1 if isinstance(error, IngestError) else None) from error
    _decide(approvals, plan, readings, yes=yes, unread=unread, renew=renew)


def _decide(approvals: Approvals, plan: Plan, readings: "_Readings", *, yes: bool, unread: bool, renew: bool) -> None:
    """Do what is left once the documents were read."""
    if readings.unread and not unread and not plan.of_folder:
        ((document, why),) = readings.unread.items()
        raise fail(f"'{document}' cannot be read: {why}; {_NOTHING_QUOTED}", 1)
    plan = plan.read(readings.texts, {} if unread else readings.unread)
    plan = without_read_otherwise(plan, readings.texts, approvals) if renew else plan
    _confirm(plan, readings, yes=yes)  # 3, 4
    if not plan.approvals:
        if readings.unread:
            raise typer.Exit(1)
        return
    try:
        approvals.approve(plan)  # 5
    except RegisterError as error:
        raise failed(error) from error
    if renew:  # 6
        report_renewals(approvals, plan)
    else:
        _report_approvals(approvals, [approval.document for approval in plan.approvals])


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise TermsError(f"expected --expires = a date like 2027-11-20, got '{text}'") from error


def _read_otherwise(path: str, approvals: Approvals, settings: LibrarySettings) -> list[str]:
    """Return which documents are read otherwise than when they were approved, after what differs was shown."""
    name = approvals.name_of(path)
    lines = [line for line in approvals.overview(under=source_name(name)) if f"{line.document}/".startswith(f"{name}/")]
    found = read_otherwise(lines, approvals, settings)
    for one in found.found:
        show.reread(one, stays_out=approvals.sources[source_name(one.document)].reread == "ask")
    if found.unlooked:
        err.line(f"not looked at, as there are too many: {found.unlooked}; do it again after these")
    return [one.document for one in found.found]


@dataclass(frozen=True, slots=True)
class _Readings:
    """What came of reading a plan's documents, by document.

    `texts` are hashes, `remarks` what a person should know before they approve, `unread` why one cannot be read;
    `not_whole` are documents of which something was not read.
    """

    texts: dict[str, str] = field(default_factory=dict)
    remarks: dict[str, list[str]] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    not_whole: set[str] = field(default_factory=set)


def _read(plan: Plan, approvals: Approvals, settings: LibrarySettings) -> _Readings:
    from ingest.progress import TerminalProgress
    from ingest.read import read_version

    found = _Readings()
    most = settings.max_file_bytes
    with limited_parser(settings) as parser, TerminalProgress(err.drawing()) as progress:
        progress.step("Reading", len(plan.approvals))
        for approval in plan.approvals:
            name = approval.document
            try:
                document = read_version(approvals.sources, name, approval.sha256, parser, max_bytes=most)
            except LoadError as error:
                found.unread[name] = str(error)
                found.remarks[name] = [f"cannot be read, so nothing of it will be quoted: {error}"]
            else:
                found.texts[name] = document.text_hash()
                found.remarks[name] = list(_remarks(document, approvals.sources[source_name(name)]))
                if any(note.lacks for note in document.notes):
                    found.not_whole.add(name)
            progress.advance()
    return found


def _remarks(document: Document, source: Source) -> Iterator[str]:
    if lacking := show.notes_in_words(note for note in document.notes if note.lacks):
        yield f"not read: {lacking}"
    if others := show.notes_in_words(note for note in document.notes if not note.lacks):
        yield others
    if why := why_kept_out(source, document.notes, document.sections):
        yield f"approved or not, it will be {why}"


def _confirm(plan: Plan, readings: _Readings, *, yes: bool) -> None:
    """Say what would be approved, and ask whether it is meant."""
    for document, why in plan.passed_over:
        cannot = f"it cannot be read: {why}; {_NOTHING_QUOTED}" if document in readings.unread else why
        err.line(f"passed over {document}: {cannot}")
    if not plan.approvals:
        err.line("nothing to approve")
        return
    out.text(show.in_words(plan.approvals, readings.remarks))
    named = {approval.document for approval in plan.approvals}
    is_asked = plan.of_folder or (bool(named & readings.not_whole) and sys.stdin.isatty())
    these = f"these {len(named)}" if plan.of_folder else "it as it is read"
    if is_asked and not yes and not typer.confirm(f"Approve {these}?"):
        raise typer.Exit(1)


def _report_approvals(approvals: Approvals, documents: list[str]) -> None:
    standing_of = approvals.standings(documents)
    withdrawn = ": it was withdrawn meanwhile, and the approval does not count"
    more = {
        "pending": ": another person has to approve it too",
        "expired": ": its last day is already past",
        "revoked": withdrawn,
        "rejected": withdrawn,
    }
    for document in documents:
        is_now = standing_of[document]
        unproven = is_now == "pending" and approvals.sources[source_name(document)].proven
        why = ": there only approvals of people who signed in count" if unproven else more.get(is_now, "")
        out.line(f"{document} is {is_now}{why}")
    if any(standing_of[document] == "approved" for document in documents):
        err.line("greenlit ingest brings what is approved into a build; where a worker runs, it does within seconds")
    if any(more.get(standing_of[document]) == withdrawn for document in documents):
        raise typer.Exit(1)
