"""Public question sets, from the folder that `GREENLIT_EVAL_DATA` names: the library of each, and its questions.

The sets are not part of the project. Where each comes from: SQuAD 1.1 and 2.0 (Rajpurkar et al., CC BY-SA 4.0), the
18F / TTS handbook (US General Services Administration, CC0), NARA digital preservation plans (CC0), long public PDFs of
US agencies and the EU, and a newsroom security training (MIT). Questions of ours on two handbooks: see `handbooks`.

Each set is two functions: one writes the library (a source is a folder), one reads the questions and finds their gold
in the stored texts of that library. Stored texts are not the originals, so what cannot be found is told, not dropped in
silence. Every library is also asked questions of another set, which nothing in it answers (kind `other_corpus`).
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.quality.handbooks import FOLDERS, pages, read_handbooks
from eval.quality.locate import Span, find_quote, find_words
from eval.quality.question_sets import Gold, QuestionSetError, SetQuestion, Texts, lines_of, sample
from indexes.documents import Document
from ingest.loading.registry import load_document

OTHER_CORPUS = "other_corpus"
ADVERSARIAL = "adversarial"  # SQuAD 2.0: the paragraph looks as if it answered the question
_LEAST_SUPPORT = 0.8  # of a page hint; below it, the page is a guess
_MOST_FROM_ELSEWHERE = 200  # questions of another set
_REAL_SOURCES = {
    "handbook": "handbook_18f/raw",
    "preservation-md": "nara_preservation/md",
    "preservation-pdf": "nara_preservation/pdf",
    "public-pdfs": "public_pdfs/pdfs",
    "newsroom": "newsroom_security/raw",
}
_NEEDED = ("qid", "question", "answers", "answerable")
_PARAGRAPH_SETS = ("squad2", "squad11")


@dataclass(frozen=True, slots=True)
class Located:
    """The questions of a set whose gold was found, and the ids of those where it was not."""

    questions: tuple[SetQuestion, ...]
    unlocated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PublicSet:
    """A set: `write(library, data)` makes its library, `read(data, texts)` gives its questions."""

    write: Callable[[Path, Path], list[str]]
    read: Callable[[Path, Texts], Located]


def read_public(path: Path) -> list[SetQuestion]:
    """Read the questions of a public file without their gold, leaving out those marked for review.

    Raises:
        QuestionSetError: a line is not as expected.
    """
    return [_question(row, ()) for row in _rows(path)]


def _rows(path: Path) -> list[dict[str, Any]]:
    try:
        lines = lines_of(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise QuestionSetError(f"{path} cannot be read: {error.strerror}") from error
    rows = []
    for number, line in enumerate(lines, 1):
        try:
            row: dict[str, Any] = json.loads(line)
            if not row.get("review"):
                rows.append({**row, **{name: row[name] for name in _NEEDED}, "answers": list(row["answers"])})
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise QuestionSetError(
                f"{path}, line {number}: expected qid, question, answers, answerable ({error})"
            ) from error
    return rows


def _question(row: dict[str, Any], gold: Sequence[Gold], kind: str = "public") -> SetQuestion:
    return SetQuestion(
        row["qid"],
        row["question"],
        bool(row["answerable"]),
        kind,
        tuple(gold),
        tuple(str(one) for one in row["answers"]),
    )


def _elsewhere(path: Path) -> list[SetQuestion]:
    """Return questions of another set as questions that nothing answers."""
    asked = sample([question for question in read_public(path) if question.answerable], _MOST_FROM_ELSEWHERE)
    return [SetQuestion(question.id, question.question, answerable=False, kind=OTHER_CORPUS) for question in asked]


def _located(answered: list[SetQuestion], unanswered: list[SetQuestion]) -> Located:
    found = [question for question in answered if question.gold]
    lost = tuple(question.id for question in answered if not question.gold)
    return Located((*found, *unanswered), lost)


def _corpus(path: Path) -> dict[str, dict[str, str]]:
    """Return the documents of a corpus file by id."""
    try:
        rows = [json.loads(line) for line in lines_of(path.read_text(encoding="utf-8"))]
    except OSError as error:
        raise QuestionSetError(f"{path} cannot be read: {error.strerror}") from error
    return {row["doc_id"]: row for row in rows}


def write_masked_handbook(library: Path, data: Path) -> list[str]:
    """Make a library of the 18F handbook without the headings that are its questions, a Markdown file a page."""
    folder = library / "handbook"
    for name, page in _corpus(data / "handbook_18f" / "corpus_masked.jsonl").items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"---\ntitle: {json.dumps(page['title'])}\n---\n\n{page['text']}", encoding="utf-8")
    return write_sources(library, {"handbook": folder})


def read_masked_handbook(data: Path, texts: Texts) -> Located:
    """Return the handbook's own questions, and those of other handbooks that it does not answer."""
    folder = data / "handbook_18f"
    pages = _corpus(folder / "corpus_masked.jsonl")
    answered = []
    for row in _rows(folder / "questions.jsonl"):
        start, end = row["passage_masked"]
        document = texts.document(f"handbook/{row['doc_id']}")
        passage = load_document(row["doc_id"], pages[row["doc_id"]]["text"][start:end].encode()).text  # no more markup
        span = _place(document.text, passage) if document else None
        gold = [Gold(document.document, *span, document.text[slice(*span)])] if document and span else []
        question = _question(row, gold)
        answered.append(SetQuestion(question.id, question.question, question.answerable, question.kind, question.gold))
    others = [_question(row, (), "other_handbook") for row in _rows(folder / "unanswerable_cross.jsonl")]
    return _located(answered, others + _elsewhere(data / "squad2" / "questions.jsonl"))


