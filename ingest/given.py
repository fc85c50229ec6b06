"""What an ingestion is given by whoever starts it; what it does with that is in `pipeline`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from indexes.encoder import Encoder
from indexes.manifest import DenseSetting
from indexes.register_state import RegisterPlace
from ingest.collecting import NO_COLLECTIONS, Collecting
from ingest.engine import Engine, Parser
from ingest.one_at_a_time import NO_WAIT, Wait
from ingest.sending import Sender


class Progress(Protocol):
    """Is told how the work goes on; the command line draws it."""

    def step(self, name: str, total: int) -> None:
        """A step begins that will advance `total` times."""
        ...

    def advance(self, count: int = 1) -> None:
        """The step has advanced."""
        ...


@dataclass(frozen=True, slots=True)
class Ingestion:
    """All that an ingestion needs, given by the caller. `holds` is the folder that says which builds records need.

    With `allow_missing`, a build is published without most of a source. `wait` is for another ingestion that runs.
    `collections` makes that of a build, if it is to have one. The `register` lies in its file in the library unless it
    is given. `engine` reads and encodes; `None` for this process, with `parser` and `encoder`. `sender` brings builds
    to an object store, which `builds` then mirrors; holds are there too.
    """

    library: Path
    builds: Path
    holds: Path
    encoder: Encoder
    parser: Parser
    progress: Progress
    now: Callable[[], datetime]
    max_file_bytes: int
    dense_index: DenseSetting = "auto"
    allow_missing: bool = False
    wait: Wait = NO_WAIT
    collections: Collecting = NO_COLLECTIONS
    register: RegisterPlace | None = None
    engine: Engine | None = None
    sender: Sender | None = None
