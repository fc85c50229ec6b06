"""Lines of the register's overview: where a document stands, with its file as it is now.

A line is made of what the register says and of the file's hash. An overview that is asked for again and again remembers
(`Looked`): a file is read anew only if the disk says that it changed, a line is made anew only if something that it is
made of did. Nothing here parses a document, and what is decided on is never taken from what is remembered.
"""

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from indexes.errors import DocumentNameError, UnsafeFileError
from indexes.events import Approval, Upload
from indexes.library import Listed, hash_document, list_documents, read_document
from indexes.register_state import RegisterState
from indexes.sources import Sources, source_name
from indexes.standing import Grant, Standing, approvals_of, grant, standing
from indexes.stock import list_library


@dataclass(frozen=True, slots=True)
class DocumentStanding:
    """One line of the register's overview.

    `sha256` is of the file as it is; `problem` says why it cannot be a document. `approvals` are those of this version
    that count, one a person, `uploads` who brought it. `changed_at` is when the disk last saw the file change, where it
    was asked; `decisions` is how many the register has of the document.
    """

    document: str
    standing: Standing
    sha256: str | None
    grant: Grant | None
    problem: str | None
    approvals: tuple[Approval, ...] = ()
    uploads: tuple[Upload, ...] = ()
    changed_at: datetime | None = field(default=None, compare=False)
    decisions: int = field(default=0, compare=False)


@dataclass(slots=True)
class Looked:
    """What is remembered of files that were looked at, for an overview that is asked for again.

    `hashes` are by what the disk says of a file, `lines` by document and `overviews` by folder, each with all that it
    was made of; `sources` are of the allowlist, so that what did not change is seen to be the same.
    """

    hashes: MutableMapping[tuple[int, ...], str] = field(default_factory=dict)
    lines: MutableMapping[str, tuple[tuple[object, ...], DocumentStanding]] = field(default_factory=dict)
    overviews: MutableMapping[str | None, tuple[RegisterState, object, list[DocumentStanding]]] = field(
        default_factory=dict
    )
    sources: Sources = field(default_factory=dict)

    def known(self, sources: Sources) -> Sources:
        """Return the allowlist, as the same objects as before where it is the same."""
        if sources != self.sources:
            self.sources = sources
        return self.sources


class Lines:
    """Makes lines."""

    def __init__(
        self, sources: Sources, *, now: Callable[[], datetime], max_file_bytes: int, looked: Looked | None = None
    ) -> None:
        """Take the allowlist, the clock, how large a document may be, and what is remembered of an earlier overview."""
        self._sources = sources
        self._now = now
        self._max_file_bytes = max_file_bytes
        self._looked = looked

    def overview(self, state: RegisterState, *, under: str | None = None) -> list[DocumentStanding]:
        """Return the line of every document that the library holds or the register knows, by name.

        Args:
            state: the register.
            under: only documents of this folder (a source, or a folder in one); reads no file outside it.
        """
        names = self._sources if under is None else (source_name(under),)
        sources = {name: self._sources[name] for name in names}
        listed = list_documents(sources)
        today = self._now().astimezone(UTC).date()
        if self._looked is None:
            return self._overview(state, under, listed, (sources, today))
        made_of = ([(item.document, item.problem, item.signature) for item in listed], sources, today)
        kept = self._looked.overviews.get(under)
        if kept is None or kept[0] is not state or kept[1] != made_of:
            kept = self._looked.overviews[under] = (
                state,
                made_of,
                self._overview(state, under, listed, (sources, today)),
            )
        return kept[2]

    def _overview(
        self, state: RegisterState, under: str | None, listed: list[Listed], of: tuple[Sources, date]
    ) -> list[DocumentStanding]:
        sources, today = of
        decisions = {name: one for name, one in state.decisions.items() if source_name(name) in sources}
        found = {item.document: item for item in list_library(sources, decisions, at=self._now(), listed=listed)}
        ours = (name for name in found.keys() | decisions.keys() if under is None or name.startswith(f"{under}/"))
        return [self._kept_line(name, found.get(name), state, today) for name in sorted(ours)]

    def line(self, document: str, problem: str | None, state: RegisterState) -> DocumentStanding:
        """Return one document's line; reads no other file.

        Args:
            document: the document's id.
            problem: why its file is no document, if that is known.
            state: the register.
        """
        sha256 = None
        if problem is None:
            try:
                sha256 = self._hash(document)
            except FileNotFoundError:
                sha256 = None
            except (UnsafeFileError, DocumentNameError) as error:
                problem = str(error)
        source = self._sources[source_name(document)]
        decision = state.decisions.get(document)
        is_now = standing(decision, source, file_sha256=sha256 or ("" if problem else None), at=self._now())
        approvals = approvals_of(decision, source, sha256) if decision and sha256 else ()
        uploads = (one for one in decision.uploads if one.sha256 == sha256) if decision else ()
        granted = grant(decision, source)
        decided = len(decision.events) if decision else 0
        line = DocumentStanding(document, is_now, sha256, granted, problem, tuple(approvals), tuple(uploads))
        return replace(line, decisions=decided)

    def _kept_line(self, document: str, item: Listed | None, state: RegisterState, today: date) -> DocumentStanding:
        """Return a line as it was made before, if nothing that it is made of has changed."""
        problem = item.problem if item else None
        if self._looked is None or item is None or item.signature is None:
            return self.line(document, problem, state)
        made_of = (item.signature, problem, self._sources[source_name(document)], state.decisions.get(document), today)
        kept = self._looked.lines.get(document)
        if kept is None or kept[0] != made_of:
            changed_at = datetime.fromtimestamp(item.signature[-1] / 1e9, UTC)
            line = replace(self.line(document, problem, state), changed_at=changed_at)
            if line.sha256 is None and problem is None:
                return line  # why the file cannot be read may be over in a moment
            kept = self._looked.lines[document] = (made_of, line)
        return kept[1]

    def _hash(self, document: str) -> str:
        if self._looked is None:
            return read_document(self._sources, document, max_bytes=self._max_file_bytes).sha256
        return hash_document(self._sources, document, max_bytes=self._max_file_bytes, known=self._looked.hashes)
