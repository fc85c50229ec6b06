"""A decision goes into the register in the name of whoever signed in, on the version that they saw, or not at all."""

import hashlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from indexes.events import Approval, Event, Upload, Withdrawal
from indexes.lines import DocumentStanding
from indexes.previews import Preview, preview_file, preview_json
from indexes.register import Register, append_events
from indexes.standing import Standing
from service.access.errors import NotAllowedError
from service.access.principals import ANY_SOURCE, Principal
from service.deciding.deciding import Decided, Deciding
from service.deciding.errors import (
    DecidedMeanwhileError,
    DecidingError,
    NoDocumentError,
    NotDecidableError,
    OtherVersionError,
    RegisterUnavailableError,
    WishError,
)
from service.deciding.wishes import Wish
from tests.support.audit_doors import approver
from tests.support.fakes import TinyLibrary

ANN = approver("a-1", "legal", "security", name="Ann Lee")
BO = approver("b-2", "legal", "security", name="Bo Ek")


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _approve(document: str, seen: str = "x") -> Wish:
    return Wish(document, "approve", sha256=_sha256(seen))


def _revoke(document: str) -> Wish:
    return Wish(document, "revoke", reason="replaced")


@pytest.fixture
def deciding(library: TinyLibrary) -> Deciding:
    return Deciding(library=library.folder, now=library.clock, max_file_bytes=1 << 20)


def _events(library: TinyLibrary, document: str) -> tuple[Event, ...]:
    decision = Register(library.register_path).refresh().decisions.get(document)
    return decision.events if decision else ()


def _stands(decided: Decided) -> tuple[Standing, list[str]]:
    return decided.line.standing, [approval.by for approval in decided.line.approvals]


# What is written


def test_an_approval_says_who_signed_in_and_how(library: TinyLibrary, deciding: Deciding) -> None:
    library.write("legal/a.md", "x")
    decided = deciding.decide(ANN, replace(_approve("legal/a.md"), title="AI use", expires=date(2027, 1, 1)))
    assert _stands(decided) == (Standing.APPROVED, ["Ann Lee"])
    (line,) = library.register_path.read_text().splitlines()
    assert '"by": "Ann Lee"' in line
    assert '"auth": "oidc-token", "by_id": "a-1"' in line
    assert '"title": "AI use"' in line
    assert '"expires": "2027-01-01"' in line


def test_nobody_pushes_back_a_document_of_a_source_that_others_decide_on(
    library: TinyLibrary, deciding: Deciding
) -> None:
    for document in ("legal/old.md", "security/old.md", "legal/a.md"):
        library.add(document, "x")
    of_legal = approver("c-3", "legal", name="Cy")
    wish = _approve("legal/a.md")
    for other in ("security/old.md", "security/nowhere.md", "nowhere/a.md"):
        with pytest.raises(NotAllowedError, match="expected somebody who decides on what it supersedes too"):
            deciding.decide(of_legal, replace(wish, supersedes=("legal/old.md", other)))
    assert len(_events(library, "legal/a.md")) == 1, "nothing was written"
    deciding.decide(of_legal, replace(wish, supersedes=("legal/old.md",)))
    deciding.decide(ANN, replace(wish, supersedes=("legal/old.md", "security/old.md")))
    deciding.decide(of_legal, wish)
    last = _events(library, "legal/a.md")[-1]
    assert isinstance(last, Approval)
    assert (last.by, last.supersedes) == ("Cy", ("legal/old.md", "security/old.md")), "what was said by Ann stays"


def test_a_case_says_what_supersedes_what_as_far_as_they_decide_on_it(library: TinyLibrary, deciding: Deciding) -> None:
    library.add("security/old.md", "x")
    library.add("legal/a.md", "x")
    library.approve("legal/a.md", supersedes=["security/old.md"])
    assert deciding.case(ANN, "legal/a.md").supersedes == ("security/old.md",)
    assert deciding.case(ANN, "security/old.md").superseded_by == ("legal/a.md",)
    of_security = approver("d-4", "security", name="Di")
    assert deciding.case(of_security, "security/old.md").superseded_by == ()
    library.clock.pass_days(400)
    assert deciding.case(ANN, "security/old.md").superseded_by == (), "it has ended"


