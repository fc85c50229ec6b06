"""A scope as a filter: it holds for what may be seen and for nothing else, and is short where little changed."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexes.milvus_filter import Filter, classes_of, filter_of


def passes(drawn: Filter, document: int, of: int) -> bool:
    """Evaluate the expression, written out, as a server does."""
    expression = drawn.written_out()
    return not expression or bool(eval(expression, {"__builtins__": {}}, {"document": document, "readers": of}))  # noqa: S307


@given(st.data())
def test_it_holds_for_exactly_the_documents_that_may_be_seen(data: st.DataObject) -> None:
    sizes = data.draw(st.lists(st.integers(0, 3), min_size=1, max_size=12))
    classes = np.array(data.draw(st.lists(st.integers(0, 3), min_size=len(sizes), max_size=len(sizes))), np.int32)
    seen = np.array(data.draw(st.lists(st.booleans(), min_size=len(sizes), max_size=len(sizes))))
    documents = np.repeat(np.arange(len(sizes)), sizes)

    drawn = filter_of(seen[documents], documents, classes)

    with_rows = np.unique(documents).tolist()
    visible = {one for one in with_rows if seen[one]}
    if drawn.is_empty:
        assert not visible
    else:
        assert {one for one in with_rows if passes(drawn, one, int(classes[one]))} == visible


def test_what_everybody_may_see_needs_no_filter() -> None:
    documents = np.array([0, 0, 1, 2])
    assert filter_of(np.ones(4, bool), documents, np.zeros(3, np.int32)).written_out() == ""


def test_a_document_of_which_some_may_not_be_seen_is_not_seen() -> None:
    drawn = filter_of(np.array([True, False, True]), np.array([0, 0, 1]), np.zeros(2, np.int32))
    assert not passes(drawn, 0, 0)
    assert passes(drawn, 1, 0)


def test_half_of_a_hundred_thousand_documents_with_some_revoked_take_as_many_numbers_as_were_revoked() -> None:
    count, revoked = 100_000, 5_000
    documents, classes = np.arange(count), (np.arange(count) % 30).astype(np.int32)
    seen = classes < 15
    gone = np.random.default_rng(0).choice(count, revoked, replace=False)
    seen[gone] = False

    drawn = filter_of(seen, documents, classes)

    assert drawn.classes == tuple(range(15))
    assert len(drawn.but) == np.count_nonzero(classes[gone] < 15) < revoked
    assert drawn.besides == ()


@pytest.mark.parametrize(
    ("drawn", "expression", "names"),
    [
        (Filter(None), "", set()),
        (Filter((1, 2)), "readers in {classes}", {"classes"}),
        (Filter(None, (7,)), "document not in {but}", {"but"}),
        (Filter((), (), (7,)), "document in {besides}", {"besides"}),
        (
            Filter((1,), (3,), (9,)),
            "(readers in {classes} and document not in {but}) or document in {besides}",
            {"classes", "but", "besides"},
        ),
    ],
)
def test_numbers_go_beside_the_expression_by_name(drawn: Filter, expression: str, names: set[str]) -> None:
    got, numbers = drawn.template()
    assert (got, set(numbers)) == (expression, names)


@pytest.mark.parametrize(
    ("readers", "classes"),
    [
        ([], []),
        ([("staff",), ("board",), ("staff",)], [0, 1, 0]),
        ([(frozenset({"a", "b"}), "hr"), (frozenset({"b", "a"}), "hr"), (frozenset({"a", "b"}), "it")], [0, 0, 1]),
    ],
)
def test_equal_readers_are_one_class(readers: Sequence[tuple[object, ...]], classes: list[int]) -> None:
    assert classes_of(readers).tolist() == classes
