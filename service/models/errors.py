"""The errors of `models`, one tree.

ModelsError
├── ModelsFileError           models.toml cannot be read, or says something wrong
├── ModelNotApprovedError     there is no such model, nobody approved it, or the approval has ended
└── ModelError                a call came to nothing, or to less than a whole answer
    ├── ModelUnavailableError it cannot be reached, or refused the call
    ├── ModelTimedOutError    it took longer than it may
    ├── ModelBusyError        it was not called: it failed too often just now, or too many calls are under way
    └── ModelReplyError       what came is no text that may be used
        ├── ModelProtocolError   it is not what the protocol says
        └── ModelCutOffError     the text ended before the model had ended it

A message never holds what was sent or what came: it goes to logs. Nor does the cause, which is therefore left out
wherever a library might have put some of it in there.
"""

from typing import ClassVar


class ModelsError(Exception):
    """Anything that `models` refuses to do."""


class ModelsFileError(ModelsError):
    """`models.toml` cannot be read, or says something wrong."""


class ModelNotApprovedError(ModelsError):
    """There is no such model, nobody approved it, or its approval has ended."""


class ModelError(ModelsError):
    """A call came to nothing, or to less than a whole answer. `code` is for records."""

    code: ClassVar[str] = "failed"


class ModelUnavailableError(ModelError):
    """The model cannot be reached, or refused the call."""

    code: ClassVar[str] = "unavailable"


class ModelTimedOutError(ModelError):
    """The model took longer than it may."""

    code: ClassVar[str] = "timed_out"


class ModelBusyError(ModelError):
    """The model was not called: it failed too often just now, or too many calls are under way."""

    code: ClassVar[str] = "busy"


class ModelReplyError(ModelError):
    """What came is no text that may be used."""

    code: ClassVar[str] = "reply"


class ModelProtocolError(ModelReplyError):
    """What came is not what the protocol says."""

    code: ClassVar[str] = "protocol"


class ModelCutOffError(ModelReplyError):
    """The text ended before the model had ended it: at its limit of tokens, or with the connection."""

    code: ClassVar[str] = "cut_off"
