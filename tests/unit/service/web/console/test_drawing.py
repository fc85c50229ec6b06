"""Charts as drawings: nothing in them that the pages' policy forbids, nothing that a label could smuggle in."""

import re
from xml.etree import ElementTree as ET  # nosec B405  (our own drawings)

import pytest

from service.web.console.drawing import bars, columns, counting

_LABEL = '<script>"&'


@pytest.mark.parametrize("draw", [bars, columns])
def test_a_chart_has_no_style_and_no_script_and_a_name(draw: object) -> None:
    drawn = draw('Questions "a day"', [(_LABEL, 3), ("b", 12)])  # type: ignore[operator]
    root = ET.fromstring(drawn)  # noqa: S314  # nosec B314  (our own drawing)
    tags = {one.tag.rpartition("}")[2] for one in root.iter()}
    assert tags <= {"svg", "g", "rect", "line", "text"}
    assert not any("style" in one.attrib or one.tag.endswith("script") for one in root.iter())
    assert root.attrib["aria-label"] == 'Questions "a day"'
    assert _LABEL in [one.text for one in root.iter() if one.tag.endswith("text")]
    assert "width" not in root.attrib


def test_bars_with_the_same_cut_label_are_told_apart() -> None:
    long = "legal/" + "x" * 60
    drawn = bars("Documents", [(f"{long}-a.md", 2), (f"{long}-b.md", 1), (f"{long}-a.md"[:-3] + "x.md", 1)])
    labels = re.findall(r">(legal[^<]*)<", drawn)
    assert len(set(labels)) == len(labels) == 3


def test_many_columns_have_few_labels() -> None:
    drawn = columns("Days", [(f"{number} Nov", number) for number in range(1, 31)])
    assert len(re.findall(r">\d+ Nov<", drawn)) == 10


@pytest.mark.parametrize(
    ("most", "expected"), [(1, [0, 1]), (5, [0, 2, 4, 6]), (36, [0, 10, 20, 30, 40]), (1000, [0, 500, 1000])]
)
def test_axes_count_in_even_steps(most: int, expected: list[int]) -> None:
    assert counting(most) == expected
