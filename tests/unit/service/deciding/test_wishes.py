"""What may stand in the register is taken as it was said; else the part that is wrong is named, and never its text."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from indexes.sources import Source
from service.deciding.errors import WishError
from service.deciding.wishes import Wish, approval_terms, withdrawal_terms
from tests.support.audit_doors import approver

TODAY = date(2026, 11, 20)
LEGAL = Source("legal", "folder", Path("/library/legal"), "o@x.example", ("staff", "board"), 1, 12)
ANN = approver("a-1", "legal", name="Ann Lee")
APPROVE = Wish("legal/a.md", "approve", sha256="a" * 64)
REVOKE = Wish("legal/a.md", "revoke", reason="replaced")
SECRET = "blåbær"


def test_an_approval_takes_the_sources_defaults_and_says_who_signed_in() -> None:
    terms = approval_terms(ANN, APPROVE, LEGAL, today=TODAY)
    assert (terms.expires, terms.groups, terms.title, terms.note) == (None, None, "", "")
    assert (terms.by, terms.by_id, terms.auth) == ("Ann Lee", "a-1", "oidc-token")


def test_an_approver_may_say_otherwise() -> None:
    wish = replace(APPROVE, expires=TODAY, groups=("board",), title=" AI use ", note="item 3\n")
    terms = approval_terms(ANN, wish, LEGAL, today=TODAY)
    assert (terms.expires, terms.groups, terms.title, terms.note) == (TODAY, ("board",), "AI use", "item 3")


def test_a_withdrawal_has_its_reason() -> None:
    terms = withdrawal_terms(ANN, REVOKE)
    assert (terms.note, terms.by, terms.by_id, terms.auth) == ("replaced", "Ann Lee", "a-1", "oidc-token")


@pytest.mark.parametrize("name", ["", "  ", "Ann\u202eeeL", "Ann\nLee"])
def test_whose_name_does_not_read_as_it_is_is_called_by_the_id(name: str) -> None:
    assert withdrawal_terms(replace(ANN, name=name), REVOKE).by == "a-1"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sha256": None}, "sha256: expected that of the version that was seen"),
        ({"expires": date(2026, 11, 19)}, "expires: expected 2026-11-20 or a later day, got one that is past"),
        ({"groups": ()}, r"groups: expected one or more of the source's \(staff, board\)"),
        ({"groups": ("staff", SECRET)}, r"groups: expected one or more of the source's \(staff, board\)"),
        ({"title": SECRET * 60}, "title: expected at most 300 characters, got 360"),
        ({"note": SECRET * 400}, "note: expected at most 2000 characters, got 2400"),
        ({"title": f"{SECRET}\u202e"}, "title: expected one line of plain text, got one that holds .*RIGHT-TO-LEFT"),
        ({"note": f"{SECRET}\n{SECRET}"}, "note: expected one line of plain text"),
        ({"reason": SECRET}, "reason: expected none with 'approve'"),
    ],
)
def test_a_part_of_an_approval_that_cannot_be_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(WishError, match=message) as caught:
        approval_terms(ANN, replace(APPROVE, **changes), LEGAL, today=TODAY)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"reason": None}, "reason: expected why, in words, got none"),
        ({"reason": " "}, "reason: expected why, in words, got none"),
        ({"reason": SECRET * 400}, "reason: expected at most 2000 characters"),
        ({"reason": f"{SECRET}\x1b[31m"}, "reason: expected one line of plain text"),
        ({"expires": TODAY}, "expires: expected none with 'revoke'"),
        ({"groups": ("staff",)}, "groups: expected none with 'revoke'"),
        ({"title": SECRET}, "title: expected none with 'revoke'"),
        ({"note": SECRET}, "note: expected none with 'revoke'"),
    ],
)
def test_a_part_of_a_withdrawal_that_cannot_be_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(WishError, match=message) as caught:
        withdrawal_terms(ANN, replace(REVOKE, **changes))
    assert SECRET not in str(caught.value)


def test_a_name_that_was_only_typed_is_never_passed_off_as_a_sign_in() -> None:
    with pytest.raises(ValueError, match="expected somebody who signed in"):
        withdrawal_terms(replace(ANN, auth="cli"), REVOKE)
