"""Canonical JSON (RFC 8785) of a leaf: the same content gives the same bytes in every language.

First refuses what does not survive a journey between languages (floats, numbers of an array library, integers beyond
2^53), then serialises with `rfc8785`. Does not know what the fields mean.
"""

from collections.abc import Mapping
from typing import Any

import rfc8785

from service.audit.errors import AuditEntryError


def canonical_json(value: Mapping[str, Any]) -> bytes:
    """Return the canonical JSON of an object made of texts, integers, booleans, null, lists and objects.

    Raises:
        AuditEntryError: naming the field and the type that came, never the value.
    """
    _check(value, "")
    try:
        return rfc8785.dumps(dict(value))
    except rfc8785.CanonicalizationError as error:
        raise AuditEntryError(
            f"a leaf cannot be written as canonical JSON ({type(error).__name__}): expected texts of valid Unicode "
            "and integers below 2^53"
        ) from None


def _check(value: object, where: str) -> None:
    if value is None or isinstance(value, str | int):
        return
    if isinstance(value, Mapping):
        for key, item in value.items():
            _check(item, f"{where}.{key}" if where else str(key))
    elif isinstance(value, list | tuple):
        for item in value:
            _check(item, f"{where}[]")
    else:
        raise AuditEntryError(
            f'expected "{where}" = a text, an integer, true, false or null, got a {type(value).__name__}: '
            "write a score in millionths and a time in microseconds"
        )
