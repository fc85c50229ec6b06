"""The sentences of a build: where they stand, what is encoded of them, and that carried ones are as if made anew."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from indexes.builds import SENTENCES_FOLDER, current_build_id
from indexes.coarse import InBytes
from indexes.documents import Document, Locator, Passage, Section
from indexes.encoder import Pieces, Span, Vectors
from indexes.passages import SplitDocument
from indexes.sentences import PassageSentences, codes
from indexes.units import Unit, UnitKind
from indexes.words import terms
from ingest import index_sentences as index_sentences_module
from ingest.encode import EncoderText
from ingest.encoded_texts import encoder_text, encoder_texts, units_by_passage
from ingest.index_sentences import index_sentences
from ingest.lent import Lent
from ingest.split import Splitter
from tests.support.answering_parts import Made, made_document, open_made
from tests.support.fakes import HashingEncoder, TinyLibrary

#       0         1         2         3
TEXT = "One two. Three four five. Six seven."
SENTENCES = ((0, 8), (9, 25), (26, 36))


def _split(*passages: Span, sentences: Sequence[Span] = SENTENCES) -> SplitDocument:
    locator = Locator("heading", headings=("Rules", "Numbers"))
    document = Document("legal/a.md", "a" * 64, "Counting", TEXT, (Section(0, len(TEXT), locator),))
    held = [
        Passage(f"p{start}", "legal/a.md", "a" * 64, "Counting", start, end, TEXT[start:end], locator)
        for start, end in passages
    ]
    return SplitDocument(document, tuple(held), tuple(Unit(*span) for span in sentences))


@pytest.mark.parametrize(
    ("passage", "spans"),
    [
        ((0, 36), [(0, 8), (9, 25), (26, 36)]),
        ((0, 25), [(0, 8), (9, 25)]),
        ((0, 26), [(0, 8), (9, 25)]),
        ((9, 25), [(9, 25)]),
        ((9, 36), [(9, 25), (26, 36)]),
        ((1, 36), [(9, 25), (26, 36)]),  # the first one begins before it
        ((0, 24), [(0, 8)]),  # the second one ends behind it
        ((10, 24), [(10, 24)]),  # neither: the passage is a sentence
        ((8, 9), [(8, 9)]),
    ],
)
def test_a_passage_has_the_sentences_that_lie_wholly_in_it(passage: Span, spans: list[Span]) -> None:
    assert [[unit.span for unit in units] for units in units_by_passage(_split(passage))] == [spans]


def test_a_sentence_in_two_overlapping_passages_is_in_both() -> None:
    first, middle, last = (Unit(*span) for span in SENTENCES)
    assert units_by_passage(_split((0, 25), (9, 36))) == [[first, middle], [middle, last]]


def test_a_document_without_sentences_or_passages() -> None:
    part = Unit(0, 25, UnitKind.LABEL)  # of something: never quoted
    assert units_by_passage(_split((0, 25), sentences=())) == [[part]]
    assert units_by_passage(_split()) == []
    assert encoder_texts([_split()], Splitter(HashingEncoder())) == []


def test_sentences_are_where_they_stand_in_what_is_encoded() -> None:
    split = _split((0, 25), (9, 36))
    first, second = encoder_texts([split], Splitter(HashingEncoder()))
    assert first.text == "Counting: Numbers\nOne two. Three four five."
    assert [first.text[start:end] for start, end in first.spans] == ["One two.", "Three four five."]
    assert [second.text[start:end] for start, end in second.spans] == ["Three four five.", "Six seven."]


def test_without_a_context_they_stand_where_they_stood() -> None:
    passage = _split((9, 36)).passages[0]
    assert encoder_text(passage.text, passage, [(9, 25)]) == EncoderText(passage.text, ((0, 16),))


def _numbered(passage: Passage, spans: Sequence[Span]) -> InBytes:
    return np.array([[passage.start, start] for start, _ in spans], np.int8)


def test_what_the_index_is_given_of_a_passage() -> None:
    made = list(index_sentences([_split((0, 25), (10, 24))], vectors=_numbered, lent=None))
    whole, part = made
    assert whole.spans.tolist() == [[0, 8], [9, 25]]
    assert whole.sizes.tolist() == [2, 3]
    assert whole.terms.tolist() == codes(terms("One two three four five")).tolist()
    assert whole.context.tolist() == codes(["count", "number"]).tolist()
    assert whole.vectors.tolist() == [[0, 0], [0, 9]]
    assert (part.spans.tolist(), part.sizes.tolist()) == ([[10, 24]], [3])
    assert [one.dtype for one in (whole.spans, whole.sizes, whole.terms, whole.vectors)] == [
        np.int32,
        np.int64,
        np.uint32,
        np.int8,
    ]


def test_what_the_index_is_given_of_kinds_labels_and_series() -> None:
    units = (Unit(0, 8, UnitKind.QUESTION), Unit(9, 25, UnitKind.STEP, (0, 8), 4), Unit(26, 36))
    (one,) = index_sentences([replace(_split((0, 36)), units=units)], vectors=_numbered, lent=None)
    assert one.kinds.tolist() == [UnitKind.QUESTION, UnitKind.STEP, UnitKind.SENTENCE]
    assert one.labels.tolist() == [[-1, -1], [0, 8], [-1, -1]]
    assert one.series.tolist() == [-1, 4, -1]
    assert one.label_sizes.tolist() == [0, 2, 0]
    assert one.label_terms.tolist() == codes(terms("One two")).tolist()


# What is carried over


def _nobody(*_: object) -> InBytes:
    raise AssertionError("a vector was asked for")


def test_of_carried_documents_nothing_is_cut_or_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    made: Made = {"legal/a.md": [["One."], ["Two.", "Three."]], "legal/b.md": ["Four"], "legal/c.md": [["Five."]]}
    documents = [made_document(name, passages) for name, passages in made.items()]
    with open_made(made) as live:
        monkeypatch.setattr(index_sentences_module, "terms", _nobody)
        carried = list(
            index_sentences(
                [documents[2], documents[0]],
                vectors=_nobody,
                lent=Lent(live, {"legal/a.md", "legal/c.md"}, np.array([3, 0, 1])),
            )
        )
        for one, row in zip(carried, (3, 0, 1), strict=True):
            expected = live.sentences.of_row(row)
            for field in fields(PassageSentences):
                np.testing.assert_array_equal(getattr(one, field.name), getattr(expected, field.name))


def test_a_live_build_of_other_terms_lends_vectors_and_no_terms() -> None:
    made: Made = {"legal/a.md": [["One two."]]}
    documents = [made_document("legal/a.md", made["legal/a.md"])]
    with open_made(made) as build:
        older = replace(build, manifest=replace(build.manifest, terms=build.manifest.terms - 1))
        cut: list[str] = []

        def cuts(text: str) -> tuple[str, ...]:
            cut.append(text)
            return ("cut",)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(index_sentences_module, "terms", cuts)
            lent = Lent(older, {"legal/a.md"}, np.array([0]))
            (one,) = index_sentences(documents, vectors=_nobody, lent=lent)
        np.testing.assert_array_equal(one.vectors, build.sentences.of_row(0).vectors)
        assert "One two." in cut, "made anew"


FIRST = {
    "legal/a.md": "# Vendors\n\nThe team reviews vendors. It takes ten days.\n\n## Forms\n\nA form is needed.\n",
    "legal/b.txt": "Old rules hold.",
    "legal/c.txt": " ".join(f"Rule number {number} has to be kept by everybody." for number in range(60)),
    "legal/d.txt": "Lunch is served at noon. Soup is free.",
}


def _add(library: TinyLibrary) -> None:
    library.add("legal/aa.txt", "A new one comes before the others. It has two sentences.")


def _change(library: TinyLibrary) -> None:
    library.add("legal/b.txt", "New rules hold. They are longer than the old ones were.")


def _revoke(library: TinyLibrary) -> None:
    library.revoke("legal/a.md")


def _title(library: TinyLibrary) -> None:
    path = library.folder / "legal/a.md"
    library.add("legal/a.md", path.read_text().replace("# Vendors", "# Suppliers"))


def _files(library: TinyLibrary) -> dict[str, bytes]:
    """Return the files of the sentence index of the live build."""
    folder = library.builds / current_build_id(library.builds) / SENTENCES_FOLDER
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("change", [_add, _change, _revoke, _title])
def test_carried_sentences_are_those_made_anew_byte_for_byte(
    library: TinyLibrary, tmp_path: Path, change: Callable[[TinyLibrary], None]
) -> None:
    anew = TinyLibrary(tmp_path / "anew")
    for document, text in FIRST.items():
        library.add(document, text)
        anew.add(document, text)
    library.ingest()
    for one in (library, anew):
        change(one)
        one.ingest()
    assert _files(library) == _files(anew)


class _Halving(HashingEncoder):
    """The same weights on a machine of another arithmetic: the last digits are others."""

    def __init__(self) -> None:
        super().__init__()
        self.dtype = "bfloat16"

    def encode(self, texts: Sequence[str]) -> Vectors:
        return np.round(super().encode(texts), 2)

    def encode_with_spans(
        self, texts: Sequence[str], spans: Sequence[Sequence[Span]]
    ) -> tuple[Vectors, list[Vectors], list[Pieces]]:
        vectors, of_spans, pieces = super().encode_with_spans(texts, spans)
        return vectors, [np.round(one, 2) for one in of_spans], pieces


def test_after_a_change_of_arithmetic_sentences_are_made_anew_like_their_passages(
    library: TinyLibrary, tmp_path: Path
) -> None:
    for document, text in FIRST.items():
        library.add(document, text)
    anew = TinyLibrary(tmp_path / "anew", encoder=_Halving())
    shutil.copytree(library.folder, anew.folder, dirs_exist_ok=True)
    library.ingest()
    library.encoder = _Halving()
    for one in (library, anew):
        one.ingest()
    assert _files(library) == _files(anew)
