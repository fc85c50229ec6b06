"""Readings beside a peer's: what is counted, what is left out, and that a refusal counts as nothing found."""

from pathlib import Path

import pytest

from eval.quality.question_sets import QuestionSetError
from eval.reading.peers import beside_peers, read_peers
from eval.reading.readers import MARKDOWN, OURS, Reader


def _collection(data: Path, **documents: tuple[str, str]) -> Path:
    folder = data / "reading" / "md"
    folder.mkdir(parents=True)
    for name, (text, peer) in documents.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
        (folder / f"{name}.md.gt.md").write_text(peer, encoding="utf-8")
    return data


def test_each_document_weighs_the_same_and_the_share_of_all_words_is_beside_it(tmp_path: Path) -> None:
    data = _collection(
        tmp_path,
        whole=("# One\n\ntwo three four", "# One\n\ntwo three four"),
        half=("one two", "one **two** [three](https://x.example) four"),
        turned=("two one", "one two"),
    )
    (figure,) = beside_peers([OURS], data, lambda _: None)
    assert (figure.documents, figure.pages) == (3, 3)
    assert figure.found == pytest.approx((1 + 2 / 4 + 1) / 3)
    assert figure.in_order == pytest.approx((1 + 2 / 4 + 1 / 2) / 3)
    assert (figure.found_pooled, figure.in_order_pooled) == (8 / 10, 7 / 10)
    assert [name for name, _ in figure.worst] == ["half.md", "turned.md", "whole.md"]


def test_a_document_that_is_refused_counts_as_nothing_found_and_is_named(tmp_path: Path) -> None:
    data = _collection(tmp_path, fine=("one", "one"), empty=("<!-- one -->", "one"))
    (figure,) = beside_peers([OURS], data, lambda _: None)
    assert figure.found == 0.5
    assert figure.unread[0].startswith("empty.md: expected text, got none")


def test_a_library_that_fails_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    def breaks(path: Path) -> str:
        if path.name == "a.md":
            raise RuntimeError("secret words of the document")
        return path.read_text(encoding="utf-8")

    data = _collection(tmp_path, a=("one", "one"), b=("one", "one"))
    (figure,) = beside_peers([Reader("other", {MARKDOWN: breaks})], data, lambda _: None)
    assert (figure.found, figure.unread) == (0.5, ("a.md: RuntimeError",))


def test_documents_with_equations_are_left_out(tmp_path: Path) -> None:
    data = _collection(tmp_path, sums=("x", r"$\frac{x}{y}$"), words=("one", "one"))
    assert [peer.path.name for peer in read_peers(data)["md"]] == ["words.md"]


def test_a_folder_without_readings_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(QuestionSetError, match="expected documents with their reading"):
        read_peers(tmp_path)
