"""Public sets become libraries and questions; what cannot be found in the stored texts is told."""

import json
from pathlib import Path
from typing import Any

import pytest

from eval.quality.adapters import (
    ADVERSARIAL,
    OTHER_CORPUS,
    PUBLIC_SETS,
    read_masked_handbook,
    read_pdfs,
    read_public,
    write_masked_handbook,
    write_paragraph_library,
    write_pdf_library,
    write_real_library,
)
from eval.quality.question_sets import QuestionSetError
from indexes.documents import Document, Locator, Section
from indexes.sources import read_sources
from ingest.loading.registry import load_document

ARTICLE = "The crisis began in 1973. Oil cost $3.\n\nIn March 1974 oil cost $12 and not $3 any more."
PAGE = "Intro text.\n\nAsk your **lead**, or [Bob](#bob).\nThen fill in the `form`.\n\nOther text."
PASSAGE = "Ask your **lead**, or [Bob](#bob).\nThen fill in the `form`."


class Texts:
    """Texts as the loaders read them."""

    def __init__(self, library: Path) -> None:
        self._library = library

    def document(self, name: str) -> Document | None:
        path = self._library / name
        if not path.is_file():
            return None
        parsed = load_document(name, path.read_bytes())
        return Document(name, "a" * 64, parsed.title or "", parsed.text, parsed.sections)


class Pages:
    """Texts of PDFs with a page 1 and a page 3; page 2 holds no text."""

    def document(self, name: str) -> Document | None:
        sections = (Section(0, 5, Locator("page", 1)), Section(6, 11, Locator("page", 3)))
        return Document(name, "a" * 64, "", "First\nThird", sections) if name == "pdfs/rules.pdf" else None


