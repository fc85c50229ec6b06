"""Style sheets of a page: which rules apply to an element, by tinycss2 and cssselect2, within bounds.

The steps: read each sheet that is for a screen, go into `@media`, `@supports`, `@layer` and nested rules that hold
there, keep the rules that set a property of `style_values`, compile their selectors, and hold them against elements.
A sheet that goes past a bound, or a selector that costs too much, is not judged: `not_judged` counts them, and what it
would hide is stored. External sheets are not here, and are not fetched.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import tinycss2
from cssselect2 import SelectorError
from cssselect2.compiler import CompiledSelector, compile_selector_list

from ingest.loading.web.style_media import holds_on_screen
from ingest.loading.web.style_nodes import Node, SpentError
from ingest.loading.web.style_values import PROPERTIES, Declaration, declarations_of

MAX_CSS_CHARS = 256 * 1024  # of one page; more than that is a framework's sheet: 1 MB without braces took 19 s
_MAX_DEPTH = 30  # of brackets within each other
_MAX_NESTED_RULES = 6
_MAX_SELECTORS = 5_000
_MAX_SELECTOR_CHARS = 400
_MAX_COMBINED = 16  # elements that one selector names, one within the other
_SETS = re.compile("|".join(sorted(PROPERTIES - {"left", "right", "top", "bottom"})) + r"|\\", re.IGNORECASE)
_PSEUDO = ("before", "after")


@dataclass(frozen=True, slots=True)
class Rule:
    """The declarations of one selector, with what decides between rules: the layer, how special it is, the order."""

    selector: CompiledSelector
    weight: tuple[Any, ...]
    declarations: tuple[Declaration, ...]


class StyleRules:
    """The rules of one page; `variables` are those that are set for all of it."""

    def __init__(self) -> None:
        self.not_judged = 0
        self.variables: dict[str, str] = {}
        self._left_chars = MAX_CSS_CHARS
        self._selectors = 0
        self._by_id: dict[str, list[Rule]] = defaultdict(list)
        self._by_class: dict[str, list[Rule]] = defaultdict(list)
        self._by_tag: dict[str, list[Rule]] = defaultdict(list)
        self._others: list[Rule] = []
        self._layer = 0

    def __bool__(self) -> bool:
        """Whether there is any rule."""
        return self._selectors > 0

    def add_sheet(self, text: str, media: str) -> None:
        """Read one `<style>` element.

        Args:
            text: of the element.
            media: its attribute `media`.
        """
        if not _SETS.search(text) or (media and not holds_on_screen(media)):
            return
        if _depth(text) > _MAX_DEPTH:
            self.not_judged += 1
            return
        is_cut = len(text) > self._left_chars
        if is_cut:
            text = text[: text.rfind("}", 0, self._left_chars) + 1]
        self._left_chars -= len(text)
        before, was_full = self.not_judged, self._selectors >= _MAX_SELECTORS
        self._add_rules(tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True), "", 0)
        full = self._selectors >= _MAX_SELECTORS and not was_full
        self.not_judged = before + int(is_cut or full or self.not_judged > before)

    def _add_rules(self, rules: Iterable[Any], parent: str, depth: int) -> None:
        if depth > _MAX_NESTED_RULES:
            return
        for rule in rules:
            if rule.type == "qualified-rule":
                self._add_rule(rule, parent, depth)
            elif rule.type == "at-rule" and rule.content is not None and _goes_in(rule):
                self._layer += int(rule.lower_at_keyword == "layer")
                if parent:
                    declared, nested = declarations_of(rule.content)
                    self._keep(parent, declared)
                    self._add_rules(nested, parent, depth + 1)
                else:
                    inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
                    self._add_rules(inner, parent, depth + 1)
                self._layer -= int(rule.lower_at_keyword == "layer")

    def _add_rule(self, rule: Any, parent: str, depth: int) -> None:
        declared, nested = declarations_of(rule.content)
        prelude = tinycss2.serialize(rule.prelude).strip()
        for selector in _selectors(rule.prelude):
            whole = _nested(selector, parent) if parent else selector
            self._keep(whole, declared)
        if nested and len(prelude) <= _MAX_SELECTOR_CHARS:
            inner = _nested(prelude, parent) if parent else prelude
            self._add_rules(nested, inner, depth + 1)

    def _keep(self, text: str, declared: list[Declaration]) -> None:
        if not declared or self._selectors >= _MAX_SELECTORS:
            return
        if len(text) > _MAX_SELECTOR_CHARS or len(re.findall(r"[\s>+~]+", text)) > _MAX_COMBINED:
            self.not_judged += 1
            return
        try:
            compiled = compile_selector_list(text)
        except (SelectorError, NotImplementedError, SyntaxError, RecursionError):
            return  # of a state that a page at rest is not in, or not known
        for selector in compiled:
            self._selectors += 1
            weight = (self._layer == 0, selector.specificity, self._selectors)
            self._index(Rule(selector, weight, tuple(declared)))
            if text.strip() in {":root", "html", "body", "*"}:
                self.variables.update({one.name: one.value for one in declared if one.name.startswith("--")})

    def _index(self, rule: Rule) -> None:
        selector = rule.selector
        if selector.never_matches or (selector.pseudo_element is not None and selector.pseudo_element not in _PSEUDO):
            return
        if selector.id is not None:
            self._by_id[selector.id].append(rule)
        elif selector.class_name is not None:
            self._by_class[selector.class_name].append(rule)
        elif selector.local_name is not None:
            self._by_tag[selector.lower_local_name].append(rule)
        else:
            self._others.append(rule)

    def matching(self, node: Node) -> list[Rule]:
        """Return the rules that apply to an element, those that win last.

        Raises:
            SpentError: the page has used up the tests that it may cost.
        """
        found = []
        for rule in self._candidates(node):
            node.budget.spend(1)
            try:
                if rule.selector.test(node):
                    found.append(rule)
            except SpentError:
                raise
            except (AttributeError, TypeError, ValueError):
                continue  # asks for what such an element does not have
        found.sort(key=lambda rule: rule.weight)
        return found

    def _candidates(self, node: Node) -> Iterator[Rule]:
        if node.id is not None and node.id in self._by_id:
            yield from self._by_id[node.id]
        if self._by_class:
            for name in node.classes:
                yield from self._by_class.get(name, ())
        yield from self._by_tag.get(node.local_name, ())
        yield from self._others


def _goes_in(rule: Any) -> bool:
    keyword = rule.lower_at_keyword
    condition = tinycss2.serialize(rule.prelude).strip()
    if keyword == "media":
        return holds_on_screen(condition)
    if keyword == "supports":
        return not re.match(r"not\b", condition, re.IGNORECASE)
    return bool(keyword == "layer")


def _selectors(prelude: Iterable[Any]) -> Iterator[str]:
    """Give the selectors of a list one by one, so that one that is not known costs none of the others."""
    part: list[Any] = []
    for token in prelude:
        if token.type == "literal" and token.value == ",":
            yield tinycss2.serialize(part)
            part = []
        else:
            part.append(token)
    yield tinycss2.serialize(part)


def _nested(selector: str, parent: str) -> str:
    inner = selector.strip()
    if "&" in inner:
        return inner.replace("&", f":is({parent})")
    return f":is({parent}) {inner}"


def _depth(text: str) -> int:
    """Return how deep brackets are within each other, at most: strings and comments count as if they were code."""
    depth = deepest = 0
    for sign in re.findall(r"[{}()\[\]]", text):
        depth = depth + 1 if sign in "{([" else max(depth - 1, 0)
        deepest = max(deepest, depth)
    return deepest
