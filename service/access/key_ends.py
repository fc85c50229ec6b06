"""Which API keys have ended or end soon, in words: whatever uses one is answered with 401 from then on.

A key that was revoked is not told of, nor one that a newer key of its name has taken the place of. Reads nothing.
"""

from collections.abc import Iterable
from datetime import date

from service.access.key_store import Key

SOON_DAYS = 14  # making another key, and having it put in, takes people some time


def key_remarks(keys: Iterable[Key], today: date) -> list[str]:
    """Return a line for each key that has ended, or ends within two weeks; those that ended first come first.

    Args:
        keys: all that were ever made, the oldest first.
        today: the day, in UTC; a key's last day is one on which it opens what it opens.
    """
    newest = {key.name: key for key in keys if key.revoked_at is None}
    due = [key for key in newest.values() if (key.expires - today).days <= SOON_DAYS]
    return [_in_words(key, today) for key in sorted(due, key=lambda key: (key.expires, key.name))]


def _in_words(key: Key, today: date) -> str:
    named = f"the API key '{key.name}' ({', '.join(sorted(key.scopes))})"
    if key.lives(today):
        ends = f"{named} ends after {key.expires}, and whatever uses it is answered with 401 then: make another in time"
        return f"{ends} (greenlit keys create), and revoke this one"
    ended = f"{named} ended after {key.expires}, and whatever uses it is answered with 401: make another"
    return f"{ended} (greenlit keys create), or revoke it if nothing needs it (greenlit keys revoke)"
