"""A document's way in, from the library to a published build.

1  read the allowlist and the register
2  list each source's documents
3  read the bytes once, hash them, and compare with the approval
4  load: parse the approved bytes, in a limited child process, to text with locators
5  split into passages
6  encode, each text once
7  write the build aside, check it, publish it by one atomic rename; remove old ones that no record needs
8  report: a line for each document that was ingested, unchanged, or kept out and why

Nothing is parsed before step 3 has let it through, and what is parsed are the very bytes that were hashed. One bad
document is kept out and the rest goes on. It does not judge content: people did, in the register.
"""

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from indexes.builds import Build, current_build_id, open_build
from indexes.documents import Document, Locator, Section
from indexes.encoder import Encoder
from indexes.errors import BuildError, DocumentNameError, UnsafeFileError
from indexes.library import FileBytes, Listed, list_documents, missing_folders, read_document
from indexes.manifest import DocumentInfo, EncoderInfo, Manifest
from indexes.passages import SplitDocument
from indexes.register import REGISTER_FILE, Decision, Register
from indexes.sources import Sources, read_sources, source_name
from indexes.standing import Grant, Standing, grant, standing
from ingest.encode import VectorCache
from ingest.errors import LoadError
from ingest.loading import loader_version
from ingest.parsed import Parsed
from ingest.publish import Content, Staging, staging
from ingest.report import Outcome, OutcomeKind, Report
from ingest.split import Splitter

CACHE_FILE = "cache/vectors.sqlite"


class Parser(Protocol):
    """Parses a document's bytes (`ingest.loading.process.LoaderProcess`)."""

    def load(self, name: str, content: bytes) -> Parsed:
        """Return the parsed document, or raise `LoadError`."""
        ...


class Progress(Protocol):
    """Is told how the work goes on; the command line draws it."""

    def step(self, name: str, total: int) -> None:
        """A step begins that will advance `total` times."""
        ...

    def advance(self, count: int = 1) -> None:
        """The step has advanced."""
        ...


@dataclass(frozen=True, slots=True)
class Ingestion:
    """All that an ingestion needs, given by the caller. `holds` is the folder that says which builds records need."""

    library: Path
    builds: Path
    holds: Path
    encoder: Encoder
    parser: Parser
    progress: Progress
    now: Callable[[], datetime]
    max_file_bytes: int


@dataclass(frozen=True, slots=True)
class _Admitted:
    """A document whose bytes are the approved ones."""

    file: FileBytes
    grant: Grant


class _KeptOutError(Exception):
    """A document stays out of the build; the message is the reason shown to a person."""


def ingest(ingestion: Ingestion) -> Report:
    """Make a build of what is approved now, and publish it if it differs from the live one.

    Raises:
        SourcesError, RegisterError: the library cannot be read.
        EncoderError: the encoder failed.
        PublishError: the build cannot be written or failed its check; the previous build stays live.
    """
    started = time.monotonic()
    sources = read_sources(ingestion.library)  # 1
    register = Register(ingestion.library / REGISTER_FILE)
    state = register.refresh()
    problems = [problem.in_words(register.path) for problem in state.problems]
    problems += [f"source '{source.name}': {source.folder} does not exist" for source in missing_folders(sources)]
    listed = list_documents(sources)  # 2
    with staging(ingestion.builds) as aside, _live_build(ingestion) as live:
        work = _Work(ingestion, sources, state.decisions, aside, live)
        documents, outcomes = work.admit_and_split(listed)  # 3 to 5
        manifest = work.manifest(documents)
        if live and _same(manifest, live.manifest):
            build_id, published = live.build_id, False
            work.forget_others(documents)
        else:
            build_id, published = work.encode_and_publish(documents, manifest), True  # 6, 7
        today = ingestion.now().astimezone(UTC).date()
        problems += aside.remove_old(live=build_id, holds=ingestion.holds, today=today)
    return Report(build_id, published, tuple(outcomes), tuple(problems), time.monotonic() - started)  # 8


@contextlib.contextmanager
def _live_build(ingestion: Ingestion) -> Iterator[Build | None]:
    """Lend the live build, whose unchanged documents need no parsing; `None` if there is none fit for that."""
    try:
        build = open_build(ingestion.builds / current_build_id(ingestion.builds), encoder=ingestion.encoder)
    except BuildError:
        yield None
        return
    try:
        yield build
    finally:
        build.passages.close()


def _same(new: Manifest, old: Manifest) -> bool:
    return replace(new, created_at="", files={}) == replace(old, created_at="", files={})


