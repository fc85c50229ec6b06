"""The events of the register and their one-line JSON form.

`approve` pins a document to bytes; it may name the text that was read of them (`text_sha256`) and the documents that it
comes in the place of (`supersedes`). `revoke` and `reject` withdraw it; `upload` says who brought bytes, and decides
nothing. A line is checked as a whole: an unknown event, a missing or unknown key, or a value of the wrong form is an
error that says what was expected.

`by` is the name of whoever did it, `auth` how that name is known: `cli` was typed on a command line, anything else is
the code of a sign-in, and then `by_id` is the lasting id behind the name. Without `auth` the name is said, not proven.

What a line says is shown in terminals and on pages, so it must hold no character that steers one (escapes, newlines,
right-to-left marks). None is written. One that was written by hand is an error in an approval, and shown as an escape
in a withdrawal, which has to hold whatever its reason says.
"""

import json
import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal

from indexes.errors import DocumentNameError, RegisterError
from indexes.names import check_document_name, misleading_in, printable

_SHA256 = re.compile(r"[0-9a-f]{64}")
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")  # JSON can escape half a character, which no file or page can hold
_AUTH = re.compile(r"[a-z][a-z0-9-]{0,31}")
_KNOWN_BY = {"auth", "by_id"}  # any line may have them, none must
_APPROVE_KEYS = {"event", "document", "sha256", "title", "by", "at", "expires", "groups", "note"} | _KNOWN_BY
_APPROVE_KEYS |= {"text_sha256", "supersedes"}
_WITHDRAW_KEYS = {"event", "document", "by", "at", "reason"} | _KNOWN_BY
_UPLOAD_KEYS = {"event", "document", "sha256", "by", "at"} | _KNOWN_BY
TYPED = "cli"  # the `auth` of a name that was typed on a command line
_MAX_SHOWN_CHARS = 120  # of a value that is wrong


