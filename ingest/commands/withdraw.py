"""The commands `revoke` and `reject`: withdraw what was approved, or decide that a document stays out."""

from typing import Annotated, Literal

import typer

from indexes.console import out
from indexes.errors import IndexesError
from indexes.events import TYPED
from indexes.settings import read_library_settings
from indexes.terms import checked_by, checked_reason
from ingest.commands.opening import By, PathArgument, failed, opened_approvals

Reason = Annotated[str, typer.Option("--reason", help="why")]


def revoke(path: PathArgument, by: By, reason: Reason) -> None:
    """Withdraw a document's approval; it acts on the next question."""
    _withdraw("revoke", path, by, reason)


def reject(path: PathArgument, by: By, reason: Reason) -> None:
    """Decide that a document stays out."""
    _withdraw("reject", path, by, reason)


def _withdraw(event: Literal["revoke", "reject"], path: str, by: str, reason: str) -> None:
    try:
        approvals = opened_approvals(read_library_settings())
        withdrawal = approvals.withdraw(event, path, by=checked_by(by), reason=checked_reason(reason), auth=TYPED)
    except IndexesError as error:
        raise failed(error) from error
    out.line(f"{withdrawal.document} is {'revoked' if event == 'revoke' else 'rejected'}")
