"""The fields of a filled form, as "label: value", where they stand on the page.

A field's label is what is printed beside it, on its left, or on its right for a box to tick, or above it; failing that
what the form calls it for people who do not see it, and failing that its name. The label's characters are given back,
so that it is not read a second time: a label without its value must not stand for an answer. So in a form of which
anything is filled, a box that is not ticked and a field that is left empty say so; a form that nobody has filled is
left as it is printed. Buttons and passwords say nothing. What cannot be read, such as a signature, is counted.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.characters import clean
from ingest.loading.pdf.drawing import Box
from ingest.loading.pdf.glyphs import Glyphs
from ingest.loading.pdf.labels import Printed, label_of, unit_of
from ingest.loading.pdf.marks import DAMAGE, box_of

MAX_FIELDS = 5_000  # of a document
_MAX_PARENTS = 32
_MAX_CHARS = 20_000  # of one value
_PASSWORD, _RADIO, _BUTTON = 1 << 13, 1 << 15, 1 << 16
_OFF = frozenset(["", "/Off", "Off"])
_GENERIC = re.compile(r"/?(?:yes|on|true|1|x|ja|oui|\d+|choice\d*|checked)", re.IGNORECASE)
_TICKED, _NOT_TICKED, _EMPTY = "ticked", "not ticked", "left empty"
_DEFAULT_SIZE = 10.0


@dataclass(frozen=True, slots=True)
class Field:
    """A widget on a page: what it says, None if it cannot be read; `option` is what choosing it means."""

    kind: str  # "text", "tick", "radio"
    name: str  # of the whole field: widgets of one name are one question
    called: str  # in the words of the form, for people
    value: str | None
    option: str
    box: Box


@dataclass(frozen=True, slots=True)
class Filled:
    """One line that a form says on a page; `label` are the characters it stands in for."""

    text: str
    box: Box
    label: NDArray[np.intp]


@dataclass(slots=True)
class Fields:
    """The fields of one page: what they say, and how many there are that cannot be read."""

    filled: list[Filled] = field(default_factory=list)
    unread: int = 0


def fields_of(widgets: Sequence[Any]) -> list[Field]:
    """Return the fields whose widgets stand on a page; buttons and passwords are none, damaged ones are left out."""
    found: list[Field] = []
    for widget in widgets:
        try:
            one = _field(widget)
        except DAMAGE:
            continue
        if one is not None:
            found.append(one)
    return found


def said_by(fields: Sequence[Field], glyphs: Glyphs, out: NDArray[np.bool_], *, in_use: bool) -> Fields:
    """Return what the fields of a page say.

    Args:
        fields: those of the page.
        glyphs: the page's characters, among which labels are looked for.
        out: those that are no text.
        in_use: somebody filled the form: then what is left empty says so.
    """
    said = Fields()
    if not fields:
        return said
    printed = Printed(glyphs, out, [one.box for one in fields])
    groups: dict[str, list[Field]] = defaultdict(list)
    for one in fields:
        if one.value is None:
            said.unread += 1
        elif one.kind == "radio":
            groups[one.name].append(one)
        elif one.value or in_use:
            _say(one, printed, said)
    for options in groups.values():
        if in_use:
            _say_choice(options, printed, said)
    return said


def typed_by(text: str, box: Box, printed: Printed) -> Filled:
    """Return what was typed onto a page, with its label if it stands behind one that waits for it, as after a colon."""
    label, at = label_of(printed, box, right=False, waiting=True)
    if not label:
        return Filled(text, box, at)
    return _line(label, text, [box], at, printed)


def _say(one: Field, printed: Printed, said: Fields) -> None:
    label, at = label_of(printed, one.box, right=one.kind == "tick")
    label = label or one.called or _readable(one.name)
    if one.kind == "tick":
        if not len(at) and not one.value:
            return
        value = one.value or _NOT_TICKED
    else:
        if not one.value and not len(at):
            return
        value = one.value or _EMPTY
        unit, after = unit_of(printed, one.box) if len(at) and one.value else ("", at[:0])
        value, at = f"{value} {unit}".strip(), np.concatenate([at, after])
    said.filled.append(_line(label, value, [one.box], at, printed))


def _say_choice(options: list[Field], printed: Printed, said: Fields) -> None:
    """Add what was chosen of several options, and what was not: neither may stand there alone."""
    first = min(options, key=lambda one: (-round(one.box[3]), one.box[0]))
    question, at = label_of(printed, first.box, right=False)
    taken = [at]
    named: list[tuple[str, bool]] = []
    for one in options:
        label, at = label_of(printed, one.box, right=True)
        taken.append(at)
        named.append((label or _readable(one.option), bool(one.value)))
    label = question or first.called or _readable(first.name)
    chosen, others = [name for name, on in named if on], [name for name, on in named if not on]
    value = ", ".join(chosen) or "nothing chosen"
    if others:
        value = f"{value} (not {', '.join(others)})" if chosen else f"{value} of {', '.join(others)}"
    said.filled.append(_line(label, value, [one.box for one in options], np.concatenate(taken), printed))


def _line(label: str, value: str, boxes: list[Box], at: NDArray[np.intp], printed: Printed) -> Filled:
    text = f"{label.rstrip(' :.…_')}: {value}" if not label.endswith("?") else f"{label} {value}"
    places = np.array([*boxes, *printed.glyphs.boxes[at].tolist()])
    low, high = places[:, :2].min(axis=0), places[:, 2:].max(axis=0)
    if len(at):  # it stands where its label does
        own = printed.glyphs.boxes[at]
        low[1], high[1] = own[:, 1].min(), own[:, 3].max()
    return Filled(text, (float(low[0]), float(low[1]), float(high[0]), float(high[1])), at)


def _readable(name: str) -> str:
    """Return a field's name as words: "retention_period" as "retention period"."""
    last = name.rsplit(".", 1)[-1].strip("/")
    return clean(re.sub(r"[_\[\]#]+|(?<=[a-z])(?=[A-Z])|\b\d+\b", " ", last)).strip() or "field"


