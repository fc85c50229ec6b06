"""What could be seen is kept packed: small, exact, and never believed."""

import hashlib
import json
import random
import zlib

from hypothesis import given
from hypothesis import strategies as st

from service.audit.storage.kept_scopes import KeptScopes, unpacked
from service.audit.storage.store import KeptScope


class _Kept:
    """What a store holds, with what its writer knows."""

    def __init__(self) -> None:
        self.rows: dict[str, bytes] = {}
        self.newest: str | None = None
        self.scopes = self.started_again()

    def started_again(self) -> KeptScopes:
        self.scopes = KeptScopes(lambda name: self.rows.get(name), lambda: self.newest)  # noqa: PLW0108
        return self.scopes

    def keep(self, *lists: bytes, written: bool = True) -> int:
        """Keep lists; return how many bytes that took."""
        new = self.scopes.new(_scope(pairs) for pairs in lists)
        if written:
            self.rows = new | self.rows
            self.scopes.written(new)
            self.newest = _name(lists[-1])
        return sum(map(len, new.values()))

    def read(self, pairs: bytes) -> bytes:
        return unpacked(self.rows[_name(pairs)], self.rows.get)


def _name(pairs: bytes) -> str:
    return hashlib.sha256(pairs).hexdigest()


def _scope(pairs: bytes) -> KeptScope:
    return KeptScope(_name(pairs), pairs)


def _list(versions: dict[int, int]) -> bytes:
    lines = (f"legal/{n:04}.md\0{hashlib.sha256(b'%d %d' % (n, v)).hexdigest()}" for n, v in sorted(versions.items()))
    return "".join(f"{line}\n" for line in lines).encode()


def test_a_year_of_decisions_takes_an_eighth_of_its_lists() -> None:
    dice, kept, versions, taken = random.Random(1), _Kept(), dict.fromkeys(range(300), 1), 0  # noqa: S311
    lists = []
    for day in range(365):
        for number in dice.sample(range(310), 2):
            versions[number] = versions.get(number, 0) + 1
        versions.pop(dice.randrange(300), None) if day % 10 == 0 else None
        lists.append(_list(versions))
        kept.started_again() if day % 3 == 0 else None
        taken += kept.keep(lists[-1])
    assert all(kept.read(pairs) == pairs for pairs in lists)
    assert taken * 8 < sum(map(len, lists))


def test_lists_of_two_groups_stand_on_lists_of_their_own() -> None:
    kept = _Kept()
    many, few = dict.fromkeys(range(400), 1), dict.fromkeys(range(380, 430), 1)
    kept.keep(_list(many), _list(few))
    for version in range(2, 5):
        many[7] = few[390] = version
        assert kept.keep(_list(many), _list(few)) < 1000
        assert kept.read(_list(many)) == _list(many)
        assert kept.read(_list(few)) == _list(few)


def test_what_was_not_written_is_stood_on_by_nothing() -> None:
    kept, versions = _Kept(), dict.fromkeys(range(300), 1)
    kept.keep(_list(versions), written=False)  # the disk was full
    versions[3] = 2
    kept.keep(_list(versions))
    assert kept.read(_list(versions)) == _list(versions)


def test_nothing_stands_on_a_list_that_another_writer_kept_as_a_difference() -> None:
    kept, versions = _Kept(), dict.fromkeys(range(300), 1)
    kept.keep(_list(versions))
    versions[3] = 2
    kept.keep(_list(versions))
    for kept.newest in (None, "f" * 64):  # started anew, and nothing near is found to stand on
        kept.started_again()
        kept.keep(_list(versions))
        later = _list(versions | {4: 2})
        kept.keep(later)
        assert kept.read(later) == later
        del kept.rows[_name(later)]


def test_nothing_stands_on_a_list_that_another_writer_kept_as_a_difference_meanwhile() -> None:
    kept, versions = _Kept(), dict.fromkeys(range(300), 1)
    kept.keep(_list(versions))
    versions[3] = 2
    other = KeptScopes(kept.rows.get, lambda: None)
    late = other.new([_scope(_list(versions))])
    kept.keep(_list(versions))
    kept.rows = late | kept.rows
    other.written(late)
    later = _list(versions | {4: 2})
    kept.rows |= other.new([_scope(later)])
    assert kept.read(later) == later


def test_a_list_is_kept_once_and_anew_when_the_store_may_be_another() -> None:
    kept, pairs = _Kept(), _list({1: 1})
    assert kept.keep(pairs) > 0
    assert kept.keep(pairs) == 0
    kept.scopes.forget()
    assert kept.keep(pairs) == 0
    kept.rows.clear()
    kept.scopes.forget()
    assert kept.keep(pairs) > 0


def test_an_older_version_kept_lists_as_they_are() -> None:
    for pairs in (b"", _list({1: 1})):
        assert unpacked(pairs, _Kept().rows.get) == pairs


@given(st.lists(st.text("abc\0\n", max_size=4)), st.lists(st.text("abc\0\n", max_size=4)))
def test_whatever_is_kept_comes_out(before: list[str], now: list[str]) -> None:
    many = "".join(f"{'x' * 90}{number}\n" for number in range(40))
    first, second = (many + "\n".join(one) for one in (before, now))
    kept = _Kept()
    kept.keep(first.encode(), second.encode())
    assert (kept.read(first.encode()), kept.read(second.encode())) == (first.encode(), second.encode())


def test_what_was_altered_has_another_hash() -> None:
    kept, versions = _Kept(), dict.fromkeys(range(300), 1)
    first = _list(versions)
    versions[5] = 2
    second = _list(versions)
    kept.keep(first)
    kept.keep(second)
    whole, difference = kept.rows[_name(first)], kept.rows[_name(second)]
    assert len(difference) < 400 < len(whole)
    said = json.loads(zlib.decompress(difference[1:]))

    def differing(**otherwise: object) -> bytes:
        return b"\x01" + zlib.compress(json.dumps(said | otherwise).encode())

    others: list[object] = [None, 7, [], [[]], [[1]], "x"]
    altered = [
        whole[:-1],
        whole + b"x",
        whole[:1] + zlib.compress(second)[:-9],
        difference[:-3],
        difference + b"x",
        b"\x00",
        b"\x01",
        b"\x01" + zlib.compress(b"[]"),
        b"\x01" + zlib.compress(b"7"),
        *(differing(**{name: value}) for name in ("base", "gone", "came") for value in others),
        differing(base=_name(second)),
    ]
    for one in altered:
        assert _name(unpacked(one, kept.rows.get)) not in (_name(first), _name(second)) or one == differing(gone=[])
    kept.rows[_name(first)] = b"\x00" + zlib.compress(_list(versions | {9: 5}))
    assert _name(kept.read(second)) != _name(second), "a base that was altered shows in what stands on it"
    del kept.rows[_name(first)]
    assert _name(kept.read(second)) != _name(second)
