"""Gaps are shown from five different people on, and nothing in them singles anybody out; each look is on record."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from indexes.encoder import Vectors
from service.access.principals import PROGRAM, Principal, Role
from service.audit.errors import AuditUnavailableError
from service.audit.events import feedback_given
from service.audit.leaves import Asker, QueryReceived
from service.audit.reading import unanswered
from service.audit.reading.feedback import Feedbacks
from service.audit.reading.unanswered import UnansweredQuestions
from service.hearing.gaps import Gap, Gaps, GapsSeen
from tests.support.fakes import HashingEncoder
from tests.support.small_log import BUILD, REFUSED, RELEASE, Asked, Ending, SmallLog, open_small_log

COUNSEL = Principal("counsel", frozenset(), frozenset({Role.APPROVER}), "oidc-session")
FIVE = ("mira", "tom", "zoe", "ann", "ben")
TRAINS = "May I book a night train?"
UNSUPPORTED = Ending(outcome="refused", reason="unsupported_draft", documents=(), answer=None)
NO_QUESTION = Ending(outcome="refused", reason="request_not_supported", documents=(), answer=None)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SmallLog]:
    with open_small_log(tmp_path / "var") as log:
        yield log


@pytest.fixture
def encoder() -> HashingEncoder:
    return HashingEncoder()


@pytest.fixture
def gaps(log: SmallLog, encoder: HashingEncoder) -> Gaps:
    return _gaps(log, encoder)


def _gaps(log: SmallLog, encoder: HashingEncoder, seconds: Iterator[float] | None = None) -> Gaps:
    feedbacks = Feedbacks(store=log.store)
    questions = UnansweredQuestions(store=log.store, keyring=log.opened.keyring, feedbacks=feedbacks)
    clock_s = (lambda: next(seconds)) if seconds else (lambda: 0.0)
    clock = log.opened.clock
    return Gaps(log=log.opened.log, questions=questions, encoder=encoder, clock=clock, clock_s=clock_s)


def _refused(log: SmallLog, *people: str, text: str = TRAINS, ending: Ending = REFUSED) -> list[Asked]:
    return [log.ask(name, text=text, ending=ending) for name in people]


def _shown(gaps: Gaps) -> list[Gap]:
    return list(gaps.look(COUNSEL).gaps)


def test_what_five_people_asked_and_were_refused_is_a_gap_without_names(log: SmallLog, gaps: Gaps) -> None:
    asked = _refused(log, *FIVE, "mira")
    seen = gaps.look(COUNSEL)
    assert seen == GapsSeen((Gap(5, 6, ("book", "night", "train"), "may i book a night train"),), 0)
    assert not [name for name in FIVE if name in str(seen)]
    assert "actor-" not in str(seen)
    look = log.newest()
    assert (look["type"], look["what"]) == ("audit.read", "gaps")
    assert look["actor"] == log.watcher("counsel", "2026-11")
    assert look["seqs"] == [one.received for one in asked]


def test_four_people_are_too_few_however_often_they_ask(log: SmallLog, gaps: Gaps) -> None:
    _refused(log, *FIVE[:4], *FIVE[:4], *FIVE[:4])
    assert _shown(gaps) == []
    assert (log.newest()["what"], log.newest()["seqs"]) == ("gaps", [])
    _refused(log, "ben")
    assert [gap.people for gap in _shown(gaps)] == [5]


def test_one_person_has_another_pseudonym_each_month_and_is_not_counted_twice(log: SmallLog, gaps: Gaps) -> None:
    _refused(log, "mira", "tom", "zoe")
    log.set_time("2026-12-15T09:00:00Z")
    _refused(log, "mira", "tom", "zoe")
    assert _shown(gaps) == []
    _refused(log, "ann", "ben")
    assert [(gap.people, gap.questions) for gap in _shown(gaps)] == [(5, 8)]


def test_a_word_that_fewer_than_five_wrote_is_never_shown_nor_a_question_with_it(log: SmallLog, gaps: Gaps) -> None:
    for name in FIVE:
        _refused(log, name, text=f"May I book a night train with {name} quokka4711")
    _refused(log, *FIVE[:4], text="May I book a night train to Lisbon?")
    (gap,) = _shown(gaps)
    assert gap.words == ("book", "night", "quokka4711", "train")
    assert gap.question is None  # no question of theirs is without such a word
    assert "lisbon" not in str(gap)
    _refused(log, "mira", text="Night train: BOOK?!")
    assert _shown(gaps)[0].question == "night train book"


def test_words_of_other_months_do_not_show_through(log: SmallLog, gaps: Gaps) -> None:
    _refused(log, *FIVE[:4], text="May I book a night train to Lisbon?")
    log.set_time("2026-12-15T09:00:00Z")
    _refused(log, *FIVE)
    _refused(log, "mira", text="May I book a night train to Lisbon?")
    (gap,) = _shown(gaps)
    assert gap.words == ("book", "night", "train")  # Lisbon: mira, tom, zoe, ann and, a month later, mira again


def test_five_who_share_no_word_show_nothing(log: SmallLog, gaps: Gaps, encoder: HashingEncoder) -> None:
    for name, text in zip(FIVE, ("sleeper", "couchette", "berth", "overnight", "nocturnal"), strict=True):
        _refused(log, name, text=text)
    assert _shown(gaps) == []
    assert encoder.encoded == []


def test_different_things_are_different_gaps_most_people_first(log: SmallLog, gaps: Gaps) -> None:
    _refused(log, *FIVE, text="Who pays parental leave?")
    _refused(log, *FIVE, "leo", ending=UNSUPPORTED)
    _refused(log, *FIVE, text="Hello there", ending=NO_QUESTION)  # nothing that documents could mend
    assert [gap.question for gap in _shown(gaps)] == ["may i book a night train", "who pays parental leave"]


def test_answers_that_were_marked_down_count_and_what_stands_is_the_newest_verdict(log: SmallLog, gaps: Gaps) -> None:
    asked = [log.ask(name, text=TRAINS) for name in FIVE]
    for one in asked:
        log.opened.log.note(feedback_given(one.request_id, verdict="outdated", documents=(), comment=""))
    assert [gap.people for gap in _shown(gaps)] == [5]
    log.opened.log.note(feedback_given(asked[0].request_id, verdict="helpful", documents=(), comment=""))
    assert _shown(gaps) == []


def test_what_was_erased_is_left_out_and_its_vector_forgotten(log: SmallLog, gaps: Gaps) -> None:
    asked = _refused(log, *FIVE, "leo")
    assert _shown(gaps)[0].people == 6
    log.own.erase("leo", asked[-1].request_id)
    assert (_shown(gaps)[0].people, len(gaps._vectors)) == (5, 5)
    log.own.erase("mira", asked[0].request_id)
    assert (_shown(gaps), gaps._vectors) == ([], {})


def test_programs_are_nobody(log: SmallLog, gaps: Gaps) -> None:
    _refused(log, *FIVE[:4])
    for number, auth in enumerate(("api-key", PROGRAM)):
        request_id = f"01890a5d-ac96-774b-bcce-b302099a805{number}"
        entry = QueryReceived(request_id=request_id, channel="api", auth=auth, build=BUILD, release=RELEASE)
        receipt = log.opened.log.received(entry, asker=Asker(f"bot-{number}", frozenset()), prompt=TRAINS)
        log.end(request_id, receipt, REFUSED)
    assert _shown(gaps) == []


def test_what_is_older_than_ninety_days_is_over(log: SmallLog, gaps: Gaps) -> None:
    _refused(log, *FIVE)
    log.set_time("2027-02-18T09:00:00Z")
    assert len(_shown(gaps)) == 1
    log.set_time("2027-02-18T09:00:01Z")
    assert _shown(gaps) == []


def test_no_record_nothing_shown(log: SmallLog, gaps: Gaps) -> None:
    _refused(log, *FIVE)
    log.store.refused = {"audit.read"}
    with pytest.raises(AuditUnavailableError, match="the disk is full"):
        gaps.look(COUNSEL)


def test_a_text_is_encoded_once_and_a_look_that_takes_long_is_gone_on_with(
    log: SmallLog, encoder: HashingEncoder
) -> None:
    _refused(log, *(f"person-{number}" for number in range(20)))
    slow = _gaps(log, encoder, iter([0.0, 1.0, 6.0, 10.0, 11.0, 20.0]))
    assert (slow.look(COUNSEL).left, len(encoder.encoded)) == (4, 16)
    assert (slow.look(COUNSEL).left, len(encoder.encoded)) == (0, 20)
    assert (slow.look(COUNSEL).gaps[0].people, len(encoder.encoded)) == (20, 20)


def test_only_the_newest_questions_are_taken(log: SmallLog, gaps: Gaps, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unanswered, "MAX_QUESTIONS", 5)
    _refused(log, *FIVE)
    assert len(_shown(gaps)) == 1
    _refused(log, "leo", text="Something else")
    assert _shown(gaps) == []


def test_vectors_are_those_of_the_service(log: SmallLog) -> None:
    """Whatever the encoder finds alike is put together, not only the same words."""

    class Alike(HashingEncoder):
        def encode(self, texts: list[str]) -> Vectors:  # type: ignore[override]
            return super().encode(["the same"] * len(texts))

    for at, name in enumerate(FIVE):
        _refused(log, name, text=f"train {'berth' if at % 2 else 'couchette'}")
    (gap,) = _gaps(log, Alike()).look(COUNSEL).gaps
    assert gap == Gap(5, 5, ("train",), None)
