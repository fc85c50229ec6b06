"""A second look at a Word document, after it was read: text in any of its parts that the reading never took.

The reading takes every text that it looks at out of the parts, stored or left out. This look knows nothing of how it
walks: it goes over all elements of all parts that the document leads to, and tells of what is still there by where it
stands: in a note, a comment, a text box, a chart; anything else is `unlike_second_look`. It also holds the words that
were shown against the words that were stored.
"""

from typing import Any

from ingest.loading.word.left import SILENT, TEXT_NAMES, Left
from ingest.loading.word.parts import Package, Part
from ingest.loading.word.xml import local_name

# Parts that say nothing of their own, or that no reader of the document sees.
_SILENT_PARTS = frozenset(
    (
        "styles stylesWithEffects settings webSettings fontTable theme numbering glossaryDocument customXml "
        "customXmlProps attachedTemplate mailMergeSource mailMergeHeaderSource printerSettings keyMapCustomizations "
        "vbaProject wordVbaData font people commentsExtended commentsIds commentsExtensible image hyperlink "
        "attachedToolbars toolbars core-properties documenttasks header footer chartStyle chartColorStyle "
        "diagramLayout diagramQuickStyle diagramColors activeXControlBinary"
    ).split()
)
_THINGS = {"footnote": "footnotes", "endnote": "footnotes", "txbxContent": "text_boxes", "oMath": "equations"}
_DRAWN = frozenset(["drawing", "pict", "object"])
_WORDS = {"comment": "comments", "del": "deletions", "moveFrom": "deletions", "instrText": SILENT}
_DRAWN_PARTS = frozenset(["chartSpace", "dataModel", "userShapes"])  # said where the drawing stands
_COMMENT_PARTS = frozenset(["comments"])


def look_again(package: Package, left: Left, stored: str) -> None:
    """Say what text the reading never took, and which words it showed that are not in the stored text."""
    left.lost(stored)
    seen = {package.main.name.lower()}
    waiting: list[Part] = [package.main]
    while waiting:
        part = waiting.pop()
        _look(part.root, left)
        for relation in part.relations.values():
            name = relation.target.lower()
            if relation.kind in _SILENT_PARTS or not name or name in seen or not name.endswith(".xml"):
                continue
            seen.add(name)
            found = package.part(relation.target)
            waiting += [found] if found is not None else []


def _look(root: Any, left: Left) -> None:
    if local_name(root) in _DRAWN_PARTS or local_name(root) == "drawing":
        return
    told: set[Any] = set()
    for element in root.iter():
        if not element.text or local_name(element) not in TEXT_NAMES or not element.text.strip():
            continue
        kind, thing = _kind(element)
        if thing is None:
            left.text(kind, element.text)
        elif thing not in told:
            told.add(thing)
            left.thing(kind)


def _kind(element: Any) -> tuple[str, Any]:
    """Return as what a text is told, and the thing that is told once; None where words are counted."""
    for above in element.iterancestors():
        name = local_name(above)
        if name in _THINGS:
            return _THINGS[name], above
        if name in _DRAWN:
            return "text_boxes", above
        if name in _WORDS:
            return _WORDS[name], None
    return "unlike_second_look", None