@dataclass(frozen=True, slots=True)
class Approval:
    """Somebody approved exactly these bytes, for these groups, to the end of the day `expires` (UTC).

    `text_sha256` (hex) is of the stored text that was read of them then; without, nothing is said of it. `supersedes`
    are other documents, each once: while this one holds, they are older versions of what it says.
    """

    document: str
    sha256: str
    title: str
    by: str
    at: datetime
    expires: date
    groups: tuple[str, ...]
    note: str = ""
    auth: str = ""
    by_id: str = ""
    text_sha256: str = ""
    supersedes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Somebody revoked an approval, or rejected a document."""

    event: Literal["revoke", "reject"]
    document: str
    by: str
    at: datetime
    reason: str
    auth: str = ""
    by_id: str = ""


@dataclass(frozen=True, slots=True)
class Upload:
    """Somebody brought these bytes into the library. No decision; `separate_uploader` of a source makes use of it."""

    document: str
    sha256: str
    by: str
    at: datetime
    auth: str = ""
    by_id: str = ""


Event = Approval | Withdrawal | Upload


def is_proven(event: Event) -> bool:
    """Tell whether whoever is named had signed in."""
    return event.auth not in ("", TYPED)


def event_to_line(event: Event) -> bytes:
    """Return the event as one line of JSON with its newline."""
    known_by = {"auth": event.auth, "by_id": event.by_id}
    value = _values(event) | {key: text for key, text in known_by.items() if text}
    return json.dumps(value, ensure_ascii=True).encode() + b"\n"


def _values(event: Event) -> dict[str, Any]:
    if isinstance(event, Approval):
        return {
            "event": "approve",
            "document": event.document,
            "sha256": event.sha256,
            **({"text_sha256": event.text_sha256} if event.text_sha256 else {}),
            "title": event.title,
            "by": event.by,
            "at": time_text(event.at),
            "expires": event.expires.isoformat(),
            "groups": list(event.groups),
            "note": event.note,
            **({"supersedes": list(event.supersedes)} if event.supersedes else {}),
        }
    value = {"document": event.document, "by": event.by, "at": time_text(event.at)}
    if isinstance(event, Upload):
        return {"event": "upload", **value, "sha256": event.sha256}
    return {"event": event.event, **value, "reason": event.reason}


def check_event(event: Event) -> None:
    """Check that an event may be written: that it can be read back, and steers no terminal that shows it.

    Raises:
        RegisterError: saying what was expected and what came.
    """
    event_from_line(event_to_line(event))
    if isinstance(event, Withdrawal):
        _person("by", event.by)
        _person("by_id", event.by_id)
        _plain("reason", event.reason)


def event_from_line(line: bytes) -> Event:
    """Read one line of the register.

    Raises:
        RegisterError: saying what was expected and what came.
    """
    if b"\0" in line:
        raise RegisterError("expected UTF-8 text, got NUL bytes")  # the parser would take it for UTF-16, and go on
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise RegisterError(f"expected one JSON object, got text that is not JSON ({error})") from error
    if not isinstance(value, dict):
        raise RegisterError(f"expected one JSON object, got a {type(value).__name__}")
    kind = value.get("event")
    if kind == "approve":
        return _approval(value)
    if kind in ("revoke", "reject"):
        return _withdrawal(value)
    if kind == "upload":
        return _upload(value)
    raise RegisterError(f'expected "event" = approve, revoke, reject or upload, got {_shown(kind)}')


def _approval(value: dict[str, Any]) -> Approval:
    _check_keys(value, _APPROVE_KEYS, optional={"title", "note", "text_sha256", "supersedes"})
    sha256 = _sha256(value)
    groups = value["groups"]
    if not isinstance(groups, list) or not all(_is_text(group) for group in groups):
        raise RegisterError(f'expected "groups" = a list of names, got {_shown(groups)}')
    try:
        expires = date.fromisoformat(_text(value, "expires"))
    except ValueError as error:
        raise RegisterError(f'expected "expires" = a date like 2027-11-20, got {_shown(value["expires"])}') from error
    return Approval(
        document=_document(value),
        sha256=sha256,
        title=_plain("title", _text({"title": "", **value}, "title")),
        by=_person("by", _by(value)),
        at=_time(value),
        expires=expires,
        groups=tuple(_plain("groups", group) for group in groups),
        note=_plain("note", _text({"note": "", **value}, "note")),
        auth=_auth(value),
        by_id=_person("by_id", _by_id(value)),
        text_sha256=_sha256(value, "text_sha256") if "text_sha256" in value else "",
        supersedes=_supersedes(value),
    )


def _withdrawal(value: dict[str, Any]) -> Withdrawal:
    _check_keys(value, _WITHDRAW_KEYS)
    return Withdrawal(
        event=value["event"],
        document=_document(value),
        by=printable(_by(value)),
        at=_time(value),
        reason=printable(_text(value, "reason")),
        auth=_auth(value),
        by_id=printable(_by_id(value)),
    )


def _upload(value: dict[str, Any]) -> Upload:
    _check_keys(value, _UPLOAD_KEYS)
    return Upload(
        document=_document(value),
        sha256=_sha256(value),
        by=_person("by", _by(value)),
        at=_time(value),
        auth=_auth(value),
        by_id=_person("by_id", _by_id(value)),
    )


def _check_keys(value: dict[str, Any], keys: set[str], *, optional: AbstractSet[str] = frozenset()) -> None:
    if missing := keys - optional - _KNOWN_BY - set(value):
        raise RegisterError(f'"{min(missing)}" is missing')
    if unknown := set(value) - keys:
        raise RegisterError(f'unknown key "{printable(min(unknown)[:_MAX_SHOWN_CHARS])}"; expected {sorted(keys)}')


def _text(value: dict[str, Any], key: str) -> str:
    text = value[key]
    if not _is_text(text):
        raise RegisterError(f'expected "{key}" = a text, got {_shown(text)}')
    return str(text)


def _plain(key: str, text: str) -> str:
    if found := misleading_in(text):
        raise RegisterError(f'expected "{key}" = a line of plain text, got {_shown(text)}, which holds {found}')
    return text


def _person(key: str, name: str) -> str:
    """Two that look the same would count as two people, so not even a joiner may stand in a name."""
    if printable(name) != name:
        raise RegisterError(f'expected "{key}" = a name that reads as it is, got {_shown(name)}')
    return name


def _sha256(value: dict[str, Any], key: str = "sha256") -> str:
    sha256 = _text(value, key)
    if not _SHA256.fullmatch(sha256):
        raise RegisterError(f'expected "{key}" = 64 lower-case hex digits, got {_shown(sha256)}')
    return sha256


def _auth(value: dict[str, Any]) -> str:
    if "auth" not in value:
        return ""
    auth = _text(value, "auth")
    if not _AUTH.fullmatch(auth):
        raise RegisterError(f'expected "auth" = a code of 1 to 32 lower-case letters, digits and -, got {_shown(auth)}')
    return auth


def _by_id(value: dict[str, Any]) -> str:
    return _text({"by_id": "", **value}, "by_id").strip()


def _supersedes(value: dict[str, Any]) -> tuple[str, ...]:
    names = value.get("supersedes", [])
    if not isinstance(names, list) or not all(_is_text(name) for name in names):
        raise RegisterError(f'expected "supersedes" = a list of documents, got {_shown(names)}')
    if value["document"] in names:
        raise RegisterError('expected "supersedes" = other documents, got the one that is approved')
    return tuple(dict.fromkeys(_document({"document": name}) for name in names))


def _shown(value: Any) -> str:
    return printable(repr(value)[:_MAX_SHOWN_CHARS])


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and not _HALF_CHARACTER.search(value)


def _document(value: dict[str, Any]) -> str:
    try:
        return check_document_name(_text(value, "document"))
    except DocumentNameError as error:
        raise RegisterError(str(error)) from error


def _by(value: dict[str, Any]) -> str:
    by = _text(value, "by").strip()
    if not by:
        raise RegisterError('expected "by" = who decided, got an empty text')
    return by


def _time(value: dict[str, Any]) -> datetime:
    text = _text(value, "at")
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            raise RegisterError(f'expected "at" = a time with its zone (Z), got {_shown(text)}')
        return at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise RegisterError(f'expected "at" = a UTC time like 2026-11-20T09:00:00Z, got {_shown(text)}') from error


def time_text(at: datetime) -> str:
    """Return a time as the register has it: UTC, to the second."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
