"""Commitments: the formula, and that every part of it counts."""

import hashlib

import pytest

from service.audit.formats.commitments import commit, new_salt, verify

SALT = bytes(range(32))


def test_the_formula_is_the_documented_one() -> None:
    expected = hashlib.sha256(b"greenlit-commit-v1" + b"prompt" + b"\x00" + SALT + b"How long?").hexdigest()
    assert commit("prompt", SALT, b"How long?") == expected


def test_a_commitment_verifies_with_its_parts_and_with_no_others() -> None:
    commitment = commit("prompt", SALT, b"How long?")
    assert verify(commitment, field="prompt", salt=SALT, body=b"How long?")
    assert not verify(commitment, field="answer", salt=SALT, body=b"How long?")
    assert not verify(commitment, field="prompt", salt=bytes(32), body=b"How long?")
    assert not verify(commitment, field="prompt", salt=SALT, body=b"How long")
    assert not verify("0" * 64, field="prompt", salt=SALT, body=b"How long?")


def test_the_same_text_twice_gives_two_commitments() -> None:
    first, second = new_salt(), new_salt()
    assert len(first) == 32
    assert commit("prompt", first, b"yes") != commit("prompt", second, b"yes")


def test_parts_that_could_be_cut_in_two_ways_are_refused() -> None:
    with pytest.raises(ValueError, match="expected a salt of 32 bytes, got 31"):
        commit("prompt", SALT[1:], b"")
    with pytest.raises(ValueError, match="without a zero byte"):
        commit("pro\0mpt", SALT, b"")