def _rows(path: Path, *rows: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def _row(qid: str, **more: Any) -> dict[str, Any]:
    return {"qid": qid, "question": f"What is {qid}?", "answers": ["it"], "answerable": True, **more}


def _text(library: Path, name: str) -> str:
    document = Texts(library).document(name)
    assert document is not None
    return document.text


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder of public sets with a few lines each."""
    data = tmp_path / "data"
    start = ARTICLE.index("In March")
    spans = [{"text": "$3", "start": ARTICLE.rindex("$3"), "end": ARTICLE.rindex("$3") + 2}]
    for name in ("squad2", "squad11"):
        _rows(data / name / "corpus.jsonl", {"doc_id": "Oil", "title": "Oil", "text": ARTICLE})
        _rows(
            data / name / "questions.jsonl",
            _row(f"{name}-a", doc_id="Oil", passage=[start, len(ARTICLE)], spans=spans, answers=["$3"]),
            _row(f"{name}-b", doc_id="Oil", passage=[0, 20], spans=[], answers=[], answerable=False),
            _row(f"{name}-c", doc_id="Oil", passage=[0, 20], spans=[{"text": "1999", "start": 3, "end": 7}]),
        )
    handbook = data / "handbook_18f"
    _rows(handbook / "corpus_masked.jsonl", {"doc_id": "pages/form.md", "title": 'A "form"', "text": PAGE})
    at = PAGE.index(PASSAGE)
    _rows(
        handbook / "questions.jsonl",
        _row("h-a", doc_id="pages/form.md", passage_masked=[at, at + len(PASSAGE)]),
    )
    _rows(
        handbook / "unanswerable_cross.jsonl",
        _row("h-x", answers=[], answerable=False),
        _row("h-y", answers=[], answerable=False, review=True),
    )
    pdfs = data / "public_pdfs"
    _rows(pdfs / "documents.jsonl", {"doc_id": "Rules", "file": "pdfs/rules.pdf"})
    _rows(
        pdfs / "questions.jsonl",
        _row("p-a", doc_id="Rules", page_hint=2, page_hint_support=0.9),
        _row("p-b", doc_id="Rules", page_hint=0, page_hint_support=0.7),
        _row("p-c", doc_id="Rules", page_hint=1, page_hint_support=0.8),
        _row("p-d", doc_id="Rules", page_hint=None, page_hint_support=None),
    )
    return data


def test_an_answer_is_found_in_its_paragraph_and_not_in_another_that_holds_it_too(data: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    assert PUBLIC_SETS["squad2"].write(library, data) == ["squad2"]
    located = PUBLIC_SETS["squad2"].read(data, Texts(library))
    question = located.questions[0]
    text = _text(library, "squad2/Oil.txt")
    assert (question.gold[0].start, question.gold[0].text) == (text.rindex("$3"), "$3")
    assert question.answers == ("$3",)
    assert located.unlocated == ("squad2-c",)


def test_each_sort_of_unanswerable_question_has_its_kind(data: Path, tmp_path: Path) -> None:
    PUBLIC_SETS["squad2"].write(tmp_path / "library", data)
    located = PUBLIC_SETS["squad2"].read(data, Texts(tmp_path / "library"))
    kinds = {question.id: question.kind for question in located.questions if not question.answerable}
    assert kinds == {"squad2-b": ADVERSARIAL, "h-a": OTHER_CORPUS}
    assert all(not question.gold and not question.answers for question in located.questions if not question.answerable)


def test_a_passage_in_markdown_is_found_in_the_stored_text(data: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    assert write_masked_handbook(library, data) == ["handbook"]
    texts = Texts(library)
    page = texts.document("handbook/pages/form.md")
    assert page is not None
    assert page.title == 'A "form"'
    located = read_masked_handbook(data, texts)
    assert located.questions[0].gold[0].text == "Ask your lead, or Bob. Then fill in the form."
    assert located.questions[0].answers == (), "the whole passage is the answer: its quote is the reference"
    kinds = {question.id: question.kind for question in located.questions[1:]}
    assert kinds == {"h-x": "other_handbook", "squad2-a": OTHER_CORPUS, "squad2-c": OTHER_CORPUS}, "none under review"


def test_a_page_is_gold_where_its_hint_can_be_relied_on(data: Path, tmp_path: Path) -> None:
    assert write_pdf_library(tmp_path / "library", data) == ["pdfs"]
    assert read_sources(tmp_path / "library")["pdfs"].folder == data / "public_pdfs" / "pdfs"
    located = read_pdfs(data, Pages())
    answered = [question for question in located.questions if question.answerable]
    assert [question.id for question in answered] == ["p-a"]
    (gold,) = answered[0].gold
    assert (gold.document, gold.page, gold.start, gold.end, gold.whole_page) == ("pdfs/rules.pdf", 3, 6, 11, True)
    assert located.unlocated == ("p-c",), "page 2 holds no text"


def test_questions_are_read_without_their_gold_and_those_under_review_left_out(data: Path) -> None:
    questions = read_public(data / "handbook_18f" / "unanswerable_cross.jsonl")
    assert [(question.id, question.answerable, question.gold) for question in questions] == [("h-x", False, ())]


@pytest.mark.parametrize("wrong", ["not json\n", '{"qid": "b"}\n', "[1]\n"])
def test_a_wrong_line_is_named(tmp_path: Path, wrong: str) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text(json.dumps(_row("a")) + "\n" + wrong)
    with pytest.raises(QuestionSetError, match=r"set\.jsonl, line 2: expected qid, question, answers, answerable"):
        read_public(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(QuestionSetError, match=r"none\.jsonl cannot be read: No such file"):
        read_public(tmp_path / "none.jsonl")
    with pytest.raises(QuestionSetError, match=r"corpus\.jsonl cannot be read: No such file"):
        write_paragraph_library(tmp_path / "library", tmp_path)


def test_a_library_over_real_documents_leaves_them_where_they_stand(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "handbook_18f" / "raw").mkdir(parents=True)
    names = write_real_library(tmp_path / "library", data)
    sources = read_sources(tmp_path / "library")
    assert list(sources) == names
    assert sources["handbook"].folder == data / "handbook_18f" / "raw"


def test_a_library_of_articles_has_a_text_file_for_each(data: Path, tmp_path: Path) -> None:
    assert write_paragraph_library(tmp_path / "library", data) == ["squad2", "squad11"]
    assert (tmp_path / "library" / "squad2" / "Oil.txt").read_text() == ARTICLE
