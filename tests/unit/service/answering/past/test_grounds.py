"""On what grounds a past answer was given: the passage as it was, the approval of then, and what became of it."""

import dataclasses
import json
import shutil
from datetime import date, timedelta
from typing import Any

import pytest

from service.answering.past.grounds import Approved, Ground, Grounds
from service.audit.storage.store import StoredLeaf
from tests.support.replay_parts import ANSWER, BOARD, OFF_TOPIC, POLICY, POLICY_TEXT, QUESTION, Archive

STAFF = frozenset({"staff"})


@pytest.fixture
def past(archive: Archive) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the two records of a question that was answered."""
    archive.ask()
    return _newest(archive)


def _newest(archive: Archive) -> tuple[dict[str, Any], dict[str, Any]]:
    (received, finished) = (archive.leaves(kind)[-1] for kind in ("query.received", "query.finished"))
    return received, finished


def _grounds(archive: Archive) -> Grounds:
    library = archive.library
    return Grounds(builds=library.builds, library=library.folder, store=archive.store, now=library.clock)


def _only(archive: Archive, past: Any, groups: frozenset[str] = STAFF, *, opened: bool = False) -> Ground:
    (found,) = _grounds(archive).of(*past, groups=groups, opened=opened)
    return found


def test_the_passage_is_shown_as_it_was_with_the_quote_and_the_approval_of_then(archive: Archive, past: Any) -> None:
    found = _only(archive, past)
    assert (found.n, found.document, found.title) == (1, POLICY, "AI use policy")
    assert found.words is not None
    assert (found.words[1], "".join(found.words) in POLICY_TEXT) == (ANSWER, True)
    today = archive.library.clock().date()
    expires = date(today.year + 1, today.month, today.day)
    assert found.then == Approved(("ann@x.example",), today, expires, ("staff",))
    assert (found.still, found.now) == (True, "Still approved, until 20 Nov 2027.")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("revoke", "Revoked on 20 Nov 2026 by ann@x.example: withdrawn."),
        ("replace", "Replaced by a newer version, approved on 20 Nov 2026 by ann@x.example."),
        ("expire", "Expired on 20 Nov 2027."),
        ("drop", "Its source is not in the allowlist any more, so it is not approved now."),
    ],
)
def test_what_became_of_the_approval_since_is_told_and_the_one_of_then_stays(
    archive: Archive, past: Any, change: str, expected: str
) -> None:
    before, library = _only(archive, past), archive.library
    if change == "revoke":
        library.revoke(POLICY)
    elif change == "replace":
        library.add(POLICY, POLICY_TEXT + "\nA line more.\n")
    elif change == "expire":
        library.clock.at += timedelta(days=400)
    else:
        (library.folder / "sources.toml").write_text('[[source]]\nname = "x"\nkind = "folder"\nowner = "o@x.example"\n')
        (library.folder / "x").mkdir()
    found = _only(archive, past, opened=True)
    assert (found.now, found.still, found.words) == (expected, False, before.words)
    if change != "drop":
        assert found.then == before.then


def test_words_for_other_groups_are_given_only_with_the_texts(archive: Archive) -> None:
    archive.ask("What does the board review once more?", "staff", "board")
    past = _newest(archive)
    (found,) = (one for one in _grounds(archive).of(*past, groups=STAFF) if one.document == BOARD)
    assert (found.words, found.then is not None) == (None, True)
    assert "groups that you are not in" in found.why_not
    for groups, opened in ((STAFF | {"board"}, False), (STAFF, True)):
        (found,) = (one for one in _grounds(archive).of(*past, groups=groups, opened=opened) if one.document == BOARD)
        assert found.words is not None


def test_a_build_that_is_gone_or_another_is_said_and_not_guessed(archive: Archive, past: Any) -> None:
    hits = [{**hit, "passage_hash": "0" * 64} for hit in past[1]["hits"]]
    assert "is not the one on record" in _only(archive, (past[0], {**past[1], "hits": hits})).why_not
    shutil.rmtree(archive.library.builds / past[0]["build"]["id"])
    found = _only(archive, past)
    assert (found.words, found.why_not) == (
        None,
        f"the build {past[0]['build']['id']} that answered is not kept any more",
    )
    assert found.then is not None


def test_a_build_that_was_packed_since_tells_as_much(archive: Archive, past: Any) -> None:
    before = _only(archive, past)
    for number in range(4):
        archive.library.add(f"legal/new-{number}.md", f"# New {number}\n\nThis is rule number {number} of several.\n")
        archive.library.clock.pass_days(1)
        archive.library.ingest()
    build_id = past[0]["build"]["id"]
    assert not (archive.library.builds / build_id).exists()
    assert _only(archive, past) == before
    hits = [{**hit, "passage_id": "0" * 24} for hit in past[1]["hits"]]
    cited = [{**one, "passage_id": "0" * 24} for one in past[1]["citations"]]
    assert "is not in the build" in _only(archive, (past[0], {**past[1], "hits": hits, "citations": cited})).why_not
    (archive.library.builds / "pack" / "blocks.sqlite").write_bytes(b"rubbish" * 1000)
    assert _only(archive, past).why_not == (
        f"the build {build_id} that answered does not open: put it back from a backup"
    )


def test_a_register_that_was_changed_behind_the_record_gives_no_approval_of_then(archive: Archive, past: Any) -> None:
    path = archive.library.register_path
    path.write_text(path.read_text().replace('"by": "ann@x.example"', '"by": "eve@x.example"'))
    found = _only(archive, past)
    assert (found.then, found.words) == (None, None)
    assert "not those on record" in found.then_why_not


def test_a_refusal_has_no_grounds(archive: Archive) -> None:
    archive.ask(OFF_TOPIC)
    assert _grounds(archive).of(*_newest(archive), groups=STAFF) == []


def test_the_question_is_in_none_of_it(archive: Archive, past: Any) -> None:
    assert QUESTION not in json.dumps(dataclasses.asdict(_only(archive, past)), default=str)
    assert isinstance(archive.store.leaf(0), StoredLeaf)
