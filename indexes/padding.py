"""Which texts are encoded beside each other, and what they are padded to, so that company changes no vector.

Texts are encoded beside texts that need as many tokens, in steps of so many, and padded to that step. Then a vector
is the same whatever is encoded beside it; padded to the longest of a batch, bfloat16 vectors moved by up to 0.002 a
component. Not every processor computes a text the same way beside others (`indexes.traced.stands_alone`). Where one
does not, every text is a batch of its own.
"""

from collections.abc import Sequence

__all__ = ["batches"]

# On two cores, batches of 8 or 16 texts encoded a third more texts a second than batches of 64, and two copies of the
# model on one thread each some 15% more than one copy on two threads; beside other work the difference is larger still.
_BATCH = 16
# Most questions have 7 to 16 tokens: with the wider step they share a batch.
_STEP = 8
_WIDE_STEP, _WIDE_UP_TO = 16, 32  # tokens


def batches(sizes: Sequence[int], *, max_tokens: int, together: bool) -> list[tuple[int, list[int]]]:
    """Return batches of texts that are padded alike: the step to pad to, in tokens, and the places of the texts.

    Args:
        sizes: of the texts, in tokens.
        max_tokens: the model's own limit.
        together: whether a text may be computed beside others.
    """
    pads = max_tokens % _WIDE_STEP == 0  # padding must not make a text longer than the model takes
    alike: dict[tuple[int, int], list[int]] = {}
    for at, size in enumerate(sizes):
        step = _step(size) if pads else 1
        alike.setdefault((-(-size // step), step), []).append(at)
    most = _BATCH if together else 1
    return [
        (step, places[at : at + most])
        for (_, step), places in sorted(alike.items())
        for at in range(0, len(places), most)
    ]


def _step(tokens: int) -> int:
    return _WIDE_STEP if tokens <= _WIDE_UP_TO else _STEP
