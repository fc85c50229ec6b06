"""Blocks of Markdown that handbooks use and CommonMark does not know: callouts, tabs, panels.

    !!! warning "Tapes"     ??? note            === "Linux"        ::: tip Title       ```{note} Title
        indented text           indented text       indented text  text                text
                                                                   :::                 ```

Each becomes a part of the page with the name that its readers see: the title, or the kind of a callout ("Warning")
where it has none. `> [!NOTE]` likewise. A tab's name holds for what is in it only, so that is a part of its own
(`data-part-name`); a callout's name is a line before its text. Written as markdown-it rules, so that lists, code and
tables within are read as anywhere else, and what stands in a code block stays code.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

_INDENTED = re.compile(r"(!!!|\?\?\?\+?|===[+!]?)[ \t]+(\S.*)")
_QUOTED = re.compile(r"[\"“](.*)[\"”]")
_COLONS = re.compile(r"(:{3,})\s*(?:\{?\s*\.?([A-Za-z][\w-]*)[^}\[]*\}?)?\s*(?:\[(.*)\]|(.*))")
_FENCED = re.compile(r"\{\.?([a-z][\w-]*)\}\s*(.*)")
_ALERT = re.compile(r"\[!([A-Za-z][\w-]*)\][+-]?[ \t]*([^\n]*)(?:\n|$)")
_CALLOUTS = frozenset(
    (
        "abstract attention bug caution danger details error example failure hint important info note question quote "
        "seealso success summary tip todo warning admonition dropdown"
    ).split()
)
_TABS = frozenset(["tab", "tab-item", "tabitem", "tabs-item"])
_NAMELESS = frozenset(["tabs", "tab-set", "tabset", "row", "column", "columns", "grid", "section", "container"])
_INDENT = 4


def parts_plugin(parser: MarkdownIt) -> None:
    """Teach a parser these blocks."""
    also: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    parser.block.ruler.before("fence", "indented_part", _indented_part, also)
    parser.block.ruler.before("fence", "fenced_part", _fenced_part, also)
    parser.core.ruler.after("block", "alerts", _alerts)


def _indented_part(state: StateBlock, first: int, end: int, silent: bool) -> bool:  # noqa: FBT001 - a rule
    """Read `!!!`, `???` and `===` with the indented lines below."""
    found = _INDENTED.fullmatch(_line(state, first).rstrip())
    if state.is_code_block(first) or not found:
        return False
    sign, rest = found[1], found[2]
    is_tab = sign.startswith("===")
    if is_tab and not _QUOTED.match(rest):
        return False
    if silent:
        return True
    indent = state.sCount[first]
    last = after = first
    while after + 1 < end:
        after += 1
        if state.isEmpty(after):
            continue
        if state.sCount[after] < indent + 2:
            break
        last = after
    _part(state, (first, last + 1), _name_of(rest, is_tab=is_tab), is_tab=is_tab)
    return True


def _fenced_part(state: StateBlock, first: int, end: int, silent: bool) -> bool:  # noqa: FBT001 - a rule
    """Read `::: kind` and ```` ```{kind} ```` up to their end."""
    line = _line(state, first).rstrip()
    if state.is_code_block(first):
        return False
    fence = re.match(r"(`{3,}|~{3,})(.*)", line)
    found = _FENCED.fullmatch(fence[2].strip()) if fence else _COLONS.fullmatch(line)
    if not found:
        return False
    kind, title = (found[1], found[2]) if fence else (found[2] or "", found[3] or found[4] or "")
    kind = kind.lower()
    if (fence or ":" in title) and kind not in _CALLOUTS | _TABS | _NAMELESS:
        return False
    if silent:
        return True
    sign = fence[1] if fence else found[1]
    last = _end_of_fence(state, (first + 1, end), sign)
    is_tab = kind in _TABS
    name = title.strip(' "') or ("" if is_tab or kind not in _CALLOUTS else kind.title())
    _part(state, (first, last), name, is_tab=is_tab)
    state.line = min(last + 1, end)
    return True


def _end_of_fence(state: StateBlock, within: tuple[int, int], sign: str) -> int:
    """Return the line that closes a fence, or the end; fences of colons stand in each other."""
    depth = 0
    for number in range(*within):
        line = _line(state, number).strip()
        if not line.startswith(sign[:3]) or (line.strip(sign[0]) and sign[0] != ":"):
            continue
        if line.strip(":") if sign[0] == ":" else line.strip(sign[0]):
            depth += 1
        elif depth == 0 and len(line) >= (3 if sign[0] == ":" else len(sign)):
            return number
        else:
            depth -= 1
    return within[1]


def _part(state: StateBlock, lines: tuple[int, int], name: str, *, is_tab: bool) -> None:
    """Write a part with its name, and read what is in it."""
    first, end = lines
    opened = state.push("part_open", "div", 1)
    opened.map = [first, end]
    if is_tab:
        opened.attrs = {"data-part-name": name}
    elif name:
        state.push("paragraph_open", "p", 1)
        inline = state.push("inline", "", 0)
        inline.content, inline.map, inline.children = name, [first, first + 1], []
        state.push("paragraph_close", "p", -1)
    kept = state.parentType, state.lineMax, state.blkIndent
    inner = [state.sCount[number] for number in range(first + 1, end) if not state.isEmpty(number)]
    state.parentType, state.lineMax = "part", end
    state.blkIndent = max(state.blkIndent, min(inner, default=0))
    state.md.block.tokenize(state, first + 1, end)
    state.parentType, state.lineMax, state.blkIndent = kept
    state.push("part_close", "div", -1)
    state.line = end


def _name_of(rest: str, *, is_tab: bool) -> str:
    """Return what is shown as the name: what stands in quotes, else the kind of callout."""
    quoted = _QUOTED.search(rest)
    if quoted or is_tab:
        return quoted[1] if quoted else rest
    kind, _, title = rest.partition(" ")
    return title.strip() or kind.replace("-", " ").capitalize()


def _alerts(state: StateCore) -> None:
    """Read `> [!NOTE]`: the mark becomes the name of the callout."""
    tokens: list[Token] = state.tokens
    for quote, paragraph, inline in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if (quote.type, paragraph.type, inline.type) != ("blockquote_open", "paragraph_open", "inline"):
            continue
        if found := _ALERT.match(inline.content):
            name = found[2].strip() or found[1].replace("-", " ").capitalize()
            rest = inline.content[found.end() :]
            inline.content = f"{name}\\\n{rest}" if rest else name


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]
