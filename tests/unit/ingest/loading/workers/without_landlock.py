"""A stand-in for the loader's child, where the kernel has no Landlock."""

from collections.abc import Sequence

from indexes.limited import landlock
from indexes.limited.child import serve
from ingest.loading.frames import refusal


def _none(readable: Sequence[str]) -> int:
    raise landlock.NoLandlockError(f"no Landlock for {len(readable)} folders: left out by a test")


if __name__ == "__main__":
    landlock.restrict = _none
    serve(lambda _name, _content: refusal("nothing is read here"))