def test_an_approval_names_the_text_that_the_worker_read_for_approvers(library: TinyLibrary) -> None:
    deciding = Deciding(library=library.folder, now=library.clock, max_file_bytes=1 << 20, builds=library.builds)
    library.write("legal/a.md", "x")
    deciding.decide(ANN, _approve("legal/a.md"))
    path = preview_file(library.builds, _sha256("x"), "legal/a.md")
    path.parent.mkdir(parents=True)
    for text, problem in (("as it is read", None), ("", "it is damaged")):
        path.write_text(preview_json(Preview("legal/a.md", _sha256("x"), "A", text, (), (), problem)))
        deciding.decide(ANN, _approve("legal/a.md"))
    path.write_text('{"document": "legal/a.md"}')  # of another release
    deciding.decide(ANN, _approve("legal/a.md"))
    named = [event.text_sha256 for event in _events(library, "legal/a.md") if isinstance(event, Approval)]
    assert named == ["", *[_sha256("as it is read")] * 3], "who renews what nobody read anew renews it with its text"
    library.write("legal/a.md", "y")
    deciding.decide(ANN, _approve("legal/a.md", "y"))
    assert '"text_sha256"' not in library.register_path.read_text().splitlines()[-1], "it was of another version"


@pytest.mark.parametrize(("verdict", "standing"), [("revoke", Standing.REVOKED), ("reject", Standing.REJECTED)])
def test_a_withdrawal_needs_no_file(library: TinyLibrary, deciding: Deciding, verdict: str, standing: Standing) -> None:
    library.add("legal/a.md", "x")
    (library.folder / "legal" / "a.md").unlink()
    wish = replace(_revoke("legal/a.md"), verdict=verdict)  # type: ignore[arg-type]
    assert deciding.decide(ANN, wish).line.standing is standing
    last = _events(library, "legal/a.md")[-1]
    assert isinstance(last, Withdrawal)
    assert (last.event, last.reason, last.by, last.by_id, last.auth) == (
        verdict,
        "replaced",
        "Ann Lee",
        "a-1",
        "oidc-token",
    )


# The version that was seen


def test_law_1_a_version_that_nobody_saw_is_not_approved(library: TinyLibrary, deciding: Deciding) -> None:
    library.write("legal/a.md", "swapped")
    with pytest.raises(OtherVersionError, match="expected the file as it is now"):
        deciding.decide(ANN, _approve("legal/a.md", "what was seen"))
    assert not library.register_path.exists()


