"""The set `handbooks`: questions of ours on two public handbooks, whose text is not part of the project.

The handbooks: the engineering guidance of the UK's Government Digital Service (MIT, OGL 3.0) and a security training
for newsrooms (MIT). `eval/sets/handbooks.jsonl` says of each gold the document, and the words it begins and ends with;
they are looked up in the stored text. A pair that is not there, or in two places, is an error that names its line: a
set is right or it is not asked. The kind of an answerable question is the style it is asked in. What the pages answer
was decided by a person, not here.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eval.quality.locate import Span, find_quote
from eval.quality.question_sets import UNANSWERED_KINDS, Gold, QuestionSetError, SetQuestion, Texts, lines_of, page_at

SET_FILE = Path(__file__).parents[1] / "sets" / "handbooks.jsonl"
STYLES = ("keyword", "number", "yes_or_no", "how_to", "table", "paraphrase", "typo")
FOLDERS = {"gds": "handbook_gds", "newsroom": "newsroom_security"}  # by source
_MOST_CHARS = 1_200  # from the first word of a gold to its last; further apart they are of two places
_TITLE_MARK = "<%= current_page.data.title %>"  # where a page of the first prints its own title


def pages(data: Path) -> dict[str, dict[str, str]]:
    """Return the text of each page, by source and by its path in it.

    Raises:
        QuestionSetError: a handbook is missing.
        KeyError, ValueError: it is not in the form that was expected.
    """
    found: dict[str, dict[str, str]] = {}
    for source, folder in FOLDERS.items():
        path = data / folder / "corpus.jsonl"
        try:
            rows = [json.loads(line) for line in lines_of(path.read_text(encoding="utf-8"))]
        except OSError as error:
            raise QuestionSetError(f"{path} cannot be read: {error.strerror}") from error
        found[source] = {_name(row["doc_id"]): _page(row) for row in rows}
    return found


def _name(page: str) -> str:
    """Return the path of a page in its source, without the folder of the website and with an ending that is read."""
    path = page.partition("/")[2]
    if path.endswith(".rst"):
        return f"{path.removesuffix('.rst')}.txt"
    return f"{path.removesuffix('.md').removesuffix('.html.md.erb')}.md"


def _page(row: Mapping[str, str]) -> str:
    text = row["text"].replace(_TITLE_MARK, row["title"])
    return text if row["doc_id"].endswith(".rst") else f"---\ntitle: {json.dumps(row['title'])}\n---\n\n{text}"


def read_handbooks(texts: Texts, path: Path = SET_FILE) -> list[SetQuestion]:
    """Read the questions and find their gold.

    Args:
        texts: of the library that `pages` became.
        path: the file.

    Raises:
        QuestionSetError: a line is not as expected, or its gold is not in one place.
    """
    questions = []
    for number, line in enumerate(lines_of(path.read_text(encoding="utf-8")), 1):
        try:
            questions.append(_question(json.loads(line), texts))
        except (KeyError, ValueError, TypeError) as error:
            raise QuestionSetError(
                f"{path}, line {number}: expected id, question, answerable, kind, and what answers it ({error})"
            ) from error
        except QuestionSetError as error:
            raise QuestionSetError(f"{path}, line {number}: {error}") from error
    return questions


def _question(row: dict[str, Any], texts: Texts) -> SetQuestion:
    answered, kind = row["answerable"], row["kind"]
    kinds = STYLES if answered else UNANSWERED_KINDS
    if kind not in kinds:
        raise QuestionSetError(f"expected a kind of {', '.join(kinds)}; got '{kind}'")
    gold = tuple(_gold(row["document"], begins, ends, texts) for begins, ends in row["quotes"]) if answered else ()
    if answered and not gold:
        raise QuestionSetError("expected at least one quote of a question that is answered, got none")
    return SetQuestion(row["id"], row["question"], answered, kind, gold)


def _gold(name: str, begins: str, ends: str, texts: Texts) -> Gold:
    document = texts.document(name)
    if document is None:
        raise QuestionSetError(f"expected a page of the handbooks, got '{name}': there is no such")
    places = between(document.text, begins, ends)
    if len(places) != 1:
        raise QuestionSetError(
            f"expected one place of '{name}' from '{begins}' to '{ends}', got {len(places)}: name more words of it"
        )
    start, end = places[0]
    return Gold(name, start, end, document.text[start:end], page_at(document, start))


def between(text: str, begins: str, ends: str) -> list[Span]:
    """Return the stretches of a text that begin with some words and end with others, whatever white space is between.

    From each place where it begins to the nearest end, which may be the same words; of those that end alike the
    shortest.
    """
    ending = find_quote(text, ends)
    nearest: dict[int, int] = {}
    for start, first_end in find_quote(text, begins):
        end = next((stop for at, stop in ending if at >= start and stop >= first_end), None)
        if end is not None and end - start <= _MOST_CHARS:
            nearest[end] = max(start, nearest.get(end, start))
    return sorted((start, end) for end, start in nearest.items())
