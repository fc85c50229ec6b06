"""Whether a request is from Slack: its signature, within five minutes.

In order: (1) the form of what is claimed is looked at before anything is computed, so that nothing a stranger sends can
break what follows, (2) the time is ours within five minutes, (3) the signature is compared in constant time. That a
request that was good once is not worked on again is up to whoever keeps what was taken (`deliveries`).
"""

import hashlib
import hmac
import re
import time
from collections.abc import Callable, Mapping

TIMESTAMP, SIGNATURE = "x-slack-request-timestamp", "x-slack-signature"
_TIME = re.compile(r"[0-9]{1,12}", re.ASCII)
_FORM = re.compile(r"v0=[0-9a-f]{64}", re.ASCII)
_WINDOW_S = 300


class Signatures:
    """Tells requests of our own Slack app from everybody else's."""

    def __init__(self, secret: str, *, clock_s: Callable[[], float] = time.time) -> None:
        """Take the app's signing secret."""
        self._secret, self._clock_s = secret.encode(), clock_s

    def is_formed(self, headers: Mapping[str, str]) -> bool:
        """Tell whether there is a signature that is worth looking at; before anything of the body is read."""
        timestamp, signature = headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, "")
        if not _TIME.fullmatch(timestamp) or not _FORM.fullmatch(signature):
            return False
        return abs(self._clock_s() - int(timestamp)) <= _WINDOW_S

    def is_good(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Tell whether Slack signed this body a short while ago."""
        if not self.is_formed(headers):
            return False
        signed = b"v0:" + headers[TIMESTAMP].encode("ascii") + b":" + body
        expected = "v0=" + hmac.new(self._secret, signed, hashlib.sha256).hexdigest()
        return hmac.compare_digest(expected, headers[SIGNATURE])
