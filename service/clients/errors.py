"""What can go wrong when a program calls Greenlit. A message says what was expected and what came, never a text."""


class CallError(Exception):
    """A call gave no result."""


class UnreachableError(CallError):
    """Nobody answered, or not in the way that Greenlit does."""


class RefusedCallError(CallError):
    """Greenlit answered with a problem (RFC 9457).

    Attributes:
        status: of HTTP.
        kind: the last part of the problem's stable type, such as `not-signed-in`.
        retry_after_s: when to try again, in seconds; `None` where nobody said.
    """

    def __init__(self, message: str, *, status: int, kind: str, retry_after_s: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.retry_after_s = retry_after_s
