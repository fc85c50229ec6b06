"""A document's way in, from the library to a published build.

1  read the allowlist and the register
2  list each source's documents
3  read the bytes once, hash them, and compare with the approval (`admit`)
4  load: parse the approved bytes, in a limited child process, to text with locators and notes on what was not read;
   this, splitting and encoding may be done elsewhere (`engine`)
5  split into passages; a source may hold back what was not read whole, or otherwise than when it was approved
6  encode, each text once; index vectors, words and sentences
7  write the build aside, check it, publish it by one atomic rename; pack or remove old ones (`old_builds`)
8  report: a line for each document that was ingested, unchanged, kept out and why, or approved and missing

Law 1: nothing unapproved is embedded, indexed or shown to who asks; approvers alone see a reading before. Only approved
bytes get past step 3, and those that were hashed are those that are parsed. What awaits a decision is read elsewhere,
for approvers (`previews`, `read`). One bad document is kept out and the rest goes on; without most of a source nothing
is published (`losses`).
"""

import contextlib
import time
from collections import deque
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from indexes.builds import Build, current_build_id, open_build
from indexes.decisions import Decision
from indexes.encoder import Vectors
from indexes.errors import BuildDamagedError, BuildError, BuildFormError
from indexes.library import Listed, folder_problems
from indexes.manifest import Manifest
from indexes.passages import SplitDocument
from indexes.register import REGISTER_FILE, Register
from indexes.register_state import register_remarks
from indexes.sources import Sources, read_sources
from indexes.stock import list_library, take_stock
from ingest.admit import Admitted, KeptOutError, admit, hold_back
from ingest.collecting import collected_of
from ingest.describe import describe, same
from ingest.encode import VectorCache, forget
from ingest.encoded_texts import KeptByPassage, encoder_texts
from ingest.engine import LocalEngine, Version
from ingest.errors import LoadError
from ingest.given import Ingestion
from ingest.index_pieces import index_pieces, projection_for
from ingest.index_sentences import index_sentences
from ingest.index_vectors import index_vectors, sample_sentences
from ingest.index_words import index_words
from ingest.leave import leave_reasons
from ingest.lent import lend, passage_vectors
from ingest.loading import loader_version
from ingest.losses import (
    KeptOut,
    count_losses,
    left_out,
    missing_outcomes,
    reread_remarks,
    stop_if_lost,
    stop_if_register_is_gone,
)
from ingest.old_builds import put_away_old
from ingest.publish import Content, Staging, staging
from ingest.report import Outcome, OutcomeKind, Report
from ingest.split import Splitter

CACHE_FILE = "cache/vectors.sqlite"


def ingest(ingestion: Ingestion) -> Report:
    """Make a build of what is approved now, and publish it if it differs from the live one.

    Raises:
        SourcesError, RegisterError: the library cannot be read.
        EncoderError: the encoder failed.
        LoaderStartError, EngineError: what reads and encodes does not start, or failed; the previous build stays live.
        LostDocumentsError: most approved documents of a source are not there; the previous build stays live.
        PublishError: the build cannot be written or failed its check; the previous build stays live.
    """
    started = time.monotonic()
    read_sources(ingestion.library)  # without an allowlist not even a folder is made
    sender = ingestion.sender
    with staging(ingestion.builds, wait=ingestion.wait, sender=sender) as aside, _live_build(ingestion) as live:
        now = ingestion.now()  # not before it is this one's turn
        sources = read_sources(ingestion.library)  # 1
        register = ingestion.register or Register(ingestion.library / REGISTER_FILE)
        state = register.refresh()
        listed = list_library(sources, state.decisions, at=now)  # 2
        stocks = take_stock(sources, state.decisions, at=now, found={item.document for item in listed})
        work = _Work(ingestion, sources, state.decisions, aside, live)
        documents, outcomes = work.admit_and_split(listed)  # 3 to 5
        outcomes += missing_outcomes(stocks, state.decisions)
        losses = count_losses(stocks, work.kept_out)
        manifest = work.manifest(documents)
        if live and same(manifest, live.manifest) and not ingestion.collections.lost(live.manifest):
            build_id, published = live.build_id, False
            work.forget_vectors()
            old = sender.complete(aside.originals) if sender else []
        else:
            if not ingestion.allow_missing:
                stop_if_lost(losses)
                stop_if_register_is_gone(state, register, live_documents=len(live.documents) if live else 0)
            build_id, published, old = work.encode_and_publish(documents, manifest), True, []  # 6, 7
        old += _put_away_old(ingestion, build_id, now=now) + ingestion.collections.published(build_id)
        old += leave_reasons(ingestion.builds, outcomes, work.kept_out, stocks=stocks, decisions=state.decisions)
    problems = [problem.in_words(register.shown) for problem in state.problems] + folder_problems(sources)
    problems += [problem for loss in losses for problem in loss.problems()] + old
    remarks = register_remarks(state, register.shown, now=now) + left_out(sources, state, at=now)
    remarks += [remark for loss in losses for remark in loss.remarks()] + reread_remarks(work.read_otherwise)
    remarks += ingestion.collections.left() + (sender.remarks if sender else [])
    lines = tuple(sorted(outcomes, key=lambda line: line.document))
    asked = frozenset(name for name, why in work.kept_out.items() if why == "reread")
    return Report(build_id, published, lines, tuple(problems), time.monotonic() - started, tuple(remarks), asked)  # 8


