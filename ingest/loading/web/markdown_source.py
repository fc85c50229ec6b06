"""The source of a Markdown document before it is rendered: its front matter, and what is in it for machines only.

Front matter (YAML between `---`, TOML between `+++`) is no text; its title is the document's. Text between two rules
that happen to stand at the beginning is no front matter. Dropped, outside code: template tags and comments of Jekyll,
Hugo, GitBook and ERB, attributes of kramdown, imports and comments of MDX, marks of a table of contents, definitions of
abbreviations. What such a tag shows as a name, that of a tab, stays. Marks of changes (CriticMarkup) are carried out:
what is deleted goes.
"""

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass

import yaml

from ingest.characters import clean

_FRONT_MATTER = re.compile(r"\A\s*(---|\+\+\+)[ \t]*\r?\n(.*?)^(\1|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_LOOKS_LIKE_YAML = re.compile(r"(?:[ \t]*(?:#.*|-[ \t].*|[\w.\"'-]+[ \t]*:(?:[ \t].*)?|[}\])].*)?|[ \t]+\S.*)")
_MAX_FRONT_MATTER_CHARS = 100_000
_FENCE = re.compile(
    r"^(?: {0,3}|[ \t]*(?:[-*+]|\d+\.)[ \t]+)(`{3,}|~{3,})(?![^\n]*`)[^\n]*\n.*?(?:^[ \t]*\1[`~]*[ \t]*$|\Z)",
    re.DOTALL | re.MULTILINE,
)
_NAMED_TAG = re.compile(
    r"\{%-?\s*tab\s+title\s*=\s*[\"']([^\"'\n]{1,100})[\"'][^%\n]{0,200}%\}"
    r"|\{\{[<%]\s*tab(?:item)?\s+(?:[a-zA-Z]+\s*=\s*)?[\"']([^\"'\n]{1,100})[\"'][^\n]{0,200}?[%>]\}\}"
)
_DROPPED = (
    (re.compile(r"\{%-?\s*(?:end)?raw\s*-?%\}"), ""),
    (re.compile(r"\{%-?\s*comment\s*-?%\}.*?\{%-?\s*endcomment\s*-?%\}", re.DOTALL), ""),
    (re.compile(r"\{\{[<%]/\*.{0,5000}?\*/[%>]\}\}|\{/\*.{0,5000}?\*/\}", re.DOTALL), ""),
)
_TAG = r"\{%(?:(?!%\}).){0,2000}%\}|<%(?:(?!%>).){0,2000}%>|\{\{[<%](?:(?![%>]\}\}).){0,2000}[%>]\}\}"
_TEMPLATE_TAG = re.compile(_TAG, re.DOTALL)
_TAG_LINE = re.compile(rf"^[ \t]*(?:{_TAG})[ \t]*\n", re.DOTALL | re.MULTILINE)
_ATTRIBUTES = (
    (re.compile(r"^(#{1,6}\s.*?)\s*\{[:#.][^{}\n]{0,200}\}[ \t]*$", re.MULTILINE), r"\1"),
    (re.compile(r"^[ \t]*\{:[^{}\n]{0,200}\}[ \t]*$\n?", re.MULTILINE), ""),
    (re.compile(r"(?<=[)\]*_`])\{:[^{}\n]{1,200}\}"), ""),
    (re.compile(r"(?<=\))\{[.#][^{}\n]{1,200}\}"), ""),
)
_LINES = (
    (re.compile(r"^(?:\[TOC\]|\[\[_?TOC_?\]\]|\[\[toc\]\]|\{:toc\})[ \t]*$\n?", re.MULTILINE | re.IGNORECASE), ""),
    (re.compile(r"^\*\[[^\]\n]{1,100}\]:[^\n]*\n?", re.MULTILINE), ""),
    (
        re.compile(
            r"^(?:import\s+[^\n]{0,300}?from\s+[\"'][^\"'\n]+[\"'];?|import\s+[\"'][^\"'\n]+[\"'];?)[ \t]*$\n?",
            re.MULTILINE,
        ),
        "",
    ),
    (re.compile(r"^export\s+(?:const|default|let|function)\b[^\n]*$\n?", re.MULTILINE), ""),
    (re.compile(r"^([ \t]*(?:[-*+]|\d+[.)])[ \t]+)\[ \](?=[ \t])", re.MULTILINE), "\\1☐"),
    (re.compile(r"^([ \t]*(?:[-*+]|\d+[.)])[ \t]+)\[[xX]\](?=[ \t])", re.MULTILINE), "\\1☑"),
)
_OPENED = re.compile(
    r"^( {0,3}<(?:aside|article|blockquote|callout|center|details|div|section|note|tip|warning|info)\b[^<>\n]{0,500}>)"
    r"[ \t]*\n(?= {0,3}[^\s<])",
    re.MULTILINE | re.IGNORECASE,
)
_CHANGES = (
    (re.compile(r"\{--[^\n]{1,2000}?--\}"), ""),
    (re.compile(r"\{>>[^\n]{1,2000}?<<\}"), ""),
    (re.compile(r"\{~~[^\n]{0,2000}?~>([^\n]{0,2000}?)~~\}"), r"\1"),
    (re.compile(r"\{\+\+([^\n]{1,2000}?)\+\+\}"), r"\1"),
    (re.compile(r"\{==([^\n]{1,2000}?)==\}"), r"\1"),
)


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What stands before the text; `title` is None if it names none."""

    title: str | None = None


def front_matter_of(text: str) -> tuple[FrontMatter, str]:
    """Return the front matter, and the text after it."""
    found = _FRONT_MATTER.match(text.removeprefix("\ufeff")[:_MAX_FRONT_MATTER_CHARS])
    if found is None:
        return FrontMatter(), text
    rest = text.removeprefix("\ufeff")[found.end() :]
    if found[1] == "+++":
        try:
            return FrontMatter(_title(tomllib.loads(found[2]))), rest
        except tomllib.TOMLDecodeError:
            return FrontMatter(), rest
    try:
        values = yaml.safe_load(found[2])
    except (yaml.YAMLError, ValueError, RecursionError):  # ValueError: a date or number that cannot be
        looks_so = all(_LOOKS_LIKE_YAML.fullmatch(line.rstrip()) for line in found[2].splitlines())
        return FrontMatter(), rest if looks_so else text
    if values is not None and not isinstance(values, dict):
        return FrontMatter(), text  # two rules with text between them
    return FrontMatter(_title(values or {})), rest


def without_machinery(text: str) -> str:
    """Return the source without what is for machines; code is kept as it is."""
    for pattern, put in _DROPPED:
        text = pattern.sub(put, text)
    return _outside_code(text, _cleaned)


def _cleaned(text: str) -> str:
    text = _NAMED_TAG.sub(lambda found: f"\n\n**{found[1] or found[2]}**\n\n", text)
    text = _TEMPLATE_TAG.sub("", _TAG_LINE.sub("", text))  # an empty line left behind would end a paragraph
    for pattern, put in (*_ATTRIBUTES, *_LINES, *_CHANGES):
        text = pattern.sub(put, text)
    return _OPENED.sub(r"\1\n\n", text)  # so that what follows is read as Markdown, as Notion and MkDocs do


def _outside_code(text: str, change: Callable[[str], str]) -> str:
    pieces, at = [], 0
    for found in _FENCE.finditer(text):
        pieces += [change(text[at : found.start()]), found[0]]
        at = found.end()
    return "".join([*pieces, change(text[at:])])


def _title(values: dict[str, object]) -> str | None:
    title = values.get("title")
    return clean(str(title)) if isinstance(title, str | int | float) else None
