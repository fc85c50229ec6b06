"""Draws charts as SVG that stands in the page itself: text that can be read aloud and found, in the page's own colours.

`leather` draws them. It writes plain shapes with colours as attributes, no style and no script, so the pages need allow
neither, and the page's stylesheet decides the colours in light and dark. Here its fixed size becomes one that fits the
page, and labels are kept from running into each other. What a chart says is for `charts`.
"""

from collections.abc import Sequence

import leather
from markupsafe import Markup, escape

_WIDTH, _COLUMNS_HEIGHT = 720, 240
_BAR_HEIGHT, _AROUND_BARS = 30, 96
_EMPTY_ABOVE, _EMPTY_AROUND = 28, 44  # what leather leaves free, and a page has space of its own for
_MOST_LABELS = 10
_MOST_LABEL_CHARS = 34
_STEPS = (1, 2, 5)
_TICKS = 4
_COLOUR = "currentColor"  # of whatever the chart stands in


def columns(name: str, values: Sequence[tuple[str, int]]) -> Markup:
    """Return a chart of upright bars in the order given; where there are many, not each has its label.

    Args:
        name: what it shows, for whoever does not see it.
        values: label and height of each; no label twice.
    """
    chart = leather.Chart()
    chart.add_columns([(label, height) for label, height in values], fill_color=_COLOUR)
    every = -(-len(values) // _MOST_LABELS)
    shown = {label for number, (label, _) in enumerate(values) if number % every == 0}
    chart.add_x_axis(tick_formatter=lambda label, *_: label if label in shown else "")
    ticks = counting(max(height for _, height in values))
    chart.add_y_scale(0, ticks[-1])
    chart.add_y_axis(ticks=ticks, tick_formatter=_count)
    return _fitting(chart, "columns", name, _COLUMNS_HEIGHT)


def bars(name: str, values: Sequence[tuple[str, int]]) -> Markup:
    """Return a chart of bars that lie, in the order given, for longer labels; as `columns`."""
    chart = leather.Chart()
    labels = _short([label for label, _ in values])
    pairs = [(length, label) for (_, length), label in zip(values, labels, strict=True)]
    chart.add_bars(pairs, fill_color=_COLOUR)
    ticks = counting(max(length for _, length in values))
    chart.add_x_scale(0, ticks[-1])
    chart.add_x_axis(ticks=ticks, tick_formatter=_count)
    return _fitting(chart, "bars", name, _BAR_HEIGHT * len(values) + _AROUND_BARS)


def counting(most: int) -> list[int]:
    """Return the marks of an axis that counts from 0 to a number or a little more, in even steps."""
    powers = (10**power for power in range(len(str(most)) + 1))
    step = next(one * power for power in powers for one in _STEPS if one * power * _TICKS >= most)
    return [step * number for number in range(-(-most // step) + 1)]


def _count(value: int, *_: object) -> str:
    return f"{value:,}"


def _short(labels: Sequence[str]) -> list[str]:
    """Cut labels that are too long in their middle; those that are the same then get their number."""
    cut: list[str] = []
    for label in labels:
        half = _MOST_LABEL_CHARS // 2
        short = label if len(label) <= _MOST_LABEL_CHARS else f"{label[: half - 1]}…{label[-half:]}"
        cut.append(short if short not in cut else f"{short[:-4]} ({len(cut) + 1})")
    return cut


def _fitting(chart: leather.Chart, kind: str, name: str, height: int) -> Markup:
    """Return a chart that takes the width it is given, and has a name."""
    drawn = chart.to_svg(width=_WIDTH, height=height)
    fixed = f'<svg width="{_WIDTH}" height="{height}"'
    if not drawn.startswith(fixed):
        raise ValueError("expected a drawing that begins with its size, got another: see the version of leather")
    seen = f"0 {_EMPTY_ABOVE} {_WIDTH} {height - _EMPTY_AROUND}"
    head = f'<svg viewBox="{seen}" role="img" aria-label="{escape(name)}" class="chart {kind}"'
    return Markup(head) + Markup(drawn.removeprefix(fixed))  # noqa: S704  # nosec B704  (leather escapes its labels)
