"""Pseudonyms: two people are told apart, and no name can be read."""

from service.audit.keys.actors import Pseudonyms

KEY = bytes(range(32))


def test_a_pseudonym_reads_as_one_and_stays_the_same() -> None:
    pseudonyms = Pseudonyms(key=KEY)
    assert pseudonyms.actor("mira@northlight.example") == "actor-e4646fad113091bddf1d958d42a7cd8a"
    assert pseudonyms.actor("mira@northlight.example") != pseudonyms.actor("theo@northlight.example")


def test_somebody_looks_under_another_pseudonym_than_they_ask_under() -> None:
    """Who may see who looked must not learn from it who asked."""
    pseudonyms = Pseudonyms(key=KEY)
    assert pseudonyms.watcher("mira") != pseudonyms.actor("mira")
    assert len(pseudonyms.watcher("mira")) == len(pseudonyms.actor("mira"))
    assert pseudonyms.watcher("mira") == pseudonyms.watcher("mira") != pseudonyms.watcher("theo")


def test_another_key_gives_other_pseudonyms() -> None:
    assert Pseudonyms(key=KEY).actor("mira") != Pseudonyms(key=bytes(32)).actor("mira")


def test_a_subject_that_is_not_valid_unicode_has_a_pseudonym_of_its_own() -> None:
    pseudonyms = Pseudonyms(key=KEY)
    assert pseudonyms.actor("mira\udcff") not in {pseudonyms.actor("mira"), pseudonyms.actor("mira?")}


def test_the_hash_of_groups_knows_neither_order_nor_repetition() -> None:
    pseudonyms = Pseudonyms(key=KEY)
    assert pseudonyms.groups_hash(["staff", "legal"]) == pseudonyms.groups_hash(["legal", "staff", "staff"])
    assert pseudonyms.groups_hash(["a,b"]) != pseudonyms.groups_hash(["a", "b"])
    assert pseudonyms.groups_hash([]) != pseudonyms.groups_hash([""])
    assert len(pseudonyms.groups_hash([])) == 64


def test_the_hash_of_groups_is_keyed_too() -> None:
    assert Pseudonyms(key=KEY).groups_hash(["board"]) != Pseudonyms(key=bytes(32)).groups_hash(["board"])


def test_the_key_is_not_shown() -> None:
    shown = repr(Pseudonyms(key=KEY)) + str(Pseudonyms(key=KEY))
    assert repr(KEY) not in shown
    assert KEY.hex() not in shown
