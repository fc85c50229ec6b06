"""Law 2: the boundary is checked again on every question, before a passage can influence anything."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import numpy as np
import pytest

import service.answering.steps
from indexes.terms import Terms
from service.answering.drafts import DraftSentence
from service.answering.finding.retrieve import Retrieved, retrieve
from tests.support.examples import examples
from tests.support.fakes import TinyLibrary
from tests.support.made_once import grown
from tests.support.service_parts import (
    ALWAYS_ENOUGH,
    EVERY_DOOR,
    OFF_TOPIC_QUESTION,
    POLICY,
    POLICY_TEXT,
    TRAVEL,
    TRAVEL_QUESTION,
    TRAVEL_TEXT,
    VENDOR_QUESTION,
    Drafts,
    Studio,
    all_told,
    open_studio,
    whole,
    with_rules,
    without_receipt,
)

NEEDLE = "ten working days"  # stands in the policy only


def _in_sources(library: TinyLibrary, old: str, new: str) -> None:
    path = library.folder / "sources.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def _revoke(library: TinyLibrary) -> None:
    library.revoke(POLICY)


def _reject(library: TinyLibrary) -> None:
    library.approvals.withdraw("reject", POLICY, by="ann@x.example", reason="superseded")


def _expire(library: TinyLibrary) -> None:
    library.clock.pass_days(11)


def _narrow_the_source(library: TinyLibrary) -> None:
    _in_sources(library, 'groups = ["staff"]', 'groups = ["lawyers"]')


def _close_the_source(library: TinyLibrary) -> None:
    _in_sources(library, 'groups = ["staff"]', "groups = []")


def _remove_the_source(library: TinyLibrary) -> None:
    path = library.folder / "sources.toml"
    path.write_text('[[source]]\nname = "other"\ngroups = ["staff"]\n')


def _ask_for_two_approvals(library: TinyLibrary) -> None:
    _in_sources(library, "approvals_required = 1", "approvals_required = 2")


def _narrow_the_approval(library: TinyLibrary) -> None:
    library.approve(POLICY, groups=["lawyers"])


def _approve_a_newer_version(library: TinyLibrary) -> None:
    library.add(POLICY, POLICY_TEXT.replace("ten working", "three calendar"))


def _merge_an_approval_behind_the_revocation(library: TinyLibrary) -> None:
    (before,) = library.approvals.plan_approval(POLICY, Terms(by="bo@x.example")).approvals  # on the other branch
    library.clock.pass_days(1)
    library.revoke(POLICY)
    library.append(before)


def _merge_the_first_approval_behind_the_revocation(library: TinyLibrary) -> None:
    lines = library.places.lines()
    library.revoke(POLICY)
    library.places.rewrite(library.places.lines() + lines)


def _leave_marks_of_a_merge(library: TinyLibrary) -> None:
    lines = library.places.lines()
    library.revoke(POLICY)
    revoked = library.places.lines()[len(lines) :]
    library.places.rewrite(b"<<<<<<< HEAD\n" + revoked + b"=======\n" + lines + b">>>>>>> renewals\n")


def _add_a_line(line: bytes) -> Callable[[TinyLibrary], None]:
    def add(library: TinyLibrary) -> None:
        library.places.rewrite(library.places.lines() + line)

    return add


def _empty_the_register(library: TinyLibrary) -> None:
    library.places.rewrite(b"")


def _remove_the_register(library: TinyLibrary) -> None:
    library.places.remove_register()


WITHDRAWALS: dict[str, Callable[[TinyLibrary], None]] = {
    "revoked": _revoke,
    "rejected": _reject,
    "expired": _expire,
    "source for other groups": _narrow_the_source,
    "source for nobody": _close_the_source,
    "source removed": _remove_the_source,
    "a second approval required": _ask_for_two_approvals,
    "approval for other groups": _narrow_the_approval,
    "newer version approved": _approve_a_newer_version,
    "malformed line": _add_a_line(b'{"event": "approve", "document": "' + POLICY.encode() + b'", "sha256": 7}\n'),
    "unknown event": _add_a_line(b'{"event": "allow", "document": "' + POLICY.encode() + b'"}\n'),
    "line cut off": _add_a_line(b'{"event": "revoke", "document": "' + POLICY.encode() + b'", "by": "a'),
    "merged with an approval of before": _merge_an_approval_behind_the_revocation,
    "merged with the first approval": _merge_the_first_approval_behind_the_revocation,
    "merge not finished": _leave_marks_of_a_merge,
    "register emptied": _empty_the_register,
    "register removed": _remove_the_register,
}


@pytest.fixture
def expiring(library: TinyLibrary) -> Iterator[Studio]:
    grown(library, _add_rules_that_expire)
    with open_studio(library) as opened:
        yield opened


def _add_rules_that_expire(library: TinyLibrary) -> None:
    library.add(POLICY, POLICY_TEXT, expires=date(2026, 11, 30))
    library.add(TRAVEL, TRAVEL_TEXT)
    library.ingest()


# One for each place from which it is known: before these, every door has shown the document; before others, one has.
SHOWN_EVERYWHERE_BEFORE = {"revoked", "expired", "source for other groups", "newer version approved"}


@pytest.mark.parametrize("how", WITHDRAWALS)
def test_the_very_next_question_no_longer_sees_a_withdrawn_document(expiring: Studio, how: str) -> None:
    if how in SHOWN_EVERYWHERE_BEFORE:
        assert expiring.doors_showing(POLICY, VENDOR_QUESTION, NEEDLE) == EVERY_DOOR
    assert NEEDLE in expiring.ask(VENDOR_QUESTION)["answer"]
    WITHDRAWALS[how](expiring.library)
    assert expiring.doors_showing(POLICY, VENDOR_QUESTION, NEEDLE) == []


def test_an_approval_holds_to_the_last_second_of_its_last_day(expiring: Studio) -> None:
    expiring.library.clock.at = expiring.library.clock.at.replace(day=30, hour=23, minute=59, second=59)
    assert expiring.doors_showing(POLICY, VENDOR_QUESTION, NEEDLE) == EVERY_DOOR
    expiring.library.clock.pass_days(1 / 86_400)
    assert expiring.doors_showing(POLICY, VENDOR_QUESTION, NEEDLE) == []


def test_an_approval_given_again_acts_on_the_next_question_too(studio: Studio) -> None:
    studio.library.revoke(POLICY)
    assert studio.ask(VENDOR_QUESTION)["outcome"] == "refused"
    studio.library.approve(POLICY)
    assert studio.ask(VENDOR_QUESTION)["outcome"] == "answered"


def test_when_nobody_can_say_what_is_approved_nothing_is_shown(studio: Studio) -> None:
    (studio.library.folder / "sources.toml").unlink()
    assert studio.api.post("/v1/ask", json={"question": VENDOR_QUESTION}).status_code == 503
    assert studio.doors_showing(POLICY, VENDOR_QUESTION, NEEDLE) == []


def test_a_document_for_another_group_is_seen_by_that_group_only(library: TinyLibrary) -> None:
    library.allow("board", groups=["board", "staff"])
    library.add("board/minutes.md", POLICY_TEXT, groups=["board"])
    library.ingest()
    with open_studio(library, groups="finance") as finance:
        assert finance.doors_showing("board/minutes.md", VENDOR_QUESTION, NEEDLE) == []
    with open_studio(library, groups="finance, board") as board:
        assert board.doors_showing("board/minutes.md", VENDOR_QUESTION, NEEDLE) == EVERY_DOOR


def test_empty_groups_mean_nobody(library: TinyLibrary) -> None:
    library.add(POLICY, POLICY_TEXT, groups=[])
    library.ingest()
    with open_studio(library) as studio:
        assert studio.doors_showing(POLICY, VENDOR_QUESTION, NEEDLE) == []


# --- What an asker may not see leaves no trace ---

VISIBLE = {
    "legal/b-vendors.md": "The security team reviews every new vendor. A vendor contract needs two signatures.\n",
    "legal/d-travel.md": "The daily travel allowance is fifty euros. Flights are booked in economy class.\n",
    "legal/f-tools.md": "Staff may use approved tools to draft emails. Scripts stay inside the company.\n",
}
HIDDEN = {  # before, between and after the visible ones, with the same words
    "legal/a-vendors.md": "The vendor vendor vendor review board reviews vendors of vendors within ten days. " * 4,
    "legal/c-travel.md": "Executives have a daily travel allowance of nine hundred euros. Allowance allowance.\n",
    "legal/e-orbits.md": "Geostationary satellites follow an orbit above the equator.\n",
    "legal/g-tools.md": "Tools, scripts and emails are watched. " * 12,
}
QUESTIONS = [
    "Who reviews a new vendor?",
    TRAVEL_QUESTION,
    "Which tools may draft emails and scripts?",
    OFF_TOPIC_QUESTION,
    "allowance",
    "What about watched executives?",
]


def _hide_by_groups(library: TinyLibrary, document: str) -> None:
    library.approve(document, groups=["executives"])


def _hide_by_revoking(library: TinyLibrary, document: str) -> None:
    library.revoke(document)


@pytest.mark.parametrize("hide", [_hide_by_groups, _hide_by_revoking], ids=["other groups", "revoked"])
def test_hidden_documents_change_nothing_that_an_asker_or_the_record_sees(
    tmp_path_factory: pytest.TempPathFactory, hide: Callable[[TinyLibrary, str], None]
) -> None:
    with_hidden = TinyLibrary(tmp_path_factory.mktemp("with") / "studio")
    for document, text in (VISIBLE | HIDDEN).items():
        with_hidden.add(document, text)
    with_hidden.ingest()  # the build holds all of them; then some are hidden
    for document in HIDDEN:
        hide(with_hidden, document)
    without = TinyLibrary(tmp_path_factory.mktemp("without") / "studio")
    for document, text in VISIBLE.items():
        without.add(document, text)
    without.ingest()
    assert _all_that_is_seen(with_hidden) == _all_that_is_seen(without)


@pytest.mark.parametrize("seed", range(examples(3, thorough=20)))
def test_hidden_documents_of_any_shape_change_nothing(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    random = np.random.default_rng(seed)
    vocabulary = "vendor security team travel allowance orbit tools emails scripts euros contract review days".split()

    def text() -> str:
        sentences = random.integers(1, 6)
        return " ".join(
            " ".join(random.choice(vocabulary, size=random.integers(4, 12))).capitalize() + "."
            for _ in range(sentences)
        )

    names = [f"legal/{number:02}.txt" for number in range(12)]
    texts = {name: text() for name in names}
    hidden = set(random.choice(names, size=5, replace=False))
    with_hidden = TinyLibrary(tmp_path_factory.mktemp("with") / "studio")
    without = TinyLibrary(tmp_path_factory.mktemp("without") / "studio")
    for name in names:
        with_hidden.add(name, texts[name], groups=["executives"] if name in hidden else ["staff"])
        if name not in hidden:
            without.add(name, texts[name])
    with_hidden.ingest()
    without.ingest()
    assert _all_that_is_seen(with_hidden) == _all_that_is_seen(without)


def _all_that_is_seen(library: TinyLibrary) -> list[Any]:
    """Return answers, search results, the list of documents, and the leaves, but for what any two runs differ in."""
    varying = {"request_id", "received_seq", "elapsed_us", "ts_us", "register_seq", "build", "actor", "groups_hash"}
    varying |= {"prompt_commit", "answer_commit", "release"}  # salted; the release's settings hold the folders
    with open_studio(library) as studio:
        seen: list[Any] = [without_receipt(studio.ask(question)) for question in QUESTIONS]
        seen += [without_receipt(studio.search(question)) for question in QUESTIONS]
        seen += [studio.api.get("/v1/documents").json()]
        seen += [{key: leaf[key] for key in leaf.keys() - varying} for leaf in studio.leaves()]
    return seen


def test_a_refusal_reads_the_same_whether_or_not_hidden_documents_match(library: TinyLibrary) -> None:
    library.add("legal/e-orbits.md", HIDDEN["legal/e-orbits.md"], groups=["executives"])
    with open_studio(with_rules(library)) as studio:
        hidden_match = studio.ask(OFF_TOPIC_QUESTION)
        no_match = studio.ask("How are jellyfish pickled in Norway?")
    assert without_receipt(hidden_match) == without_receipt(no_match)


@pytest.mark.parametrize("where", ["/v1/documents/", "/v1/originals/", "/documents/", "/originals/"])
def test_a_forbidden_document_is_answered_exactly_like_an_unknown_one(library: TinyLibrary, where: str) -> None:
    library.add("legal/hidden.md", POLICY_TEXT, groups=["executives"])
    with open_studio(with_rules(library)) as studio:
        caller = studio.api if where.startswith("/v1") else studio.browser()
        forbidden = caller.get(f"{where}legal/hidden.md")
        unknown = caller.get(f"{where}legal/nobody.md")
    assert (forbidden.status_code, unknown.status_code) == (404, 404)
    assert forbidden.content == unknown.content
    assert all_told(forbidden) == all_told(unknown)


# --- A revocation that comes while a question is being worked on ---


def test_what_is_revoked_while_an_answer_is_drafted_is_not_released(library: TinyLibrary) -> None:
    def make(retrieved: Retrieved, _build: object) -> list[DraftSentence]:
        library.revoke(POLICY)
        return [whole(hit) for hit in retrieved.hits]

    with open_studio(with_rules(library), calibration=ALWAYS_ENOUGH, answerer=Drafts(make)) as studio:
        result = studio.ask("AI vendor travel allowance")
    assert [citation["document"] for citation in result["citations"]] == [TRAVEL]
    assert NEEDLE not in str(result)


def test_if_all_that_was_drafted_is_revoked_meanwhile_there_is_no_answer(library: TinyLibrary) -> None:
    def make(retrieved: Retrieved, _build: object) -> list[DraftSentence]:
        for document in (POLICY, TRAVEL):
            library.revoke(document)
        return [whole(hit) for hit in retrieved.hits]

    with open_studio(with_rules(library), calibration=ALWAYS_ENOUGH, answerer=Drafts(make)) as studio:
        result = studio.ask(VENDOR_QUESTION)
    assert (result["answer"], result["sentences"], result["citations"]) == (None, [], [])
    assert result["refusal"]["reason"] == "unsupported_draft"


def test_what_is_revoked_during_a_search_is_not_released(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:

    def retrieve_then_revoke(*args: Any, **kwargs: Any) -> Retrieved:
        found = retrieve(*args, **kwargs)
        studio.library.revoke(POLICY)
        return found

    monkeypatch.setattr(service.answering.steps, "retrieve", retrieve_then_revoke)
    assert {passage["document"] for passage in studio.search(VENDOR_QUESTION)["passages"]} == {TRAVEL}
