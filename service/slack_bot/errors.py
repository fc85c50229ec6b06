"""The errors of the Slack bot, one tree.

SlackBotError
├── Later                 somebody cannot be reached, or wants us to wait
├── NotOursError          a person of Slack who may not ask, with the reason
├── DeliveriesError       what was taken cannot be kept, or cannot be read
├── TakenOverError        another bot went on with a delivery meanwhile
└── NotConnectedError     the bot cannot start as it is set up

No message holds a text, a name, an address of a person or a secret.
"""

from typing import Literal

Reason = Literal["unknown", "elsewhere", "stranger", "guest", "bot", "deleted", "unconfirmed", "no_email"]


class SlackBotError(Exception):
    """Anything that the bot cannot do."""


class Later(SlackBotError):  # noqa: N818  (it is no fault: it says when to come again)
    """Somebody cannot be reached, or wants us to wait.

    Attributes:
        after_s: when to try again, in seconds.
    """

    def __init__(self, after_s: float = 1.0) -> None:
        super().__init__(f"expected an answer, got none: to be tried again in {after_s:g} s")
        self.after_s = after_s


class NotOursError(SlackBotError):
    """A person of Slack who may not ask.

    Attributes:
        reason: why, as a code; no reason says anything of what Greenlit knows.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(f"expected a member of our own workspace with a confirmed e-mail address, got: {reason}")
        self.reason: Reason = reason


class DeliveriesError(SlackBotError):
    """What was taken cannot be kept, or cannot be read."""


class TakenOverError(SlackBotError):
    """Another bot went on with a delivery while this one had no connection to where deliveries are kept."""


class NotConnectedError(SlackBotError):
    """The bot cannot start as it is set up."""
