"""A file that an approver brings into a source, piece by piece.

In order: (1) may they decide on this source, and are they here themselves, (2) can a document be called that, (3) a
file aside, into which the pieces go, (4) does what came fit its name, is it neither empty nor too large, (5) is there
such a document already: they are asked, and say which version they mean to replace, (6) who brought it, into the
register, (7) the name, in one step.

Step 6 comes before step 7, so that whoever brought a version is known before anybody can decide on it. Nothing here
approves anything, and nothing is parsed.
"""

import threading
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from indexes.errors import DocumentNameError
from indexes.events import Upload
from indexes.incoming import Incoming, remove_stale
from indexes.kinds import misfit, unreadable
from indexes.library import list_documents, read_document
from indexes.look_alikes import look_keys
from indexes.names import check_document_name, spelled
from indexes.register import REGISTER_FILE, Register
from indexes.register_state import RegisterPlace
from indexes.sources import Source, read_sources, source_name
from service.access.errors import NotAllowedError
from service.access.principals import Principal
from service.deciding.errors import BringError, ExistsError, NoDocumentError, TooLargeError, UnwritableError
from service.deciding.told import told
from service.deciding.wishes import auth_of, name_of

_MAX_FILE_NAME_BYTES = 255  # of a name on disk
_AT_ONCE = 4  # files that are being brought
_ANY_SIZE = 1 << 40  # what is too large to be a document may be replaced all the same


@dataclass(frozen=True, slots=True)
class Brought:
    """A file that came into the library; `replaced` tells that it took the place of another version."""

    document: str
    sha256: str
    size: int
    replaced: bool


