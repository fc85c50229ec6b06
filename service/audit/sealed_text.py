"""One text of an entry before it is sealed: its salt, its bytes, and what the leaf says of it. Knows no key."""

from dataclasses import dataclass

from service.audit.formats.commitments import commit, new_salt
from service.audit.leaves import Commitment


@dataclass(frozen=True, slots=True)
class SealedText:
    """One text of an entry: its salt and its bytes, and what the leaf says of it."""

    salt: bytes
    body: bytes
    commitment: Commitment


def sealed_text(field: str, text: str) -> SealedText:
    """Return a text with a fresh salt; one that is not valid Unicode as it came, and no error can quote it."""
    salt, body = new_salt(), text.encode("utf-8", "surrogatepass")
    return SealedText(salt, body, Commitment(digest=commit(field, salt, body), length=len(body)))


def payload_context(origin: str, kind: str, request_id: str, field: str) -> bytes:
    """Return what a sealed payload is bound to: it opens for this leaf and this field and for no other."""
    return f"{origin}\0{kind}\0{request_id}\0{field}".encode()
