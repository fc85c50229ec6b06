"""The errors of `ingest`, one tree.

IngestError
├── LoadError           a document that cannot be read: it is kept out, and the message is the reason a person is shown
├── LoaderStartError    the process that parses documents does not start: the installation is at fault, not a document
├── EngineError         what reads and encodes elsewhere failed: nothing is published, what was encoded is kept
├── PublishError        a build cannot be published
│   └── BusyError       another ingestion is running
└── LostDocumentsError  most approved documents of a source are not there: nothing is published without being told to

Every message says what was expected, what came, and what to do.
"""


class IngestError(Exception):
    """Anything that `ingest` refuses to do."""


class LoadError(IngestError):
    """A document that cannot be read; it is kept out of the build."""


class LoaderStartError(IngestError):
    """The process that parses documents cannot be started."""


class EngineError(IngestError):
    """A cluster that was to read and encode failed, whatever it was given."""


class PublishError(IngestError):
    """A build cannot be published."""


class BusyError(PublishError):
    """Another process is doing what only one may do at a time."""


class LostDocumentsError(IngestError):
    """Most approved documents of a source, or the whole register, are not there."""
