"""What can go wrong with a request before any door looks at what it says."""


class RequestError(Exception):
    """A request is not as it has to be; the message says what was expected and what came, and no text of it."""


class NamedTwiceError(RequestError):
    """Two different requests came under one `Idempotency-Key`."""
