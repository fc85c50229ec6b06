"""Records as short lines for people; `indexes.console` prints them, and escapes what could mislead.

All of it can be had with `--json`; here a pseudonym is cut, and a record is one line of at most 120 characters.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from indexes.names import printable

COLUMNS = 120
_PSEUDONYM = "actor-"
_PSEUDONYM_SHOWN = 14  # characters: enough to tell the people of a page apart
_APART = frozenset({"seq", "leaf_hash", "type", "ts_us", "time", "request_id", "leaf", "leaf_text", "payloads"})
_APART |= {"erased", "texts"}  # what is no summary, or stands at the beginning of the line
_QUESTION = ("channel", "outcome", "reason", "actor")


def record_line(record: Mapping[str, Any]) -> str:
    """Return a record as one line: number, time, type, and what it says in short."""
    said = {name: _short(value) for name, value in record.items() if name not in _APART and value}
    if record["request_id"]:
        rest = " ".join([*(said[name] for name in _QUESTION if name in said), record["request_id"]])
        rest += f" {said.get('documents', '')}"
    else:
        rest = " ".join(f"{name}={value}" for name, value in said.items())
    line = printable(f"{record['seq']:>7}  {record['time']}  {record['type']:<18} {rest}".rstrip())
    return line if len(line) <= COLUMNS else f"{line[: COLUMNS - 1]}…"


def own_lines(questions: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return what is on record of somebody's own questions."""
    return [line for question in questions for line in _own(question)]


def _own(question: Mapping[str, Any]) -> Iterator[str]:
    yield f"{question['time']}  {question['outcome'] or 'open'}  {question['request_id']}"
    for line in ["(erased)"] if question["erased"] else str(question["question"]).split("\n"):
        yield f"    {line}"
    for look in question["looks"]:
        yield f"    looked at {look['time']} ({look['what']}) by {look['who']}{_for(look)}"
    for look in question["revealed"]:
        yield f"    who asked was revealed {look['time']} to {' and '.join(look['who'])}{_for(look)}"
    for look in question["openings"]:
        why = f": {look['reason']}" if look["reason"] else ""
        yield f"    who asked was asked for {look['time']} by {look['who']}, not confirmed{why}"


def _for(look: Mapping[str, Any]) -> str:
    return f": {look['purpose']}" if look["purpose"] else ""


def _short(value: Any) -> str:
    """Return what can be said of a field in few characters."""
    if isinstance(value, list):
        return ",".join(map(str, value))
    if isinstance(value, dict):  # a build or a release: its name comes first
        return _short(next(iter(value.values()), ""))
    is_pseudonym = isinstance(value, str) and value.startswith(_PSEUDONYM)
    return f"{value[:_PSEUDONYM_SHOWN]}…" if is_pseudonym else str(value)
