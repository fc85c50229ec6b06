"""The errors of `service.answering`, one tree. A refusal is no error: it is a result (`answers`).

AnsweringError
├── QuestionError             the question cannot be taken as it is; the message never repeats it
├── LibraryUnavailableError   the allowlist or the register cannot be read: nobody can say what is approved
├── CalibrationError          the calibration of the evidence is missing or damaged
├── AnswerFailedError         something broke on the way; it is on record as failed
└── ReplayError               a past question cannot be asked again: erased, altered, or its build is gone
"""


class AnsweringError(Exception):
    """Anything that keeps a question from a result."""


class QuestionError(AnsweringError):
    """The question cannot be taken as it is."""


class LibraryUnavailableError(AnsweringError):
    """The allowlist or the register cannot be read."""


class CalibrationError(AnsweringError):
    """The calibration of the evidence is missing or damaged."""


class AnswerFailedError(AnsweringError):
    """Something broke on the way to the answer."""


class ReplayError(AnsweringError):
    """A past question cannot be asked again; the message says why, and never what was asked."""
