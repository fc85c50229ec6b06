"""Markdown to text: decode, take off the front matter, drop what is for machines, render to HTML, read that as `html`.

So raw HTML in the Markdown, tables, footnotes and nested lists come out by the same rules, and hidden HTML stays
hidden. Known besides CommonMark: tables, strikethrough, footnotes, definition lists, tasks, formulas in dollars (kept
as they are written), callouts and tabs (`markdown_parts`). Dropped (`markdown_source`): template tags, comments,
attributes. The title is that of the front matter, else the first heading of level 1. Links are kept as their text,
images as their alternative text. Does not resolve includes or variables (`{{ ... }}` stays as it is written).
"""

import html as entities
from collections.abc import Sequence
from typing import cast

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin

from ingest.loading.sniff import decode_text
from ingest.loading.web.html import parse, read_page
from ingest.loading.web.markdown_parts import parts_plugin
from ingest.loading.web.markdown_source import front_matter_of, without_machinery
from ingest.parsed import Parsed, TextBuilder

_MAX_NESTING = 10_000  # beyond it text is left out without a word; Python ends a recursion, with an error, long before


def _formula(content: str, options: dict[str, bool]) -> str:
    """Keep a formula as it is written."""
    sign = "$$" if options.get("display_mode") else "$"
    return entities.escape(f"{sign}{' '.join(content.split())}{sign}")


_MARKDOWN = (
    MarkdownIt("commonmark", {"html": True, "maxNesting": _MAX_NESTING})
    .enable(["table", "strikethrough"])
    .use(footnote_plugin, inline=False)
    .use(deflist_plugin)
    .use(dollarmath_plugin, allow_labels=False, allow_space=False, allow_digits=False, renderer=_formula)
    .use(parts_plugin)
)


def _without_blank_alternative(tokens: Sequence[Token], at: int, options: OptionsDict, env: EnvType) -> str:
    """Write a picture: one without a description says nothing of what it shows, as in HTML without `alt`."""
    written = str(_RENDERER.image(tokens, at, options, env))
    return written.replace(' alt=""', "", 1)


_RENDERER = cast("RendererHTML", _MARKDOWN.renderer)
_MARKDOWN.add_render_rule("image", lambda _, *given: _without_blank_alternative(*given))


def load(content: bytes) -> Parsed:
    """Read a Markdown document.

    Raises:
        LoadError: the bytes are no UTF-8 text.
    """
    text = decode_text(content, named="Markdown text", html_allowed=False)
    front_matter, body = front_matter_of(text)
    page = _MARKDOWN.render(without_machinery(body))
    if not page.strip():
        return TextBuilder().finish(front_matter.title)
    return read_page(parse(f"<html><body>{page}</body></html>"), front_matter.title)
