"""What an approver says of an approval, and the checks of it: whether it can stand in a register and be shown.

Each check takes the name of what it checks (`--title` of a command, `title` of a request) for the words of its error.
"""

from dataclasses import dataclass
from datetime import date

from indexes.errors import TermsError
from indexes.names import misleading_in, printable


@dataclass(frozen=True, slots=True)
class Terms:
    """What the approver says of an approval; `None` takes the source's default.

    `supersedes` are documents that the approved one comes in the place of; `None` leaves what its last approval says.
    `auth` says how the name `by` is known, and `by_id` is the lasting id behind it, as in the register (`events`).
    """

    by: str
    expires: date | None = None
    groups: tuple[str, ...] | None = None
    title: str = ""
    note: str = ""
    auth: str = ""
    by_id: str = ""
    supersedes: tuple[str, ...] | None = None


def checked_by(by: str) -> str:
    """Return who decides, if it can stand in a register.

    Raises:
        TermsError: it is empty, or does not read as it is.
    """
    if not by.strip() or printable(by) != by:
        raise TermsError(f"expected --by = a name or address, got '{printable(by)}'")
    return by.strip()


def checked_text(option: str, text: str) -> str:
    """Return the text of an option, if it can stand in a register and be shown: one line, and nothing that steers.

    Args:
        option: its name, like `--title`.
        text: what was given.

    Raises:
        TermsError: it holds a character that a terminal or a page would act on.
    """
    if found := misleading_in(text.strip()):
        raise TermsError(f"expected {option} = one line of plain text, got '{printable(text)}', which holds {found}")
    return text.strip()


def checked_reason(reason: str) -> str:
    """Return why a document is withdrawn.

    Raises:
        TermsError: it is empty, or as `checked_text`.
    """
    if not reason.strip():
        raise TermsError("expected --reason = why, got an empty text")
    return checked_text("--reason", reason)


def checked_groups(text: str) -> tuple[str, ...]:
    """Return the groups of a comma-separated list.

    Raises:
        TermsError: there is none (an approval for nobody is a slip), or as `checked_text`.
    """
    groups = tuple(group.strip() for group in checked_text("--groups", text).split(",") if group.strip())
    if not groups:
        raise TermsError("expected --groups = one or more names, separated by commas; got none")
    return groups
