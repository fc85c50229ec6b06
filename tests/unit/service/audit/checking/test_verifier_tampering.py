"""No byte of an export can be changed unnoticed, even by somebody who puts the right hashes into the manifest."""

import contextlib
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.audit.checking.verifier import DAMAGE, LogCheck, check_export
from tests.support.examples import examples
from tests.support.export_parts import OLD_KEY, HandMadeLog, a_log, change_manifest, seal, write_export

FILES = ("leaves.jsonl", "payloads.jsonl", "checkpoints.jsonl", "checkpoint-2026-10.txt", "manifest.json")


def a_small_export(folder: Path) -> Path:
    """Records 1 to 4 of a month of 6: there is something to the left and to the right of them."""
    log = HandMadeLog()
    log.open_month("2026-10")
    log.ask("q1", "Why \ud800?")
    log.sign()
    log.begin("q2")
    log.add("audit.read")
    log.sign()
    log.add("audit.read")
    log.sign()
    return write_export(log, folder, from_seq=1, to_seq=4)


def checked(folder: Path, keys: tuple[str, ...] = (OLD_KEY.vkey,)) -> LogCheck | None:
    """Check an export; `None` where it cannot be read, which `main` tells as a broken promise."""
    with contextlib.suppress(*DAMAGE):
        return check_export(folder, keys=keys)
    return None


def noticed(folder: Path, keys: tuple[str, ...] = (OLD_KEY.vkey,)) -> bool:
    check = checked(folder, keys)
    return check is None or check.wrong > 0


