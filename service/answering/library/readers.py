"""Tells whether everybody of several people may read each of some documents now, in exactly these versions.

It is what the boundary asks of one of them, asked of all: a live approval of the version, for a group of theirs, in a
source that is for a group of theirs. Who of them may not, and which document, nobody is told. A pure function.
"""

from collections.abc import Iterable

from indexes.sources import source_name
from indexes.standing import may_read
from service.answering.library.reading import Within

Version = tuple[str, str]  # a document's id, and the SHA-256 of its bytes


def may_all_read(within: Within, versions: Iterable[Version], groups: Iterable[frozenset[str]]) -> bool:
    """Tell whether people in these groups may read what somebody else may.

    Args:
        within: what that somebody may see now; what they may not read, nobody is said to.
        versions: the documents, each in one version.
        groups: of each of the people.
    """
    different = set(groups)
    for document, sha256 in versions:
        granted, source = within.scope.grants.get(document), within.sources.get(source_name(document))
        if granted is None or source is None or granted.sha256 != sha256:
            return False
        if not all(may_read(granted, source, each) for each in different):
            return False
    return True
