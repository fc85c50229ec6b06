"""A scope as a filter of Milvus: an expression that holds for the allowed documents of a build and for no other.

A list of all that somebody may see is long: 47,500 numbers for half of 100,000 documents, and the server spends more
time on them than on the search (264 ms of 277, with Milvus 2.3.5 on two cores; the form below took 52 ms, with 5,000
documents revoked since the build was made). So each document is in a *class*: those that had the same readers when the
build was made. A filter names the classes that may be seen and the documents that are otherwise by now, whichever way
is shorter for each class. It is drawn from the scope of this very question; classes only make it short, so one that is
out of date makes a filter longer and never wrong.

Numbers are all that is in an expression. A server that knows templates is sent the numbers beside the expression, which
spares it parsing them; one that does not (`milvus-lite`) is sent them within.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexes.dense import Mask

CLASS, DOCUMENT = "readers", "document"  # the fields of a collection that a filter speaks of


@dataclass(frozen=True, slots=True)
class Filter:
    """Which documents may be seen: those of some classes but these, and those besides.

    `classes` is `None` where every class may be seen. Nothing may be seen at all where there are neither classes nor
    documents besides.
    """

    classes: tuple[int, ...] | None
    but: tuple[int, ...] = ()
    besides: tuple[int, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing may be seen."""
        return self.classes == () and not self.besides

    def template(self) -> tuple[str, dict[str, list[int]]]:
        """Return the expression with names in braces, and the numbers that each name stands for."""
        numbers: dict[str, list[int]] = {}
        parts = []
        if self.classes:
            parts.append(f"{CLASS} in {{classes}}")
            numbers["classes"] = list(self.classes)
        if self.but:
            parts.append(f"{DOCUMENT} not in {{but}}")
            numbers["but"] = list(self.but)
        expression = " and ".join(parts)
        if self.besides:
            numbers["besides"] = list(self.besides)
            also = f"{DOCUMENT} in {{besides}}"
            expression = f"({expression}) or {also}" if expression else also
        return expression, numbers

    def written_out(self) -> str:
        """Return the expression with the numbers within."""
        expression, numbers = self.template()
        return expression.format(**{name: f"[{', '.join(map(str, of))}]" for name, of in numbers.items()})


def classes_of(readers: Sequence[Hashable]) -> NDArray[np.int32]:
    """Return the class of each document, shape (documents,): equal readers, equal class, numbered as they come."""
    known: dict[Hashable, int] = {}
    return np.array([known.setdefault(one, len(known)) for one in readers], np.int32)


def filter_of(allowed: Mask, documents: NDArray[np.int64], classes: NDArray[np.int32]) -> Filter:
    """Return the filter of a scope.

    Args:
        allowed: which rows may be seen, shape (rows,). A document of which some rows may not be seen is not seen.
        documents: the number of each row's document, rising, shape (rows,).
        classes: the class of each document, shape (documents,); documents without a row do not matter.
    """
    firsts = np.flatnonzero(np.diff(documents, prepend=-1))
    if not len(firsts):
        return Filter(())
    held, seen = documents[firsts], np.logical_and.reduceat(allowed, firsts)
    of = classes[held]
    total = np.bincount(of)
    visible = np.bincount(of, weights=seen).astype(np.int64)
    named = visible * 2 > total  # a class that is seen for the most part is named, with what is not seen of it
    but = held[named[of] & ~seen]
    besides = held[~named[of] & seen]
    whole = bool(named[total > 0].all())
    chosen = None if whole else tuple(np.flatnonzero(named).tolist())
    return Filter(chosen, tuple(but.tolist()), tuple(besides.tolist()))
