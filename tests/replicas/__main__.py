"""Runs the rounds and prints what came of them; exit 1 if anything was lost, wrong or late."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.replicas.run import Replicas
from tests.support.postgres_server import a_server


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(prog="python -m tests.replicas")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    began_s = time.monotonic()
    with a_server() as server, tempfile.TemporaryDirectory(prefix="replicas-") as folder:
        tell = lambda words: print(words, flush=True)  # noqa: E731, T201
        came = Replicas(Path(folder), server, seed=given.seed, tell=tell).run(given.rounds)
    for kind, took in came.again_s.items():
        print(f"{kind:>8}: answered again within {max(took):.1f} s at the most, {len(took)} rounds")  # noqa: T201
    print(f"a checkpoint within {max(came.taken_over_s):.1f} s at the most")  # noqa: T201
    print(f"{came.records} records; {time.monotonic() - began_s:.0f} s in all; seed {given.seed}")  # noqa: T201
    print("\n".join(came.wrong) or "Nothing lost, nothing out of order, all of it verifies.")  # noqa: T201
    return 1 if came.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
