"""Salted commitments: a leaf binds a text without showing it.

    SHA-256("greenlit-commit-v1" || field || 0x00 || salt32 || bytes)

A fresh 32-byte salt a field keeps a guessed prompt from being confirmed by whoever holds only the leaf; once text and
salt are erased, the commitment says nothing. Does not store anything.
"""

import hashlib
import hmac
import secrets

SALT_BYTES = 32  # as wide as the hash: a shorter one would be the weaker of the two
_PREFIX = b"greenlit-commit-v1"  # no commitment can be taken for a hash made for another purpose


def new_salt() -> bytes:
    """Return 32 fresh random bytes."""
    return secrets.token_bytes(SALT_BYTES)


def commit(field: str, salt: bytes, body: bytes) -> str:
    """Return the commitment (64 hex digits) to the bytes of one field.

    Args:
        field: the name of the field, without a zero byte; the same text in another field commits to something else.
        salt: 32 bytes, used for this one field of this one entry.
        body: the bytes committed to; may be empty.

    Raises:
        ValueError: the salt is not 32 bytes, or the field holds a zero byte: the parts could be cut in two ways.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError(f"expected a salt of {SALT_BYTES} bytes, got {len(salt)}")
    if "\0" in field:
        raise ValueError("expected a field name without a zero byte")
    return hashlib.sha256(_PREFIX + field.encode() + b"\0" + salt + body).hexdigest()


def verify(commitment: str, *, field: str, salt: bytes, body: bytes) -> bool:
    """Tell whether a commitment (hex) is to these bytes."""
    return hmac.compare_digest(commitment, commit(field, salt, body))
