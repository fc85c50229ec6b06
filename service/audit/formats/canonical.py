"""Canonical JSON (RFC 8785) of a leaf: the same content gives the same bytes in every language.

First refuses what does not survive a journey between languages (floats, numbers of an array library, integers beyond
2^53), then serialises. With what is left, sorted keys, no blanks and no needless escapes are all that RFC 8785 asks, so
the standard library writes it, in less time than `rfc8785`, with which the tests compare; only where a key is not ASCII
does its order of keys differ, and `rfc8785` writes it. Does not know what the fields mean.
"""

import json
from collections.abc import Mapping
from typing import Any

import rfc8785

from service.audit.errors import AuditEntryError

_MAX_INTEGER = 2**53 - 1  # what a double holds
_WRITER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))


def canonical_json(value: Mapping[str, Any]) -> bytes:
    """Return the canonical JSON of an object made of texts, integers, booleans, null, lists and objects.

    Raises:
        AuditEntryError: naming the field and the type that came, never the value.
    """
    ascii_keys = _check(value, "")
    try:
        return _WRITER.encode(dict(value)).encode() if ascii_keys else rfc8785.dumps(dict(value))
    except (UnicodeEncodeError, rfc8785.CanonicalizationError) as error:
        raise _not_canonical(type(error).__name__) from None


def _check(value: object, where: str) -> bool:
    """Refuse what cannot be written alike everywhere; tell whether all keys are ASCII."""
    if value is None or isinstance(value, str):
        return True
    if isinstance(value, int):
        if abs(value) > _MAX_INTEGER:
            raise _not_canonical("IntegerDomainError")
        return True
    if isinstance(value, Mapping):
        checked = [
            _check(item, f"{where}.{key}" if where else str(key)) and isinstance(key, str) and key.isascii()
            for key, item in value.items()
        ]
        return all(checked)
    if isinstance(value, list | tuple):
        checked = [_check(item, f"{where}[]") for item in value]  # each one, whatever the first says
        return all(checked)
    raise AuditEntryError(
        f'expected "{where}" = a text, an integer, true, false or null, got a {type(value).__name__}: '
        "write a score in millionths and a time in microseconds"
    )


def _not_canonical(kind: str) -> AuditEntryError:
    return AuditEntryError(
        f"a leaf cannot be written as canonical JSON ({kind}): expected texts of valid Unicode and integers below 2^53"
    )
