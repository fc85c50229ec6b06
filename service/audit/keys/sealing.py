"""Seals a salt and a text under one key: AES-256-GCM, bound to the record and field that they belong to.

What is sealed is 12 random bytes, then the ciphertext of a salt and a text, with its tag. Knows nothing of where keys
are kept or which one is for what: that is `keyring`.
"""

import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from service.audit.errors import SealError
from service.audit.formats.commitments import SALT_BYTES

NONCE_BYTES = 12  # random: NIST SP 800-38D, 8.3 allows 2^32 of them a key, far more than a month has texts
TAG_BYTES = 16
LEAST_SEALED_BYTES = NONCE_BYTES + SALT_BYTES + TAG_BYTES  # an empty text


class Cipher:
    """Seals and opens with one key."""

    def __init__(self, key_id: str, key: bytes) -> None:
        """Take a key of 32 bytes; its id is for words only."""
        self._key_id = key_id
        self._key = key
        self._cipher = AESGCM(key)

    def seal(self, *, salt: bytes, body: bytes, context: bytes) -> bytes:
        """Return a salt and a text, encrypted.

        Args:
            salt: 32 bytes.
            body: the text; may be empty.
            context: the record and field it belongs to; it opens only with the same.

        Raises:
            ValueError: the salt is not 32 bytes: what is opened could not be cut again.
        """
        if len(salt) != SALT_BYTES:
            raise ValueError(f"expected a salt of {SALT_BYTES} bytes, got {len(salt)}")
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, salt + body, context)

    def open(self, sealed: bytes, *, context: bytes) -> tuple[bytes, bytes]:
        """Return the salt and the text that were sealed.

        Raises:
            SealError: it was altered, or sealed for another record or field.
        """
        if not isinstance(sealed, bytes) or len(sealed) < LEAST_SEALED_BYTES:
            raise self._cannot_open()
        try:
            opened = self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context)
        except InvalidTag:
            raise self._cannot_open() from None
        return opened[:SALT_BYTES], opened[SALT_BYTES:]

    def has_key(self, key: bytes) -> bool:
        """Tell whether this is the key that it seals with."""
        return hmac.compare_digest(key, self._key)

    def _cannot_open(self) -> SealError:
        return SealError(
            f"what was sealed with the key {self._key_id} cannot be opened: altered, or sealed for another record, "
            "or the key's file was replaced; compare the record and the key with a backup"
        )
