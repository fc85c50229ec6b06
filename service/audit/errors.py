"""The errors of `service.audit`, one tree.

AuditError
├── AuditUnavailableError  the log cannot be written or read now: no answer may be given
│   ├── AuditDamagedError  for what is stored is not what was written, and waiting does not help
│   ├── AuditCopiedError   for the keys were copied here, and nobody has said why
│   ├── AuditOvertakenError for another process was first; made anew, the entry may be taken
│   └── AuditEndedError    for the question was taken for left behind, and has an end on record
├── AuditBusyError         another process holds the store's single writer
├── AuditEntryError        an entry that must not, or cannot, become a leaf
├── AuditKeyError          a key of the log is missing, unreadable, exposed or of the wrong size
├── SealError              a sealed text cannot be opened: altered, or sealed for another record
├── ExportError            an export cannot be made, or was not whole
├── FilterError            a wish for records that cannot be understood, such as a time that is none
├── NoRecordError          there is no such record, question or shard, or not yet
│   └── StillOpenError     a question that has no end yet
├── RevealError            who asked is not revealed: it takes a second person, a case and a reason, or it was erased
├── ErasureError           texts are not erased by age: it takes a second person
├── NotCoveredError        no checkpoint covers the record yet
├── ProofError             a proof does not show what it should
└── NoteError              a checkpoint is malformed, or not signed by a key that is known

No message, and no exception chained to one, carries the text of a prompt or an answer.
"""


class AuditError(Exception):
    """Anything that the audit log refuses to do."""


class AuditUnavailableError(AuditError):
    """The log cannot be written or read now; the message says why."""


class AuditDamagedError(AuditUnavailableError):
    """What is stored is not what was written; the message names the file or the record, and says what to do."""


class AuditCopiedError(AuditUnavailableError):
    """The log's keys were copied here: it may be an older state of it; the message says how to go on."""


class AuditOvertakenError(AuditUnavailableError):
    """Another process was first: it opened or ended the month, or signed; whoever looks again may try again."""


class AuditEndedError(AuditUnavailableError):
    """A question has an end on record already, as one that was left behind: it gets no answer."""


class AuditBusyError(AuditError):
    """Another process holds the store; the message names the lock file and says what to do."""


class AuditEntryError(AuditError):
    """An entry has a value that a leaf must not hold; the message names the field."""


class AuditKeyError(AuditError):
    """A key cannot be used; the message names its file."""


class SealError(AuditError):
    """A sealed text cannot be opened with its key; the message names the key, and nothing of the text."""


class ExportError(AuditError):
    """An export cannot be made, or what came of it was not whole; the message says what to ask for."""


class FilterError(AuditError):
    """What records are wished for cannot be understood; the message says what was expected, and echoes nothing."""


class NoRecordError(AuditError):
    """What was asked for is not on record; the message does not repeat what that was, but for a number."""


class StillOpenError(NoRecordError):
    """A question is not on record as finished yet, so its texts cannot be erased."""


class RevealError(AuditError):
    """Who asked is not revealed; the message says what is missing, or when it was erased."""


class ErasureError(AuditError):
    """Texts are not erased by age; the message says what is missing."""


class NotCoveredError(AuditError):
    """No checkpoint covers what a proof was asked for; it will in a second."""


class ProofError(AuditError):
    """A proof does not show what it should; the message says what does not fit."""


class NoteError(AuditError):
    """A signed note or a verifier key is malformed, or a signature does not hold; the message says which part."""