def _field(widget: Any) -> Field | None:
    chain = _chain(widget)
    flags = int(_inherited(chain, "/Ff", 0))
    kind = str(_inherited(chain, "/FT", ""))
    name = ".".join(str(one["/T"]) for one in reversed(chain) if "/T" in one)
    called = clean(str(_inherited(chain, "/TU", "")))[:300]
    box = box_of(widget)
    if kind == "/Tx":
        return None if flags & _PASSWORD else Field("text", name, called, _text(_inherited(chain, "/V", "")), "", box)
    if kind == "/Ch":
        return Field("text", name, called, _choice(chain), "", box)
    if kind == "/Btn":
        return None if flags & _BUTTON else _tick(widget, chain, flags, Field("tick", name, called, "", "", box))
    if kind == "/Sig":
        return Field("text", name, called, None, "", box) if _inherited(chain, "/V", None) is not None else None
    return None


def _chain(widget: Any) -> list[Any]:
    """Return a widget and what it inherits from."""
    chain = [widget]
    while "/Parent" in chain[-1] and len(chain) < _MAX_PARENTS:
        chain.append(chain[-1]["/Parent"].get_object())
    return chain


def _inherited(chain: list[Any], key: str, default: Any) -> Any:
    for one in chain:
        if key in one:
            return one[key].get_object() if hasattr(one[key], "get_object") else one[key]
    return default


def _text(value: Any) -> str | None:
    if hasattr(value, "get_data"):
        value = value.get_data().decode("utf-8", errors="replace")
    if not isinstance(value, str):
        return None
    return clean(value[:_MAX_CHARS].replace("\r\n", " ").replace("\r", " ").replace("\n", " ")).strip()


def _choice(chain: list[Any]) -> str | None:
    """Return what was chosen of a list, as it is shown."""
    value = _inherited(chain, "/V", "")
    chosen = [value] if isinstance(value, str) else list(value)
    shown: dict[str, str] = {}
    for option in list(_inherited(chain, "/Opt", []))[:MAX_FIELDS]:
        pair = option.get_object() if hasattr(option, "get_object") else option
        if not isinstance(pair, str) and len(pair) == 2:  # noqa: PLR2004 - what is kept, and what is shown
            shown[str(pair[0])] = str(pair[1])
    return _text(", ".join(shown.get(str(one), str(one)) for one in chosen[:100]))


def _tick(widget: Any, chain: list[Any], flags: int, one: Field) -> Field:
    """Return a box to tick, or one of several options."""
    states = [str(name) for name in widget["/AP"]["/N"]] if "/AP" in widget and "/N" in widget["/AP"] else []
    on = next((state for state in states if state not in _OFF), "")
    state = str(widget.get("/AS", _inherited(chain, "/V", "")))
    ticked = state not in _OFF and (not on or state == on or state in states)
    kind = "radio" if flags & _RADIO else "tick"
    option = "" if _GENERIC.fullmatch(on) else on.strip("/")
    options = _inherited(chain, "/Opt", [])
    if on.strip("/").isdigit() and len(options) > int(on.strip("/")):
        option = str(options[int(on.strip("/"))])
    return Field(kind, one.name, one.called, _TICKED if ticked else "", option, one.box)
