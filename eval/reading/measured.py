"""Measures how documents are read, in three parts, each of which can be left out.

peers   documents beside another project's reading of them, by Greenlit and by other libraries (`peers`)
cases   small documents that are often read wrongly, each right or wrong (`cases`, `case_library`)
real    real libraries: what a reader sees and the stored text lacks, and the other way round (`both_ways`)
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from eval.quality.measure import Tell
from eval.reading.both_ways import Library, compared
from eval.reading.case_library import judged
from eval.reading.cases import CaseResult, read_checks
from eval.reading.peers import PeerFigure, beside_peers
from eval.reading.readers import OURS, installed, missing
from indexes.encoder import DEFAULT_ENCODER, load_encoder

PARTS = ("peers", "cases", "real")


@dataclass(frozen=True, slots=True)
class ReadingFigures:
    """All that was measured; a part that was left out is empty."""

    peers: tuple[PeerFigure, ...] = ()
    cases: tuple[CaseResult, ...] = ()
    real: tuple[Library, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the figures for a program."""
        counts = {
            verdict: sum(case.verdict == verdict for case in self.cases)
            for verdict in ("right", "wrong", "not checkable")
        }
        return {
            "peers": [figure.as_json() for figure in self.peers],
            "cases": {"counts": counts, "cases": [asdict(case) for case in self.cases]},
            "real": [library.as_json() for library in self.real],
        }


def measured(data: Path, work: Path | None, *, parts: Collection[str], libraries: bool, tell: Tell) -> ReadingFigures:
    """Measure the parts that are wanted.

    Args:
        data: the folder of public documents.
        work: a folder that keeps the cases' library for the next time.
        parts: of PARTS.
        libraries: read the peers' documents with other libraries too.
        tell: is told what is done, and what is left out.

    Raises:
        QuestionSetError: the documents of a part are not there.
    """
    readers = [OURS]
    if libraries and "peers" in parts:
        readers += installed()
        if lacking := missing():
            tell(f"not installed, so not measured: {', '.join(lacking)} (the extra reading-bench brings them)")
    return ReadingFigures(
        peers=tuple(beside_peers(readers, data, tell)) if "peers" in parts else (),
        cases=tuple(_judged(data, work, tell)) if "cases" in parts else (),
        real=tuple(compared(data, tell)) if "real" in parts else (),
    )


def _judged(data: Path, work: Path | None, tell: Tell) -> list[CaseResult]:
    return judged(data, read_checks(), work=work, encoder=load_encoder(DEFAULT_ENCODER), tell=tell)
