"""Asking a question of the past again: what must make no difference, what cannot be replayed, what is left behind."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from indexes.builds import current_build_id
from service.answering.answers import Reason
from service.answering.drafts import DraftSentence
from service.answering.errors import ReplayError
from service.answering.record import Result
from service.audit.desk import auditing_over
from service.audit.errors import AuditUnavailableError
from service.audit.serialise import RECEIVED_TYPE
from tests.support.fakes import TinyLibrary
from tests.support.replay_parts import (
    ALWAYS_ENOUGH,
    ANSWER,
    NEVER_ENOUGH,
    NO_QUESTION,
    OFF_TOPIC,
    POLICY,
    QUESTION,
    Archive,
    Drafting,
    a_question,
    is_identical,
    open_archive,
    with_documents,
)


def test_an_answer_of_the_past_is_found_again_to_the_byte(archive: Archive) -> None:
    archive.ask("What is the daily travel allowance?")
    answer = archive.ask()
    assert answer.text == ANSWER
    assert archive.replay(answer.receipt.seq) == {
        "seq": answer.receipt.seq,
        "received_seq": answer.receipt.seq - 1,
        "request_id": answer.request_id,
        "verdict": "identical",
        "differences": [],
        "notes": [],
        "build": current_build_id(archive.library.builds),
        "passages": 2,
        "score_difference_u": 0,
    }


def test_a_question_is_known_by_the_number_of_either_of_its_records(archive: Archive) -> None:
    archive.ask("What is the daily travel allowance?")
    seq = archive.ask().receipt.seq
    assert archive.replay(seq) == archive.replay(seq - 1)
    assert archive.replay(seq)["seq"] == seq


@pytest.mark.parametrize(
    ("text", "reason"),
    [(OFF_TOPIC, Reason.NO_EVIDENCE), (NO_QUESTION, Reason.REQUEST_NOT_SUPPORTED)],
)
def test_a_refusal_is_refused_again(archive: Archive, text: str, reason: Reason) -> None:
    answer = archive.ask(text)
    assert answer.refusal is not None
    assert answer.refusal.reason is reason
    seen = archive.replay(answer.receipt.seq)
    assert is_identical(seen)
    assert seen["notes"] == []


def test_a_draft_of_which_nothing_was_released_is_refused_again(library: TinyLibrary) -> None:
    with open_archive(
        with_documents(library),
        calibration=ALWAYS_ENOUGH,
        answerer=Drafting(lambda _found, _build: [DraftSentence("Nobody wrote this.", ())]),
    ) as archive:
        answer = archive.ask()
        assert answer.refusal is not None
        assert answer.refusal.reason is Reason.UNSUPPORTED_DRAFT
        assert is_identical(archive.replay(answer.receipt.seq))


@pytest.mark.parametrize("limit", [1, 2, 50])
def test_a_search_finds_the_same_passages(archive: Archive, limit: int) -> None:
    found = archive.search(limit=limit)
    seen = archive.replay(found.receipt.seq)
    assert is_identical(seen)
    assert (seen["passages"], seen["notes"]) == (min(limit, 2), [])


@pytest.mark.parametrize("groups", [("staff",), ("staff", "board"), ("nobody",)])
def test_it_is_asked_again_within_what_that_person_could_see(archive: Archive, groups: tuple[str, ...]) -> None:
    answer = archive.ask(QUESTION, *groups)
    seen = archive.replay(answer.receipt.seq)
    assert is_identical(seen)
    assert seen["passages"] == {("staff",): 2, ("staff", "board"): 3, ("nobody",): 0}[groups]


def _revoke(library: TinyLibrary) -> None:
    library.revoke(POLICY)


def _publish(library: TinyLibrary) -> None:
    library.write(POLICY, "# AI use policy\n\nNobody reviews a new AI vendor any more.\n")
    library.approve(POLICY)
    library.ingest()


def _rewrite_the_register(library: TinyLibrary) -> None:
    library.register_path.write_bytes(b"")
    library.add("legal/other.md", "# Other\n\nSomething else.\n")


def _take_the_source_off_the_allowlist(library: TinyLibrary) -> None:
    path = library.folder / "sources.toml"
    path.write_text(path.read_text().replace('"staff"', '"board"'))


def _remove_the_library(library: TinyLibrary) -> None:
    shutil.rmtree(library.folder)


@pytest.mark.parametrize(
    "happens", [_revoke, _publish, _rewrite_the_register, _take_the_source_off_the_allowlist, _remove_the_library]
)
def test_nothing_that_happened_since_makes_a_difference(
    archive: Archive, happens: Callable[[TinyLibrary], None]
) -> None:
    build = current_build_id(archive.library.builds)
    seq = archive.ask().receipt.seq
    happens(archive.library)
    if happens is not _remove_the_library:
        assert archive.ask().text != ANSWER
    seen = archive.replay(seq)
    assert is_identical(seen)
    assert (seen["notes"], seen["build"]) == ([], build)


def test_answers_of_several_builds_are_each_replayed_on_their_own(archive: Archive) -> None:
    first = archive.ask().receipt.seq
    _publish(archive.library)
    second = archive.ask().receipt.seq
    seen = [archive.replay(first), archive.replay(second)]
    assert all(is_identical(one) for one in seen)
    assert len({one["build"] for one in seen}) == 2


def test_a_log_that_was_closed_and_opened_again_replays(library: TinyLibrary) -> None:
    with open_archive(with_documents(library)) as archive:
        seq = archive.ask().receipt.seq
    with open_archive(library) as archive:
        assert is_identical(archive.replay(seq))


# What cannot be replayed


def test_without_its_build_it_says_how_long_builds_are_kept(archive: Archive) -> None:
    seq = archive.ask().receipt.seq
    _publish(archive.library)
    shutil.rmtree(archive.library.builds / archive.leaves(RECEIVED_TYPE)[0]["build"]["id"])
    rule = "kept while it is one of the newest two, or while a record within retention refers to it"
    with pytest.raises(ReplayError, match=rule):
        archive.replay(seq)


def test_of_a_build_that_an_operator_removed_it_says_so_and_counts_what_it_was_asked(archive: Archive) -> None:
    seq = archive.ask().receipt.seq
    archive.ask()
    build_id = archive.live_build.get().build_id
    _publish(archive.library)
    archive.ask()
    auditing = auditing_over(archive.opened)
    assert auditing.questions_of_build(build_id) == {"2026-11": 2}
    assert auditing.questions_of_build("20200101T000000Z-gone") == {}
    auditing.build_removed("olga", build_id)
    shutil.rmtree(archive.library.builds / build_id)
    with pytest.raises(
        ReplayError, match=r"was removed by an operator \(record \d+\): what it answered can not be made"
    ):
        archive.replay(seq)


def test_a_build_that_was_touched_is_not_asked(archive: Archive) -> None:
    seq = archive.ask().receipt.seq
    file = archive.live_build.get().folder / "lexical" / "counts.npy"
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ReplayError, match=r"back from a backup, it does not open: .*counts\.npy should have"):
        archive.replay(seq)


def test_another_build_of_that_name_is_not_asked(archive: Archive) -> None:
    build = replace(archive.live_build.get(), manifest_hash="0" * 64)
    opened = archive.recorder.received(a_question(QUESTION, ("staff",)), build)
    scope = archive.boundary.scope(build, frozenset({"staff"}))
    archive.recorder.finished(opened, Result("refused", Reason.NO_EVIDENCE, scope))
    with pytest.raises(ReplayError, match=f"with the manifest {'0' * 64}, got one with "):
        archive.replay(opened.seq)


# What a replay leaves behind, and what it never says


def _files(folder: Path) -> dict[Path, bytes]:
    """Return all files but the log's own: its store, and what its signer remembers."""
    paths = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(("audit.", "signed-")))
    return {path: path.read_bytes() for path in paths}


