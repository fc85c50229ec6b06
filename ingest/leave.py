"""Leaves beside the builds which approved documents stay out and why (`indexes.last_ingest`), for whoever watches."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from indexes.decisions import Decision
from indexes.durable import remove_left_over, replace_file
from indexes.last_ingest import LAST_INGEST_FILE, StaysOut, last_ingest_json
from indexes.standing import grant
from indexes.stock import SourceStock
from ingest.losses import KeptOut
from ingest.report import Outcome

_BY_THE_REGISTER = ("unapproved", "changed")  # the register says of these why they stay out


def leave_reasons(
    builds: Path,
    outcomes: Iterable[Outcome],
    kept_out: Mapping[str, KeptOut],
    *,
    stocks: Iterable[SourceStock],
    decisions: Mapping[str, Decision],
) -> list[str]:
    """Leave the reasons; return what kept them from being left, in words, as it stops nothing; empty if nothing did.

    Args:
        builds: the folder of builds.
        outcomes: a line for each document.
        kept_out: why documents stay out although there is a file, by document.
        stocks: what is approved, by source.
        decisions: what the register says, by document.
    """
    reasons = {line.document: line.reason for line in outcomes}
    left = []
    for stock in stocks:
        for document in stock.approved:
            why = kept_out.get(document)
            granted = grant(decisions[document], stock.source)
            if why and granted and why not in _BY_THE_REGISTER:
                left.append(StaysOut(document, granted.sha256, why, reasons[document]))
    try:
        remove_left_over(builds / LAST_INGEST_FILE)  # of an ingestion that was killed: only one at a time leaves any
        replace_file(builds / LAST_INGEST_FILE, last_ingest_json(left).encode(), mode=0o600)
    except OSError as error:
        return [f"{builds / LAST_INGEST_FILE} cannot be written ({error.strerror}): the doctor does not know why"]
    return []