@contextlib.contextmanager
def _live_build(ingestion: Ingestion) -> Iterator[Build | None]:
    """Lend the live build, whose unchanged documents need no parsing; `None` if there is none fit for that."""
    try:
        build = _opened(ingestion)
    except BuildError:
        yield None
        return
    try:
        yield build
    finally:
        build.passages.close()


def _opened(ingestion: Ingestion) -> Build:
    sender = ingestion.sender
    if not sender:
        return open_build(ingestion.builds / current_build_id(ingestion.builds), encoder=ingestion.encoder)
    folder, originals = ingestion.builds / sender.live(), sender.originals
    try:
        return open_build(folder, encoder=ingestion.encoder, originals=originals)
    except BuildFormError:
        raise
    except BuildDamagedError:  # what lies here, not what is live: without it all would be encoded again
        sender.have_again()
        return open_build(folder, encoder=ingestion.encoder, originals=originals)


def _put_away_old(ingestion: Ingestion, live: str, *, now: datetime) -> list[str]:
    if ingestion.sender:
        return ingestion.sender.put_away_old(live)
    return put_away_old(ingestion.builds, live=live, holds=ingestion.holds, today=now.astimezone(UTC).date())


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
        here = LocalEngine(parser=ingestion.parser, splitter=self._splitter, encoder=ingestion.encoder)
        self._engine = ingestion.engine or here
        self._cache = ingestion.builds / CACHE_FILE
        same = live is not None and live.manifest.encoder.dtype == ingestion.encoder.dtype
        self._same_live = live if same else None  # no vectors are carried over that another arithmetic made
        self._projection = self._same_live.pieces.projection if self._same_live else projection_for(ingestion.encoder)
        self._known = {info.document: info for info in live.manifest.documents} if live else {}
        self._readers: dict[str, Hashable] = {}  # who may read a document, in a form that is equal for equal readers
        self._found: dict[str, SplitDocument] = {}
        self._outcomes = list[Outcome]()
        self._carried: set[str] = set()  # documents whose passages are those of the live build
        self.kept_out: dict[str, KeptOut] = {}  # documents that stay out, and for what kind of reason
        self.read_otherwise: list[str] = []  # documents that come in, and are read otherwise than when approved

    def admit_and_split(self, listed: list[Listed]) -> tuple[list[SplitDocument], list[Outcome]]:
        """Steps 3 to 5 for every document; each ends in exactly one outcome."""
        self._in.progress.step("Reading", len(listed))
        reading = deque[Admitted]()  # what the engine was given and has not returned
        for came in self._engine.read(self._to_read(listed, reading)):
            self._take(reading.popleft(), came)
        documents = [self._found[item.document] for item in listed if item.document in self._found]
        return documents, self._outcomes

    def _to_read(self, listed: list[Listed], reading: deque[Admitted]) -> Iterator[Version]:
        """3: admit each document; return those that are to be read, and take of the live build what it has."""
        for item in listed:
            try:
                admitted = self._admit(item)
                split = self._reused(admitted)
            except (KeptOutError, LoadError) as error:
                self._keep_out(item.document, error)
                continue
            if split:
                self._take(admitted, split, "unchanged")
                continue
            reading.append(admitted)
            yield Version(item.document, admitted.file.sha256, admitted.grant.title, admitted.file.content)

    def _take(self, admitted: Admitted, came: SplitDocument | LoadError, kind: OutcomeKind = "ingested") -> None:
        """5: take what was made of a document, unless its source holds it back; its bytes are kept with it."""
        document = admitted.file.document
        try:
            if isinstance(came, LoadError):
                raise came
            otherwise = hold_back(came.document, admitted)
        except (KeptOutError, LoadError) as error:
            self._keep_out(document, error)
            return
        self._aside.add_original(admitted.file.sha256, admitted.file.content)
        self._found[document] = came
        self._readers[document] = (admitted.grant.groups, admitted.source.name)
        if otherwise:
            self.read_otherwise.append(document)
        if kind == "unchanged":
            self._carried.add(document)
        self._outcomes.append(Outcome(document, kind, "", len(came.passages), came.document.notes))
        self._in.progress.advance()

    def _keep_out(self, document: str, error: KeptOutError | LoadError) -> None:
        stays = error if isinstance(error, KeptOutError) else KeptOutError(str(error))
        self._outcomes.append(Outcome(document, "kept_out", str(error), 0, stays.notes))
        self.kept_out[document] = stays.why
        self._in.progress.advance()

    def _admit(self, item: Listed) -> Admitted:
        """3: read once, hash, and compare with the approval."""
        most = self._in.max_file_bytes
        return admit(item, self._sources, self._decisions, now=self._in.now, max_bytes=most)

    def _reused(self, admitted: Admitted) -> SplitDocument | None:
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

    def manifest(self, documents: list[SplitDocument]) -> Manifest:
        """Return what a build of these documents says of itself, as far as that is known before it is made."""
        return describe(
            documents,
            encoder=self._in.encoder,
            splitter=self._splitter.info,
            dense_index=self._in.dense_index,
            now=self._in.now(),
            collection=self._in.collections.wanted(),
        )

    def encode_and_publish(self, documents: list[SplitDocument], manifest: Manifest) -> str:
        """Steps 6 and 7."""
        texts = encoder_texts(documents, self._splitter)
        live, lent = self._same_live, None
        if live:
            lent = lend(live, documents, texts, carried=self._carried, splitter=self._splitter)
        self._in.progress.step("Encoding", len(texts))
        with VectorCache(self._cache, self._in.encoder, making=self._engine, projection=self._projection) as cache:
            vectors = passage_vectors(texts, lent=lent, cache=cache, progress=self._in.progress.advance)
            collections, setting = self._in.collections, self._in.dense_index

            def queries() -> Vectors:
                return self._in.encoder.encode(sample_sentences(documents))

            dense, info = index_vectors(vectors, setting="flat" if manifest.collection else setting, queries=queries)
            lexical = index_words(documents, live=self._live, carried=self._carried)
            into = collected_of(documents, dense, lexical, readers=self._readers)
            collection = collections.make(into, now=self._in.now(), setting=setting, queries=queries)
            kept = KeptByPassage(cache, self._splitter)
            build_id = self._aside.publish(
                Content(
                    documents=documents,
                    dense=dense,
                    lexical=lexical,
                    sentences=index_sentences(documents, vectors=kept.sentences, lent=lent),
                    sentence_count=sum(len(text.spans) for text in texts),
                    pieces=index_pieces(documents, kept=kept.pieces, lent=lent),
                    projection=self._projection,
                    manifest=replace(manifest, dense=replace(info, setting=setting), collection=collection),
                    readers=into.classes if collection else None,
                )
            )
        self.forget_vectors()
        return build_id

    def forget_vectors(self) -> None:
        """Forget what was kept of vectors: the live build holds them, or their document may have been revoked."""
        forget(self._cache)
