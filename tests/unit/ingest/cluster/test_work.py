"""What a worker does: of approved bytes only, with what was agreed, and without a word of them where it fails."""

import hashlib
import json
from dataclasses import replace

import pytest

from ingest.cluster import messages
from ingest.cluster.work import perform_with
from ingest.engine import Version
from ingest.errors import LoaderStartError
from ingest.loading.process import LoaderProcess
from ingest.parsed import Parsed
from tests.support.cluster_parts import agreed
from tests.support.fakes import DirectParser, HashingEncoder

CONTENT = b"# Rules\n\nKeep masters for ten years.\n"
CANARY = "zebra4711"


@pytest.fixture(autouse=True)
def _parsed_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LoaderProcess, "load", lambda _self, name, content: DirectParser().load(name, content))


def _encoder(_name: str) -> HashingEncoder:
    return HashingEncoder()


def _done(
    content: bytes = CONTENT, *, name: str = "legal/a.md", of: bytes | None = None, dtype: str = "float32"
) -> list[bytes]:
    expected = agreed(HashingEncoder())
    here = replace(expected.here, encoder=replace(expected.encoder, dtype=dtype))
    setup = json.dumps(replace(expected, here=here).as_json()).encode()
    version = Version(name, hashlib.sha256(of or content).hexdigest(), "", content)
    other = replace(version, document="legal/b.xls")
    how, *replies = messages.unpacked(perform_with(_encoder, setup, messages.versions_sent([version, other])))
    return messages.unpacked(replies[0]) if how == messages.DONE else [how, *replies]


def test_approved_bytes_are_read_and_split() -> None:
    how, *parts = _done()
    assert how == messages.DONE
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    split = messages.split_received(parts, document="legal/a.md", sha256=sha256, title="")
    assert [passage.text for passage in split.passages] == ["Keep masters for ten years."]


def test_other_bytes_than_were_approved_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LoaderProcess, "load", lambda *_: pytest.fail("it was read"))
    assert _done(b"# Rules\n\nKeep nothing.\n", of=CONTENT) == [
        messages.FAILED,
        b"the bytes that reached a worker are not those that were approved",
    ]


def test_what_cannot_be_read_is_refused_with_the_reason() -> None:
    assert _done(b"x", name="legal/a.xls")[0] == messages.REFUSED


def test_a_worker_with_another_arithmetic_does_nothing() -> None:
    how, words = _done(dtype="bfloat16")
    assert how == messages.FAILED
    assert words == (
        b"a worker would not do the same: expected encoder dtype bfloat16, got dtype float32; "
        b"install the same Greenlit on all machines"
    )


@pytest.mark.parametrize(
    ("error", "how"), [(LoaderStartError("no child"), messages.NOT_STARTED), (KeyError(CANARY), messages.FAILED)]
)
def test_what_breaks_is_said_without_a_word_of_the_document(
    monkeypatch: pytest.MonkeyPatch, error: Exception, how: bytes
) -> None:
    def load(*_: object) -> Parsed:
        raise error

    monkeypatch.setattr(LoaderProcess, "load", load)
    said = _done()
    assert said[0] == how
    assert CANARY.encode() not in b"".join(said)
