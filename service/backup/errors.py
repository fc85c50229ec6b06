"""The errors of `service.backup`, one tree."""


class BackupError(Exception):
    """A copy cannot be made, is not whole, or cannot be put back; the message says what was expected and what to do."""


class InUseError(BackupError):
    """What the copy would be put into is in use, or holds what the copy would replace."""
