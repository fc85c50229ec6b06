"""The errors of `service.hearing`, one tree. Somebody else's question is no question: `NoRecordError`, as everywhere.

HearingError
├── SayingError     what is said cannot be taken: the message says which part of it, and never repeats a text
└── NoRequestError  there is no such request, or somebody has closed it
"""


class HearingError(Exception):
    """Anything that keeps what was said from the record; nothing was written."""


class SayingError(HearingError):
    """A part of what is said cannot be taken."""


class NoRequestError(HearingError):
    """There is no such request for a document, or it is closed."""