def test_law_1_a_file_that_is_swapped_before_the_line_is_written_is_not_approved(
    library: TinyLibrary, deciding: Deciding, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.write("legal/a.md", "x")

    def swapped_first(path: Path, events: list[Event], **more: Callable[[], None]) -> None:
        library.write("legal/a.md", "swapped")
        append_events(path, events, **more)

    monkeypatch.setattr("indexes.register.append_events", swapped_first)
    decided = deciding.decide(ANN, _approve("legal/a.md"))
    assert decided.line.standing is Standing.CHANGED
    assert decided.line.grant is not None
    assert decided.line.grant.sha256 == _sha256("x")


@pytest.mark.parametrize(("seen", "may"), [("approved", True), ("as it is now", True), ("neither", False)])
def test_a_withdrawal_may_name_what_is_approved_or_what_waits_and_nothing_else(
    library: TinyLibrary, deciding: Deciding, seen: str, *, may: bool
) -> None:
    library.add("legal/a.md", "approved")
    library.write("legal/a.md", "as it is now")
    wish = replace(_revoke("legal/a.md"), sha256=_sha256(seen))
    if may:
        assert deciding.decide(ANN, wish).line.standing is Standing.REVOKED
    else:
        with pytest.raises(OtherVersionError, match="expected the version that is approved or waits now"):
            deciding.decide(ANN, wish)
        assert len(_events(library, "legal/a.md")) == 1


# Who may


STRANGERS = {
    "approver of another source": approver("c-3", "security", name="Cy"),
    "approver of nothing": approver("c-3", name="Cy"),
    "no approver": replace(ANN, roles=frozenset()),
    "key": replace(ANN, key_id="k-1"),
    "key that decides on everything": replace(approver("k-1", ANY_SOURCE), key_id="k-1"),
}


@pytest.mark.parametrize("who", STRANGERS.values(), ids=STRANGERS.keys())
def test_nobody_else_decides(library: TinyLibrary, deciding: Deciding, who: Principal) -> None:
    library.add("legal/a.md", "x")
    for wish in (_approve("legal/a.md"), _revoke("legal/a.md"), replace(_revoke("legal/a.md"), verdict="reject")):
        with pytest.raises(NotAllowedError):
            deciding.decide(who, wish)
    assert len(_events(library, "legal/a.md")) == 1


def test_whoever_decides_on_every_source_decides_on_each(library: TinyLibrary, deciding: Deciding) -> None:
    library.write("legal/a.md", "x")
    assert deciding.decide(approver("a-1", ANY_SOURCE), _approve("legal/a.md")).line.standing is Standing.APPROVED


def test_nobody_approves_what_they_uploaded_where_the_source_says_so(library: TinyLibrary, deciding: Deciding) -> None:
    library.allow("hr", flags=["separate_uploader"])
    library.write("hr/a.md", "x")
    for who in (ANN, BO):
        library.append(Upload("hr/a.md", _sha256("x"), who.name, library.clock.at, "oidc-token", who.principal_id))
    for who in (ANN, BO, replace(ANN, name="Ann Berg"), replace(ANN, principal_id="a-9")):
        with pytest.raises(NotAllowedError, match="nobody approves their own"):
            deciding.decide(replace(who, approves=frozenset({"hr"})), _approve("hr/a.md"))
    assert _events(library, "hr/a.md") == ()
    cy = approver("c-3", "hr", name="Cy")
    assert _stands(deciding.decide(cy, _approve("hr/a.md"))) == (Standing.APPROVED, ["Cy"])
    ann = replace(ANN, approves=frozenset({"hr"}))
    assert deciding.decide(ann, _revoke("hr/a.md")).line.standing is Standing.REVOKED, "taking back is for everybody"


# Two people


def test_two_who_signed_in_are_two_and_one_who_approves_twice_is_one(library: TinyLibrary, deciding: Deciding) -> None:
    library.write("security/a.md", "x")
    one = (Standing.PENDING, ["Ann Lee"])
    assert _stands(deciding.decide(ANN, _approve("security/a.md"))) == one
    assert _stands(deciding.decide(ANN, _approve("security/a.md"))) == one
    assert _stands(deciding.decide(replace(ANN, principal_id="a-9"), _approve("security/a.md"))) == one
    assert _stands(deciding.decide(replace(ANN, name="Ann Berg"), _approve("security/a.md")))[0] is Standing.PENDING
    assert _stands(deciding.decide(BO, _approve("security/a.md"))) == (Standing.APPROVED, ["Ann Berg", "Bo Ek"])


def test_who_approves_on_the_command_line_and_signed_in_is_one(library: TinyLibrary, deciding: Deciding) -> None:
    library.add("security/a.md", "x", by="ann LEE")
    assert _stands(deciding.decide(ANN, _approve("security/a.md"))) == (Standing.PENDING, ["Ann Lee"])


def test_where_a_source_asks_for_it_only_who_signed_in_counts(library: TinyLibrary, deciding: Deciding) -> None:
    library.allow("hr", flags=["proven"])
    library.add("hr/a.md", "x", by="cy")
    assert library.approvals.standing_of("hr/a.md").standing is Standing.PENDING
    who = replace(ANN, approves=frozenset({"hr"}))
    assert _stands(deciding.decide(who, _approve("hr/a.md"))) == (Standing.APPROVED, ["Ann Lee"])


def test_two_who_approve_at_once_are_both_in_the_register(library: TinyLibrary, deciding: Deciding) -> None:
    names = [f"security/{number}.md" for number in range(5)]
    for name in names:
        library.write(name, "x")
    begin = threading.Barrier(4)
    people = (ANN, BO, ANN, BO)

    def approve_all(who: Principal) -> None:
        begin.wait()
        for name in names:
            deciding.decide(who, _approve(name))

    with ThreadPoolExecutor(len(people)) as pool:
        list(pool.map(approve_all, people))
    assert {line.standing for line in library.approvals.overview()} == {Standing.APPROVED}
    state = library.approvals.state()
    assert (state.position, state.problems) == (20, ())


def test_what_was_revoked_meanwhile_stays_revoked_and_the_approver_is_told(
    library: TinyLibrary, deciding: Deciding, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add("legal/a.md", "x")

    def revoked_first(path: Path, events: list[Event], **more: Callable[[], None]) -> None:
        monkeypatch.setattr("indexes.register.append_events", append_events)
        deciding.decide(BO, _revoke("legal/a.md"))
        append_events(path, events, **more)

    library.clock.pass_days(1)
    monkeypatch.setattr("indexes.register.append_events", revoked_first)
    assert deciding.decide(ANN, _approve("legal/a.md")).line.standing is Standing.REVOKED


def test_who_decides_on_what_was_decided_meanwhile_is_told_and_nothing_is_written(
    library: TinyLibrary, deciding: Deciding, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.write("legal/a.md", "x")
    for seen, first in ((0, _approve("legal/a.md")), (1, _revoke("legal/a.md"))):
        wish = replace(_approve("legal/a.md"), seen=seen)

        def decided_first(path: Path, events: list[Event], *, other: Wish = first, **more: Callable[[], None]) -> None:
            """Let somebody else decide after everything was looked at, just before the line is written."""
            monkeypatch.setattr("indexes.register.append_events", append_events)
            deciding.decide(BO, other)
            append_events(path, events, **more)

        monkeypatch.setattr("indexes.register.append_events", decided_first)
        with pytest.raises(DecidedMeanwhileError) as told:
            deciding.decide(ANN, wish)
        assert told.value.last.by == "Bo Ek"
        assert len(_events(library, "legal/a.md")) == seen + 1
    revoked = replace(_approve("legal/a.md"), seen=2)
    assert deciding.decide(ANN, revoked).line.standing is Standing.APPROVED


# What is no document, and what cannot be written


def _link(library: TinyLibrary) -> None:
    (library.folder / "legal" / "a.md").symlink_to(library.write("legal/b.md", "x"))


def _look_alike(library: TinyLibrary) -> None:
    library.add("legal/A.md", "x")
    library.write("legal/a.md", "x")


def _revoked_in_the_future(library: TinyLibrary) -> None:
    library.write("legal/a.md", "x")
    at = library.clock.at.replace(year=2030)
    library.append(Withdrawal("revoke", "legal/a.md", by="ann", at=at, reason="typed wrong"))


def _too_large(library: TinyLibrary) -> None:
    library.write("legal/a.md", "x" * ((1 << 20) + 1))


@pytest.mark.parametrize("prepare", [_link, _look_alike, _revoked_in_the_future, _too_large])
def test_what_cannot_become_approved_is_not_written(
    library: TinyLibrary, deciding: Deciding, prepare: Callable[[TinyLibrary], None]
) -> None:
    prepare(library)
    before = library.approvals.state().position
    with pytest.raises(NotDecidableError):
        deciding.decide(ANN, _approve("legal/a.md"))
    assert library.approvals.state().position == before


NO_DOCUMENTS = ["legal/gone.md", "nothing/a.md", "../sources.toml", "legal/../legal/a.md", "/etc/passwd"]


@pytest.mark.parametrize("document", [*NO_DOCUMENTS, "legal", "", "legal/a.md\0"])
def test_what_is_no_document_is_not_found(library: TinyLibrary, deciding: Deciding, document: str) -> None:
    library.write("legal/a.md", "x")
    everything = approver("a-1", ANY_SOURCE)
    for wish in (_approve(document), _revoke(document)):
        with pytest.raises(NoDocumentError):
            deciding.decide(everything, wish)
    assert not library.register_path.exists()


def test_a_name_means_the_same_wherever_the_service_was_started(
    library: TinyLibrary, deciding: Deciding, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.write("legal/legal/a.md", "x")
    monkeypatch.chdir(library.folder / "legal")
    with pytest.raises(NoDocumentError):
        deciding.decide(ANN, _approve("legal/a.md"))


def test_a_register_that_cannot_be_written_is_told_and_nothing_is_approved(
    library: TinyLibrary, deciding: Deciding
) -> None:
    library.write("legal/a.md", "x")
    library.register_path.mkdir()
    with pytest.raises(RegisterUnavailableError):
        deciding.decide(ANN, _approve("legal/a.md"))


def test_without_an_allowlist_nobody_decides(library: TinyLibrary, deciding: Deciding) -> None:
    (library.folder / "sources.toml").unlink()
    with pytest.raises(RegisterUnavailableError):
        deciding.decide(ANN, _approve("legal/a.md"))
    with pytest.raises(RegisterUnavailableError):
        deciding.waiting(ANN, after=None, limit=10)


def test_a_wish_that_cannot_be_is_not_written(library: TinyLibrary, deciding: Deciding) -> None:
    library.write("legal/a.md", "x")
    for wish in (replace(_approve("legal/a.md"), groups=("board",)), replace(_revoke("legal/a.md"), reason="")):
        with pytest.raises(WishError):
            deciding.decide(ANN, wish)
    assert not library.register_path.exists()


# What waits


def _waits(deciding: Deciding, who: Principal) -> list[tuple[str, str]]:
    return [(item.why, item.line.document) for item in deciding.waiting(who, after=None, limit=200).items]


def test_what_waits_comes_in_the_order_of_risk(library: TinyLibrary, deciding: Deciding) -> None:
    library.add("legal/approved.md", "approved")
    library.add("legal/expiring.md", "expiring", expires=date(2026, 12, 1))
    library.add("legal/expired.md", "expired", expires=date(2026, 11, 19))
    library.add("legal/expired-before.md", "expired before", expires=date(2026, 11, 1))
    library.add("legal/changed.md", "changed")
    library.write("legal/changed.md", "a new version")
    library.write("legal/new.md", "new")
    library.write("legal/uploaded.md", "uploaded")
    library.append(Upload("legal/uploaded.md", _sha256("uploaded"), "mira", library.clock.at))
    library.add("legal/revoked.md", "revoked")
    library.revoke("legal/revoked.md")
    library.add("security/short.md", "short")
    (library.folder / "legal" / "link.md").symlink_to("new.md")
    assert _waits(deciding, ANN) == [
        ("expired", "legal/expired-before.md"),
        ("expired", "legal/expired.md"),
        ("changed", "legal/changed.md"),
        ("short", "security/short.md"),
        ("undecided", "legal/uploaded.md"),
        ("undecided", "legal/new.md"),
        ("undecided", "legal/link.md"),
        ("expiring", "legal/expiring.md"),
    ]


def test_nobody_is_shown_what_others_decide_on(library: TinyLibrary, deciding: Deciding) -> None:
    library.write("legal/a.md", "x")
    library.write("security/b.md", "y")
    assert _waits(deciding, approver("c-3", "security")) == [("undecided", "security/b.md")]
    assert _waits(deciding, approver("c-3")) == []
    assert len(_waits(deciding, approver("c-3", ANY_SOURCE))) == 2


def test_a_file_is_read_once_for_the_list_and_anew_for_a_decision(
    library: TinyLibrary, deciding: Deciding, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.write("legal/a.md", "x")
    assert _waits(deciding, ANN) == [("undecided", "legal/a.md")]
    monkeypatch.setattr("indexes.library._read_up_to", None)
    assert _waits(deciding, ANN) == [("undecided", "legal/a.md")]
    with pytest.raises(TypeError):
        deciding.decide(ANN, _approve("legal/a.md"))


def test_what_is_listed_can_be_approved_as_it_is_listed(library: TinyLibrary, deciding: Deciding) -> None:
    library.write("legal/a.md", "x")
    (item,) = deciding.waiting(ANN, after=None, limit=10).items
    line: DocumentStanding = item.line
    deciding.decide(ANN, Wish(line.document, "approve", sha256=line.sha256))
    assert _waits(deciding, ANN) == []


def test_every_refusal_is_of_one_tree() -> None:
    """So that a door can tell all of them from what is broken."""
    kinds = (WishError, NoDocumentError, OtherVersionError, NotDecidableError, RegisterUnavailableError)
    assert all(issubclass(kind, DecidingError) for kind in kinds)
