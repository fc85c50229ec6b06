"""Markdown to text. The steps: decode, drop template tags, render to HTML with markdown-it, read that as `html` does.

So raw HTML in the Markdown, tables and nested lists come out by the same rules, and hidden HTML stays hidden. Template
tags (`{% ... %}`, `<% ... %>`) go, with all that a Liquid comment encloses. The title is `title:` of the front matter,
else the first heading of level 1. Links are kept as their text, images as their alternative text.
Does not resolve includes or variables (`{{ ... }}` stays as it is written).
"""

import re

import yaml
from markdown_it import MarkdownIt
from mdit_py_plugins.front_matter import front_matter_plugin

from ingest.characters import clean
from ingest.loading.html import TreeReader, parse
from ingest.loading.sniff import decode_text
from ingest.loading.visible import Visibility
from ingest.parsed import Parsed, TextBuilder

_LIQUID_COMMENT = re.compile(r"\{%-?\s*comment\s*-?%\}.*?\{%-?\s*endcomment\s*-?%\}", re.DOTALL)
_TEMPLATE_TAG = re.compile(r"\{%(?:(?!%\}).){0,2000}%\}|<%(?:(?!%>).){0,2000}%>", re.DOTALL)
_TAG_LINE = re.compile(rf"^[ \t]*(?:{_TEMPLATE_TAG.pattern})[ \t]*\n", re.DOTALL | re.MULTILINE)
_HEADING_ATTRIBUTES = re.compile(r"^(#{1,6}\s.*?)\s*\{[:#.][^{}\n]{0,200}\}[ \t]*$", re.MULTILINE)

_MAX_NESTING = 10_000  # beyond it text is left out without a word; Python ends a recursion, with an error, long before

_MARKDOWN = (
    MarkdownIt("commonmark", {"html": True, "maxNesting": _MAX_NESTING})
    .enable(["table", "strikethrough"])
    .use(front_matter_plugin)
)


def load(content: bytes) -> Parsed:
    """Read a Markdown document.

    Raises:
        LoadError: the bytes are no UTF-8 text.
    """
    text = decode_text(content, named="Markdown text", html_allowed=False)
    text = _LIQUID_COMMENT.sub("", text)
    text = _TEMPLATE_TAG.sub("", _TAG_LINE.sub("", text))  # an empty line left behind would end a paragraph
    text = _HEADING_ATTRIBUTES.sub(r"\1", text)
    tokens = _MARKDOWN.parse(text)
    front_matter = next((token.content for token in tokens if token.type == "front_matter"), "")
    page = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    builder = TextBuilder()
    if not page.strip():
        return builder.finish(_front_matter_title(front_matter))
    root = parse(f"<html><body>{page}</body></html>")
    reader = TreeReader(builder, Visibility(root))
    reader.read(root)
    return builder.finish(_front_matter_title(front_matter) or reader.first_h1)


def _front_matter_title(front_matter: str) -> str | None:
    """Return `title:` of the front matter; None if there is none, or the front matter is not YAML."""
    try:
        values = yaml.safe_load(front_matter)
    except (yaml.YAMLError, ValueError):  # ValueError: a date or number that cannot be
        return None
    title = values.get("title") if isinstance(values, dict) else None
    return clean(str(title)) if isinstance(title, str | int | float) else None
