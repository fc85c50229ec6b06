"""Lets a document in, or says why it stays out: by the register before it is read, by its source once it was.

`admit` reads the bytes once, hashes them, and compares with the approval: only what it returns is parsed. `hold_back`
is asked of what came of that: does the source keep it out for what was not read of it (`indexes.keep_out`), and is it
read as it was when it was approved, where the source asks for that.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from indexes.decisions import Decision
from indexes.documents import Document
from indexes.errors import DocumentNameError, UnreadableFileError, UnsafeFileError
from indexes.keep_out import why_kept_out
from indexes.library import FileBytes, Listed, read_document
from indexes.readings import ReadingNote
from indexes.sources import Source, Sources, source_name
from indexes.standing import Grant, Standing, grant, standing
from ingest.losses import KeptOut
from ingest.reasons import why_not


@dataclass(frozen=True, slots=True)
class Admitted:
    """A document whose bytes are the approved ones."""

    file: FileBytes
    grant: Grant
    source: Source


class KeptOutError(Exception):
    """A document stays out of the build; the message is the reason shown to a person, `why` its kind.

    `notes` say what was not read of it, where it was read.
    """

    def __init__(self, message: str, why: KeptOut = "refused", notes: tuple[ReadingNote, ...] = ()) -> None:
        super().__init__(message)
        self.why = why
        self.notes = notes


def admit(
    item: Listed, sources: Sources, decisions: Mapping[str, Decision], *, now: Callable[[], datetime], max_bytes: int
) -> Admitted:
    """Read a document once, hash it, and compare with the approval.

    Raises:
        KeptOutError: it is not approved as it is now, or cannot be read.
    """
    if item.problem:
        raise KeptOutError(item.problem)
    try:
        file = read_document(sources, item.document, max_bytes=max_bytes)
    except FileNotFoundError as error:
        raise KeptOutError("missing: the file went away while it was being read", "unreadable") from error
    except UnreadableFileError as error:
        raise KeptOutError(str(error), "unreadable") from error
    except (UnsafeFileError, DocumentNameError) as error:
        raise KeptOutError(str(error)) from error
    source = sources[source_name(item.document)]
    decision = decisions.get(item.document)
    is_now = standing(decision, source, file_sha256=file.sha256, at=now())
    granted = grant(decision, source)
    if is_now is not Standing.APPROVED or granted is None or granted.sha256 != file.sha256:
        why: KeptOut = "changed" if is_now is Standing.CHANGED else "unapproved"
        raise KeptOutError(why_not(is_now, decision, granted, file, source), why)
    return Admitted(file, granted, source)


def hold_back(document: Document, admitted: Admitted) -> bool:
    """Tell whether an admitted document is read otherwise than when it was approved, and comes in all the same.

    Raises:
        KeptOutError: its source keeps it out, for what was not read of it or because it is read otherwise.
    """
    if why := why_kept_out(admitted.source, document.notes, document.sections):
        raise KeptOutError(why, "not_whole", document.notes)
    otherwise = admitted.grant.read_otherwise(document.text_hash())
    if otherwise and admitted.source.reread == "ask":
        raise KeptOutError(
            f"read otherwise than when it was approved, and source '{admitted.source.name}' asks for a new look "
            '(reread = "ask"): greenlit register shows the difference; approve it again',
            "reread",
            document.notes,
        )
    return otherwise
