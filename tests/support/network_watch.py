"""Refuses and writes down every attempt of this process to reach, or to look up, a machine other than this one.

A hook of Python's below every library, which cannot be taken away again; an attempt is written down even if the library
that made it goes on without.
"""

import sys
from typing import Any

ATTEMPTS: list[str] = []
# What would switch on exporters, proxies and downloads, if anything listened to it.
TEMPTING = {
    "FASTAPI_OTEL_AUTO_CONFIGURE": "true",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector.example:4318",
    "HTTPS_PROXY": "http://proxy.example:3128",
    "HF_HUB_OFFLINE": "0",
    "HF_HUB_DISABLE_TELEMETRY": "0",
}
_LOOKUPS = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo")
_SENDING = ("socket.connect", "socket.sendto", "socket.sendmsg")
_HERE = {"127.0.0.1", "::1", "localhost", None}


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _LOOKUPS:
        host = arguments[0]
    elif event in _SENDING and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    if host not in _HERE:
        ATTEMPTS.append(f"{event} {host}")
        raise OSError("the network is away")


def watch() -> None:
    """Watch this process, and whatever is forked off it, from now on."""
    sys.addaudithook(_watch)