class _Work:
    """The steps of one ingestion that share its parts."""

    def __init__(
        self,
        ingestion: Ingestion,
        sources: Sources,
        decisions: Mapping[str, Decision],
        aside: Staging,
        live: Build | None,
    ) -> None:
        self._in = ingestion
        self._sources = sources
        self._decisions = decisions
        self._aside = aside
        self._live = live
        self._splitter = Splitter(ingestion.encoder)
        self._known = {info.document: info for info in live.manifest.documents} if live else {}

    def admit_and_split(self, listed: list[Listed]) -> tuple[list[SplitDocument], list[Outcome]]:
        """Steps 3 to 5 for every document; each ends in exactly one outcome."""
        documents: list[SplitDocument] = []
        outcomes: list[Outcome] = []
        self._in.progress.step("Reading", len(listed))
        for item in listed:
            try:
                admitted = self._admit(item)
                split = self._reused(admitted)
                kind: OutcomeKind = "unchanged" if split else "ingested"
                split = split or self._splitter.split(self._load(admitted))
                self._aside.add_original(admitted.file.sha256, admitted.file.content)
            except (_KeptOutError, LoadError) as error:
                outcomes.append(Outcome(item.document, "kept_out", str(error), 0))
            else:
                documents.append(split)
                outcomes.append(Outcome(item.document, kind, "", len(split.passages)))
            self._in.progress.advance()
        return documents, outcomes

    def _admit(self, item: Listed) -> _Admitted:
        """3: read once, hash, and compare with the approval."""
        if item.problem:
            raise _KeptOutError(item.problem)
        try:
            file = read_document(self._sources, item.document, max_bytes=self._in.max_file_bytes)
        except FileNotFoundError as error:
            raise _KeptOutError("missing: the file went away while it was being read") from error
        except (UnsafeFileError, DocumentNameError) as error:
            raise _KeptOutError(str(error)) from error
        source = self._sources[source_name(item.document)]
        decision = self._decisions.get(item.document)
        now = self._in.now()
        is_now = standing(decision, source, file_sha256=file.sha256, at=now)
        granted = grant(decision, source)
        if is_now is not Standing.APPROVED or granted is None or granted.sha256 != file.sha256:
            raise _KeptOutError(_why_not(is_now, decision, granted, file))
        return _Admitted(file, granted)

    def _reused(self, admitted: _Admitted) -> SplitDocument | None:
        """Return the live build's passages of a document that would be parsed and split the same way again."""
        info = self._known.get(admitted.file.document)
        if not self._live or not info or info.sha256 != admitted.file.sha256:
            return None
        if info.loader != loader_version(info.document) or self._live.manifest.splitter != self._splitter.info:
            return None
        given = {approval.title for approval in self._decisions[info.document].approvals}
        if info.title != admitted.grant.title and (admitted.grant.title or info.title in given):
            return None  # the title was given or taken back since
        return self._live.passages.split_document(info.document)

    def _load(self, admitted: _Admitted) -> Document:
        """4: parse the bytes that were hashed."""
        file = admitted.file
        parsed = self._in.parser.load(file.document, file.content)
        title = admitted.grant.title or parsed.title or _title_from(file.document)
        sections = tuple(_without_title(section, title) for section in parsed.sections)
        return Document(file.document, file.sha256, title, parsed.text, sections)

    def manifest(self, documents: list[SplitDocument]) -> Manifest:
        """Return the manifest of a build of these documents, but for its files."""
        encoder = self._in.encoder
        return Manifest(
            created_at=self._in.now().isoformat(timespec="seconds"),
            encoder=EncoderInfo(encoder.name, encoder.digest, encoder.dtype, encoder.dimensions),
            splitter=self._splitter.info,
            documents=tuple(_info(split) for split in documents),
            files={},
        )

    def encode_and_publish(self, documents: list[SplitDocument], manifest: Manifest) -> str:
        """Steps 6 and 7."""
        texts = self._texts(documents)
        self._in.progress.step("Encoding", len(texts))
        with VectorCache(self._in.builds / CACHE_FILE, self._in.encoder) as cache:
            vectors = cache.encode(texts, self._in.progress.advance)
            build_id = self._aside.publish(Content(documents, vectors, manifest))
            cache.keep_only(texts)
        return build_id

    def forget_others(self, documents: list[SplitDocument]) -> None:
        """Forget vectors that no published build came of: their document may have been revoked meanwhile."""
        with VectorCache(self._in.builds / CACHE_FILE, self._in.encoder) as cache:
            cache.keep_only(self._texts(documents))

    def _texts(self, documents: list[SplitDocument]) -> list[str]:
        return [self._splitter.encoder_text(passage) for split in documents for passage in split.passages]


def _info(split: SplitDocument) -> DocumentInfo:
    document = split.document
    kind = document.sections[0].locator.kind
    return DocumentInfo(
        document=document.document,
        sha256=document.sha256,
        title=document.title,
        passages=len(split.passages),
        locator=kind,
        loader=loader_version(document.document),
    )


def _without_title(section: Section, title: str) -> Section:
    """A heading that only repeats the document's title says nothing of where in it a section stands."""
    locator = section.locator
    if not locator.headings or locator.headings[0] != title:
        return section
    rest = locator.headings[1:]
    return replace(section, locator=Locator("heading", headings=rest) if rest else Locator("document"))


def _title_from(document: str) -> str:
    return Path(document).stem.replace("-", " ").replace("_", " ").strip().capitalize()


def _why_not(is_now: Standing, decision: Decision | None, granted: Grant | None, file: FileBytes) -> str:
    """Say in one line why a document is not admitted."""
    if decision and decision.problem:
        return f"pending: the register's line {decision.problem.line} cannot be understood; approve it again"
    if decision and decision.withdrawal:
        return (
            f"{is_now}: by {decision.withdrawal.by} on {decision.withdrawal.at:%Y-%m-%d}: {decision.withdrawal.reason}"
        )
    if is_now is Standing.CHANGED and granted:
        return f"changed: approved {granted.sha256[:12]}, found {file.sha256[:12]}; the new version needs approval"
    if is_now is Standing.EXPIRED and granted:
        return f"expired: the approval ended on {granted.expires}"
    if decision and any(approval.sha256 == file.sha256 for approval in decision.approvals):
        return "pending: one person approved this version, another has to"
    return "pending: nobody has approved it"
