"""Links between the documents lead somewhere: to a file that is kept with the project, and to a heading that it has.

Pages elsewhere are not fetched. A heading's anchor is what the usual hosts of repositories make of its text: in small
letters, punctuation left out, a hyphen for each space, and a number behind a heading that stands twice.
"""

import functools
import itertools
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

_MARKDOWN = MarkdownIt("commonmark").enable("table")


@functools.cache  # a document has many links to one other
def _anchors(text: str) -> set[str]:
    """Return the anchors of a document's headings."""
    anchors: list[str] = []
    tokens = _MARKDOWN.parse(text)
    for opening, inline in itertools.pairwise(tokens):
        if opening.type == "heading_open":
            words = "".join(child.content for child in inline.children or ())
            anchor = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
            earlier = sum(re.fullmatch(rf"{re.escape(anchor)}(-\d+)?", one) is not None for one in anchors)
            anchors.append(f"{anchor}-{earlier}" if earlier else anchor)
    return set(anchors)


def _targets(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        target = token.attrGet("href") if token.type == "link_open" else token.attrGet("src")
        if target is not None:
            yield str(target)
        yield from _targets(token.children or [])


def _dead_links(documents: dict[str, str], files: set[str]) -> list[str]:
    """Return the links that lead nowhere.

    Args:
        documents: texts in Markdown, by path from the root.
        files: every path that a link may lead to, from the root.
    """
    dead = []
    for name, text in documents.items():
        for target in _targets(_MARKDOWN.parse(text)):
            path, _, anchor = target.partition("#")
            place = (PurePosixPath(name).parent / path).as_posix() if path else name
            if re.match(r"https?://", target):
                continue
            if place not in files or (anchor and anchor not in _anchors(documents.get(place, ""))):
                dead.append(f"{name}: {target}")
    return dead


@pytest.fixture(scope="module")
def documents(root: Path, project_files: list[Path]) -> dict[str, str]:
    """The documents of the project; the sample library has documents of its own."""
    names = [path.as_posix() for path in project_files if len(path.parts) == 1 and path.suffix == ".md"]
    return {name: (root / name).read_text(encoding="utf-8") for name in names}


def test_every_link_leads_to_a_file_and_a_heading_that_there_are(
    documents: dict[str, str], project_files: list[Path]
) -> None:
    assert sum(len(list(_targets(_MARKDOWN.parse(text)))) for text in documents.values()) > 30
    assert _dead_links(documents, {path.as_posix() for path in project_files}) == []


@pytest.mark.parametrize(
    "link",
    [
        "[a](gone.md)",
        "[a](there.md#gone)",
        "[a](#gone)",
        "[a](there.md#Heading)",
        "[a](/there.md)",
        "[a](there.md#in-a-block)",
        "[a](there.md#heading-2)",
        "| a |\n|---|\n| [a](gone.md) |",
        "[a]\n\n[a]: gone.md",
        "![a](gone.png)",
    ],
)
def test_a_link_that_leads_nowhere_is_found(link: str) -> None:
    there = "# Heading\n\n## Heading\n\n```\n# In a block\n```\n"

    assert len(_dead_links({"here.md": link, "there.md": there}, {"here.md", "there.md"})) == 1


@pytest.mark.parametrize(
    "link",
    [
        "[a](there.md)",
        "[a](there.md#heading)",
        "[a](there.md#heading-1)",
        "[a](there.md#7-a-longer-one-of-code-why-so)",
        "## Here\n\n[a](#here)",
        "[a](https://example.org/gone.md)",
        "```\n[a](gone.md)\n```",
    ],
)
def test_a_link_that_leads_somewhere_is_let_through(link: str) -> None:
    there = "# Heading\n\n## Heading\n\n## 7. A longer one, of `code`: why so\n"

    assert _dead_links({"here.md": link, "there.md": there}, {"here.md", "there.md"}) == []


def test_decisions_are_numbered_without_a_gap_and_only_those_are_named(documents: dict[str, str]) -> None:
    numbers = [int(number) for number in re.findall(r"^## (\d+)\. ", documents["DECISIONS.md"], re.MULTILINE)]
    named = {int(number) for text in documents.values() for number in re.findall(r"\bdecision (\d+)", text)}

    assert numbers == list(range(1, len(numbers) + 1))
    assert named
    assert named <= set(numbers)


def test_every_decision_says_what_came_of_it(documents: dict[str, str]) -> None:
    entries = re.split(r"^## ", documents["DECISIONS.md"], flags=re.MULTILINE)[1:]
    decided = [entry for entry in entries if entry[0].isdigit()]

    missing = [
        f"{entry.splitlines()[0]}: {part}"
        for entry in decided
        for part in ("Context", "Outcome")
        if f"**{part}.** " not in entry
    ]
    assert missing == []
