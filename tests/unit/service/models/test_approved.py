"""What an approval covers: its days, and which passages a model may be sent."""

from dataclasses import replace
from datetime import timedelta

import pytest

from service.models.approved import MaySend, Terms
from tests.support.model_parts import EXPIRES, approved

HANDBOOK, STAFF = frozenset({"handbook"}), frozenset({"staff"})


def test_an_approval_holds_until_the_end_of_its_last_day() -> None:
    model = approved()
    assert model.why_not(EXPIRES) is None
    assert model.why_not(EXPIRES + timedelta(days=1)) == (
        "model 'writer' may not be called: its approval ended on 2027-06-30"
    )


def test_what_nobody_approved_may_not_be_called() -> None:
    assert "nobody approved it" in str(replace(approved(), approved_by="").why_not(EXPIRES))


@pytest.mark.parametrize(
    ("may_send", "source", "groups", "problem"),
    [
        (MaySend(sources=HANDBOOK), "handbook", {"staff"}, None),
        (MaySend(sources=HANDBOOK), "legal", {"staff"}, "is not approved for source 'legal'"),
        (MaySend(sources=frozenset({"*"})), "legal", {"staff"}, None),
        (MaySend(groups=STAFF), "legal", {"staff", "board"}, None),
        (MaySend(groups=STAFF), "legal", {"board"}, "is not approved for what board may read"),
        (MaySend(sources=HANDBOOK, groups=STAFF), "handbook", {"staff"}, None),
        (MaySend(sources=HANDBOOK, groups=STAFF), "handbook", {"board"}, "is not approved for what board may read"),
        (MaySend(sources=HANDBOOK, groups=STAFF), "legal", {"staff"}, "is not approved for source 'legal'"),
        (MaySend(sources=HANDBOOK), "handbook", set(), "is sent nothing that nobody may read"),
        (MaySend(sources=frozenset()), "handbook", {"staff"}, "is not approved for source 'handbook'"),
        (MaySend(groups=frozenset()), "handbook", {"staff"}, "is not approved for what staff may read"),
        (MaySend(), "handbook", {"staff"}, "is approved for nothing"),
    ],
)
def test_a_passage_is_sent_only_where_the_approval_covers_its_source_and_its_readers(
    may_send: MaySend, source: str, groups: set[str], problem: str | None
) -> None:
    said = replace(approved(), may_send=may_send).may_be_sent(source, groups)
    assert said == (None if problem is None else f"model 'writer' {problem}")


def test_a_person_is_told_what_is_not_stated_and_what_leads_nowhere() -> None:
    model = replace(approved(), may_send=MaySend(sources=frozenset({"handbok", "legal", "*"})))
    assert model.remarks({"handbook", "legal"}) == [
        "model 'writer': there is no source 'handbok' in sources.toml",
        "model 'writer': models.toml does not state region and retention and training",
    ]
    stated = replace(approved(), terms=Terms("EU", "none", training=True))
    assert stated.remarks({"handbook"}) == ["model 'writer': what is sent may be used to train"]
    assert replace(stated, terms=Terms("EU", "none", training=False)).remarks(()) == []
