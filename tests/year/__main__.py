"""Runs the simulated year: `python -m tests.year --days 365 --documents 300`."""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before anything computes: children are forked off this process
os.environ.setdefault("OMP_NUM_THREADS", "1")

from tests.year.run import Year


def main() -> int:
    """Run it and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.year")
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--documents", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="year-") as folder:
        year = Year(
            Path(folder),
            documents=given.documents,
            days=given.days,
            seed=given.seed,
            tell=lambda words: print(words, flush=True),  # noqa: T201
        )
        came = year.run()
    for name, count in sorted(came.counts.items()):
        print(f"{count:>8}  {name}")  # noqa: T201
    for name, figure in came.figures.items():
        print(f"{figure:>8.1f}  {name}")  # noqa: T201
    print(f"{time.monotonic() - began:>8.0f}  seconds in all; seed {given.seed}")  # noqa: T201
    print("It ends clean." if not came.faults else f"{len(came.faults)} FAULTS")  # noqa: T201
    return 1 if came.faults else 0


if __name__ == "__main__":
    sys.exit(main())
