"""How many questions a build was asked, by month: what can not be made again without it. Records nothing."""

import json
from collections import Counter
from datetime import UTC, datetime

from service.audit.events import BUILD_TYPE
from service.audit.serialise import RECEIVED_TYPE
from service.audit.storage.store import LeafReader

_MILLION = 1_000_000


def questions_of_build(store: LeafReader, build_id: str) -> dict[str, int]:
    """Return how many questions on record a build was asked, by month ("2026-11"), in order.

    Only what was recorded while it answered is read. A few that came in while another took over may be left out.

    Raises:
        AuditUnavailableError: the store cannot be read.
    """
    counted: Counter[str] = Counter()
    activated = store.of_type(BUILD_TYPE)
    ends = [leaf.seq for leaf in activated[1:]] + [store.size()]
    for leaf, end in zip(activated, ends, strict=False):  # where none ever answered, there is one end too many
        if json.loads(leaf.leaf)["build"]["id"] == build_id:
            times = (one.ts_us for one in store.stream_leaves(leaf.seq, end) if one.type == RECEIVED_TYPE)
            counted.update(f"{datetime.fromtimestamp(ts_us / _MILLION, UTC):%Y-%m}" for ts_us in times)
    return dict(sorted(counted.items()))
