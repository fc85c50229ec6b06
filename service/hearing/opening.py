"""The parts of what staff say back, put together over an open log: `hearing_over`."""

from dataclasses import dataclass

from indexes.encoder import Encoder
from service.audit.desk import Auditing
from service.audit.opening import OpenLog
from service.audit.reading.unanswered import UnansweredQuestions
from service.hearing.gaps import Gaps
from service.hearing.heard import Heard
from service.hearing.hearing import Hearing


@dataclass(frozen=True, slots=True)
class HearingParts:
    """What takes it, what shows approvers what was said, and what was not answered."""

    hearing: Hearing
    heard: Heard
    gaps: Gaps


def hearing_over(opened: OpenLog, auditing: Auditing, *, encoder: Encoder) -> HearingParts:
    """Return the parts over an open log.

    Args:
        opened: the log.
        auditing: what reads it.
        encoder: the one that encodes questions.
    """
    log, store, keyring = opened.log, opened.store, opened.keyring
    feedbacks, requests = auditing.feedbacks, auditing.requests
    questions = UnansweredQuestions(store=store, keyring=keyring, feedbacks=feedbacks)
    return HearingParts(
        hearing=Hearing(log=log, store=store, own=auditing.own, requests=requests),
        heard=Heard(log=log, store=store, keyring=keyring, feedbacks=feedbacks, requests=requests),
        gaps=Gaps(log=log, questions=questions, encoder=encoder, clock=opened.clock),
    )
