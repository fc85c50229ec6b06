"""The errors of `service.deciding`, one tree. Whoever may not decide gets `NotAllowedError`, as everywhere.

DecidingError
├── WishError                 what is wished cannot be done: the message says which part of it, and never repeats a text
├── NoDocumentError           there is no such document, or no file of it
├── OtherVersionError         the document is another version than the one that was seen
│   └── DecidedMeanwhileError somebody decided on it since it was looked at; `last` is what they decided
├── NotDecidableError         the file cannot be a document, or the register lets no approval of it count yet
├── BringError                a file that somebody brings cannot be taken in: the message says why
│   ├── TooLargeError         it is larger than a document may be
│   └── ExistsError           there is such a document: its version, both sizes, and since when
├── UnwritableError           the library takes no files: it may be mounted to be read only
└── RegisterUnavailableError  the allowlist or the register cannot be read, or the register cannot be written
"""

from datetime import datetime

from indexes.events import Event


class DecidingError(Exception):
    """Anything that keeps a decision from the register; nothing was written."""


class WishError(DecidingError):
    """A part of what is wished cannot stand in the register."""


class NoDocumentError(DecidingError):
    """There is no such document, or no file of it."""


class OtherVersionError(DecidingError):
    """The document is another version than the one that was seen."""


class DecidedMeanwhileError(OtherVersionError):
    """Somebody decided on the document since it was looked at."""

    def __init__(self, last: Event) -> None:
        """Take the newest decision."""
        super().__init__("expected nothing to be decided on it since it was looked at, got a decision")
        self.last = last


class NotDecidableError(DecidingError):
    """The file cannot be a document, or no approval of it would count."""


class BringError(DecidingError):
    """A file that somebody brings cannot be taken in."""


class TooLargeError(BringError):
    """A file is larger than a document may be."""

    def __init__(self, most_bytes: int) -> None:
        """Take how large it may be."""
        super().__init__(f"expected a file of at most {most_bytes / 1e6:g} MB, got a larger one")
        self.most_bytes = most_bytes


class ExistsError(BringError):
    """There is a document of that name, and nobody said that this version is to be replaced."""

    def __init__(self, document: str, sha256: str, sizes: tuple[int, int], changed_at: datetime) -> None:
        """Take which version is there, its size and that of what came, in bytes, and since when it is there."""
        super().__init__("expected a name that no document has, got one that is there")
        self.document = document
        self.sha256 = sha256
        self.sizes = sizes
        self.changed_at = changed_at


class UnwritableError(DecidingError):
    """The library takes no files."""


class RegisterUnavailableError(DecidingError):
    """The allowlist or the register cannot be read, or the register cannot be written."""
