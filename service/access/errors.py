"""The errors of `service.access`, one tree.

AccessError
├── NotSignedInError    no identity came, or one that is not known
│   └── NotFreshError   whoever it is cannot be told before something is read anew
├── NotAllowedError     somebody known, without the role that this takes
├── TooManyError        somebody known, who asked too often in a short time
├── ProviderError       the identity provider cannot be reached, or answered what it must not
├── SessionsUnavailableError  sessions cannot be read or written
├── SharedUnavailableError  what replicas share of limits and of requests by name cannot be read or written
├── AccessRulesError    `access.toml` cannot be read, or says what it must not
├── DirectoryError      the directory of people cannot be read or written
├── KeysError           API keys cannot be read or written
│   ├── KeyWishError    a key cannot be made as wished
│   └── NoKeyError      no key has this name or id
└── TokenError          the local token cannot be read or made
"""


class AccessError(Exception):
    """Anything that keeps somebody out."""


class NotSignedInError(AccessError):
    """No identity came with the request, or one that is not known."""


class NotFreshError(NotSignedInError):
    """Who this is cannot be told from what is in memory: call `Access.refresh` in a thread, and ask once more."""


class NotAllowedError(AccessError):
    """Whoever asks is known, but has not the role that this takes."""


class TooManyError(AccessError):
    """Whoever asks has asked too often in a short time.

    Attributes:
        retry_after_s: when there is room again, in whole seconds.
    """

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ProviderError(AccessError):
    """The identity provider cannot be reached, or answered what it must not. The message holds nothing of a person."""


class SessionsUnavailableError(AccessError):
    """Sessions cannot be read or written now, so nobody is signed in by one."""


class SharedUnavailableError(AccessError):
    """What replicas share of limits, or of requests that were sent by name, cannot be read or written now."""


class AccessRulesError(AccessError):
    """`access.toml` cannot be read, or says what it must not; the message names file, line and problem."""


class DirectoryError(AccessError):
    """The directory of people cannot be read or written; the message names file, line and problem."""


class KeysError(AccessError):
    """API keys cannot be read or written now."""


class KeyWishError(KeysError):
    """An API key cannot be made as wished; the message says what was expected, and holds nothing of the wish."""


class NoKeyError(KeysError):
    """No API key that is not revoked has this name or id."""


class TokenError(AccessError):
    """The local token cannot be read or made."""
