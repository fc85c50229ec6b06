"""The Slack bot as a process, killed while a crowd asks: each question is answered once, nothing is seen by others.

The same at full size is measured: see MEASUREMENTS.md.
"""

from dataclasses import replace
from pathlib import Path

from tests.support.examples import THOROUGH
from tests.support.slack_server.chaos import Plan, run
from tests.support.slack_server.deliveries import Pace
from tests.support.slack_server.measure import problems

SMALL = Plan(
    events=60,
    kills=1,
    restarts=0,
    a_second=30.0,
    staff=3,
    board=2,
    stalled_s=20.0,
    pace=Pace(scale=1 / 60, duplicates=0.2, late=0.3, late_s=0.2),
)


def test_each_question_is_answered_once_whatever_happens_to_the_bot(tmp_path: Path, tiny_model: Path) -> None:
    outcome = run(tmp_path, Plan() if THOROUGH else replace(SMALL, encoder=str(tiny_model)))
    assert problems(outcome) == []
    assert outcome.checked.answered > outcome.checked.questions * 0.8
    assert outcome.checked.within_a_second >= 0.99
