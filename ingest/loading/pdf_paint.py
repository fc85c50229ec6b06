"""Follow what a PDF page paints, to tell text that nobody sees from text that is seen.

Unseen is text in a rendering mode that paints nothing, and white text with nothing but white under it. White text over
a dark field, a picture or a shading is seen. Where the field's place cannot be known (it was painted by an embedded
form, which has coordinates of its own) white text counts as seen. Text in nearly white, or under a picture that is
drawn later, is not recognised. Knows nothing of lines.
"""

from collections.abc import Sequence
from typing import Any

_UNPAINTED_MODES = frozenset([3, 7])
_STROKED_MODES = frozenset([1, 5])  # only outlines are painted, in a colour that is not followed here
_WHITE = 0.97  # of full light, in each component
_MARGIN = 3.0  # points: a field may end a little short of the text on it
_EVERYWHERE = (-1e9, -1e9, 1e9, 1e9)
_SHOWS = frozenset([b"Tj", b"TJ", b"'", b'"'])
_FILLS = frozenset([b"f", b"F", b"f*", b"B", b"B*", b"b", b"b*"])
_PATH_ENDS = frozenset([b"n", b"S", b"s"]) | _FILLS
_COLOURS = frozenset([b"g", b"rg", b"k", b"cs", b"sc", b"scn"])
_POINTS = {b"m": 2, b"l": 2, b"c": 6, b"v": 4, b"y": 4}  # numbers that each path operator takes

Box = tuple[float, float, float, float]


class Paint:
    """The state of one page while its operations are read in order."""

    def __init__(self) -> None:
        self._mode = 0
        self._white = False
        self._gray_space = True  # one component is lightness; in other colour spaces it may be ink
        self._saved: list[tuple[int, bool, bool]] = []
        self._path: list[tuple[float, float]] = []
        self._fields: list[tuple[Box, bool]] = []  # what was filled, in order; true if in white
        self._depth = 0  # of embedded forms
        self._unsure = False

    def before(self, operator: bytes, operands: list[Any], cm: Sequence[float]) -> None:
        """Take note of an operation that is about to be carried out."""
        if operator == b"q":
            self._saved.append((self._mode, self._white, self._gray_space))
        elif operator == b"Q" and self._saved:
            self._mode, self._white, self._gray_space = self._saved.pop()
        elif operator == b"Tr" and operands:
            self._mode = int(operands[0])
        elif operator in _COLOURS:
            self._colour(operator, operands)
        elif operator == b"Do":
            self._depth += 1
            self._fields.append((_box([_moved(cm, x, y) for x, y in [(0, 0), (1, 0), (0, 1), (1, 1)]]), False))
        elif operator in {b"sh", b"INLINE IMAGE"}:
            self._fields.append((_EVERYWHERE, False))
        else:
            self._outline(operator, operands, cm)

    def after(self, operator: bytes) -> None:
        """Take note that an operation is done: what an embedded form painted has been reported by now."""
        if operator == b"Do":
            self._depth -= 1

    def hides(self, operator: bytes, cm: Sequence[float], tm: Sequence[float]) -> bool:
        """Tell whether an operation shows text that nobody sees."""
        if operator not in _SHOWS:
            return False
        if self._mode in _UNPAINTED_MODES:
            return True
        if not self._white or self._unsure or self._mode in _STROKED_MODES:
            return False
        x, y = _moved(cm, tm[4], tm[5])
        for (left, bottom, right, top), white in reversed(self._fields):
            if left - _MARGIN <= x <= right + _MARGIN and bottom - _MARGIN <= y <= top + _MARGIN:
                return white
        return True

    def _colour(self, operator: bytes, operands: list[Any]) -> None:
        if operator == b"cs":
            self._gray_space = bool(operands) and operands[0] in {"/DeviceGray", "/CalGray", "/G"}
            self._white = False
            return
        numbers = [float(value) for value in operands if isinstance(value, int | float)]
        if operator in {b"g", b"rg", b"k"}:
            self._gray_space = operator == b"g"
        if len(numbers) != len(operands):  # a pattern
            self._white = False
        elif len(numbers) == 4:  # noqa: PLR2004 - cyan, magenta, yellow, black
            self._white = max(numbers) <= 1 - _WHITE
        else:
            self._white = bool(numbers) and min(numbers) >= _WHITE and (len(numbers) == 3 or self._gray_space)  # noqa: PLR2004

    def _outline(self, operator: bytes, operands: list[Any], cm: Sequence[float]) -> None:
        if operator == b"re" and len(operands) == 4:  # noqa: PLR2004 - x, y, width, height
            x, y, width, height = (float(value) for value in operands)
            corners = [(x, y), (x + width, y), (x, y + height), (x + width, y + height)]
            self._path += [_moved(cm, *corner) for corner in corners]
        elif operator in _POINTS and len(operands) == _POINTS[operator]:
            numbers = [float(value) for value in operands]
            self._path += [_moved(cm, *point) for point in zip(numbers[::2], numbers[1::2], strict=True)]
        elif operator in _PATH_ENDS:
            if operator in _FILLS and self._path:
                self._fields.append((_box(self._path), self._white))
                self._unsure = self._unsure or (self._depth > 0 and not self._white)
            self._path = []


def _moved(cm: Sequence[float], x: float, y: float) -> tuple[float, float]:
    return x * cm[0] + y * cm[2] + cm[4], x * cm[1] + y * cm[3] + cm[5]


def _box(points: list[tuple[float, float]]) -> Box:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)