class Tampering:
    """Changes single bytes of one file of an export, with the hash of the changed file in the manifest."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._path = folder / name
        self.content = self._path.read_bytes()
        self._manifest = json.loads((folder / "manifest.json").read_bytes())
        self._keys = () if name == "manifest.json" else (OLD_KEY.vkey,)  # it names a key itself

    def is_noticed(self, position: int, byte: int) -> bool:
        changed = self.content[:position] + bytes([byte]) + self.content[position + 1 :]
        self._path.write_bytes(changed)
        if self._path.name != "manifest.json":
            files = self._manifest["files"] | {self._path.name: hashlib.sha256(changed).hexdigest()}
            (self._folder / "manifest.json").write_text(json.dumps(self._manifest | {"files": files}) + "\n", "utf-8")
        return noticed(self._folder, self._keys) or self._says_the_same(changed)

    def _says_the_same(self, changed: bytes) -> bool:
        """Tell whether a change only touched how JSON is laid out: a blank for another."""
        if self._path.suffix == ".txt" or self._path.name == "leaves.jsonl":
            return False
        with contextlib.suppress(ValueError):
            return _meaning(changed) == _meaning(self.content)
        return False


def _meaning(content: bytes) -> object:
    text = content.decode()
    # As the verifier reads lines: a carriage return within one is a blank like any other.
    return json.loads(text) if text.startswith("{\n") else [json.loads(line) for line in text.rstrip("\n").split("\n")]


@pytest.mark.parametrize("name", FILES)
def test_every_byte_counts(tmp_path: Path, name: str) -> None:
    """Of a checkpoint each one; of the longer files every fourth, so some of every field of every line."""
    folder = a_small_export(tmp_path / "export")
    assert not noticed(folder)
    tampering = Tampering(folder, name)
    step = 1 if name.endswith(".txt") else examples(4, thorough=1)
    tried = range(0, len(tampering.content), step)
    missed = [at for at in tried if not tampering.is_noticed(at, tampering.content[at] ^ 1)]
    assert [(at, tampering.content[max(at - 9, 0) : at + 9]) for at in missed] == []


def test_the_hashes_in_the_manifest_alone_notice_what_says_the_same(tmp_path: Path) -> None:
    for name in ("payloads.jsonl", "checkpoints.jsonl", "records.csv"):
        folder = a_small_export(tmp_path / name)
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content.replace(b'"', b' "', 1))
        check = checked(folder)
        assert check is not None
        assert [one.detail for one in check.problems] == [f"'{name}' is not the one that the manifest names"]


def test_a_file_that_the_manifest_does_not_name_is_noticed(tmp_path: Path) -> None:
    for name in ("records.csv", "leaves.jsonl", "checkpoint-2026-10.txt"):
        folder = a_small_export(tmp_path / name)
        manifest = json.loads((folder / "manifest.json").read_bytes())
        del manifest["files"][name]
        (folder / "manifest.json").write_text(json.dumps(manifest) + "\n", "utf-8")
        check = checked(folder)
        assert check is not None
        assert [(one.seq, one.promise) for one in check.problems] == [(None, "file")]


# Damage. `main` catches DAMAGE and nothing else: anything else would be a traceback.

_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)
_often = settings(
    max_examples=examples(50, thorough=500), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def fresh(tmp_path: Path) -> Callable[[], Path]:
    """Make the same small export anew, where the one before was changed."""
    original = a_small_export(tmp_path / "original")

    def make() -> Path:
        folder = tmp_path / "changed"
        folder.mkdir(exist_ok=True)
        for path in original.iterdir():
            (folder / path.name).write_bytes(path.read_bytes())
        return folder

    return make


@_often
@given(name=st.sampled_from(FILES), part=st.floats(0, 1), byte=st.integers(0, 255))
def test_any_other_byte_is_noticed_too(fresh: Callable[[], Path], name: str, part: float, byte: int) -> None:
    tampering = Tampering(fresh(), name)
    position = int(part * (len(tampering.content) - 1))
    assert byte == tampering.content[position] or tampering.is_noticed(position, byte)


@_often
@given(name=st.sampled_from(FILES), start=st.integers(0, 800), length=st.integers(1, 800), junk=st.binary(max_size=20))
def test_damage_of_any_size_ends_in_words(
    fresh: Callable[[], Path], name: str, start: int, length: int, junk: bytes
) -> None:
    folder = fresh()
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[:start] + junk + content[start + length :])
    checked(folder)


@_often
@given(data=st.data(), value=_ANYTHING)
def test_a_value_of_another_kind_ends_in_words(fresh: Callable[[], Path], data: st.DataObject, value: object) -> None:
    folder = fresh()
    manifest = json.loads((folder / "manifest.json").read_bytes())
    place = data.draw(st.sampled_from([manifest, manifest["shards"][0]]))
    place[data.draw(st.sampled_from(sorted(place)))] = value
    (folder / "manifest.json").write_text(json.dumps(manifest) + "\n", "utf-8")
    checked(folder)


@_often
@given(data=st.data(), value=_ANYTHING)
def test_a_line_with_another_value_ends_in_words(fresh: Callable[[], Path], data: st.DataObject, value: object) -> None:
    folder = fresh()
    path = folder / data.draw(st.sampled_from(["leaves.jsonl", "payloads.jsonl", "checkpoints.jsonl"]))
    rows = [json.loads(line) for line in path.read_bytes().splitlines()]
    row = data.draw(st.sampled_from(rows))
    row[data.draw(st.sampled_from(sorted(row)))] = value
    path.write_text("".join(json.dumps(one) + "\n" for one in rows), "utf-8")
    seal(folder)
    checked(folder)


@pytest.mark.parametrize(
    "line",
    [b"[" * 100_000, b"\xff", b"\xef\xbb\xbf{}", b"1e999", b'{"type": "payload.erased", "ranges": [[0, 1e999]]}'],
)
def test_a_line_made_to_break_a_reader_ends_in_words(tmp_path: Path, line: bytes) -> None:
    for name in FILES[:3]:
        folder = a_small_export(tmp_path / name)
        (folder / name).write_bytes(line + b"\n")
        seal(folder)
        assert noticed(folder)


def test_a_manifest_leads_to_no_other_folder(tmp_path: Path) -> None:
    folder = write_export(a_log(), tmp_path / "export")
    outside = tmp_path / "checkpoint-2026-10.txt"
    (folder / outside.name).rename(outside)
    change_manifest(folder, lambda manifest: manifest["shards"][0].update(checkpoint=f"../{outside.name}"))
    with pytest.raises(ValueError, match="expected the file"):
        check_export(folder, keys=[OLD_KEY.vkey])
