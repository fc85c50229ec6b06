"""Media queries, asked for somebody who reads a page on a screen of usual size: does this part of a sheet hold?

What is not known, such as the feature of a coming year, holds not.
"""

import re

from ingest.loading.web.style_values import HEIGHT_PX, WIDTH_PX, pixels

_AND = re.compile(r"\s+and\s+")
_MIN_MAX = re.compile(r"\((min|max)-(?:device-)?(width|height)\s*:\s*([^)]+)\)")
_RANGE = re.compile(r"\((width|height)\s*(<=|>=|<|>|=|:)\s*([^)]+)\)")
_SIZES = {"width": float(WIDTH_PX), "height": float(HEIGHT_PX)}
_TRUE = frozenset(
    (
        "all screen (hover) (hover:hover) (pointer:fine) (any-hover:hover) (any-pointer:fine) (color) "
        "(orientation:landscape) (prefers-color-scheme:light) (prefers-reduced-motion:no-preference) "
        "(prefers-contrast:no-preference) (scripting:enabled) (forced-colors:none)"
    ).split()
)


def holds_on_screen(query: str) -> bool:
    """Tell whether a list of media queries holds for one who reads on a screen."""
    return any(_holds(one.strip().lower()) for one in query.split(","))


def _holds(query: str) -> bool:
    if query.startswith("not "):
        return not _holds(query.removeprefix("not "))
    parts = _AND.split(query.removeprefix("only "))
    return all(_is_true(part.strip()) for part in parts)


def _is_true(part: str) -> bool:
    if found := _MIN_MAX.fullmatch(part):
        limit = pixels(found[3].strip(), 16, 0)
        size = _SIZES[found[2]]
        return limit is not None and (size >= limit if found[1] == "min" else size <= limit)
    if found := _RANGE.fullmatch(part):
        limit = pixels(found[3].strip(), 16, 0)
        size = _SIZES[found[1]]
        if limit is None:
            return False
        return {"<=": size <= limit, ">=": size >= limit, "<": size < limit, ">": size > limit}.get(
            found[2], size == limit
        )
    return part.replace(" ", "") in _TRUE or not part
