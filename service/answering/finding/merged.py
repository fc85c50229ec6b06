"""What was found for a question of several parts, as one ranking, which is what goes on record."""

from collections.abc import Sequence
from dataclasses import replace

from service.answering.finding.retrieve import Hit, Retrieved


def each(found: Retrieved) -> tuple[Retrieved, ...]:
    """Return what was found for each part of a question; for one of a single part, that."""
    return found.parts or (found,)


def merged(parts: Sequence[Retrieved], k: int) -> Retrieved:
    """Return one ranking of what was found for several parts, with the parts as they are answered.

    Each part gives its best passage first, then its second, until there are `k`; then they are ranked by their scores.
    Each part keeps those of its hits that are among them, so that whatever is cited is on record.
    """
    taken: dict[int, Hit] = {}
    for place in range(max(len(part.hits) for part in parts)):
        for part in parts:
            if place < len(part.hits):
                hit = part.hits[place]
                if hit.row in taken:
                    taken[hit.row] = max(taken[hit.row], hit, key=lambda one: one.score)
                elif len(taken) < k:
                    taken[hit.row] = hit
    in_order = sorted(taken.values(), key=lambda hit: (-hit.score, hit.row))
    return replace(
        parts[0],
        hits=tuple(replace(hit, rank=rank) for rank, hit in enumerate(in_order, 1)),
        has_subject=any(part.has_subject for part in parts),
        matches=None,
        parts=tuple(replace(part, hits=_among(part.hits, taken)) for part in parts),
    )


def _among(hits: Sequence[Hit], taken: dict[int, Hit]) -> tuple[Hit, ...]:
    return tuple(replace(hit, rank=rank) for rank, hit in enumerate((h for h in hits if h.row in taken), 1))
