"""Makes what answers questions of a service's parts: the steps of an answer, what records them, the answering."""

import time

from indexes.batching import BatchingEncoder
from indexes.encoder import Encoder
from service.answering.choosing.extract import ExtractiveAnswerer
from service.answering.course import Watching
from service.answering.evidence import read_calibration
from service.answering.finding.ranking import read_ranking
from service.answering.finding.rerank import CrossEncoderReranker
from service.answering.follow import Follower
from service.answering.pipeline import Answering
from service.answering.record import Recorder
from service.answering.steps import Steps
from service.answering.writing.mandate import Mandate
from service.audit.desk import Auditing
from service.metrics_made import LookedAt
from service.settings import Settings, encoder_copies


def answering_steps(settings: Settings, encoder: Encoder, mandate: Mandate | None = None) -> Steps:
    """Return the steps of an answer as the settings say: calibration, reranker, how questions are encoded together.

    Raises:
        CalibrationError: ranking or calibration cannot be read.
        EncoderError: the reranker cannot be loaded.
    """
    batching = BatchingEncoder(
        encoder,
        at_once=encoder_copies(settings),
        max_batch=settings.encoder_batch,
        wait_s=settings.encoder_wait_ms / 1000,
    )
    ranking = read_ranking()
    return Steps(
        encoder=batching,
        ranking=ranking,
        calibration=read_calibration(settings.evidence) if settings.evidence else read_calibration(),
        answerer=ExtractiveAnswerer(ranking=ranking),
        reranker=CrossEncoderReranker(settings.reranker) if settings.reranker else None,
        mandate=mandate,
    )


def answering_made(parts: LookedAt, follower: Follower, auditing: Auditing, watch: Watching) -> Answering:
    """Return what answers questions, on record."""
    recorder = Recorder(
        follower=follower,
        encoder=parts.steps.encoder,
        ranking=parts.steps.ranking,
        retrieval=parts.steps.retrieval,
        clock_s=time.monotonic,
    )
    return Answering(
        live_build=parts.live_build,
        boundary=parts.boundary,
        steps=parts.steps,
        recorder=recorder,
        conversations=auditing.conversations,
        watch=watch,
    )
