"""A worker that would not do the same as the ingestion's machine does nothing, and says what is different."""

import json
from dataclasses import replace

from ingest.cluster.agreed import agreed_from_json
from tests.support.cluster_parts import agreed
from tests.support.fakes import HashingEncoder


def test_what_is_agreed_reaches_a_worker() -> None:
    here = agreed(HashingEncoder())
    assert agreed_from_json(json.loads(json.dumps(here.as_json()))) == here
    assert here.differs(here.here) == ""


def test_what_differs_is_named() -> None:
    here = agreed(HashingEncoder())
    other = replace(here.here.encoder, dtype="bfloat16")
    readers = here.here.readers | {".pdf": "pdf 1"}
    assert here.differs(replace(here.here, encoder=other)) == "expected encoder dtype float32, got dtype bfloat16"
    assert here.differs(replace(here.here, greenlit="0.0")).endswith("got 0.0")
    assert here.differs(replace(here.here, readers=readers)).endswith("got .pdf pdf 1")