def test_a_replay_writes_nothing_but_the_look(archive: Archive) -> None:
    seq = archive.ask().receipt.seq
    folder = archive.library.root
    before = _files(folder)
    size = archive.store.size()
    archive.replay(seq)
    assert _files(folder) == before
    assert [leaf["type"] for leaf in archive.leaves()[size:]] == ["audit.read"]


def test_a_replay_never_says_what_was_asked_or_answered(archive: Archive) -> None:
    seq = archive.ask().receipt.seq
    shown = json.dumps(archive.replay(seq, calibration=NEVER_ENOUGH))
    for text in (QUESTION, ANSWER, "vendor"):
        assert text not in shown


def test_a_step_that_breaks_is_told_by_its_type_only(library: TinyLibrary) -> None:
    def breaks(_found: object, _build: object) -> list[DraftSentence]:
        raise KeyError(QUESTION)

    with open_archive(with_documents(library)) as archive:
        seq = archive.ask().receipt.seq
        with pytest.raises(ReplayError, match=r"^the question could not be asked again \(KeyError\)$"):
            archive.replay(seq, answerer=Drafting(breaks))


def test_a_look_that_cannot_be_recorded_shows_nothing(archive: Archive) -> None:
    seq = archive.ask().receipt.seq
    encoded = len(archive.library.encoder.encoded)
    archive.refuse("audit.read")
    with pytest.raises(AuditUnavailableError, match="the disk is full"):
        archive.replay(seq)
    assert len(archive.library.encoder.encoded) == encoded
