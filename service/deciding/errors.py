"""The errors of `service.deciding`, one tree. Whoever may not decide gets `NotAllowedError`, as everywhere.

DecidingError
├── WishError                 what is wished cannot be done: the message says which part of it, and never repeats a text
├── NoDocumentError           there is no such document, or no file of it
├── OtherVersionError         the document is another version than the one that was seen
├── NotDecidableError         the file cannot be a document, or the register lets no approval of it count yet
└── RegisterUnavailableError  the allowlist or the register cannot be read, or the register cannot be written
"""


class DecidingError(Exception):
    """Anything that keeps a decision from the register; nothing was written."""


class WishError(DecidingError):
    """A part of what is wished cannot stand in the register."""


class NoDocumentError(DecidingError):
    """There is no such document, or no file of it."""


class OtherVersionError(DecidingError):
    """The document is another version than the one that was seen."""


class NotDecidableError(DecidingError):
    """The file cannot be a document, or no approval of it would count."""


class RegisterUnavailableError(DecidingError):
    """The allowlist or the register cannot be read, or the register cannot be written."""
