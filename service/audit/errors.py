"""The errors of `service.audit`, one tree.

AuditError
├── AuditUnavailableError  the log cannot be written or read now: no answer may be given
├── AuditBusyError         another process holds the store's single writer
├── AuditEntryError        an entry that must not, or cannot, become a leaf
└── AuditKeyError          a key of the log is unreadable, exposed or of the wrong size

No message, and no exception chained to one, carries the text of a prompt or an answer.
"""


class AuditError(Exception):
    """Anything that the audit log refuses to do."""


class AuditUnavailableError(AuditError):
    """The log cannot be written or read now; the message says why."""


class AuditBusyError(AuditError):
    """Another process holds the store; the message names the lock file and says what to do."""


class AuditEntryError(AuditError):
    """An entry has a value that a leaf must not hold; the message names the field."""


class AuditKeyError(AuditError):
    """A key cannot be used; the message names its file."""
