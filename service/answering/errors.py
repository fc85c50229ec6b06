"""The errors of `service.answering`, one tree. A refusal is no error: it is a result (`answers`).

AnsweringError
├── QuestionError             the question cannot be taken as it is; the message never repeats it
├── LibraryUnavailableError   the allowlist or the register cannot be read: nobody can say what is approved
├── CalibrationError          the calibration of the evidence is missing or damaged
├── AnswerFailedError         something broke on the way; it is on record as failed
├── ModelFailedError          the language model could not be asked, and quotes are not to stand in; on record as failed
├── StoppedError              whoever asked wanted no more; what was released until then is on record
├── OverloadedError           too many ask at once: there was no time for the question, and it is on record as failed
├── NoLongerShownError        a past answer rests on what is not approved so any more, or not for whoever looks
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


class ModelFailedError(AnsweringError):
    """The language model that is to write or to judge could not be asked."""


class StoppedError(AnsweringError):
    """Whoever asked wanted no more before there was a result."""


class OverloadedError(AnsweringError):
    """Too many ask at once. `retry_after_s` is when it makes sense to ask again, in whole seconds."""

    def __init__(self, *, retry_after_s: int) -> None:
        super().__init__(f"too many people are asking at this moment: expected to be asked again in {retry_after_s} s")
        self.retry_after_s = retry_after_s


class NoLongerShownError(AnsweringError):
    """A past answer cannot be shown as it was given; the message names nothing that it rests on."""


class ReplayError(AnsweringError):
    """A past question cannot be asked again; the message says why, and never what was asked."""
