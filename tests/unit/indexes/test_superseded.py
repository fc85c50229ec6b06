"""What supersedes what: circles count for nothing, chains end at what is in force, slips are said."""

import itertools
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexes.decisions import Decision
from indexes.errors import TermsError
from indexes.events import Approval
from indexes.sources import Source
from indexes.standing import grant
from indexes.superseded import check_superseding, counting, replacements, said_before, supersession_remarks
from tests.support.fakes import APPROVAL, NOON, TinyLibrary

LEGAL = Source("legal", "folder", Path("/library/legal"), "o@x.example", ("staff",), 1, 12)


def _edges(*pairs: str) -> dict[str, frozenset[str]]:
    """Of "new old old": what supersedes what."""
    return {new: frozenset(olds) for new, *olds in (pair.split() for pair in pairs)}


def _decisions(*pairs: str, **changes: object) -> dict[str, Decision]:
    return {
        new: Decision(approvals=(replace(APPROVAL, document=new, supersedes=tuple(olds), **changes),))  # type: ignore[arg-type]
        for new, *olds in (pair.split() for pair in pairs)
    }


def test_an_old_document_is_replaced_by_the_one_at_the_end_of_the_chain() -> None:
    assert replacements(_edges("c b", "b a")) == {"a": "c", "b": "c"}
    assert replacements(_edges("c a b", "b a")) == {"a": "c", "b": "c"}
    assert replacements({}) == {}


def test_of_two_that_supersede_the_same_one_is_told() -> None:
    assert replacements(_edges("b a", "c a")) == {"a": "c"}


def test_a_circle_counts_for_nothing_and_what_hangs_on_it_does() -> None:
    assert counting(_edges("a b", "b a")) == {}
    assert counting(_edges("a b", "b c", "c a")) == {}
    assert counting(_edges("a b x", "b a", "y a")) == _edges("a x", "y a")
    assert replacements(_edges("a b x", "b a", "y a")) == {"x": "y", "a": "y"}


def test_a_chain_longer_than_calls_may_be_nested_is_followed() -> None:
    names = [f"legal/{number:04}.md" for number in range(sys.getrecursionlimit() + 100)]
    edges = {new: frozenset({old}) for old, new in itertools.pairwise(names)}
    assert set(replacements(edges).values()) == {names[-1]}


class Looked(dict[str, frozenset[str]]):
    """What supersedes what; it counts how often somebody looks."""

    looks = 0

    def get(self, document: str, otherwise: Any = None) -> Any:
        self.looks += 1
        return super().get(document, otherwise)


@pytest.mark.parametrize("closed", [False, True])
def test_a_chain_of_versions_is_looked_along_once_whether_it_ends_or_comes_round(*, closed: bool) -> None:
    names = [f"legal/{number:03}.md" for number in range(500)]
    edges = Looked((new, frozenset({old})) for old, new in itertools.pairwise(names))
    if closed:
        edges[names[0]] = frozenset({names[-1]})
    assert counting(edges) == ({} if closed else edges)
    assert edges.looks < 5 * len(names)


def _leads(edges: Mapping[str, frozenset[str]], start: str, end: str) -> bool:
    reached, ahead = set[str](), [start]
    while ahead:
        document = ahead.pop()
        if document not in reached:
            reached.add(document)
            ahead.extend(edges.get(document, ()))
    return end in reached


@given(pairs=st.lists(st.tuples(st.sampled_from("abcdefg"), st.sampled_from("abcdefghi")), max_size=16))
def test_what_counts_is_what_does_not_lead_back(pairs: list[tuple[str, str]]) -> None:
    edges = {new: frozenset(old for one, old in pairs if one == new) for new, _ in pairs}
    expected = {new: frozenset(old for old in olds if not _leads(edges, old, new)) for new, olds in edges.items()}
    assert counting(edges) == {new: olds for new, olds in expected.items() if olds}
    for old, last in replacements(edges).items():
        assert _leads(edges, last, old)
        assert not any(last in olds for olds in counting(edges).values()), "nothing supersedes the last one"


def test_what_cannot_be_superseded_is_said() -> None:
    known = _decisions("b a", "a")
    check_superseding("c", ("a", "b"), known, now=NOON)
    for document, old, why in [
        ("a", "a", "itself"),
        ("c", "d", "that the register knows"),
        ("a", "b", "neither would"),
    ]:
        with pytest.raises(TermsError, match=why):
            check_superseding(document, (old,), known, now=NOON)


def test_an_approval_that_ended_stands_in_nobodys_way() -> None:
    ended = _decisions("b a", "a", expires=(NOON - timedelta(days=1)).date())
    check_superseding("a", ("b",), ended, now=NOON)
    assert list(supersession_remarks(ended, now=NOON)) == []


def test_circles_and_slips_are_remarked() -> None:
    assert list(supersession_remarks(_decisions("b a", "a"), now=NOON)) == []
    of_circle = list(supersession_remarks(_decisions("b a", "a b"), now=NOON))
    assert of_circle[0].startswith("the approval of 'a' says that it supersedes 'b', and that one comes round")
    assert len(of_circle) == 2
    (slip,) = supersession_remarks(_decisions("b x"), now=NOON)
    assert "'x', which the register does not know" in slip


def test_remarks_are_those_of_the_library(library: TinyLibrary) -> None:
    library.add("legal/a.md", "x")
    library.add("legal/b.md", "y")
    library.append(replace(APPROVAL, document="legal/b.md", at=NOON, supersedes=("legal/slip.md",)))
    (remark,) = library.approvals.remarks()
    assert "'legal/slip.md', which the register does not know" in remark


def test_what_was_said_before_stays_if_it_was_said_by_somebody_whose_approval_counts() -> None:
    said = Decision(approvals=(replace(APPROVAL, supersedes=("legal/b.md",)),))
    assert said_before(said, LEGAL) == ("legal/b.md",)
    assert said_before(said, replace(LEGAL, proven=True)) == ()
    assert said_before(None, LEGAL) == said_before(Decision(), LEGAL) == ()


def _granted(*approvals: Approval, required: int = 1) -> frozenset[str]:
    granted = grant(Decision(approvals=approvals, events=approvals), replace(LEGAL, approvals_required=required))
    assert granted is not None
    return granted.supersedes


def test_what_is_superseded_is_what_all_who_are_needed_say() -> None:
    ann = replace(APPROVAL, supersedes=("legal/b.md", "legal/c.md"))
    bo = replace(APPROVAL, by="bo", at=NOON + timedelta(hours=1), supersedes=("legal/c.md", "legal/d.md"))
    assert _granted(ann, bo) == {"legal/c.md", "legal/d.md"}, "one is needed: the newest"
    assert _granted(ann, bo, required=2) == {"legal/c.md"}
    assert _granted(ann, replace(bo, supersedes=()), required=2) == frozenset()


def test_a_merge_that_mixed_the_lines_supersedes_what_both_orders_say() -> None:
    earlier = replace(APPROVAL, supersedes=("legal/b.md",))
    later = replace(APPROVAL, at=NOON + timedelta(hours=1), supersedes=("legal/b.md", "legal/c.md"))
    assert _granted(later, earlier) == {"legal/b.md"}
