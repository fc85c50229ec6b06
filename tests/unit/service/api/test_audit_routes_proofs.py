"""The audit routes that prove: anybody with a receipt can check it, offline, with public algorithms."""

import base64
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

import service.api.audit_routes
from service.audit.errors import NotCoveredError
from service.audit.formats.notes import read_checkpoint, read_verifier_key, verified
from service.audit.formats.tree import verify_consistency, verify_inclusion
from service.audit.reading.proofs import Proofs
from tests.support.audit_doors import ORIGIN, asked, got
from tests.support.service_parts import VENDOR_QUESTION, Studio

SENTENCE = "The security team reviews every new AI vendor within ten working days."


def test_a_receipt_is_proven_to_be_in_the_log_as_soon_as_a_checkpoint_covers_it(studio: Studio) -> None:
    receipt = studio.ask(VENDOR_QUESTION)["receipt"]
    proof = got(studio, "/proof", params={"seq": receipt["seq"]})  # waits for the checkpoint
    checkpoint = verified(proof["checkpoint"], [read_verifier_key(got(studio, "/key").strip())])
    assert (proof["origin"], proof["leaf_hash"]) == (receipt["origin"], receipt["leaf_hash"])
    verify_inclusion(
        index=proof["index"],
        size=checkpoint.size,
        leaf=bytes.fromhex(receipt["leaf_hash"]),
        root=checkpoint.root,
        proof=[base64.b64decode(one) for one in proof["proof"]],
    )


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """List the pauses that a route makes, without making them."""
    made: list[float] = []

    async def pause(seconds: float) -> None:
        made.append(seconds)

    monkeypatch.setattr(service.api.audit_routes, "anyio", SimpleNamespace(sleep=pause))
    return made


def _covered_after(times: int) -> Callable[[Proofs, int], dict[str, Any]]:
    inclusion, tried = Proofs.inclusion, iter(range(times))

    def late(proofs: Proofs, seq: int) -> dict[str, Any]:
        if next(tried, None) is not None:
            raise NotCoveredError("no checkpoint covers it yet")
        return inclusion(proofs, seq)

    return late


@pytest.mark.parametrize(("times", "status"), [(0, 200), (1, 200), (20, 200), (21, 409)])
def test_a_proof_is_waited_for_for_two_seconds(
    shared_studio: Studio, monkeypatch: pytest.MonkeyPatch, pauses: list[float], times: int, status: int
) -> None:
    question = asked(shared_studio)
    monkeypatch.setattr(Proofs, "inclusion", _covered_after(times))
    said = got(shared_studio, "/proof", status, {"seq": question.finished})
    assert pauses == [0.1] * min(times, 20)
    assert sum(pauses) <= 2.001
    if status == 409:
        assert (said["type"], said["title"]) == (
            "urn:greenlit:problem:not-covered",
            "Not covered by a checkpoint yet",
        )


def test_waiting_for_a_proof_makes_no_checkpoint_of_its_own(studio: Studio, pauses: list[float]) -> None:
    question = asked(studio)
    before = studio.store.checkpoint_count()
    got(studio, "/proof", 404, {"seq": question.finished + 1})
    got(studio, "/proof", params={"seq": question.finished})
    assert (studio.store.checkpoint_count(), pauses) == (before, [])


def test_one_checkpoint_is_proven_to_have_grown_from_another(studio: Studio) -> None:
    asked(studio)
    old = read_checkpoint(got(studio, "/checkpoint"))
    asked(studio)
    new = read_checkpoint(got(studio, "/checkpoint", params={"origin": ORIGIN}))
    proof = got(studio, "/consistency", params={"origin": ORIGIN, "old": old.size, "new": new.size})
    verify_consistency(
        old_size=old.size,
        old_root=old.root,
        size=new.size,
        root=new.root,
        proof=[base64.b64decode(one) for one in proof["proof"]],
    )
    assert got(studio, "/shards") == {"shards": [{"origin": ORIGIN, "first_seq": 0, "size": new.size}], "restores": []}


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"origin": ORIGIN, "old": 1, "new": 99_999}, 409),
        ({"origin": ORIGIN, "old": 2, "new": 1}, 422),
        ({"origin": ORIGIN, "old": 0, "new": 1}, 422),
        ({"origin": "greenlit.test/audit/2020-01", "old": 1, "new": 2}, 404),
        ({"origin": ORIGIN, "old": 1}, 422),
    ],
)
def test_what_cannot_be_proven_is_said(shared_studio: Studio, params: dict[str, Any], status: int) -> None:
    asked(shared_studio)
    got(shared_studio, "/consistency", status, params)


def test_a_checkpoint_of_no_shard_is_not_found_and_of_an_empty_log_not_there_yet(studio: Studio) -> None:
    assert got(studio, "/checkpoint", 409)["type"] == "urn:greenlit:problem:not-covered"
    asked(studio)
    assert got(studio, "/checkpoint", 404, {"origin": "greenlit.test/audit/2020-01"})
