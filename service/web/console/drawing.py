"""Draws charts as SVG that stands in the page itself: text that can be read aloud and found, in the page's own colours.

`leather` draws them. It writes plain shapes with colours as attributes, no style and no script, so the pages need allow
neither, and the page's stylesheet decides the colours in light and dark. Here its fixed size becomes one that fits the
page, and labels are kept from running into each other. What a chart says is for `charts`.
"""

from collections.abc import Sequence

import leather
from markupsafe import Markup, escape

_WIDTH, _COLUMNS_HEIGHT = 720, 240
_BAR_HEIGHT, _AROUND_BARS = 30, 70
_MOST_LABELS = 10
_MOST_LABEL_CHARS = 34
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
    _count_axis(chart.add_y_axis, max(height for _, height in values))
    return _fitting(chart, name, _COLUMNS_HEIGHT)


def bars(name: str, values: Sequence[tuple[str, int]]) -> Markup:
    """Return a chart of bars that lie, in the order given, for longer labels; as `columns`."""
    chart = leather.Chart()
    labels = _short([label for label, _ in values])
    pairs = [(length, label) for (_, length), label in zip(values, labels, strict=True)]
    chart.add_bars(pairs, fill_color=_COLOUR)
    _count_axis(chart.add_x_axis, max(length for _, length in values))
    return _fitting(chart, name, _BAR_HEIGHT * len(values) + _AROUND_BARS)


def _count_axis(add: object, most: int) -> None:
    """Let an axis count from 0 in whole steps."""
    step = max(1, -(-most // 4))
    ticks = [step * number for number in range(5) if step * (number - 1) < most]
    add(ticks=ticks, tick_formatter=lambda value, *_: f"{value:,}")  # type: ignore[operator]


def _short(labels: Sequence[str]) -> list[str]:
    """Cut labels that are too long in their middle; those that are the same then get their number."""
    cut: list[str] = []
    for label in labels:
        half = _MOST_LABEL_CHARS // 2
        short = label if len(label) <= _MOST_LABEL_CHARS else f"{label[: half - 1]}…{label[-half:]}"
        cut.append(short if short not in cut else f"{short[:-4]} ({len(cut) + 1})")
    return cut


def _fitting(chart: leather.Chart, name: str, height: int) -> Markup:
    """Return a chart that takes the width it is given, and has a name."""
    drawn = chart.to_svg(width=_WIDTH, height=height)
    fixed = f'<svg width="{_WIDTH}" height="{height}"'
    if not drawn.startswith(fixed):
        raise ValueError("expected a drawing that begins with its size, got another: see the version of leather")
    head = f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(name)}" class="chart"'
    return Markup(head) + Markup(drawn.removeprefix(fixed))  # noqa: S704  # nosec B704  (leather escapes its labels)
