"""The verdict that stands on a question is the newest; each record of one is read once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.audit.events import Verdict, feedback_given
from service.audit.reading.feedback import Feedbacks
from tests.support.small_log import SmallLog, open_small_log


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SmallLog]:
    with open_small_log(tmp_path / "var") as log:
        yield log


def _say(log: SmallLog, request_id: str, verdict: Verdict, *documents: str) -> int:
    return log.opened.log.note(feedback_given(request_id, verdict=verdict, documents=documents, comment="Not so.")).seq


def test_the_newest_verdict_on_a_question_stands_and_is_followed(log: SmallLog) -> None:
    feedbacks = Feedbacks(store=log.store)
    assert (feedbacks.standing(), feedbacks.of(["a"])) == ([], {})
    _say(log, "a", "wrong", "legal/a.md")
    second = _say(log, "b", "helpful")
    assert [one.request_id for one in feedbacks.standing()] == ["b", "a"]
    third = _say(log, "a", "outdated", "legal/a.md")
    assert [(one.request_id, one.verdict) for one in feedbacks.standing()] == [("a", "outdated"), ("b", "helpful")]
    found = feedbacks.of(["a", "b", "c"])
    assert {key: (one.seq, one.documents) for key, one in found.items()} == {
        "a": (third, ("legal/a.md",)),
        "b": (second, ()),
    }
    assert len([leaf for leaf in log.types() if leaf == "feedback.given"]) == 3  # the earlier one stays on record
