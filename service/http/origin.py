"""Where browsers reach the service: its public address, and what follows from it. Never taken from a request.

Without a public address the service is for this machine only, under any of its loopback names.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

_OWN_HOST = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE)
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Origin:
    """The public address as browsers send it, `scheme://host[:port]` in lower case; "" for this machine only."""

    url: str = ""

    @property
    def is_https(self) -> bool:
        """Whether browsers come by TLS, so that cookies may be kept to it."""
        return self.url.startswith("https://")

    def serves(self, host: str) -> bool:
        """Tell whether a request's Host is this service: its public name, or one of this machine's own."""
        return bool(_OWN_HOST.fullmatch(host)) or (bool(self.url) and _netloc(self.url, host.lower()) == self._netloc())

    def sent(self, origin: str, host: str) -> bool:
        """Tell whether a page of this service sent a form, by the Origin and the Host that came with it."""
        if self.url and origin.lower() == self.url:
            return True
        return bool(_OWN_HOST.fullmatch(host)) and urlsplit(origin).netloc.lower() == host.lower()

    def _netloc(self) -> str:
        return _netloc(self.url, urlsplit(self.url).netloc)


def _netloc(url: str, netloc: str) -> str:
    """Return host and port without the port that goes without saying."""
    return netloc.removesuffix(f":{_PORTS[urlsplit(url).scheme]}")
