"""Asks a question of the past again: the same text, of the build that answered, within the scope of that moment.

1  find the question on record
2  record who looks: durable before anything else is done
3  open its texts and the scope it was asked in; steps 1 to 3 are in `past_questions`
4  open the build that answered, whichever is live now; one that is packed is unpacked for it
5  draw the recorded scope over it
6  ask again: retrieve, weigh, draft, verify, as `pipeline` does; a follow-up as the record says that it was rewritten
7  compare, and say what differs

What was approved, revoked or published since makes no difference. Nothing is written but the look. A language model is
never asked again: what it ruled is taken from the record, what it wrote or rewrote is checked again. An approval that
ended while the question was worked on is seen as a difference, with a note if the register changed.
"""

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np

from indexes.builds import Build, Originals
from indexes.dense import Mask
from indexes.encoder import Encoder
from indexes.errors import BuildError, BuildFormError, NoBuildError
from indexes.standing import Grant
from indexes.superseded import replacements
from indexes.unpacking import Fetch, past_build
from service.answering.boundary import Scope
from service.answering.consulted import NO_RULING
from service.answering.errors import ReplayError
from service.answering.finding.retrieve import CANDIDATES
from service.answering.past.compare import Again, Ending, differences, largest_score_difference_u, millionths
from service.answering.past.past_models import differs, rewritten_otherwise
from service.answering.past.past_questions import PastQuestion, open_past_question
from service.answering.steps import Steps
from service.audit.events import BUILD_REMOVED_TYPE, CONFIG_TYPE, REGISTER_EXTENDED_TYPE, REGISTER_REWRITTEN_TYPE
from service.audit.keys.keyring import Keyring
from service.audit.log import AuditLog
from service.audit.storage.store import LeafReader

