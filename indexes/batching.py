"""Encodes the texts of several callers in one go: an encoder is much faster with many texts at once than one by one.

Whoever finds an encoder free encodes at once, with whatever waits: nobody waits for company. Whoever comes meanwhile
waits in a queue; when a batch is done, the first in the queue encodes the next one, for itself and for those behind it.
There is no thread here that could die or would have to be stopped. What breaks a batch is told to everybody in it.
"""

import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from indexes.encoder import Encoder, Pieces, Span, Vectors
from indexes.errors import EncoderError


@dataclass(slots=True, eq=False)
class _Waiting:
    """One caller's texts. `woken` is set when there are vectors, an error, or when it is this caller's turn."""

    texts: Sequence[str]
    woken: threading.Event = field(default_factory=threading.Event)
    its_turn: bool = False
    vectors: Vectors | None = None
    pieces: list[Pieces] = field(default_factory=list)
    error: BaseException | None = None


class BatchingEncoder:
    """An `Encoder` over another one. Safe to call from several threads, and meant to be."""

    def __init__(self, encoder: Encoder, *, at_once: int = 1, max_batch: int = 32, wait_s: float = 0.0) -> None:
        """Wrap an encoder.

        Args:
            encoder: encodes; its vectors must not depend on what is encoded beside them.
            at_once: how many batches may be encoded at the same time.
            max_batch: the most texts of several callers in a batch; one caller's texts are never torn apart.
            wait_s: how long a batch waits for company before it is encoded, in seconds.
        """
        self.name = encoder.name
        self.digest = encoder.digest
        self.dtype = encoder.dtype
        self.dimensions = encoder.dimensions
        self.max_tokens = encoder.max_tokens
        self._encoder = encoder
        self._max_batch = max_batch
        self._wait_s = wait_s
        self._lock = threading.Lock()  # guards what follows
        self._free = at_once
        self._queue: deque[_Waiting] = deque()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, shape (len(texts), dimensions), float32; raises what `encode_with_pieces` does."""
        return self.encode_with_pieces(texts)[0]

    def encode_with_pieces(self, texts: Sequence[str]) -> tuple[Vectors, list[Pieces]]:
        """Return unit vectors, shape (len(texts), dimensions), float32, and the word pieces of each text.

        Raises:
            EncoderError: the batch broke while another caller encoded it.
            Exception: whatever the encoder raises to the caller that encodes.
        """
        own = _Waiting(texts)
        with self._lock:
            if self._free:
                self._free -= 1
                own.its_turn = True
            else:
                self._queue.append(own)
        if not own.its_turn:
            self._wait(own)
        if own.its_turn:
            self._encode_for_all(own)
        if own.vectors is None:
            raise EncoderError(
                f"the texts could not be encoded with others ({type(own.error).__name__}): ask again"
            ) from own.error
        return own.vectors, own.pieces

    def encode_with_spans(
        self, texts: Sequence[str], spans: Sequence[Sequence[Span]]
    ) -> tuple[Vectors, list[Vectors], list[Pieces]]:
        """Return unit vectors of texts and of stretches of each, and word pieces; no question asks for these."""
        return self._encoder.encode_with_spans(texts, spans)

    def tokenize(self, text: str) -> list[int]:
        """Return the text's token ids without the special ones, untruncated."""
        return self._encoder.tokenize(text)

    def vocabulary(self) -> list[str]:
        """Return the words that are one token."""
        return self._encoder.vocabulary()

    def waiting(self) -> int:
        """Return how many callers wait for an encoder to be free."""
        with self._lock:
            return len(self._queue)

    def _wait(self, own: _Waiting) -> None:
        try:
            own.woken.wait()
        except BaseException:  # interrupted: nobody may wait for a turn that this caller does not take
            with self._lock:
                if own in self._queue:
                    self._queue.remove(own)
            if own.its_turn:
                self._pass_on()
            raise

    def _encode_for_all(self, own: _Waiting) -> None:
        """Encode one's own texts with those of whoever waits, then let the next in the queue go on."""
        batch = [own]
        try:
            if self._wait_s:
                time.sleep(self._wait_s)
            self._take(batch)
            self._encode(batch)
        except BaseException as error:
            for one in batch:
                one.error = error
            raise
        finally:
            self._pass_on()
            for one in batch:
                one.woken.set()

    def _take(self, batch: list[_Waiting]) -> None:
        """Add those who wait, in order, for as long as there is room."""
        with self._lock:
            count = len(batch[0].texts)
            while self._queue and count + len(self._queue[0].texts) <= self._max_batch:
                batch.append(self._queue.popleft())
                count += len(batch[-1].texts)

    def _encode(self, batch: Sequence[_Waiting]) -> None:
        vectors, pieces = self._encoder.encode_with_pieces([text for one in batch for text in one.texts])
        ends = np.cumsum([len(one.texts) for one in batch])
        for one, part, end in zip(batch, np.split(vectors, ends[:-1]), ends, strict=True):
            one.vectors, one.pieces = part, pieces[end - len(one.texts) : end]

    def _pass_on(self) -> None:
        """Give the turn to the first in the queue; with nobody there, to whoever comes next."""
        with self._lock:
            if self._queue:
                following = self._queue.popleft()
                following.its_turn = True
                following.woken.set()
            else:
                self._free += 1
