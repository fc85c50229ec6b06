"""Whether a build is of this library: everything in a build was approved by a line of its library's register.

Lines of a register never go. So a build of which no line ever approved half or more, not even in versions that were
withdrawn since, was made by another installation in the same folder of builds, or most of the register is gone. Nothing
of it is answered either way: the boundary asks the register about each document. What is approved here is missing then,
and an ingestion here takes the place of the other's build. Reads nothing but what it is given.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from indexes.counting import counted
from indexes.decisions import Decision
from indexes.events import Approval

OWN_FOLDER = (
    "set GREENLIT_BUILDS to a folder of this installation's own and run greenlit ingest, or put the right register "
    "back, if that is the one which is another's"
)
_MUCH = 0.5  # some versions may be unknown because lines were damaged or lost, which the register's own checks tell


def never_approved(versions: Iterable[tuple[str, str]], decisions: Mapping[str, Decision]) -> int:
    """Return how many versions, as pairs of document and SHA-256 (hex), no line of a register ever approved.

    Where a line that named the document cannot be understood, nobody can say, and it is not counted.
    """
    return sum(not _may_have_been(decisions.get(document), sha256) for document, sha256 in versions)


def is_elsewhere(strange: int, *, of: int) -> bool:
    """Tell whether a build was made elsewhere, by how many of its documents were never approved here."""
    return strange > 0 and strange >= _MUCH * of


def made_elsewhere(
    build_id: str, versions: Iterable[tuple[str, str]], decisions: Mapping[str, Decision], shown: Path | str
) -> str | None:
    """Say of a build that another library's register let its documents in; `None` if this one did.

    Args:
        build_id: of the build.
        versions: its documents, as pairs of name and SHA-256 (hex).
        decisions: what the register of this library says (`RegisterState.decisions`).
        shown: where that lies, which the words name.
    """
    versions = tuple(versions)
    if not is_elsewhere(strange := never_approved(versions, decisions), of=len(versions)):
        return None
    of = counted(len(versions), "document")
    return (
        f"the build {build_id} was made for another library: no line of {shown} ever approved {strange} of its {of}; "
        f"{OWN_FOLDER}"
    )


def _may_have_been(decision: Decision | None, sha256: str) -> bool:
    if decision is None:
        return False
    if decision.problem is not None:
        return True
    return any(isinstance(event, Approval) and event.sha256 == sha256 for event in decision.events)
