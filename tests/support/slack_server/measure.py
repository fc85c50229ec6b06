"""Measures the bot against the local Slack: what MEASUREMENTS.md says of Slack.

    python -m tests.support.slack_server.measure [--events 1000] [--kills 3] [--restarts 1] [--a-second 12]
        [--seed 1] [--socket] [--trouble] [--log CHARACTERS]

Prints what was asked, what came of it, and each fault; ends with 1 if there is one.
"""

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from tests.support.forked import fork_server
from tests.support.slack_server.chaos import Outcome, Plan, run


def main() -> int:
    """Run it once; return the exit status."""
    arguments = _arguments()
    plan = Plan(events=arguments.events, kills=arguments.kills, restarts=arguments.restarts, seed=arguments.seed)
    plan = replace(plan, a_second=arguments.a_second, over_sockets=arguments.socket, trouble=arguments.trouble)
    with fork_server(), tempfile.TemporaryDirectory() as folder:
        outcome = run(Path(folder), plan)
    faults = problems(outcome)
    for line in (*told(outcome), *faults):
        print(line)  # noqa: T201 - it is what it is for
    if faults and arguments.log:
        print(outcome.said_by_the_bot[-arguments.log :], file=sys.stderr)  # noqa: T201
    return 1 if faults else 0


def problems(outcome: Outcome) -> list[str]:
    """Return everything that breaks a promise."""
    found = outcome.checked.faults
    found += [f"Slack would not take it: {one}" for one in outcome.checked.errors]
    if outcome.after_the_last_start:
        found.append(f"said after a start with nothing to do: {outcome.after_the_last_start}")
    found += [f"a text is left: {one}" for one in outcome.texts_left]
    return found


def told(outcome: Outcome) -> list[str]:
    """Return the figures, a line each."""
    checked = outcome.checked
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(outcome.kinds.items()))
    errors = ", ".join(f"{count} {name}" for name, count in sorted(checked.errors.items())) or "none"
    return [
        f"events {sum(outcome.kinds.values())} ({kinds}); deliveries {outcome.deliveries}; kill -9 {outcome.kills}",
        (
            f"questions {checked.questions}: answered {checked.answered}, lost {len(checked.lost)}, "
            f"twice {len(checked.twice)}, again to the same person alone after a kill "
            f"{len(checked.again_after_a_kill)}, left alone as it may {len(checked.left_alone)}, "
            f"refused once more {len(checked.refused_again)}"
        ),
        f"commands told to be given again {len(checked.told_to_ask_again)}, given again {outcome.asked_again}",
        f"shared in rooms {checked.shared}; shown in a wrong place {len(checked.in_wrong_places)}",
        f"calls of the Web API {outcome.calls}; refused: {errors}",
        (
            f"acknowledged within 1 s {checked.within_a_second:.2%}; p50 {checked.quantile(0.5) * 1e3:.0f} ms, "
            f"p99 {checked.quantile(0.99) * 1e3:.0f} ms, most {checked.quantile(1.0) * 1e3:.0f} ms; "
            f"no answer in time {checked.not_acknowledged}, nobody there or killed {checked.nobody_listened}"
        ),
        f"scopes that no call needed: {', '.join(outcome.unused_scopes) or 'none'}",
        f"{outcome.seconds:.0f} s in all",
    ]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the Slack bot.")
    parser.add_argument("--events", type=int, default=1_000)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--restarts", type=int, default=1)
    parser.add_argument("--a-second", type=float, default=12.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--socket", action="store_true", help="over Socket Mode instead of HTTP")
    parser.add_argument("--trouble", action="store_true", help="Slack limits, breaks down and breaks off meanwhile")
    parser.add_argument("--log", type=int, default=0, help="how much of what the bot said is shown after a fault")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