class Bringing:
    """Takes files into the library. Any thread may call; each method waits for the disk."""

    def __init__(
        self,
        *,
        library: Path,
        now: Callable[[], datetime],
        max_file_bytes: int,
        register: RegisterPlace | None = None,
    ) -> None:
        """Remember where the library is.

        Args:
            library: the folder with the allowlist and the register.
            now: the time, with its zone.
            max_file_bytes: larger files are no documents.
            register: where the register lies; in its file in the library unless given.
        """
        self._library = library
        self._now = now
        self.max_file_bytes = max_file_bytes
        self._register: RegisterPlace = register or Register(library / REGISTER_FILE)
        self._placing = threading.Lock()
        self._places = threading.Semaphore(_AT_ONCE)

    def begin(self, who: Principal, source: str, name: str, *, replaces: str = "") -> "Arrival":
        """Begin to take a file in; a context that leaves nothing behind unless it was finished.

        Args:
            who: brings it.
            source: the source's name.
            name: what the file shall be called.
            replaces: the SHA-256 (hex) of the version that is to be replaced; none unless they said so.

        Raises:
            NotAllowedError: they did not come themselves.
            NoDocumentError: there is no such source, or they do not decide on it.
            BringError: nothing can be called that.
            UnwritableError: the library takes no files.
        """
        if not who.is_person():
            raise NotAllowedError("expected a person who signed in themselves: no key brings documents")
        with told():
            found = read_sources(self._library).get(source)
        if found is None or not who.may_approve(found.name):  # 1
            raise NoDocumentError("expected a source that they decide on, got another")
        document = self._document(found, name)  # 2
        if not self._places.acquire(blocking=False):
            raise BringError(f"expected at most {_AT_ONCE} files at once, got one more: try again in a moment")
        try:
            remove_stale(found.folder)
            incoming = Incoming(found.folder)  # 3
        except OSError as error:
            self._places.release()
            raise UnwritableError(f"no file can be written into the source: {error.strerror}") from error
        return Arrival(self, who, found, document, incoming, replaces)

    def _document(self, source: Source, name: str) -> str:
        name = unicodedata.normalize("NFC", name)  # as macOS sends it apart, and nobody can type it otherwise there
        if "/" in name or "\\" in name:
            raise BringError("expected the name of a file, got a path")
        if len(name.encode(errors="replace")) > _MAX_FILE_NAME_BYTES:
            raise BringError(f"expected a name of at most {_MAX_FILE_NAME_BYTES} bytes, got a longer one")
        document = f"{source.name}/{name}"
        try:
            check_document_name(document)
        except DocumentNameError as error:
            raise BringError(str(error)) from error
        if wrong := unreadable(name):
            raise BringError(wrong)
        with told():
            known = {one for one in self._register.refresh().decisions if source_name(one) == source.name}
        there = {one.document for one in list_documents({source.name: source})} | known
        keys = set(look_keys(document))
        for other in there - {document}:
            if not keys.isdisjoint(look_keys(other)):
                raise BringError(f"'{spelled(document)}' looks like '{spelled(other)}', which is there: choose another")
        return document

    def ended(self) -> None:
        """Make room for another file."""
        self._places.release()

    def finish(self, arrival: "Arrival") -> Brought:
        """Steps 4 to 7; as `Arrival.finish`."""
        incoming, document = arrival.incoming, arrival.document
        name = document.partition("/")[2]
        if not incoming.size:  # 4
            raise BringError("expected a file that holds something, got an empty one")
        if wrong := misfit(name, incoming.first):
            raise BringError(wrong)
        with self._placing:
            before = self._what_is_there(arrival)  # 5
            upload = Upload(
                document,
                incoming.sha256,
                name_of(arrival.who),
                self._now().replace(microsecond=0).astimezone(UTC),
                auth_of(arrival.who),
                arrival.who.principal_id,
            )
            with told():
                self._register.append([upload])  # 6
            try:
                if before:  # 7
                    incoming.replace(name)
                elif not incoming.place(name):
                    raise BringError("expected a name that nothing has, got one that something else took meanwhile")
            except OSError as error:
                raise UnwritableError(f"the file cannot be written: {error.strerror}") from error
        return Brought(document, incoming.sha256, incoming.size, replaced=bool(before))

    def _what_is_there(self, arrival: "Arrival") -> str:
        """Return the hash of the version that is to be replaced; "" if there is no such document."""
        path = arrival.source.folder / arrival.document.partition("/")[2]
        with told():
            try:
                status = path.lstat()
            except FileNotFoundError:
                return ""
            except OSError as error:
                raise UnwritableError(f"the source cannot be read: {error.strerror}") from error
            file = read_document({arrival.source.name: arrival.source}, arrival.document, max_bytes=_ANY_SIZE)
        if file.sha256 == arrival.incoming.sha256:
            raise BringError("expected a new document or version, got the very file that is there")
        if file.sha256 != arrival.replaces:
            changed_at = datetime.fromtimestamp(status.st_mtime, UTC)
            raise ExistsError(arrival.document, file.sha256, (status.st_size, arrival.incoming.size), changed_at)
        return file.sha256


class Arrival:
    """A file that is being taken in."""

    def __init__(
        self, bringing: Bringing, who: Principal, source: Source, document: str, incoming: Incoming, replaces: str
    ) -> None:
        self._bringing = bringing
        self.who = who
        self.source = source
        self.document = document
        self.incoming = incoming
        self.replaces = replaces

    def __enter__(self) -> Self:
        """Lend it."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Leave nothing behind but what was finished."""
        self.incoming.__exit__(kind, error, at)
        self._bringing.ended()

    def write(self, piece: bytes) -> None:
        """Take a piece.

        Raises:
            TooLargeError: that is more than a document may have.
            UnwritableError: the disk does not take it.
        """
        if self.incoming.size + len(piece) > self._bringing.max_file_bytes:
            raise TooLargeError(self._bringing.max_file_bytes)
        try:
            self.incoming.write(piece)
        except OSError as error:
            raise UnwritableError(f"the file cannot be written: {error.strerror}") from error

    def finish(self) -> Brought:
        """Put the file into its place.

        Raises:
            ExistsError: there is such a document, and they did not say that they mean to replace that version.
            BringError: it is empty, or is not what its name says, or is there already.
            UnwritableError, RegisterUnavailableError: it cannot be written, or not who brought it.
        """
        return self._bringing.finish(self)
