"""The field cases as a library: a source a case, each for a group of its own, made, approved, ingested and asked.

So each case is read and answered as Greenlit reads and answers, by whoever may see its documents and no others. What
ingestion said of a document is all that its report says of it in public, whatever fields that has.
"""

import contextlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from eval.quality.ask import HITS, shipped_steps
from eval.quality.libraries import approve_all, ingest_all
from eval.quality.measure import Tell, kept
from eval.reading.cases import EXPECTED, Answered, CaseResult, Check, Stored, case_folders, judge
from indexes.builds import Build, current_build_id, open_build
from indexes.clock import utc_now
from indexes.encoder import Encoder
from indexes.passages import PassageStore
from ingest.report import Outcome, Report
from service.answering.boundary import Boundary
from service.answering.steps import Steps

_NAME = "cases"


def judged(
    data: Path, checks: Mapping[str, Sequence[Check]], *, work: Path | None, encoder: Encoder, tell: Tell
) -> list[CaseResult]:
    """Make a library of the cases, and hold each against its checks.

    Args:
        data: the folder of public data.
        checks: of each case; a case without any is not checkable.
        work: a folder that keeps library and build for the next time.
        encoder: what questions and passages are encoded with.
        tell: is told what is done, and which checks have no case.
    """
    folders = case_folders(data)
    unknown = sorted(set(checks) - {folder.name for folder in folders})
    if unknown:
        tell(f"not there, so not counted: {', '.join(unknown)}")
    with kept(work) as room:
        library, builds = room / _NAME / "library", room / _NAME / "builds"
        tell(f"{len(folders)} cases: making their library")
        report = made(library, builds, folders, encoder)
        with contextlib.closing(_Asking(library, builds, encoder)) as asking:
            found = []
            for folder in folders:
                stored = _stored(folder, asking.build.passages, report)
                found.append(judge(folder, checks.get(folder.name, []), stored, asking.ask))
            return found


def made(library: Path, builds: Path, folders: list[Path], encoder: Encoder) -> Report:
    """Make the library of some cases, a source and a group each, and a build of it."""
    entries = []
    for folder in folders:
        target = library / folder.name
        shutil.rmtree(target, ignore_errors=True)  # a case may have lost a file since
        shutil.copytree(folder, target, ignore=lambda _, names: [name for name in names if name == EXPECTED])
        entries.append(
            f'[[source]]\nname = "{folder.name}"\nkind = "folder"\npath = "{folder.name}"\n'
            f'owner = "eval@greenlit.example"\ngroups = ["{folder.name}"]\n'
        )
    (library / "sources.toml").write_text("\n".join(entries), encoding="utf-8")
    approve_all(library, [folder.name for folder in folders])
    return ingest_all(library, builds, encoder)


def _stored(folder: Path, passages: PassageStore, report: Report) -> dict[str, Stored]:
    return {name: _document(outcome, passages) for name, outcome in _outcomes(folder, report)}


def _outcomes(folder: Path, report: Report) -> Iterator[tuple[str, Outcome]]:
    for outcome in report.documents:
        source, _, name = outcome.document.partition("/")
        if source == folder.name:
            yield name, outcome


def _document(outcome: Outcome, passages: PassageStore) -> Stored:
    said = {name: value for name, value in asdict(outcome).items() if name not in {"document", "outcome", "passages"}}
    told = json.dumps(said, ensure_ascii=False)
    found = passages.split_document(outcome.document)
    if found is None:
        return Stored("", (), told, kept_out=True)
    text = found.document.text
    return Stored(text, tuple(text[start:end] for start, end in found.spans), told)


class _Asking:
    """Asks questions of one case at a time."""

    def __init__(self, library: Path, builds: Path, encoder: Encoder) -> None:
        self.build: Build = open_build(builds / current_build_id(builds), encoder=encoder)
        self._steps: Steps = shipped_steps(encoder)
        self._boundary = Boundary(library=library, now=utc_now, notice=lambda _: None, on_change=lambda _: None)

    def ask(self, case: str, question: str) -> Answered:
        """Return the quotes that somebody gets who may read this case's documents only."""
        scope = self._boundary.scope(self.build, frozenset({case}))
        found = self._steps.find(question, build=self.build, scope=scope, k=HITS)
        worked = self._steps.answer(question, found, build=self.build, now=lambda: scope)
        sentence_of = {n: at for at, sentence in enumerate(worked.sentences) for n in sentence.citations}
        return Answered(
            quotes=tuple(citation.verified.quote.text for citation in worked.citations),
            sentences=tuple(sentence_of[citation.n] for citation in worked.citations),
            places=tuple(citation.verified.passage.locator.label() for citation in worked.citations),
        )

    def close(self) -> None:
        """Close the build."""
        self.build.passages.close()
