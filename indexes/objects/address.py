"""Addresses of object stores, such as `s3://bucket/prefix`; a path of a folder is none. Opens nothing."""

import hashlib
import re
from urllib.parse import unquote, urlsplit

KINDS = {"s3": "S3", "gs": "Google Cloud Storage", "az": "Azure Blob Storage", "file": "a shared folder"}
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_DIGEST_HEX = 12


def is_address(text: str) -> bool:
    """Tell whether a text is an address, and not the path of a folder."""
    return _SCHEME.match(text) is not None


def checked_address(text: str) -> str:
    """Return an address in the one way that it is written, without a slash at its end; it holds nothing secret.

    Raises:
        ValueError: it is none that can be used; the message does not repeat it.
    """
    parts = urlsplit(text)
    if parts.scheme not in KINDS:
        kinds = ", ".join(f"{scheme}://" for scheme in KINDS)
        raise ValueError(f"expected a folder, or an address that begins with one of {kinds}, got another")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError(
            "expected an address of a bucket and a prefix alone, such as s3://bucket/prefix, got one with more in it: "
            "keys and secrets are named by the environment, as the store's own tools read it"
        )
    path = unquote(parts.path).removeprefix("/").rstrip("/")
    if path and {"", ".", ".."} & set(path.split("/")):
        raise ValueError("expected a path or prefix without empty parts and without . and .., got one that has some")
    if parts.scheme == "file":
        if parts.netloc or not parts.path.startswith("/"):
            raise ValueError("expected the whole path of a shared folder, such as file:///mnt/builds, got another")
        return f"file://{parts.path.rstrip('/') or '/'}"
    if not parts.netloc:
        raise ValueError(f"expected the name of a bucket, such as {parts.scheme}://bucket/prefix, got none")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def folder_of(address: str) -> str:
    """Return the path of the shared folder at a `file://` address."""
    return unquote(urlsplit(address).path)


def short_name(address: str) -> str:
    """Return what stands for an address in the name of a folder: with another address, another folder."""
    return hashlib.sha256(address.encode()).hexdigest()[:_DIGEST_HEX]
