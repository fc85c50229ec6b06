"""Each way in which the register keeps a document out is said in one line."""

from dataclasses import replace
from pathlib import Path

import pytest

from indexes.decisions import Decision, Problem
from indexes.library import FileBytes
from indexes.sources import Source
from indexes.standing import grant, standing
from ingest.reasons import why_not
from tests.support.fakes import APPROVAL, NOON, REVOCATION

LEGAL = Source("legal", "folder", Path("/library/legal"), "o@x.example", ("staff",), 1, 12)
TWO = replace(LEGAL, approvals_required=2)
FILE = FileBytes("legal/a.md", b"", APPROVAL.sha256)
OTHER = replace(APPROVAL, sha256="b" * 64)


def _approved(*approvals: object) -> Decision:
    return Decision(approvals=approvals, events=approvals)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("decision", "source", "reason"),
    [
        (None, LEGAL, "pending: nobody has approved it"),
        (Decision(withdrawal=REVOCATION), LEGAL, "revoked: by ann@x.example on 2026-11-20: withdrawn"),
        (
            Decision(problem=Problem(7, "rubbish", ("legal/a.md",))),
            LEGAL,
            "pending: the register's line 7 cannot be understood; approve it again",
        ),
        (_approved(APPROVAL), TWO, "pending: one person approved this version, another has to"),
        (
            _approved(OTHER),
            LEGAL,
            "changed: approved bbbbbbbbbbbb, found aaaaaaaaaaaa; the new version needs approval",
        ),
        (
            _approved(replace(APPROVAL, expires=NOON.date().replace(day=1))),
            LEGAL,
            "expired: the approval ended on 2026-11-01",
        ),
        (
            _approved(replace(OTHER, at=NOON.replace(hour=13)), APPROVAL),
            LEGAL,
            "pending: the register's lines on it are not in the order of their times, and disagree; approve it again",
        ),
    ],
)
def test_why_a_document_is_not_admitted(decision: Decision | None, source: Source, reason: str) -> None:
    is_now = standing(decision, source, file_sha256=FILE.sha256, at=NOON)
    assert why_not(is_now, decision, grant(decision, source), FILE, source) == reason
