"""What somebody who is signed in wishes to decide (`Wish`), and whether it can stand in the register.

The messages name the part that is wrong and never repeat what it says.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from indexes.errors import DocumentNameError
from indexes.events import TYPED
from indexes.names import check_document_name, misleading_in, printable
from indexes.sources import Source
from indexes.terms import Terms
from service.access.principals import Principal
from service.deciding.errors import WishError

MAX_TITLE_CHARS = 300
MAX_TEXT_CHARS = 2000  # of a note, of a reason
MAX_SUPERSEDED = 20  # documents by one

Verdict = Literal["approve", "revoke", "reject"]


@dataclass(frozen=True, slots=True)
class Wish:
    """A decision on one document. `sha256` (hex) is the version that was seen: an approval has to name it.

    `expires`, `groups`, `title`, `note` and `supersedes` are of an approval; `None` takes the source's default, and of
    `supersedes` what the last approval says. `reason` is of a revocation or a rejection. With `seen`, how many
    decisions the register had of the document when it was looked at, nothing is written if there was another since.
    """

    document: str
    verdict: Verdict
    sha256: str | None = None
    expires: date | None = None
    groups: tuple[str, ...] | None = None
    title: str | None = None
    note: str | None = None
    reason: str | None = None
    seen: int | None = None
    supersedes: tuple[str, ...] | None = None


def approval_terms(who: Principal, wish: Wish, source: Source, *, today: date) -> Terms:
    """Return the terms of an approval.

    Raises:
        WishError: a part of it is missing, too much, past, or cannot be shown as it is.
    """
    _none_of(wish, "reason")
    if wish.sha256 is None:
        raise WishError("sha256: expected that of the version that was seen, got none")
    if wish.expires is not None and wish.expires < today:
        raise WishError(f"expires: expected {today} or a later day, got one that is past")
    if wish.groups is not None and (not wish.groups or set(wish.groups) - set(source.groups)):
        known = ", ".join(source.groups) or "none: the source is for nobody"
        raise WishError(f"groups: expected one or more of the source's ({known}), got others or none")
    return Terms(
        by=name_of(who),
        expires=wish.expires,
        groups=wish.groups,
        title=_checked("title", wish.title, MAX_TITLE_CHARS),
        note=_checked("note", wish.note, MAX_TEXT_CHARS),
        auth=auth_of(who),
        by_id=who.principal_id,
        supersedes=None if wish.supersedes is None else _documents(wish.supersedes),
    )


def withdrawal_terms(who: Principal, wish: Wish) -> Terms:
    """Return the terms of a revocation or a rejection: its reason as the note.

    Raises:
        WishError: as `approval_terms`.
    """
    _none_of(wish, "expires", "groups", "title", "note", "supersedes")
    reason = _checked("reason", wish.reason, MAX_TEXT_CHARS)
    if not reason:
        raise WishError("reason: expected why, in words, got none")
    return Terms(by=name_of(who), note=reason, auth=auth_of(who), by_id=who.principal_id)


def name_of(who: Principal) -> str:
    """Return what the register calls them: their name if it reads as it is, else their id."""
    name = who.name.strip()
    return name if name and printable(name) == name else who.principal_id


def auth_of(who: Principal) -> str:
    """Return how the register says that they are known."""
    if who.auth == TYPED:  # it would pass off a name that was only said
        raise ValueError(f"expected somebody who signed in, got one recognised by '{TYPED}'")
    return who.auth


def _none_of(wish: Wish, *parts: str) -> None:
    if given := [part for part in parts if getattr(wish, part) is not None]:
        raise WishError(f"{given[0]}: expected none with '{wish.verdict}'")


def _documents(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(names) > MAX_SUPERSEDED:
        raise WishError(f"supersedes: expected at most {MAX_SUPERSEDED} documents, got {len(names)}")
    try:
        return tuple(dict.fromkeys(check_document_name(name) for name in names))
    except DocumentNameError:
        raise WishError("supersedes: expected names of documents, got something else") from None


def _checked(part: str, text: str | None, most: int) -> str:
    text = (text or "").strip()
    if len(text) > most:
        raise WishError(f"{part}: expected at most {most} characters, got {len(text)}")
    if found := misleading_in(text):
        raise WishError(f"{part}: expected one line of plain text, got one that holds {found}")
    return text
