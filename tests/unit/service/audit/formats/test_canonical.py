"""Canonical JSON: one form of bytes, and nothing in it that another language reads differently."""

from typing import Any

import pytest

from service.audit.errors import AuditEntryError
from service.audit.formats.canonical import canonical_json


def test_keys_are_sorted_and_nothing_is_wasted() -> None:
    assert canonical_json({"b": [1, True, None], "a": {"d": "é\n", "c": -5}}) == (
        '{"a":{"c":-5,"d":"é\\n"},"b":[1,true,null]}'.encode()
    )


@pytest.mark.parametrize("value", [{"hits": [{"score": 0.5}]}, {"hits": [{"score": 1.0}]}, {"hits": [{"score": b"1"}]}])
def test_a_number_that_languages_write_differently_is_refused_by_its_place(value: dict[str, Any]) -> None:
    with pytest.raises(AuditEntryError, match=r'expected "hits\[\]\.score" = a text, an integer.*got a (float|bytes)'):
        canonical_json(value)


def test_an_integer_that_a_double_cannot_hold_is_refused() -> None:
    assert canonical_json({"n": 2**53 - 1}) == b'{"n":9007199254740991}'
    with pytest.raises(AuditEntryError, match=r"integers below 2\^53"):
        canonical_json({"n": 2**53})


def test_a_text_that_is_not_unicode_is_refused_without_being_quoted() -> None:
    with pytest.raises(AuditEntryError, match="valid Unicode") as caught:
        canonical_json({"document": "secret\ud800"})
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
