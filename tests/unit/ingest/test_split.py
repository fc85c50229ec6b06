"""Passages are exact: each is its span of the text, within one section, and small enough to be read whole."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexes.documents import Document, Locator, Passage, Section
from indexes.encoder import Encoder, SentenceTransformersEncoder
from indexes.passages import SplitDocument
from ingest.split import Splitter, context
from tests.support.fakes import HashingEncoder

_WORDS = (
    "keep the masters for ten years e.g. No. 4 Review! Why? über 東京 12,5 supercalifragilistic a.b.c - • \n".split(" ")
)
_SECTION = st.lists(st.one_of(st.sampled_from(_WORDS), st.text(max_size=12)), max_size=80).map(" ".join)
_REPEATED = st.tuples(st.text(min_size=1, max_size=20), st.integers(1, 400)).map(lambda pair: pair[0] * pair[1])


def _document(*sections: str, title: str = "Retention", heading: str = "Masters") -> Document:
    text, made = "", []
    for section in sections:
        text += f"{heading}\n\n"
        made.append(Section(len(text), len(text) + len(section), Locator("heading", headings=(heading,))))
        text += f"{section}\n\n"
    return Document("legal/a.md", "a" * 64, title, text, tuple(made))


def _small_encoder() -> HashingEncoder:
    """Reads 68 words, so that passages of 32 words show on short texts what passages of 220 show on long ones."""
    encoder = HashingEncoder()
    encoder.max_tokens = 68
    return encoder


def _check(split: SplitDocument) -> None:
    text = split.document.text
    for passage in split.passages:
        assert text[passage.start : passage.end] == passage.text == passage.text.strip() != ""
        (home,) = [s for s in split.document.sections if s.start <= passage.start and passage.end <= s.end]
        assert passage.locator == home.locator
    for start, end in split.spans:
        assert text[start:end].strip() == text[start:end] != ""
    assert len({passage.passage_id for passage in split.passages}) == len(split.passages)
    for section in split.document.sections:
        own = [p for p in split.passages if section.start <= p.start and p.end <= section.end]
        ends = [section.start, *(passage.end for passage in own)]
        starts = [*(passage.start for passage in own), section.end]
        for end, start in zip(ends, starts, strict=True):
            assert not text[end:start].strip(), "a part of the section is in no passage"
        assert all(a.start < b.start and a.end < b.end for a, b in pairwise(own)), "reading order"


@settings(max_examples=60, deadline=None)
@given(sections=st.lists(st.one_of(_SECTION, _REPEATED), max_size=4))
def test_every_passage_is_its_span_within_one_section_and_nothing_is_left_out(sections: list[str]) -> None:
    _check(Splitter(_small_encoder()).split(_document(*sections)))


@pytest.mark.parametrize("section", ["Foo bar. " * 2000, "Keep it.\n" * 500, "na " * 3000 + "end", "x" * 5000])
def test_a_text_that_repeats_itself_is_covered_to_its_end(section: str) -> None:
    split = Splitter(HashingEncoder()).split(_document(section))
    _check(split)
    assert split.document.text[: split.passages[-1].end].rstrip() == split.document.text.rstrip()


@settings(max_examples=25, deadline=None)
@given(section=st.one_of(_SECTION.map(lambda text: text * 5), _REPEATED), title=st.text(max_size=300))
def test_what_is_encoded_is_never_more_than_the_encoder_reads(
    tiny_encoder: SentenceTransformersEncoder, section: str, title: str
) -> None:
    splitter = Splitter(tiny_encoder)
    split = splitter.split(_document(section, title=title))
    _check(split)
    for passage in split.passages:
        tokens = len(tiny_encoder.tokenize(splitter.encoder_text(passage)))
        assert tokens + 2 <= tiny_encoder.max_tokens, "the encoder adds two marks of its own"
        assert splitter.encoder_text(passage).endswith(passage.text)


@pytest.mark.parametrize("max_tokens", [40, 64, 128, 512])
def test_passages_shrink_with_an_encoder_that_reads_less(max_tokens: int) -> None:
    encoder: Encoder = HashingEncoder()
    encoder.max_tokens = max_tokens
    splitter = Splitter(encoder)
    split = splitter.split(_document("Keep the masters for ten years. " * 200, title="word " * 100))
    _check(split)
    longest = max(len(encoder.tokenize(splitter.encoder_text(passage))) for passage in split.passages)
    assert longest + 2 <= max_tokens
    assert splitter.info.passage_tokens <= 220
    assert splitter.info.overlap_tokens <= splitter.info.passage_tokens // 4


def test_neighbouring_passages_overlap_by_whole_sentences() -> None:
    text = " ".join(f"Sentence number {number} says something." for number in range(40))
    first, second, *_ = Splitter(_small_encoder()).split(_document(text)).passages
    shared = first.text[second.start - first.start :]
    assert shared.startswith("Sentence number")
    assert shared.endswith("something.")
    assert second.text.startswith(shared)


def test_a_short_section_is_one_passage() -> None:
    split = Splitter(HashingEncoder()).split(_document("Keep masters. Then review them.", "Delete drafts."))
    assert [passage.text for passage in split.passages] == ["Keep masters. Then review them.", "Delete drafts."]
    assert [split.document.text[start:end] for start, end in split.spans] == [
        "Keep masters.",
        "Then review them.",
        "Delete drafts.",
    ]


def test_headings_are_in_no_passage_and_no_sentence() -> None:
    split = Splitter(HashingEncoder()).split(_document("Keep them.", "Delete them.", heading="Zebra"))
    assert all("Zebra" not in passage.text for passage in split.passages)
    assert all("Zebra" not in split.document.text[start:end] for start, end in split.spans)


def test_splitting_again_gives_the_same() -> None:
    document = _document("Keep the masters for ten years. " * 100)
    assert Splitter(HashingEncoder()).split(document) == Splitter(HashingEncoder()).split(document)


def test_a_document_of_blanks_has_no_passages() -> None:
    split = Splitter(HashingEncoder()).split(_document(" \n "))
    assert (split.passages, split.units) == ((), ())


def _passage(title: str, *headings: str) -> Passage:
    locator = Locator("heading", headings=headings) if headings else Locator("page", page=1)
    return Passage("id", "legal/a.md", "a" * 64, title, 0, 5, "Text.", locator)


def test_the_context_is_the_title_and_the_nearest_heading_where_it_adds_to_it() -> None:
    assert context(_passage("Retention")) == "Retention"
    assert context(_passage("Retention", "Retention")) == "Retention"
    assert context(_passage("Retention", "Retention", "Film", "Masters")) == "Retention: Masters"


def test_the_context_does_not_say_again_what_the_text_begins_with() -> None:
    stated = replace(_passage("Rules", "Keys", "Nobody lends a key."), text="Nobody lends a key.\n\nKeys are counted.")
    assert context(stated) == "Rules: Keys"
    assert context(replace(stated, locator=Locator("time", at="00:00:01"))) == "Rules"
    assert context(replace(stated, locator=Locator("page", page=3, headings=("Keys",)))) == "Rules: Keys"


def test_a_context_that_is_too_long_is_cut_at_a_word_and_the_text_never() -> None:
    splitter = Splitter(HashingEncoder())
    text = splitter.encoder_text(_passage("word " * 100))
    assert text == " ".join(["word"] * 34) + "\nText."
    assert splitter.encoder_text(_passage("")) == "Text."


def test_a_label_stays_with_what_stands_below_it() -> None:
    filler = "We keep to the rules of the house and write them down."
    question, answer = "May I leave my car in the yard overnight?", "Only with a blue card that the porter hands out."
    for count in range(8):
        split = Splitter(_small_encoder()).split(_document("\n\n".join([*[filler] * count, question, answer])))
        _check(split)
        assert any(question in passage.text and answer in passage.text for passage in split.passages), count


def test_a_passage_begins_with_a_unit_and_never_within_a_row() -> None:
    rows = "\n".join(f"Name: Number {n} of the list. It is long; Value: {n} euros a day." for n in range(40))
    split = Splitter(_small_encoder()).split(_document(rows))
    _check(split)
    starts = {unit.start for unit in split.units}
    assert {unit.kind.name for unit in split.units} == {"ROW"}
    assert all(passage.start in starts for passage in split.passages)
