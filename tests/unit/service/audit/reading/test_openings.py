"""What one person opens, another confirms: once, within a day. Tried with reveals and with erasing by age."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from service.audit import events
from service.audit.desk import auditing_over
from service.audit.errors import AuditError, ErasureError, NoRecordError, RevealError, SealError
from service.audit.reading.openings import is_same_person
from tests.support.audit_parts import NOON_US, QUICK
from tests.support.replicas import MakeReplica, Replica
from tests.support.small_log import SmallLog, at_us, open_small_log

ANN, DORA = "ann@x.example", "dora@x.example"


@dataclass(frozen=True, slots=True)
class TwoSteps:
    """One thing that takes two people: how it is opened and confirmed, what it leaves on record, how it is refused."""

    open: Callable[[SmallLog, str], dict[str, Any]]
    confirm: Callable[[SmallLog, str, int], dict[str, Any]]
    opened: str
    done: str
    error: type[AuditError]


STEPS = {
    "a reveal": TwoSteps(
        lambda log, who: log.reveal.open(who, seq=5, case="C-7", reason="a threat"),
        lambda log, who, opening: log.reveal.confirm(who, opening),
        "reveal.opened",
        "identity.revealed",
        RevealError,
    ),
    "an erasure": TwoSteps(
        lambda log, who: log.erasure_by_age.open(who, before_us=1, ground="court_order", purpose="they say so"),
        lambda log, who, opening: log.erasure_by_age.confirm(who, opening),
        "erasure.opened",
        "payload.erased",
        ErasureError,
    ),
}
EACH = pytest.mark.parametrize("words", STEPS)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SmallLog]:
    with open_small_log(tmp_path / "var") as log:
        log.ask("mira")
        yield log


@EACH
def test_it_is_opened_by_one_and_confirmed_by_another(log: SmallLog, words: str) -> None:
    steps = STEPS[words]
    opening = steps.open(log, ANN)
    assert (opening["id"], opening["expires"]) == (7, "2026-11-21T09:00:00Z")
    assert steps.confirm(log, DORA, 7)
    assert log.types(7) == [steps.opened, steps.done]
    assert log.newest()["opening"] == 7


@EACH
@pytest.mark.parametrize("second", [ANN, "Ann@X.example", "  ANN@x.example\t", "Ａｎｎ@x.example"])
def test_nobody_does_it_alone(log: SmallLog, words: str, second: str) -> None:
    steps = STEPS[words]
    opening = steps.open(log, ANN)["id"]
    said = "expected another person than the one who opened it, .* there is one person only, so nobody can confirm"
    with pytest.raises(steps.error, match=said) as told:
        steps.confirm(log, second, opening)
    assert "example" not in str(told.value)
    assert log.types(7) == [steps.opened]
    assert steps.confirm(log, DORA, opening)  # and it still waits for somebody else


@EACH
def test_it_waits_for_a_day_and_no_longer(log: SmallLog, words: str) -> None:
    steps = STEPS[words]
    first, other = steps.open(log, ANN)["id"], steps.open(log, ANN)["id"]
    log.set_time("2026-11-21T09:00:00Z")
    assert steps.confirm(log, DORA, first)
    log.now_us += 1
    said = f"expected {words} opened within the last day, got one that ended 2026-11-21T09:00:00Z"
    with pytest.raises(steps.error, match=said):
        steps.confirm(log, DORA, other)
    assert log.types(9) == [steps.done]


@EACH
def test_it_is_confirmed_once(log: SmallLog, words: str) -> None:
    steps = STEPS[words]
    opening = steps.open(log, ANN)["id"]
    steps.confirm(log, DORA, opening)
    for who in (DORA, "bo@x.example"):
        with pytest.raises(steps.error, match=f"expected {words} that waits, got one that was confirmed before"):
            steps.confirm(log, who, opening)
    assert log.types(7) == [steps.opened, steps.done]


@EACH
def test_what_was_confirmed_before_a_restart_stays_confirmed(tmp_path: Path, words: str) -> None:
    steps = STEPS[words]
    with open_small_log(tmp_path / "var") as log:
        log.ask("mira")
        first, other = steps.open(log, ANN)["id"], steps.open(log, ANN)["id"]
        steps.confirm(log, DORA, first)
    with open_small_log(tmp_path / "var") as log:
        with pytest.raises(steps.error, match="got one that was confirmed before"):
            steps.confirm(log, DORA, first)
        assert steps.confirm(log, DORA, other)


@pytest.mark.parametrize("number", [7, 2**70, -1])
@EACH
def test_a_number_that_no_record_has_is_nothing_to_confirm(log: SmallLog, words: str, number: int) -> None:
    with pytest.raises(NoRecordError, match=f"there is no record {number}"):
        STEPS[words].confirm(log, DORA, number)
    assert log.store.size() == 7


@EACH
def test_nor_is_a_record_of_another_type(log: SmallLog, words: str) -> None:
    steps = STEPS[words]
    (others,) = (step for name, step in STEPS.items() if name != words)
    opening = others.open(log, ANN)["id"]
    done = steps.confirm
    for number, kind in ((0, "shard.opened"), (5, "query.received"), (opening, others.opened)):
        said = f"expected the number of {words} that was opened, got that of a {kind}"
        with pytest.raises(steps.error, match=said):
            done(log, DORA, number)
    assert log.types(7) == [others.opened]


@EACH
def test_nor_is_one_whose_texts_were_erased(log: SmallLog, words: str) -> None:
    steps = STEPS[words]
    opening = steps.open(log, ANN)["id"]
    event = events.payload_erased(None, ground="too_old", ranges=[(opening, opening)], texts={})
    log.opened.log.note(event)
    said = rf"got one whose texts were erased on 2026-11-20T09:00:00Z \(too_old, record {opening + 1}\)"
    with pytest.raises(steps.error, match=said):
        steps.confirm(log, DORA, opening)
    assert log.types(7) == [steps.opened, "payload.erased"]


@EACH
def test_nor_is_one_whose_opener_was_exchanged(log: SmallLog, words: str) -> None:
    """Whoever writes to the store could name another opener, to confirm alone."""
    steps = STEPS[words]
    opening = steps.open(log, ANN)["id"]
    context = f"greenlit.local/audit/2026-11\0{steps.opened}\0\0who".encode()
    forged = log.opened.keyring.seal("payload", "2026-11", salt=bytes(32), body=DORA.encode(), context=context)
    log.tamper("UPDATE payloads SET sealed = ? WHERE seq = ? AND field = 'who'", values=[forged.sealed, opening])
    with pytest.raises(
        SealError, match=f"the text 'who' of record {opening} is not the one that the record commits to"
    ):
        steps.confirm(log, ANN, opening)
    assert log.types(7) == [steps.opened]


@pytest.mark.parametrize("at_once", [8])
@EACH
def test_of_many_who_confirm_at_once_one_does(log: SmallLog, words: str, at_once: int) -> None:
    steps = STEPS[words]
    opening = steps.open(log, ANN)["id"]
    part = log.reveal if words == "a reveal" else log.erasure_by_age  # one, as in a service
    ready = threading.Barrier(at_once)
    came_of_it: list[str] = []

    def confirm(number: int) -> None:
        ready.wait()
        try:
            part.confirm(f"auditor-{number}", opening)
        except steps.error:
            came_of_it.append("refused")
        else:
            came_of_it.append("done")

    threads = [threading.Thread(target=confirm, args=(number,)) for number in range(at_once)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(came_of_it) == ["done", *["refused"] * (at_once - 1)]
    assert log.types(7) == [steps.opened, steps.done]


def test_an_opening_of_last_month_is_confirmed_in_this_one(log: SmallLog) -> None:
    log.set_time("2026-11-30T20:00:00Z")
    opening = STEPS["a reveal"].open(log, ANN)["id"]
    log.set_time("2026-12-01T08:00:00Z")
    log.ask("zoe")
    assert [one["id"] for one in log.reveal.waiting(DORA)["reveals"]] == [opening]
    assert log.reveal.confirm(DORA, opening)["identity"] == "mira"
    assert log.now_us - at_us("2026-11-30T20:00:00Z") > 0


@pytest.mark.parametrize(
    ("other", "same"), [("ANN", True), (" ann ", True), ("ａｎｎ", True), ("anne", False), ("", False)]
)
def test_spelling_makes_nobody_another(other: str, *, same: bool) -> None:
    assert is_same_person("ann", other) is same


def test_what_one_person_opened_is_confirmed_once_at_two_processes_at_once(make_replica: MakeReplica) -> None:
    replicas = [make_replica(pace=QUICK) for _ in range(2)]
    request_id, receipt = replicas[0].ask()
    replicas[0].refuse(request_id, receipt.seq)
    opened = auditing_over(replicas[0].parts).erasure_by_age.open(
        "ann", before_us=NOON_US + 1, ground="asker_request", purpose="they asked"
    )
    go = threading.Barrier(2)

    def confirm(replica: Replica) -> str:
        erasing = auditing_over(replica.parts).erasure_by_age
        go.wait()
        try:
            erasing.confirm("ben", opened["id"])
        except ErasureError as error:
            return str(error)
        return "done"

    with ThreadPoolExecutor(2) as pool:
        came = sorted(done.result() for done in [pool.submit(confirm, replica) for replica in replicas])
    assert came[0] == "done"
    assert "got one that was confirmed before" in came[1]
