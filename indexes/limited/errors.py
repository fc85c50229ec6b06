"""The errors of a limited child, one tree.

ChildError              a request that came to nothing
├── ChildStartError     the child does not start, or not as the installation demands: no request is at fault
├── ChildTimeError      it took longer than it may
├── ChildMemoryError    it needed more memory than it may have
├── ChildEndedError     it crashed
├── ChildStoppedError   it was stopped: it tried what no child needs
└── ChildReplyError     it said what cannot be true

Whoever asks puts them into words for people: only they know what was asked. The message says what happened.
"""

from indexes.errors import IndexesError


class ChildError(IndexesError):
    """A limited child did not answer."""


class ChildStartError(ChildError):
    """A limited child cannot be started."""


class ChildTimeError(ChildError):
    """A limited child took longer than it may; it is gone."""


class ChildMemoryError(ChildError):
    """A limited child needed more memory than it may have; it is gone."""


class ChildEndedError(ChildError):
    """A limited child crashed; the message says how."""


class ChildStoppedError(ChildEndedError):
    """A limited child was stopped by the kernel, because it tried what no child needs."""


class ChildReplyError(ChildError):
    """A limited child gave a reply that cannot be true; it is gone."""
