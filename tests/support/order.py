"""In which order tests run: what waits for other programs first, each kind of it in another process.

A test in a browser, or of real processes, mostly waits. So that the longest tests are not the last, they begin; so that
one waits while another does, each kind begins in a process of its own, which alone starts what the kind shares: a
browser, a provider of identities. Says nothing of the order within a kind, which is random.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TypeVar

_FIRST = ("tests/e2e", "tests/integration")
T = TypeVar("T")


def waiting_first(tests: Sequence[T], names: Sequence[str], processes: int) -> list[T]:
    """Return tests in the order in which processes are to have them.

    Args:
        tests: in the order in which they were found, or shuffled.
        names: of each, its node id.
        processes: that run them beside each other. Of n tests each begins with its n-th part, as `worksteal` deals
            them out, and has more when that is done.
    """
    kinds: dict[str, list[T]] = {folder: [] for folder in (*_FIRST, "")}
    for test, name in zip(tests, names, strict=True):
        folder = "/".join(name.split("/", 2)[:2])
        kinds[folder if folder in _FIRST else ""].append(test)
    queues = [iter(kinds[folder]) for folder in _FIRST]
    rest = iter(kinds[""])
    ordered: list[T] = []
    for number in range(processes):
        share = (len(tests) - len(ordered)) // (processes - number)
        ordered += islice(_one_after_the_other(queues[number::processes], rest, queues), share)
    return ordered


def _one_after_the_other(first: Sequence[Iterator[T]], rest: Iterator[T], others: Sequence[Iterator[T]]) -> Iterator[T]:
    for queue in (*first, rest, *others):
        yield from queue
