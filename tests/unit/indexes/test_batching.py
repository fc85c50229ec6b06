"""Batching: many callers, few batches, everybody gets their own vectors, and nobody is left waiting."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from indexes.batching import BatchingEncoder
from indexes.encoder import Vectors
from indexes.errors import EncoderError
from tests.support.fakes import HashingEncoder

_PATIENCE_S = 60.0


class Slow(HashingEncoder):
    """Encodes when it is told to; `batches` are what it was given, `begun` counts the calls."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()
        self.batches: list[list[str]] = []
        self.breaks_on: str | None = None
        self.at_once = self.most_at_once = 0
        self._counting = threading.Lock()

    def encode(self, texts: Sequence[str]) -> Vectors:
        with self._counting:
            self.batches.append(list(texts))
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            assert self.go_on.wait(_PATIENCE_S)
            if self.breaks_on in texts:
                raise MemoryError
            return super().encode(texts)
        finally:
            with self._counting:
                self.at_once -= 1


def _until(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + _PATIENCE_S
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.001)


def _queued(batching: BatchingEncoder) -> int:
    return len(batching._queue)


def _asking(pool: ThreadPoolExecutor, batching: BatchingEncoder, inner: Slow, texts: Sequence[str]) -> list[object]:
    """Let one ask first, and the others once that one is being encoded; return what each will get."""
    first = pool.submit(batching.encode, [texts[0]])
    _until(lambda: len(inner.batches) == 1)
    later = []
    for number, text in enumerate(texts[1:], 1):
        later.append(pool.submit(batching.encode, [text]))
        _until(lambda number=number: _queued(batching) == number)  # type: ignore[misc]
    return [first, *later]


def test_one_caller_is_encoded_at_once_and_as_without_it() -> None:
    inner = HashingEncoder()
    batching = BatchingEncoder(inner)
    np.testing.assert_array_equal(batching.encode(["a word", "two"]), HashingEncoder().encode(["a word", "two"]))
    assert batching.encode([]).shape == (0, inner.dimensions)
    assert batching.tokenize("a word") == inner.tokenize("a word")
    assert (batching.name, batching.digest, batching.dtype) == (inner.name, inner.digest, inner.dtype)


def test_whoever_comes_meanwhile_is_encoded_together_and_gets_their_own() -> None:
    inner = Slow()
    batching = BatchingEncoder(inner)
    texts = [f"question {number}" for number in range(9)]
    with ThreadPoolExecutor(9) as pool:
        asked = _asking(pool, batching, inner, texts)
        inner.go_on.set()
        for text, one in zip(texts, asked, strict=True):
            np.testing.assert_array_equal(one.result(_PATIENCE_S), HashingEncoder().encode([text]))  # type: ignore[attr-defined]
    assert inner.batches == [texts[:1], texts[1:]]


def test_a_batch_is_not_larger_than_was_agreed_and_nobody_s_texts_are_torn_apart() -> None:
    inner = Slow()
    batching = BatchingEncoder(inner, max_batch=3)
    with ThreadPoolExecutor(9) as pool:
        asked = _asking(pool, batching, inner, ["0", "1", "2", "3", "4"])
        asked.append(pool.submit(batching.encode, ["a", "b", "c", "d"]))
        _until(lambda: _queued(batching) == 5)
        inner.go_on.set()
        assert [len(one.result(_PATIENCE_S)) for one in asked] == [1, 1, 1, 1, 1, 4]  # type: ignore[attr-defined]
    assert inner.batches == [["0"], ["1", "2", "3"], ["4"], ["a", "b", "c", "d"]]


def test_an_error_reaches_everybody_in_the_batch_and_nobody_else() -> None:
    inner = Slow()
    batching = BatchingEncoder(inner, max_batch=2)
    inner.breaks_on = "2"
    with ThreadPoolExecutor(9) as pool:
        asked = _asking(pool, batching, inner, ["0", "1", "2", "3"])
        inner.go_on.set()
        with pytest.raises(MemoryError):
            asked[1].result(_PATIENCE_S)  # type: ignore[attr-defined]
        with pytest.raises(EncoderError, match=r"could not be encoded with others \(MemoryError\): ask again"):
            asked[2].result(_PATIENCE_S)  # type: ignore[attr-defined]
        for number in (0, 3):
            assert asked[number].result(_PATIENCE_S).shape == (1, 64)  # type: ignore[attr-defined]
    assert batching.encode(["again"]).shape == (1, 64), "and it goes on"


def test_as_many_batches_run_at_once_as_was_agreed() -> None:
    inner = Slow()
    batching = BatchingEncoder(inner, at_once=2, max_batch=1)
    with ThreadPoolExecutor(9) as pool:
        asked = [pool.submit(batching.encode, [str(number)]) for number in range(9)]
        _until(lambda: _queued(batching) == 7)
        inner.go_on.set()
        assert all(len(one.result(_PATIENCE_S)) == 1 for one in asked)
    assert inner.most_at_once == 2
    assert batching._free == 2


def test_a_batch_may_wait_for_company() -> None:
    inner = Slow()
    inner.go_on.set()
    batching = BatchingEncoder(inner, wait_s=0.3)
    with ThreadPoolExecutor(3) as pool:
        assert all(len(part) == 1 for part in pool.map(batching.encode, [["0"], ["1"], ["2"]]))
    assert len(inner.batches) == 1


def _interrupted(_self: threading.Event, _timeout: float | None = None) -> bool:
    raise KeyboardInterrupt


def test_whoever_is_interrupted_while_waiting_leaves_nobody_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    inner = Slow()
    batching = BatchingEncoder(inner)
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(batching.encode, ["0"])
        _until(lambda: len(inner.batches) == 1)
        with monkeypatch.context() as patch:
            patch.setattr(threading.Event, "wait", _interrupted)
            with pytest.raises(KeyboardInterrupt):
                batching.encode(["1"])
        assert _queued(batching) == 0
        inner.go_on.set()
        assert first.result(_PATIENCE_S).shape == (1, 64)
    assert batching.encode(["2"]).shape == (1, 64)


def test_many_threads_for_a_while_get_what_they_asked_for() -> None:
    inner = HashingEncoder()
    batching = BatchingEncoder(inner, at_once=2, max_batch=8)
    alone = {text: HashingEncoder().encode([text])[0] for text in (f"text {number}" for number in range(20))}

    def ask(number: int) -> None:
        for turn in range(20):
            texts = [f"text {(number * 7 + turn + more) % 20}" for more in range(number % 3)]
            for text, vector in zip(texts, batching.encode(texts), strict=True):
                np.testing.assert_array_equal(vector, alone[text])

    with ThreadPoolExecutor(32) as pool:
        list(pool.map(ask, range(32), timeout=60))
    assert batching._free == 2
    assert _queued(batching) == 0
