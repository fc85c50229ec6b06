"""What is at hand to check a log with, and what is said of what is not."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.audit.checking.at_hand import AtHand, at_hand
from service.audit.checkpoints.signer import Signer
from service.audit.errors import AuditKeyError
from service.audit.shards import key_name
from tests.support.audit_parts import as_nobody
from tests.support.copied_logs import memory_file
from tests.support.real_logs import NAME, RealLog

GIVEN = "greenlit.test/audit+00000000+AAAA"


@pytest.fixture
def made(tmp_path: Path) -> Iterator[RealLog]:
    made = RealLog(tmp_path)
    made.ask()
    made.publish()
    yield made
    made.close()


def _look(made: RealLog, *given: str, has_checkpoints: bool = True) -> AtHand:
    return at_hand(made.keys, name=key_name(NAME), given=given, has_checkpoints=has_checkpoints)


def test_a_log_of_one_s_own_has_all_of_it(made: RealLog) -> None:
    found = _look(made)
    assert found.keys == (made.parts.signer.key().text(),)
    assert found.keyring is not None
    assert found.signed == made.parts.signer.last()
    assert found.unchecked == ()


def test_a_key_that_was_given_counts_before_the_log_s_own(made: RealLog) -> None:
    assert _look(made, GIVEN).keys == (GIVEN,)
    (made.keys / "signing.key").unlink()
    found = _look(made, GIVEN)
    assert (found.keys, found.unchecked) == ((GIVEN,), ()), "it is not needed then"


@pytest.mark.parametrize("spoiled", [None, b"k" * 31])
def test_without_the_signing_key_its_public_half_is_taken_and_that_is_said(
    made: RealLog, spoiled: bytes | None
) -> None:
    own = made.parts.signer.key().text()
    path = made.keys / "signing.key"
    path.unlink() if spoiled is None else path.write_bytes(spoiled)
    found = _look(made)
    assert found.keys == (own,)
    (words,) = found.unchecked
    assert words.startswith(f"{'the' if spoiled is None else 'expected the'} key {path} ")
    assert f"the checkpoints were held against {made.keys / 'signing.pub'}, and whether that is its other half" in words
    assert "or give the log's key with --key" in words


@pytest.mark.parametrize("content", [None, b"nonsense\n", b"\xff"])
def test_without_either_half_a_key_has_to_be_given(made: RealLog, content: bytes | None) -> None:
    (made.keys / "signing.key").unlink()
    public = made.keys / "signing.pub"
    public.unlink() if content is None else public.write_bytes(content)
    with pytest.raises(AuditKeyError, match=r"signing\.key is missing: .*; or give the log's key with --key"):
        _look(made)
    assert _look(made, GIVEN).keys == (GIVEN,)


def test_without_a_folder_of_keys_a_key_has_to_be_given_and_the_rest_is_left_alone(made: RealLog) -> None:
    made.keys.rename(made.root / "away")
    with pytest.raises(AuditKeyError, match=r"signing\.key is missing: .*; or give the log's key with --key"):
        _look(made)
    assert _look(made, GIVEN) == AtHand((GIVEN,), None, None, ())
    assert not made.keys.exists(), "and it is not made"


def test_a_folder_of_keys_that_is_a_file_is_none(made: RealLog) -> None:
    made.keys.rename(made.root / "away")
    made.keys.write_text("a file")
    assert _look(made, GIVEN) == AtHand((GIVEN,), None, None, ())


@pytest.mark.parametrize("mode", [0o000, 0o100])
def test_a_folder_that_may_not_be_looked_into_leaves_the_texts_unchecked(mode: int) -> None:
    """As somebody else than root, whom nothing keeps out."""
    with tempfile.TemporaryDirectory() as name, as_nobody(Path(name)):
        folder = Path(name) / "keys"
        Signer(folder=folder, name=key_name(NAME)).create()
        folder.chmod(mode)
        found = at_hand(folder, name=key_name(NAME), given=[GIVEN], has_checkpoints=True)
        folder.chmod(0o700)
    assert (found.keys, found.keyring, found.signed) == ((GIVEN,), None, None)
    (words,) = found.unchecked
    assert words.startswith(f"{folder} cannot be searched for keys (Permission denied)")
    assert words.endswith("the texts, and who asked, cannot be checked")


def test_a_memory_that_is_missing_is_said_once_something_was_signed(made: RealLog) -> None:
    memory_file(made.keys).unlink()
    found = _look(made)
    assert found.signed is None
    (words,) = found.unchecked
    assert words.startswith(f"the signer's memory {made.keys / 'signed-….json'} is missing: a store that was put back")
    assert _look(made, has_checkpoints=False).unchecked == ()


def test_a_memory_that_cannot_be_read_is_said(made: RealLog) -> None:
    memory_file(made.keys).write_text("{")
    found = _look(made)
    assert found.signed is None
    (words,) = found.unchecked
    assert ".json cannot be read (JSONDecodeError)" in words
    assert "a store that was put back to an older state is not noticed" in words
