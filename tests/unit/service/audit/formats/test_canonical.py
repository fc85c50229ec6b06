"""Canonical JSON: one form of bytes, and nothing in it that another language reads differently."""

from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

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


_TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
_LEAVES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | _TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(_TEXTS, _LEAVES, max_size=5))
def test_what_is_written_is_what_the_reference_library_writes(value: dict[str, Any]) -> None:
    """Control characters, quotes, keys outside of ASCII and their order, to the byte."""
    assert canonical_json(value) == rfc8785.dumps(value)


def test_every_single_character_is_written_as_the_reference_library_writes_it() -> None:
    for code in (*range(0x300), 0x2028, 0x2029, 0xFEFF, 0xFFFD, 0x10FFFF):
        value = {chr(code): chr(code)}
        assert canonical_json(value) == rfc8785.dumps(value), hex(code)
