"""Question sets: public ones from the folder that `GREENLIT_EVAL_DATA` names, and the libraries they are asked of.

The sets are not part of the project. Where each comes from: SQuAD 1.1 and 2.0 (Rajpurkar et al., CC BY-SA 4.0), the
18F / TTS handbook (US General Services Administration, CC0), NARA digital preservation plans (CC0), long public PDFs of
US agencies and the EU, and a newsroom security training (MIT). Every line is a JSON object with `qid`, `question`,
`answers` and, where it has one, `doc_id`.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_REAL_SOURCES = {
    "handbook": "handbook_18f/raw",
    "preservation-md": "nara_preservation/md",
    "preservation-pdf": "nara_preservation/pdf",
    "public-pdfs": "public_pdfs/pdfs",
    "newsroom": "newsroom_security/raw",
}
_PARAGRAPH_SETS = ("squad2", "squad11")


class QuestionSetError(Exception):
    """A question set is missing or wrong; the message names file and line."""


@dataclass(frozen=True, slots=True)
class SetQuestion:
    """One question of a set, with the texts that answer it; none if nothing in its library does."""

    qid: str
    question: str
    answers: tuple[str, ...]
    answerable: bool

    @property
    def tuned_on(self) -> bool:
        """Whether the question is in the half that constants may be chosen on."""
        return hashlib.sha256(self.qid.encode()).digest()[0] % 2 == 0


def read_set(path: Path) -> list[SetQuestion]:
    """Read a question set, leaving out questions marked for review.

    Raises:
        QuestionSetError: a line is not as expected.
    """
    questions = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise QuestionSetError(f"{path} cannot be read: {error.strerror}") from error
    for number, line in enumerate(lines, 1):
        try:
            value: dict[str, Any] = json.loads(line)
            if not value.get("review"):
                answers = tuple(value["answers"])
                questions.append(SetQuestion(value["qid"], value["question"], answers, bool(value["answerable"])))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise QuestionSetError(
                f"{path}, line {number}: expected qid, question, answers, answerable ({error})"
            ) from error
    return questions


def sample(questions: Sequence[SetQuestion], count: int) -> list[SetQuestion]:
    """Return the same `count` questions of a set every time, spread over it."""
    return sorted(questions, key=lambda question: hashlib.sha256(question.qid.encode()).digest())[:count]


def write_real_library(library: Path, data: Path) -> list[str]:
    """Make a library over the real documents, where they stand; return the names of its sources."""
    library.mkdir(parents=True)
    return _write_sources(library, {name: (data / folder).absolute() for name, folder in _REAL_SOURCES.items()})


def write_paragraph_library(library: Path, data: Path) -> list[str]:
    """Make a library of the articles of the SQuAD sets, one text file each; return the names of its sources."""
    library.mkdir(parents=True)
    for name in _PARAGRAPH_SETS:
        (library / name).mkdir()
        for line in (data / name / "corpus.jsonl").read_text(encoding="utf-8").splitlines():
            article = json.loads(line)
            (library / name / f"{article['doc_id']}.txt").write_text(article["text"], encoding="utf-8")
    return _write_sources(library, {name: library / name for name in _PARAGRAPH_SETS})


def _write_sources(library: Path, folders: dict[str, Path]) -> list[str]:
    entries = (
        f'[[source]]\nname = {json.dumps(name)}\nkind = "folder"\npath = {json.dumps(str(folder))}\n'
        'owner = "eval@greenlit.example"\ngroups = ["staff"]\n'
        for name, folder in folders.items()
    )
    (library / "sources.toml").write_text("\n".join(entries), encoding="utf-8")
    return list(folders)