_MILLION = 1_000_000
_SHORT = 12  # digits of a digest that tell two apart in a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """Replays questions, one at a time: each opens a whole build.

    Attributes:
        log: where each look is recorded.
        store: what is on record.
        keyring: opens the texts.
        builds: the folder of published builds.
        scratch: the folder where a packed build lies while it is asked.
        steps: what finds, weighs and drafts now; asked to draft only if it quotes.
        fetch: has a build here that lies elsewhere; and `originals` gives its originals.
    """

    log: AuditLog
    store: LeafReader
    keyring: Keyring
    builds: Path
    scratch: Path
    steps: Steps
    fetch: Fetch | None = None
    originals: Originals | None = None
    _one: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def run(self, who: str, seq: int) -> dict[str, Any]:
        """Ask the question of a record again, and return what differs, ready for JSON.

        Args:
            who: who looks, a principal's id.
            seq: the number of either leaf of the question.

        Returns:
            `verdict`, "identical" or "differs"; `differences` and `notes`, a sentence each; `passages`, how many are on
            record; `score_difference_u`, by how many millionths the score of a passage differs at most.

        Raises:
            NoRecordError: the number is not that of a question.
            AuditUnavailableError: the look cannot be recorded, or the log cannot be read.
            ReplayError: the question cannot be asked again.
        """
        past = open_past_question(who, seq, log=self.log, store=self.store, keyring=self.keyring)  # 1 to 3
        found, score_difference_u = _encoder_differences(past, self.steps.encoder), 0
        with self._one, self._build(past) as build:  # 4
            scope = _scope(past, build)  # 5
            if build.manifest.encoder.digest == self.steps.encoder.digest:
                again = self._ask(past, build, scope)  # 6
                found += differences(past, again)  # 7
                found += _misplaced_quotes(past, build, scope)
                if past.model and past.model.written:
                    mandate = self.steps.mandate
                    entails = mandate.entails if mandate else None
                    found += differs(past.model.written, past.searched_for, past.answer, build=build, entails=entails)
                if past.model and past.model.rewriting:
                    found += rewritten_otherwise(past.model.rewriting, past.asked, past.searched_for)
                score_difference_u = largest_score_difference_u(past, again.hits)
            else:
                found.append("passages: none were looked for, because the build was made with another encoder")
        return {
            "seq": past.finished_seq,
            "received_seq": past.received_seq,
            "request_id": past.received["request_id"],
            "verdict": "differs" if found else "identical",
            "differences": found,
            "notes": [*self._notes(past), *self._meanwhile(past)],
            "build": past.received["build"]["id"],
            "passages": past.passages,
            "score_difference_u": score_difference_u,
        }

    @contextlib.contextmanager
    def _build(self, past: PastQuestion) -> Iterator[Build]:
        recorded = past.received["build"]
        with contextlib.ExitStack() as lent:
            try:
                build = lent.enter_context(
                    past_build(
                        self.builds,
                        recorded["id"],
                        scratch=self.scratch,
                        fetch=self.fetch,
                        originals=self.originals,
                    )
                )
            except NoBuildError as error:
                if (removed := _removal(self.store, recorded["id"])) is not None:
                    gone = f"the build {recorded['id']} that answered was removed by an operator (record {removed})"
                    raise ReplayError(f"{gone}: what it answered can not be made again") from error
                raise ReplayError(
                    f"the build {recorded['id']} that answered is not in {self.builds}, put it back from a backup: a "
                    "build is kept while it is one of the newest two, or while a record within retention refers to it"
                ) from error
            except BuildFormError as error:
                raise ReplayError(
                    f"the build {recorded['id']} that answered was made by another version of Greenlit, and only that "
                    "one can make the answer again; what was answered stands in the record"
                ) from error
            except BuildError as error:
                raise ReplayError(
                    f"put the build that answered back from a backup, it does not open: {error}"
                ) from error
            except OSError as error:
                raise ReplayError(f"the build that answered cannot be unpacked ({error}): make room") from error
            if build.manifest_hash != recorded["manifest_hash"]:
                raise ReplayError(
                    f"expected the build {recorded['id']} with the manifest {recorded['manifest_hash']}, got one with "
                    f"{build.manifest_hash}: put it back from a backup"
                )
            yield build

    def _ask(self, past: PastQuestion, build: Build, scope: Scope) -> Again:
        try:
            return self._again(past, build, scope)
        except Exception as error:  # told by its type only: its message could hold the question
            raise ReplayError(f"the question could not be asked again ({type(error).__name__})") from error

    def _again(self, past: PastQuestion, build: Build, scope: Scope) -> Again:
        k = max(past.passages, 1)  # where none was found, one that is found now is a difference
        found = self.steps.find(past.searched_for, build=build, scope=scope, k=k)
        if past.is_search:
            return Again(found.hits)
        ruling = past.model.ruling if past.model else NO_RULING
        by_model = past.finished["answerer"]["kind"] == "llm" and not ruling.says_none
        if by_model or self.steps.answerer.kind == "llm":
            weighed = self.steps.weigh(found, build)
            return Again(found.hits, weighed.evidence, Ending(weighed.reason) if weighed.reason else None)
        worked = self.steps.answer_as_ruled(past.searched_for, found, build=build, now=lambda: scope, ruling=ruling)
        return Again(found.hits, worked.evidence, Ending(worked.reason, worked.citations, worked.text))

    def _notes(self, past: PastQuestion) -> Iterator[str]:
        """Say what is another than it was, whether or not that makes a difference."""
        newest = self.store.newest_of(CONFIG_TYPE)
        then, now = past.received["release"], json.loads(newest.leaf)["release"] if newest else None
        if now not in (None, then):
            yield f"release: {_release(then)} answered, {_release(now)} asks again"
        how = past.finished["retrieval"]
        now = (self.steps.retrieval, CANDIDATES, self.steps.ranking.weights_u())
        if (how["kind"], how["k"], how["weights_u"]) != now:
            yield f"retrieval: {how['kind']} found the passages, {now[0]} with other figures does now"
        then_u, now_u = past.finished["threshold_u"], millionths(self.steps.calibration.threshold)
        if then_u not in (None, now_u):
            yield f"threshold: it was {then_u} millionths, and is {now_u} now"
        drafted_by = past.finished["answerer"]
        if drafted_by["kind"] == "llm":
            yield f"answer: the model {drafted_by['name']} is not asked again; what it said then is checked again"
        elif drafted_by["kind"] != "none" and drafted_by["name"] != self.steps.answerer.name:
            yield f"answerer: {drafted_by['name']} drafted, {self.steps.answerer.name} does now"
        if past.hits_left_out:
            yield f"passages: the record had no room for {past.hits_left_out}, which are not compared"

    def _meanwhile(self, past: PastQuestion) -> Iterator[str]:
        """Say whether the register grew beyond what the scope was drawn from before the answer left."""
        for leaf in self.store.leaves(past.received_seq, past.finished_seq - past.received_seq - 1):
            said = json.loads(leaf.leaf)
            grew = leaf.type == REGISTER_EXTENDED_TYPE and said["first_line"] > past.finished["register_seq"]
            if grew or leaf.type == REGISTER_REWRITTEN_TYPE:
                yield f"register: a change of it was recorded while the question was worked on (record {leaf.seq})"


def _removal(store: LeafReader, build_id: str) -> int | None:
    """Return the number of the record that says that a build was removed."""
    removed = store.of_type(BUILD_REMOVED_TYPE)
    return next((leaf.seq for leaf in removed if json.loads(leaf.leaf)["build"]["id"] == build_id), None)


def _encoder_differences(past: PastQuestion, encoder: Encoder) -> list[str]:
    recorded = past.finished["encoder"]
    expected = (recorded["name"], recorded["digest"], recorded["dtype"])
    got = (encoder.name, encoder.digest, encoder.dtype)
    return [f"encoder: expected {_encoder(expected)}, got {_encoder(got)}"] if expected != got else []


def _scope(past: PastQuestion, build: Build) -> Scope:
    """Draw what the asker could see. A grant here says which version that was, and nothing of who approved it."""
    moment = datetime.fromtimestamp(past.finished["ts_us"] / _MILLION, UTC)
    seen = dict(past.pairs_seen())
    visible = np.array([pair in seen.items() for pair in build.documents], dtype=np.bool_)
    rows: Mask = visible[build.document_of_row]
    return Scope(
        grants={document: _grant(document, sha256, moment.date()) for document, sha256 in seen.items()},
        rows=rows,
        lexical=build.lexical.scope(rows),
        register_position=past.finished["register_seq"],
        filter_hash=past.finished["retrieval"]["filter_hash"],
        pairs=past.pairs,
        made_at=moment,
        valid_until=datetime.max.replace(tzinfo=UTC),
        replaced=replacements(past.superseding_seen()),
    )


def _grant(document: str, sha256: str, day: date) -> Grant:
    return Grant(document, sha256, title="", groups=frozenset(), approved_by=(), approved_on=day, expires=day)


def _misplaced_quotes(past: PastQuestion, build: Build, scope: Scope) -> Iterator[str]:
    """Look up the quotes on record: each has to stand within a passage that the asker could see."""
    for citation in past.finished["citations"]:
        passage = build.passages.passage(citation["passage_id"])
        start, end = citation["span"]
        if passage is None or passage.document not in scope.grants or not passage.start <= start < end <= passage.end:
            yield f"citation {citation['n']}: expected a quote within passage {citation['passage_id']}, it is not there"


def _encoder(parts: tuple[str, str, str]) -> str:
    name, digest, dtype = parts
    return f"{name} ({dtype}, digest {digest[:_SHORT]})"


def _release(release: dict[str, str]) -> str:
    return f"{release['version']} (settings {release['config_hash'][:_SHORT]})"