def write_paragraph_library(library: Path, data: Path, names: Sequence[str] = _PARAGRAPH_SETS) -> list[str]:
    """Make a library of the articles of SQuAD sets, one text file each; return the names of its sources."""
    for name in names:
        (library / name).mkdir(parents=True, exist_ok=True)
        for article in _corpus(data / name / "corpus.jsonl").values():
            (library / name / f"{article['doc_id']}.txt").write_text(article["text"], encoding="utf-8")
    return write_sources(library, {name: library / name for name in names})


def _squad(name: str, elsewhere: str) -> PublicSet:
    def write(library: Path, data: Path) -> list[str]:
        return write_paragraph_library(library, data, [name])

    def read(data: Path, texts: Texts) -> Located:
        articles = _corpus(data / name / "corpus.jsonl")
        rows = _rows(data / name / "questions.jsonl")
        unanswered = [_question(row, (), ADVERSARIAL) for row in rows if not row["answerable"]]
        answered = [
            _question(row, _spans(row, articles[row["doc_id"]]["text"], texts.document(f"{name}/{row['doc_id']}.txt")))
            for row in rows
            if row["answerable"]
        ]
        return _located(answered, unanswered + _elsewhere(data / elsewhere / "questions.jsonl"))

    return PublicSet(write, read)


def _spans(row: dict[str, Any], original: str, document: Document | None) -> list[Gold]:
    """Return where the answers stand in the stored text: in the same paragraph, at the same occurrence."""
    start, end = row["passage"]
    within = _place(document.text, original[start:end]) if document else None
    if document is None or within is None:
        return []
    paragraph = document.text[slice(*within)]
    gold = []
    for span in row["spans"]:
        before = len(find_quote(original[start : span["start"]], span["text"]))
        places = find_quote(paragraph, span["text"])
        if before < len(places):
            low, high = (within[0] + at for at in places[before])
            gold.append(Gold(document.document, low, high, document.text[low:high]))
    return gold


def _place(text: str, paragraph: str) -> Span | None:
    found = find_quote(text, paragraph)
    return found[0] if found else find_words(text, paragraph)


def write_pdf_library(library: Path, data: Path) -> list[str]:
    """Make a library over four long PDFs, where they stand."""
    return write_sources(library, {"pdfs": (data / "public_pdfs" / "pdfs").absolute()})


def read_pdfs(data: Path, texts: Texts) -> Located:
    """Return the questions whose page is known; a page is gold as a whole."""
    folder = data / "public_pdfs"
    files = {row["doc_id"]: f"pdfs/{Path(row['file']).name}" for row in _corpus(folder / "documents.jsonl").values()}
    answered = [
        _question(row, _page_gold(files[row["doc_id"]], row["page_hint"] + 1, texts))
        for row in _rows(folder / "questions.jsonl")
        if (row["page_hint_support"] or 0) >= _LEAST_SUPPORT
    ]
    return _located(answered, _elsewhere(data / "squad11" / "questions.jsonl"))


def _page_gold(name: str, page: int, texts: Texts) -> list[Gold]:
    document = texts.document(name)
    sections = [one for one in document.sections if one.locator.page == page] if document else []
    if not sections:
        return []
    return [Gold(name, sections[0].start, sections[-1].end, "", page, whole_page=True)]


def write_handbooks_library(library: Path, data: Path) -> list[str]:
    """Make a library of two handbooks, a source each and a file a page; return the names of its sources."""
    for source, texts in pages(data).items():
        for name, text in texts.items():
            path = library / source / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return write_sources(library, {source: library / source for source in FOLDERS})


def _read_handbooks(data: Path, texts: Texts) -> Located:
    del data  # the questions are ours
    return Located(tuple(read_handbooks(texts)))


def write_real_library(library: Path, data: Path) -> list[str]:
    """Make a library over all real documents, where they stand; return the names of its sources."""
    return write_sources(library, {name: (data / folder).absolute() for name, folder in _REAL_SOURCES.items()})


def write_sources(library: Path, folders: dict[str, Path]) -> list[str]:
    """Write the allowlist of a library; return the names of its sources."""
    library.mkdir(parents=True, exist_ok=True)
    entries = (
        f'[[source]]\nname = {json.dumps(name)}\nkind = "folder"\npath = {json.dumps(str(folder))}\n'
        'owner = "eval@greenlit.example"\ngroups = ["staff"]\n'
        for name, folder in folders.items()
    )
    (library / "sources.toml").write_text("\n".join(entries), encoding="utf-8")
    return list(folders)


PUBLIC_SETS: dict[str, PublicSet] = {
    "squad2": _squad("squad2", "handbook_18f"),
    "squad11": _squad("squad11", "public_pdfs"),
    "handbook": PublicSet(write_masked_handbook, read_masked_handbook),
    "pdfs": PublicSet(write_pdf_library, read_pdfs),
    "handbooks": PublicSet(write_handbooks_library, _read_handbooks),
}
