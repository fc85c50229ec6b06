"""Pseudonyms, and the key that stands between them and names."""

from pathlib import Path

import pytest

from service.audit.actors import Pseudonyms, load_or_create_key
from service.audit.errors import AuditKeyError

KEY = bytes(range(32))


def test_a_pseudonym_reads_as_one_and_stays_the_same() -> None:
    pseudonyms = Pseudonyms(key=KEY)
    assert pseudonyms.actor("mira@northlight.example") == "actor-e4646fad113091bddf1d958d42a7cd8a"
    assert pseudonyms.actor("mira@northlight.example") != pseudonyms.actor("theo@northlight.example")


def test_another_key_gives_other_pseudonyms() -> None:
    assert Pseudonyms(key=KEY).actor("mira") != Pseudonyms(key=bytes(32)).actor("mira")


def test_the_hash_of_groups_knows_neither_order_nor_repetition() -> None:
    pseudonyms = Pseudonyms(key=KEY)
    assert pseudonyms.groups_hash(["staff", "legal"]) == pseudonyms.groups_hash(["legal", "staff", "staff"])
    assert pseudonyms.groups_hash(["a,b"]) != pseudonyms.groups_hash(["a", "b"])
    assert pseudonyms.groups_hash([]) != pseudonyms.groups_hash([""])
    assert len(pseudonyms.groups_hash([])) == 64


def test_a_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    keys = tmp_path / "var" / "keys"
    key = load_or_create_key(keys)
    assert len(key) == 32
    assert load_or_create_key(keys) == key
    assert (keys / "actor.key").stat().st_mode & 0o777 == 0o600
    assert [folder.stat().st_mode & 0o777 for folder in (keys, keys.parent)] == [0o700, 0o700]
    assert [path.name for path in keys.iterdir()] == ["actor.key"], "nothing half-made is left"


def test_a_key_of_the_wrong_size_is_not_replaced_silently(tmp_path: Path) -> None:
    (tmp_path / "actor.key").write_bytes(b"short")
    (tmp_path / "actor.key").chmod(0o600)
    with pytest.raises(AuditKeyError, match=r"actor\.key to be 32 bytes, got 5: restore it from a backup"):
        load_or_create_key(tmp_path)
    (tmp_path / "actor.key").write_bytes(bytes(33))
    with pytest.raises(AuditKeyError, match="to be 32 bytes, got more"):
        load_or_create_key(tmp_path)


def test_a_key_that_everybody_can_read_is_refused(tmp_path: Path) -> None:
    load_or_create_key(tmp_path)
    (tmp_path / "actor.key").chmod(0o644)
    with pytest.raises(AuditKeyError, match=r"everybody on this machine may open the key .* \(mode 0644\)"):
        load_or_create_key(tmp_path)


def test_a_key_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "actor.key").mkdir()
    with pytest.raises(AuditKeyError, match=r"actor\.key cannot be read or made \(Is a directory\)"):
        load_or_create_key(tmp_path)
    (tmp_path / "keys").symlink_to(tmp_path / "nowhere")
    with pytest.raises(AuditKeyError, match=r"cannot be read or made"):
        load_or_create_key(tmp_path / "keys")


def test_when_two_processes_make_the_key_at_once_the_first_one_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = load_or_create_key(tmp_path)
    monkeypatch.setattr(Path, "exists", lambda _: False)  # the second process looked before the first had made it
    assert load_or_create_key(tmp_path) == key
