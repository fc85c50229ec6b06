"""The errors of `service.access`, one tree.

AccessError
├── NotSignedInError    no identity came, or one that is not known
├── NotAllowedError     somebody known, without the role that this takes
├── SessionsUnavailableError  sessions cannot be read or written
└── TokenError          the local token cannot be read or made
"""


class AccessError(Exception):
    """Anything that keeps somebody out."""


class NotSignedInError(AccessError):
    """No identity came with the request, or one that is not known."""


class NotAllowedError(AccessError):
    """Whoever asks is known, but has not the role that this takes."""


class SessionsUnavailableError(AccessError):
    """Sessions cannot be read or written now, so nobody is signed in by one."""


class TokenError(AccessError):
    """The local token cannot be read or made."""
