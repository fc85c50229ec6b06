"""Texts are encoded beside texts that are padded to the same number of tokens, or each by itself."""

from indexes.padding import batches


def test_texts_that_are_padded_alike_share_a_batch_wherever_they_stand() -> None:
    sizes = [5, 40, 16, 33, 17, 7]  # padded to 16, 40, 16, 40, 32, 16
    assert batches(sizes, max_tokens=256, together=True) == [(16, [0, 2, 5]), (16, [4]), (8, [1, 3])]


def test_a_batch_has_an_end_and_of_nothing_there_is_none() -> None:
    assert [len(places) for _, places in batches([9] * 33, max_tokens=256, together=True)] == [16, 16, 1]
    assert batches([], max_tokens=256, together=True) == []


def test_where_company_matters_each_is_a_batch_padded_as_it_would_be_beside_others() -> None:
    assert batches([9, 40, 9], max_tokens=256, together=False) == [(16, [0]), (16, [2]), (8, [1])]


def test_nothing_is_padded_beyond_what_the_model_takes() -> None:
    assert batches([5, 250, 5], max_tokens=250, together=True) == [(1, [0, 2]), (1, [1])]
