"""The ids of the keys of payloads and pseudonyms: what they say, and what can be one.

An id is the purpose, the month and a number: `payload-2026-11-1`. The first key of who asked, and of pseudonyms, bears
no number: `identity-2026-11`, `actor-2026-11`; where one was lost, `-2` follows it. Opens no file.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from service.audit.errors import AuditKeyError

KeyPurpose = Literal["payload", "identity", "actor"]
PURPOSES: tuple[KeyPurpose, ...] = ("payload", "identity", "actor")

# Ids come from rows that somebody may have altered: nothing that fits these can leave a folder. No actor key seals.
_MONTH = "[0-9]{4}-(?:0[1-9]|1[0-2])"
_NUMBER = "[1-9][0-9]{0,5}"
_FOLLOWS = "(?:-(?:[2-9]|[1-9][0-9]{1,5}))?"
_PAYLOAD_ID = f"payload-{_MONTH}-{_NUMBER}"
_IS_MONTH = re.compile(_MONTH)
_IS_SEALING_ID = re.compile(f"{_PAYLOAD_ID}|identity-{_MONTH}{_FOLLOWS}")
_IS_KEY_ID = re.compile(f"{_PAYLOAD_ID}|(?:identity|actor)-{_MONTH}{_FOLLOWS}")


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made: what for, and its id."""

    purpose: KeyPurpose
    key_id: str


def is_month(text: object) -> bool:
    """Tell whether something is a month, as `yyyy-mm`."""
    return _is(_IS_MONTH, text)


def expected_month(text: str) -> str:
    """Return a month; raise AuditKeyError for anything else."""
    if not is_month(text):
        raise AuditKeyError(f"expected a month such as 2026-11, got {text!r}")
    return text


def is_key_id(key_id: object) -> bool:
    """Tell whether something can be the id of a key."""
    return _is(_IS_KEY_ID, key_id)


def is_sealing_id(key_id: object) -> bool:
    """Tell whether something can be the id of a key that seals."""
    return _is(_IS_SEALING_ID, key_id)


def made_id(purpose: str, month: str, number: int) -> str:
    """Return the id of a key."""
    return f"{purpose}-{month}" if number == 1 and purpose != "payload" else f"{purpose}-{month}-{number}"


def purpose_of(key_id: str) -> KeyPurpose:
    """Return what a key of this id is for."""
    return next(purpose for purpose in PURPOSES if key_id.startswith(f"{purpose}-"))


def month_of_key(key_id: str) -> str:
    """Return the month of a key."""
    return key_id.split("-", 1)[1][:7]


def number_of(key_id: str) -> int:
    """Return the number of a key among those of its month and purpose."""
    return int(key_id.split("-", 1)[1][8:] or 1)


def missing_in_words(key_ids: Collection[str]) -> str:
    """Say that keys are missing, each by its id, and what a person does about it; at least one is."""
    purposes = {purpose_of(key_id) for key_id in key_ids}
    rotate = f"greenlit audit rotate {purposes.pop() if len(purposes) == 1 else 'all'} --lost --reason TEXT"
    *others, last = sorted(key_ids)
    if not others:
        return (
            f"the key {last} is missing: put it back (greenlit restore COPIES), or, if nobody has it any more, say so "
            f"with {rotate}"
        )
    return (
        f"the keys {', '.join(others)} and {last} are missing: put them back (greenlit restore COPIES), or, if "
        f"nobody has them any more, say so of all at once with {rotate}"
    )


def _is(form: re.Pattern[str], text: object) -> bool:
    return isinstance(text, str) and form.fullmatch(text) is not None
