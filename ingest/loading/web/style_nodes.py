"""Elements as cssselect2 asks of them, with a budget: what a selector looks at is counted.

cssselect2 compiles a selector to a test that asks an element for its classes, ancestors and siblings. Its own wrapper
keeps, for each element, all ancestors and all siblings before it: 40,000 rows in one table would fill the memory. These
nodes walk to them instead, and each step is paid for.
"""

from collections.abc import Iterator, Sequence
from typing import Any, overload

from lxml.html import HtmlElement

MAX_STEPS = 1_500_000  # tests of a rule, and elements looked at by them: some three seconds


class SpentError(Exception):
    """The rules of a page cost more than they may."""


class Budget:
    """How many steps the rules of one page may still cost."""

    def __init__(self, steps: int = MAX_STEPS) -> None:
        self.left = steps

    def spend(self, steps: int) -> None:
        """Pay.

        Raises:
            SpentError: more than is left.
        """
        self.left -= steps
        if self.left < 0:
            raise SpentError


class _Elements(Sequence[HtmlElement]):
    """Elements of one parent: to ask how many there are costs nothing, to look at them does."""

    def __init__(self, nodes: "list[Node]", budget: Budget) -> None:
        self._nodes = nodes
        self._budget = budget

    def __len__(self) -> int:
        return len(self._nodes)

    @overload
    def __getitem__(self, at: int) -> HtmlElement: ...

    @overload
    def __getitem__(self, at: slice) -> list[HtmlElement]: ...

    def __getitem__(self, at: int | slice) -> HtmlElement | list[HtmlElement]:
        if isinstance(at, int):
            return self._nodes[at].element
        found = self._nodes[at]
        self._budget.spend(len(found))
        return [node.element for node in found]

    def __iter__(self) -> Iterator[HtmlElement]:
        for node in self._nodes:
            self._budget.spend(1)
            yield node.element


class Node:
    """One element; the names are those that cssselect2's tests ask for."""

    __slots__ = ("_classes", "budget", "children", "element", "index", "parent", "previous")

    in_html_document = True
    in_disabled_fieldset = False
    namespace_url = None
    lang = ""

    def __init__(self, element: HtmlElement, parent: "Node | None", budget: Budget) -> None:
        self.element = element
        self.parent = parent
        self.budget = budget
        self.children: list[Node] = []
        self.index = len(parent.children) if parent else 0
        self.previous = parent.children[-1] if parent and parent.children else None
        self._classes: frozenset[str] | None = None
        if parent:
            parent.children.append(self)

    @property
    def etree_element(self) -> HtmlElement:
        """The element itself."""
        return self.element

    @property
    def local_name(self) -> str:
        """The name of the element, in small letters."""
        return str(self.element.tag)

    @property
    def id(self) -> str | None:
        """The element's id."""
        found = self.element.get("id")
        return None if found is None else str(found)

    @property
    def classes(self) -> frozenset[str]:
        """The element's classes."""
        if self._classes is None:
            self._classes = frozenset(self.element.get("class", "").split())
        return self._classes

    @property
    def ancestors(self) -> Iterator["Node"]:
        """The elements around it, the nearest first."""
        node = self.parent
        while node is not None:
            self.budget.spend(1)
            yield node
            node = node.parent

    @property
    def previous_siblings(self) -> Iterator["Node"]:
        """The elements before it within its parent."""
        node = self.previous
        while node is not None:
            self.budget.spend(1)
            yield node
            node = node.previous

    @property
    def etree_siblings(self) -> Sequence[HtmlElement]:
        """All elements of its parent."""
        return _Elements(self.parent.children if self.parent else [self], self.budget)

    @property
    def etree_children(self) -> Sequence[HtmlElement]:
        """The elements directly within it."""
        return _Elements(self.children, self.budget)

    def iter_children(self) -> Iterator["Node"]:
        """Walk the elements directly within it."""
        for node in self.children:
            self.budget.spend(1)
            yield node

    def iter_siblings(self) -> Iterator["Node"]:
        """Walk all elements of its parent."""
        yield from self.parent.iter_children() if self.parent else (self,)

    def iter_next_siblings(self) -> Iterator["Node"]:
        """Walk the elements after it within its parent."""
        for node in (self.parent.children if self.parent else [])[self.index + 1 :]:
            self.budget.spend(1)
            yield node

    def iter_subtree(self) -> Iterator["Node"]:
        """Walk it and all that is in it."""
        pending = [self]
        while pending:
            node = pending.pop()
            self.budget.spend(1)
            yield node
            pending.extend(reversed(node.children))


def nodes_of(root: HtmlElement) -> list[Any]:
    """Return a node for each element of a page, in document order."""
    budget = Budget()
    by_element: dict[HtmlElement, Node] = {}
    for element in root.iter():
        if isinstance(element.tag, str):
            by_element[element] = Node(element, by_element.get(element.getparent()), budget)
    return list(by_element.values())
