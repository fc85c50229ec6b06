"""Addresses as settings name them, held to their form: of the service itself, of a collector, of proxies.

Resolves nothing, and calls nobody.
"""

import ipaddress
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def origin(address: str) -> str:
    """Return a public address in the form that browsers send: lower case, no path, no port that goes without saying.

    Raises:
        ValueError: it is none, or other machines could reach it without TLS.
    """
    parts = urlsplit(address.strip().rstrip("/"))
    port = parts.port
    if (
        parts.scheme not in _PORTS
        or not parts.hostname
        or parts.path
        or parts.query
        or parts.fragment
        or parts.username
    ):
        raise ValueError("expected an address like https://greenlit.northlight.example, got another form")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise ValueError("expected https, for an address that other machines reach")
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{name}" + (f":{port}" if port and port != _PORTS[parts.scheme] else "")


def collector(address: str) -> str:
    """Return a collector's address without a slash at its end.

    Raises:
        ValueError: it is none, or holds a name, a password or a query.
    """
    parts = urlsplit(address.strip().rstrip("/"))
    if parts.scheme not in _PORTS or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError("expected an address like http://127.0.0.1:4318, got another form")
    return address.strip().rstrip("/")


def names_in(text: str) -> list[str]:
    """Return what stands in a list that is separated by commas."""
    return [name.strip() for name in text.split(",") if name.strip()]


def networks(text: str) -> str:
    """Return addresses and networks as they were given.

    Raises:
        ValueError: one of them is neither, or is everybody.
    """
    for name in names_in(text):
        if ipaddress.ip_network(name, strict=False).prefixlen == 0:
            raise ValueError("expected the addresses of proxies, got everybody's")
    return text
