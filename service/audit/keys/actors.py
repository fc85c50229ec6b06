"""Pseudonyms: who asked, so that the log can tell two people apart and nobody can read a name in it.

HMAC-SHA-256 under a key that lives outside the log (`keyring`), another one each month: nobody can be followed from one
month to the next, and when a month's key is destroyed its pseudonyms name nobody any more. Without the key a pseudonym
cannot be matched to a guessed name. Resolves nobody: that takes two people and a record of its own.
"""

import hmac
from collections.abc import Iterable

from service.audit.formats.canonical import canonical_json

ACTOR_PREFIX = "actor-"
ACTOR_HEX = 32  # 128 bits: no two people share a pseudonym by chance


class Pseudonyms:
    """Makes pseudonyms under one key of 32 bytes."""

    def __init__(self, *, key: bytes) -> None:
        self._key = key

    def actor(self, subject: str) -> str:
        """Return the pseudonym of a subject (a user id, as sign-in gives it): `actor-` and 32 hex digits."""
        return ACTOR_PREFIX + self._digest(b"actor", subject.encode("utf-8", "surrogatepass"))[:ACTOR_HEX]

    def watcher(self, subject: str) -> str:
        """Return the pseudonym under which somebody looks at the log or acts on it, in the form of `actor`.

        Another one than they ask under: whoever may see who looked must not learn from it who asked.
        """
        return ACTOR_PREFIX + self._digest(b"watcher", subject.encode("utf-8", "surrogatepass"))[:ACTOR_HEX]

    def wisher(self, subject: str) -> str:
        """Return the pseudonym under which somebody asks for a document, in the form of `actor`.

        Another one again: so that a wish tells nothing of whose questions it may belong to.
        """
        return ACTOR_PREFIX + self._digest(b"wisher", subject.encode("utf-8", "surrogatepass"))[:ACTOR_HEX]

    def groups_hash(self, groups: Iterable[str]) -> str:
        """Return a keyed hash (64 hex digits) of a set of groups; their order and repetition do not matter.

        Keyed as well, because a rare set of groups can be guessed and names its only member.
        """
        return self._digest(b"groups", canonical_json({"groups": sorted(set(groups))}))

    def has_key(self, key: bytes) -> bool:
        """Tell whether this is the key that it makes them with."""
        return hmac.compare_digest(key, self._key)

    def _digest(self, purpose: bytes, content: bytes) -> str:
        return hmac.digest(self._key, purpose + b"\0" + content, "sha256").hex()


def conversation_key(actor: str, conversation_id: str) -> str:
    """Return what a question in a conversation is looked up by: an id names a conversation of one person only."""
    return f"{actor}/{conversation_id}"
