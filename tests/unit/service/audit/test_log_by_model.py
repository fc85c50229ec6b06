"""Whatever is done to a log, in whatever order, crashes and failures included, it holds what a plain list would."""

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from service.audit import events
from service.audit.errors import AuditUnavailableError
from service.audit.sealed_text import payload_context
from service.audit.shards import origin_at
from tests.support.audit_faults import faults_in
from tests.support.audit_parts import MIRA, LogFolder, refuse

DAY_US = 86_400_000_000
some_texts = st.text(max_size=40)


@dataclass
class Model:
    """What the log is expected to hold: for each leaf its type, question and shard, and the texts beside it."""

    leaves: list[tuple[str, str, str]] = field(default_factory=list)
    texts: dict[tuple[int, str], str] = field(default_factory=dict)
    unfinished: dict[str, int] = field(default_factory=dict)
    newest_us: int = 0
    swept: bool = False

    def make_ready(self, now_us: int) -> None:
        """Expect what the first record of a process or a month brings with it."""
        self.newest_us = max(self.newest_us, now_us)
        origin = origin_at("greenlit", self.newest_us)
        if not self.leaves:
            self.leaves += [(kind, "", origin) for kind in ["shard.opened", *["key.created"] * 4]]
        elif (before := self.leaves[-1][2]) != origin:
            self.leaves.append(("shard.closed", "", before))
            self.leaves += [(kind, "", origin) for kind in ["shard.opened", *["key.created"] * 3]]
        if not self.swept:
            self.leaves += [("query.finished", request_id, origin) for request_id in self.unfinished]
            self.unfinished.clear()
            self.swept = True

    def add(self, kind: str, request_id: str = "", **texts: str) -> int:
        seq = len(self.leaves)
        self.leaves.append((kind, request_id, origin_at("greenlit", self.newest_us)))
        self.texts |= {(seq, name): text for name, text in texts.items()}
        return seq


class LogAgainstAList(RuleBasedStateMachine):
    """Does the same to a log and to a model of it."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp())
        self.model = Model()
        self.copies = 0

    @initialize()
    def begin(self) -> None:
        self.log = LogFolder(self.root / "log")
        self.log.open()

    @rule(text=some_texts)
    def ask(self, text: str) -> None:
        self.model.make_ready(self.log.now_us)
        request_id, receipt = self.log.ask(text)
        seq = self.model.add("query.received", request_id, prompt=text, asker=MIRA.subject)
        self.model.unfinished[request_id] = seq
        assert receipt.seq == seq

    @precondition(lambda self: self.model.unfinished and self.model.swept)
    @rule(which=st.integers(0, 99))
    def finish(self, which: int) -> None:
        self.model.make_ready(self.log.now_us)
        request_id = list(self.model.unfinished)[which % len(self.model.unfinished)]
        receipt = self.log.refuse(request_id, self.model.unfinished.pop(request_id))
        assert receipt.seq == self.model.add("query.finished", request_id)

    @rule(purpose=some_texts)
    def look(self, purpose: str) -> None:
        self.model.make_ready(self.log.now_us)
        receipt = self.log.parts.log.note(_look(purpose))
        assert receipt.seq == self.model.add("audit.read", who="auditor", purpose=purpose)

    @precondition(lambda self: self.model.leaves)
    @rule(first=st.integers(0, 99), count=st.integers(0, 9))
    def erase(self, first: int, count: int) -> None:
        self.model.make_ready(self.log.now_us)
        first %= len(self.model.leaves)
        last = min(first + count, len(self.model.leaves) - 1)
        event = events.payload_erased(None, ground="retention", ranges=[(first, last)], texts={})
        assert self.log.parts.log.note(event).seq == self.model.add("payload.erased")
        self.model.texts = {key: text for key, text in self.model.texts.items() if not first <= key[0] <= last}

    @rule()
    def publish(self) -> None:
        self.log.parts.log.publish()

    @rule()
    def restart(self) -> None:
        self.log.close()
        self.log.open()
        self.model.swept = False

    @rule()
    def cut_the_power(self) -> None:
        self.copies += 1
        left = self.log.after_a_power_cut(self.root / f"left {self.copies}")
        self.log.close()
        self.log = left
        self.log.open()
        self.model.swept = False

    @rule(kept=st.booleans(), purpose=some_texts)
    def fail(self, *, kept: bool, purpose: str) -> None:
        self.model.make_ready(self.log.now_us)
        self.log.parts.log.make_ready()
        if kept:
            self.log.store.after = refuse
            self.model.add("audit.read", who="auditor", purpose=purpose)
        else:
            self.log.store.before = refuse
        with pytest.raises(AuditUnavailableError, match="the disk refuses"):
            self.log.parts.log.note(_look(purpose))
        self.log.store.heal()
        self.log.healed()

    @rule(days=st.integers(1, 45))
    def wait(self, days: int) -> None:
        self.log.now_us += days * DAY_US

    @rule(back_us=st.integers(0, 1_000_000))
    def set_the_clock_back(self, back_us: int) -> None:
        self.log.now_us = max(self.log.now_us, self.model.newest_us) - back_us

    @invariant()
    def as_long_as_the_list(self) -> None:
        assert self.log.store.size() == len(self.model.leaves)

    def teardown(self) -> None:
        self.log.close()
        reader = self.log.reader()
        stored = reader.leaves(-1, 10_000)
        leaves = self.log.leaves()
        assert [(leaf.type, leaf.request_id) for leaf in stored] == [row[:2] for row in self.model.leaves]
        assert [leaf["origin"] for leaf in leaves] == [row[2] for row in self.model.leaves]
        texts = {}
        for seq, leaf in enumerate(leaves):
            for payload in reader.payloads(seq):
                question = leaf.get("request_id", "")
                context = payload_context(leaf["origin"], leaf["type"], question, payload.field)
                _, body = self.log.parts.keyring.open(payload.key_id, payload.sealed, context=context)
                texts[seq, payload.field] = body.decode()
        assert texts == self.model.texts
        assert faults_in(self.log, all_finished=False) == []
        shutil.rmtree(self.root)


def _look(purpose: str) -> events.Event:
    return events.audit_read("auditor", "list", filters={}, seqs=[], purpose=purpose)


def test_a_log_is_a_list_that_only_grows() -> None:
    run_state_machine_as_test(
        LogAgainstAList,
        settings=settings(
            max_examples=8, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
        ),
    )
