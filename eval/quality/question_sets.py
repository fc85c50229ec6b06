"""Question sets: questions with the quotes that answer them, checked against the stored texts they are asked of.

A set is a file of JSON Lines; EVALUATION.md describes it field by field. `read_set` reads one and finds each quote in
its document's stored text, so that whatever is measured later compares spans, not words. A set is right or it is not
read: the first wrong line is named. Public sets have forms of their own and are read by `adapters`.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from eval.quality.locate import find_quote
from indexes.documents import Document

ANSWERED_KINDS = (
    "fact",
    "rule",
    "number",
    "procedure",
    "definition",
    "who",
    "when",
    "list",
    "table",
    "faq",
    "short_fact",
    "clause",
)
UNANSWERED_KINDS = (
    "wrong_entity",  # the documents say it of somebody or something else
    "missing_detail",  # they speak of it, but leave out what is asked
    "other_version",  # they say it of another version, year or edition
    "false_premise",  # the question takes for granted what the documents do not say
    "general_knowledge",  # everybody knows it; the documents do not say it
    "not_approved",  # only a document that is pending, expired or revoked says it
)
TODO = "TODO"  # how a line begins that `greenlit eval draft-set` wrote and nobody has edited
_FIELDS: dict[str, type] = {"id": str, "question": str, "answerable": bool, "kind": str}
_FIELDS_ANSWERED: dict[str, type] = {"document": str, "quotes": list}
_OPTIONAL_ANSWERED: dict[str, type] = {"page": int, "note": str}
_OPTIONAL_UNANSWERED: dict[str, type] = {"near": str, "note": str}
_NAMES: dict[type, str] = {
    str: "a text that is not empty",
    bool: "true or false",
    list: "a list of texts, none empty",
    int: "a whole number",
}


class QuestionSetError(Exception):
    """A question set is missing or wrong; the message names file and line, what was expected, and what was found."""


class Texts(Protocol):
    """The stored texts that a set is asked of."""

    def document(self, name: str) -> Document | None:
        """Return a document that answers may come from; `None` if there is no such."""
        ...


@dataclass(frozen=True, slots=True)
class Gold:
    """A place that alone answers a question: `[start, end)` of a document's stored text, on `page` if it has pages.

    `whole_page` says that only the page is known: any passage of it is right, and no span is to be held to.
    """

    document: str
    start: int
    end: int
    text: str
    page: int | None = None
    whole_page: bool = False


@dataclass(frozen=True, slots=True)
class SetQuestion:
    """One question of a set. `gold` are alternatives; `answers` are short texts that answer it, if a set has them."""

    id: str
    question: str
    answerable: bool
    kind: str
    gold: tuple[Gold, ...] = ()
    answers: tuple[str, ...] = ()

    @property
    def tuned_on(self) -> bool:
        """Whether the question is in the half that constants may be chosen on."""
        return hashlib.sha256(self.id.encode()).digest()[0] % 2 == 0


def sample(questions: Sequence[SetQuestion], count: int) -> list[SetQuestion]:
    """Return the same `count` questions of a set every time, spread over it."""
    return sorted(questions, key=lambda question: hashlib.sha256(question.id.encode()).digest())[:count]


def lines_of(text: str) -> list[str]:
    """Return the lines of JSON Lines. `str.splitlines` would end them at marks that JSON allows, like U+2028."""
    return text.removesuffix("\n").split("\n")


def read_set(path: Path, texts: Texts) -> list[SetQuestion]:
    """Read a question set and find its quotes.

    Args:
        path: the file.
        texts: what the questions will be asked of.

    Raises:
        QuestionSetError: the file is missing, empty, or a line of it is wrong.
    """
    try:
        lines = lines_of(path.read_text(encoding="utf-8-sig"))  # some editors begin a file with a mark
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "expected UTF-8"
        raise QuestionSetError(f"{path} cannot be read as a question set: {why}") from error
    questions: list[SetQuestion] = []
    line_of: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                question = _question(line, texts, line_of)
            except QuestionSetError as error:
                raise QuestionSetError(f"{path}, line {number}: {error}") from error
            line_of[question.id] = number
            questions.append(question)
    if not questions:
        raise QuestionSetError(f"{path}: expected at least one question, got none: an empty set measures nothing")
    return questions


def _question(line: str, texts: Texts, line_of: dict[str, int]) -> SetQuestion:
    try:
        value = json.loads(line)
    except ValueError as error:
        raise QuestionSetError(f"expected one JSON object, got something else ({error})") from error
    if not isinstance(value, dict):
        raise QuestionSetError(f"expected one JSON object, got {type(value).__name__}")
    _check_fields(value)
    if value["question"].lstrip().startswith(TODO):
        raise QuestionSetError(
            f"expected a question, got a draft that begins with {TODO}: write the question that its quote answers, "
            "or take the line out"
        )
    if value["id"] in line_of:
        raise QuestionSetError(
            f"expected an id of its own, got '{value['id']}' again, as on line {line_of[value['id']]}"
        )
    gold = _gold(value, texts) if value["answerable"] else ()
    return SetQuestion(value["id"], value["question"].strip(), value["answerable"], value["kind"], gold)


def _check_fields(value: dict[str, Any]) -> None:
    """Check that the fields of a line are those of its sort of question, each of its type, none left over."""
    _check_types(value, _FIELDS, required=True)
    answered = value["answerable"]
    required = _FIELDS | (_FIELDS_ANSWERED if answered else {})
    optional = _OPTIONAL_ANSWERED if answered else _OPTIONAL_UNANSWERED
    _check_types(value, required, required=True)
    _check_types(value, optional, required=False)
    sort = "a question that is answered" if answered else "one that is not"
    for name in value:
        if name not in required | optional:
            listed = ", ".join((*required, *optional))
            raise QuestionSetError(f"expected of {sort} no fields but {listed}; got '{name}'")
    kinds = ANSWERED_KINDS if answered else UNANSWERED_KINDS
    if value["kind"] not in kinds:
        raise QuestionSetError(f"expected of {sort} a kind of {', '.join(kinds)}; got '{value['kind']}'")


def _check_types(value: dict[str, Any], fields: dict[str, type], *, required: bool) -> None:
    for name, kind in fields.items():
        if name not in value:
            if required:
                raise QuestionSetError(f"expected the field '{name}', {_NAMES[kind]}; got none")
            continue
        if not _fits(value[name], kind):
            raise QuestionSetError(f"expected '{name}' to be {_NAMES[kind]}, got {value[name]!r}")


def _fits(found: object, kind: type) -> bool:
    if isinstance(found, str):
        return kind is str and bool(found.strip())
    if isinstance(found, list):
        return kind is list and bool(found) and all(isinstance(one, str) and one.strip() for one in found)
    return type(found) is kind


def _gold(value: dict[str, Any], texts: Texts) -> tuple[Gold, ...]:
    name, wanted = value["document"], value.get("page")
    document = texts.document(name)
    if document is None:
        raise QuestionSetError(f"expected a document that answers now, got '{name}': no such document is in this build")
    found: list[Gold] = []
    for quote in value["quotes"]:
        places = gold_of_quote(document, quote)
        if not places:
            raise QuestionSetError(f"expected a quote of '{name}', word for word; its text does not hold '{quote}'")
        on_page = [gold for gold in places if wanted in (None, gold.page)]
        if not on_page:
            pages = ", ".join(sorted({f"page {gold.page}" if gold.page else "no page" for gold in places}))
            raise QuestionSetError(f"expected '{quote}' on page {wanted} of '{name}', got {pages}")
        found.extend(on_page)
    return tuple(found)


def gold_of_quote(document: Document, quote: str) -> list[Gold]:
    """Return every place of a document that holds a quote, whatever white space is between its words."""
    return [
        Gold(document.document, start, end, document.text[start:end], page_at(document, start))
        for start, end in find_quote(document.text, quote)
    ]


def page_at(document: Document, position: int) -> int | None:
    """Return the page that a position of the stored text lies on; `None` where the document has no pages."""
    for section in document.sections:
        if section.start <= position < section.end:
            return section.locator.page
    return None
