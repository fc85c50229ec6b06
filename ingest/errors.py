"""The errors of `ingest`, one tree.

IngestError
├── LoadError         a document that cannot be read: it is kept out, and the message is the reason a person is shown
├── LoaderStartError  the process that parses documents does not start: the installation is at fault, not a document
└── PublishError      a build cannot be published

Every message says what was expected, what came, and what to do.
"""


class IngestError(Exception):
    """Anything that `ingest` refuses to do."""


class LoadError(IngestError):
    """A document that cannot be read; it is kept out of the build."""


class LoaderStartError(IngestError):
    """The process that parses documents cannot be started."""


class PublishError(IngestError):
    """A build cannot be published."""
