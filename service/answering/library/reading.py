"""Reading documents within the boundary: the list, a stored text, an approved original, what there is to look in.

A document outside the asker's scope is answered exactly like one that does not exist.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from indexes.builds import Build
from indexes.manifest import DocumentInfo
from indexes.passages import SplitDocument
from indexes.readings import ReadingNote
from indexes.sources import Sources
from indexes.standing import Grant
from service.access.principals import Principal
from service.answering.boundary import Boundary, Scope
from service.answering.live_build import LiveBuild


@dataclass(frozen=True, slots=True)
class Readable:
    """A document that the asker may read, and the approval that lets them."""

    info: DocumentInfo
    grant: Grant

    def as_json(self) -> dict[str, Any]:
        """Return the public form, without the text."""
        return {
            "document": self.info.document,
            "title": self.info.title,
            "sha256": self.info.sha256,
            "passages": self.info.passages,
            "approved_by": ", ".join(self.grant.approved_by),
            "approved_on": self.grant.approved_on.isoformat(),
            "expires": self.grant.expires.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class Stored:
    """A document that the asker may read, with its stored text and with what was not read of it."""

    readable: Readable
    text: str
    notes: Sequence[ReadingNote] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the public form."""
        return {**self.readable.as_json(), "warnings": [note.as_json() for note in self.notes], "text": self.text}


@dataclass(frozen=True, slots=True)
class Within:
    """What somebody may see of the live build at a moment, and the allowlist as it is then.

    The allowlist is whole: what of it is shown has to depend on `readable`.
    """

    build: Build
    scope: Scope
    sources: Sources
    at: datetime

    @property
    def readable(self) -> list[Readable]:
        """The documents in the scope, by name."""
        grants = self.scope.grants
        found = (
            Readable(info, grants[info.document]) for info in self.build.manifest.documents if info.document in grants
        )
        return sorted(found, key=lambda readable: readable.info.document)


class Reading:
    """Reads the live build for somebody. Any thread may call."""

    def __init__(self, *, live_build: LiveBuild, boundary: Boundary) -> None:
        """Take parts that are ready."""
        self._live_build = live_build
        self._boundary = boundary

    def documents(self, principal: Principal) -> list[Readable]:
        """Return the documents that somebody may read, by name.

        Raises:
            BuildError, LibraryUnavailableError: nobody can say.
        """
        build = self._live_build.get()
        return sorted(self._readable(build, principal).values(), key=lambda readable: readable.info.document)

    def text(self, principal: Principal, document: str) -> Stored | None:
        """Return a document with its stored text; `None` if the asker may not read it or there is none.

        Raises:
            BuildError, LibraryUnavailableError: nobody can say.
        """
        build = self._live_build.get()
        readable = self._readable(build, principal).get(document)
        text = build.passages.text(document) if readable else None
        return None if readable is None or text is None else Stored(readable, text, build.passages.notes(document))

    def within(self, principal: Principal) -> Within:
        """Return what somebody may see now.

        Raises:
            BuildError, LibraryUnavailableError: nobody can say.
        """
        build = self._live_build.get()
        scope = self._boundary.scope(build, principal.groups)
        return Within(build, scope, self._boundary.sources(), self._boundary.now())

    def split(self, principal: Principal, document: str) -> tuple[Readable, SplitDocument] | None:
        """Return a document with its text, sections and passages; `None` as for `text`.

        Raises:
            BuildError, LibraryUnavailableError: nobody can say.
        """
        build = self._live_build.get()
        readable = self._readable(build, principal).get(document)
        split = build.passages.split_document(document) if readable else None
        return None if readable is None or split is None else (readable, split)

    def original(self, principal: Principal, document: str) -> tuple[Readable, bytes] | None:
        """Return a document with the bytes that were approved; `None` if the asker may not read it or there is none.

        Raises:
            BuildError, LibraryUnavailableError: nobody can say; or the original is not what was approved.
        """
        build = self._live_build.get()
        readable = self._readable(build, principal).get(document)
        return (readable, build.original(readable.info.sha256)) if readable else None

    def _readable(self, build: Build, principal: Principal) -> dict[str, Readable]:
        grants = self._boundary.scope(build, principal.groups).grants
        infos = build.manifest.documents
        return {info.document: Readable(info, grants[info.document]) for info in infos if info.document in grants}
