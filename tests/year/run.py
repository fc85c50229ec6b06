"""The simulated year: `python -m tests.year`, some minutes. Ends with 1 and the faults, if there are any.

Each day: some documents change and are approved anew, an approval is renewed, sometimes one is revoked; a build is
made; people ask; a copy is made. On some days something goes wrong, by the calendar below or by the dice: a process
is killed at any moment, a disk is full, a source's mount is gone, the clock is two days ahead for a while, the log is
lost and put back from a copy, keys are changed, texts are erased, the program reads documents otherwise.

All year: no answer may say what is not approved at that moment. At the end: the log verifies; every answer that the log
holds can be made again, or it is said why not; no receipt is contradicted; the disk grew no more than it may.
"""

import json
import random
import shutil
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

from indexes.terms import Terms
from service.answering.errors import ReplayError
from service.audit.checking.verify_store import verify_store
from service.audit.checkpoints.signer import Signer
from service.audit.errors import AuditError
from service.audit.keys.keyring import Keyring
from service.audit.shards import key_name
from service.audit.storage.sqlite_store import SqliteLeafStore
from tests.support.service_parts import Studio
from tests.year.disk import table, taken_by_part
from tests.year.documents import fact_of, name_of, text_of
from tests.year.installation import LOG_NAME, READERS, Tell, YearsInstallation

BEGINS = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
_APPROVED_DAYS = 150
_RENEW_WITHIN = 10
_MOST_OF_DOCUMENTS = 10  # times their size, that builds and log may grow in the year after their first days
_CODE = 20  # characters: what is longer is an error in words
_FIRST_DAYS = 10  # by then there are as many whole builds as there ever are
_LOST_ALL, _LOST_STORE, _NO_MOUNT, _FULL, _CLOCK = 120, 260, 60, 90, 200  # days
_UPGRADES = (45, 130, 220, 310)


@dataclass(slots=True)
class _Rule:
    """What the register says of a document, as the year knows it."""

    edition: int = 0
    expires: date = date.min
    revoked: bool = False


@dataclass(slots=True)
class Outcome:
    """What came of a year: counts, and what is wrong."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)


class Year:
    """One installation, day after day."""

    def __init__(self, root: Path, *, documents: int, days: int, seed: int, tell: Callable[[str], None]) -> None:
        """Begin with an empty folder.

        Args:
            root: the folder.
            documents: how many there are.
            days: how long it lasts.
            seed: of the dice.
            tell: is told how far it has come.
        """
        self.here = YearsInstallation(root)
        self.dice = random.Random(seed)  # nosec B311  # noqa: S311
        self.days = days
        self.tell = tell
        self.rules = {number: _Rule() for number in range(documents)}
        self.answers: list[dict[str, Any]] = []
        self.day = 0
        self.at_first: dict[str, int] = {}  # bytes that the parts of builds and log took after the first days
        self.came = Outcome()

    def run(self) -> Outcome:
        """Live through it."""
        self._begin()
        for day in range(1, self.days + 1):
            self.day = day
            began = time.monotonic()
            self.here.library.clock.at = BEGINS + timedelta(days=self.day)
            self._decide()
            self._build()
            self._serve()
            self._copy()
            if day == _FIRST_DAYS:
                self.at_first = self._taken()
            if loss := {_LOST_ALL: self._lose_everything, _LOST_STORE: self._lose_the_store}.get(self.day):
                loss()
            if self.day % 30 == 0:
                self.tell(f"day {self.day}: {dict(self.came.counts)}, {time.monotonic() - began:.1f} s this day")
        self._look_back()
        return self.came

    # Decisions

    def _begin(self) -> None:
        library = self.here.library
        library.clock.at = BEGINS
        for department in {name_of(number).split("/")[0] for number in self.rules} - {"legal"}:
            library.allow(department)
        for number in self.rules:
            self._approve(number)
        self._expect("the first build", self.here.ingest().said == ["published"])

    def _approve(self, number: int) -> None:
        rule, library = self.rules[number], self.here.library
        rule.edition, rule.revoked = rule.edition + 1, False
        rule.expires = library.clock.at.date() + timedelta(days=_APPROVED_DAYS + number % 60)
        library.add(name_of(number), text_of(number, rule.edition), expires=rule.expires)

    def _decide(self) -> None:
        today, library = self.here.library.clock.at.date(), self.here.library
        for number in self.dice.sample(sorted(self.rules), min(2, len(self.rules))):
            if not self.rules[number].revoked:
                self._approve(number)
                self.came.counts["approved"] += 1
        for number, rule in self.rules.items():
            if not rule.revoked and rule.expires - today <= timedelta(days=_RENEW_WITHIN) and self.dice.random() < 0.3:
                rule.expires = today + timedelta(days=_APPROVED_DAYS)
                plan = library.approvals.plan_approval(name_of(number), Terms(by="ann@x.example", expires=rule.expires))
                library.approvals.approve(plan)
                self.came.counts["renewed"] += 1
        if self.dice.random() < 0.1:
            number = self.dice.choice(sorted(self.rules))
            if not self.rules[number].revoked and self.rules[number].expires >= today:
                library.revoke(name_of(number))
                self.rules[number].revoked = True
                self.came.counts["revoked"] += 1

    # Builds

    def _build(self) -> None:
        self.here.reader = sum(self.day >= upgrade for upgrade in _UPGRADES) % len(READERS)
        if self.day == _NO_MOUNT:
            self._build_without_a_mount()
        if self.day == _FULL:
            full = self.here.ingest(most_bytes=1 << 14)
            self._expect("a full disk stops a build and is named", "make room" in str(full.said), full.said)
            self.came.counts["builds stopped by a full disk"] += 1
        if self.dice.random() < 0.08:
            killed = self.here.ingest(kill_after_s=self.dice.uniform(0.02, 1.0))
            self.came.counts["builds killed"] += killed.killed
            self.here.library.clock.at += timedelta(minutes=1)  # whoever starts it again takes that long
        made = self.here.ingest()
        self.came.counts[f"builds {made.said[0]}" if len(made.said[0]) < _CODE else "builds stopped"] += 1
        self._expect(f"a build on day {self.day}", made.said[0] in ("published", "same"), made.said)

    def _build_without_a_mount(self) -> None:
        travel = self.here.library.folder / "travel"
        away = travel.rename(self.here.root / "unmounted")
        refused = self.here.ingest()
        self._expect("a lost mount stops a build", "travel" in str(refused.said) and refused.said != ["published"])
        self._asked(self.here.ask(self._some(3)).said)
        away.rename(travel)
        self.came.counts["mounts lost"] += 1

    # Questions

    def _some(self, count: int) -> list[int]:
        return self.dice.sample(sorted(self.rules), min(count, len(self.rules)))

    def _serve(self) -> None:
        if self.day == _CLOCK:
            self._serve_with_a_clock_ahead()
        if self.day == _FULL:
            stopped = self.here.ask(self._some(2), most_bytes=1 << 12)
            refused = all(line.get("status") != 200 for line in stopped.said)
            self._expect("no answer is given that cannot be recorded", refused, stopped.said)
        if self.dice.random() < 0.08:
            killed = self.here.ask(self._some(6), kill_after_s=self.dice.uniform(0.1, 2.0))
            self.came.counts["services killed"] += killed.killed
            self._asked(killed.said)
        self._asked(self.here.ask(self._some(4), also=self._chores()).said)

    def _serve_with_a_clock_ahead(self) -> None:
        clock = self.here.library.clock
        right = clock.at
        clock.at = right + timedelta(days=2)
        self._asked(self.here.ask(self._some(1)).said)
        clock.at = right + timedelta(hours=1)

        def how_it_is(studio: Studio, tell: Tell) -> None:
            tell({"problems": studio.service.health.report().problems})

        refused = self.here.ask(self._some(1), also=how_it_is).said
        told = refused[0].get("status") == HTTPStatus.SERVICE_UNAVAILABLE and "the clock went back" in str(refused)
        self._expect("a clock that went back stops answers, and operators are told", told, refused)
        clock.at = right + timedelta(days=2, minutes=1)  # it goes on when that time has come
        self.came.counts["clock jumps"] += 1

    def _chores(self) -> Callable[[Studio, Tell], None] | None:
        """Change keys on the second of a month, erase a question's texts on the fifteenth."""
        today = self.here.library.clock.at
        if today.day == 2:

            def rotate(studio: Studio, _: Tell) -> None:
                studio.service.auditing.rotation.payload_key()
                if today.month % 3 == 0:
                    studio.service.auditing.rotation.signing_key()

            self.came.counts["keys changed"] += 1
            return rotate
        if today.day == 15 and self.answers:
            erased = self.dice.choice(self.answers)

            def erase(studio: Studio, _: Tell) -> None:
                studio.service.auditing.erasure.by_asker(erased["request_id"])

            erased["erased"] = True
            self.came.counts["questions erased"] += 1
            return erase
        return None

    def _asked(self, said: list[Any]) -> None:
        for line in said:
            if "refused" in line:
                self._expect(f"it serves on day {self.day}", self.day in (_CLOCK, _FULL), line)
                continue
            self.came.counts[f"asked: {line['outcome'] or line['status']}"] += 1
            self._hold_to_approvals(line)
            if line["outcome"] and line["seq"] is not None:
                self.answers.append({**line, "day": self.day})

    def _hold_to_approvals(self, line: dict[str, Any]) -> None:
        number = line["about"]
        rule, today = self.rules[number], self.here.library.clock.at.date()
        live = not rule.revoked and rule.expires >= today
        right = fact_of(number, rule.edition)
        for old, new in [READERS[self.here.reader]]:
            right = right.replace(old, new) if old else right
        if f"marker{number} " in line["says"]:
            self._expect(f"on day {self.day} only what is approved is said of {name_of(number)}",
                         live and right in line["says"], line)  # fmt: skip
        self.came.counts["right"] += live and right in line["says"]

    # Copies

    def _copy(self) -> None:
        if self.day % 2 == 0:
            taken = self.here.back_up(keep=7)
            self.came.figures["seconds of the last copy"] = taken.account.seconds

    def _lose_everything(self) -> None:
        shutil.rmtree(self.here.places.state)
        self._restored("everything was lost")

    def _lose_the_store(self) -> None:
        for path in self.here.places.state.glob("audit.sqlite*"):
            path.unlink()
        self._restored("the store was lost")

    def _restored(self, reason: str) -> None:
        copy = max(path for path in self.here.copies.iterdir() if path.is_dir())
        (done,) = self.here.restore(copy, reason).said
        self.answers = [answer for answer in self.answers if answer["seq"] < done["records"]]
        self.came.counts["restored"] += 1
        self.tell(f"day {self.day}: {reason}; {done}")

    # At the end

    def _look_back(self) -> None:
        self._verify()
        self._replay()
        self._measure()

    def _verify(self) -> None:
        places = self.here.places
        store = SqliteLeafStore(folder=places.state)
        signer = Signer(folder=places.keys, name=key_name(LOG_NAME))
        keys = {json.loads(leaf.leaf).get("vkey") for leaf in store.of_type("key.created")} - {None}
        verdict = verify_store(
            store, keys=sorted(keys), keyring=Keyring(folder=places.keys), signed=signer.last(), unchecked=()
        )
        self.came.counts["records"] = store.size()
        self._expect("the log verifies", verdict.ok, [*verdict.problems[:3], *verdict.unchecked[:3]])
        for answer in self.answers:
            leaf = store.leaf(answer["seq"])
            self._expect("a receipt holds", leaf is not None and leaf.leaf_hash == answer["leaf_hash"], answer["seq"])

    def _replay(self) -> None:
        chosen = self.dice.sample(self.answers, min(150, len(self.answers)))

        def replay(studio: Studio, tell: Tell) -> None:
            for answer in chosen:
                try:
                    seen = studio.service.replay.run("year", answer["seq"])
                    tell({"replayed": seen["verdict"], "seq": answer["seq"], "day": answer["day"]})
                except (ReplayError, AuditError) as error:
                    tell({"replayed": f"cannot: {error}", "seq": answer["seq"], "day": answer["day"]})

        for line in self.here.ask([], also=replay).said:
            words = str(line["replayed"])
            kind = words if not words.startswith("cannot") else _why_not(words)
            self.came.counts[f"replayed: {kind}"] += 1
            self._expect("an answer can be made again, or it is said why not", kind != "unexplained", line)

    def _taken(self) -> dict[str, int]:
        return taken_by_part(self.here.library.builds, self.here.places.state)

    def _measure(self) -> None:
        documents = _size(self.here.library.folder)
        taken = self._taken()
        total = sum(taken.values())
        growth = (total - sum(self.at_first.values())) / documents if self.at_first else 0.0
        for line in table(self.at_first, taken, documents):
            self.tell(line)
        self.came.figures |= {
            "MiB of documents": documents / (1 << 20),
            "MiB of builds": _size(self.here.library.builds) / (1 << 20),
            "MiB of state": _size(self.here.places.state) / (1 << 20),
            "builds": sum(path.is_dir() for path in self.here.library.builds.glob("20*")),
            "times the documents, in all": total / documents,
            f"times the documents, since day {_FIRST_DAYS}": growth,
        }
        grew = f"builds and log grew by less than {_MOST_OF_DOCUMENTS} times the documents"
        self._expect(grew, growth < _MOST_OF_DOCUMENTS, growth)

    def _expect(self, what: str, holds: bool, got: object = "") -> None:  # noqa: FBT001
        if not holds:
            self.came.faults.append(f"{what}: {str(got)[:500]}")
            self.tell(f"FAULT {self.came.faults[-1]}")


def _why_not(words: str) -> str:
    for sign, kind in (
        ("erased", "texts were erased"),
        ("destroyed", "texts were erased"),
        ("retention", "no build is kept"),
        ("another version", "made by another version"),
        ("removed", "the build was removed"),
    ):
        if sign in words:
            return kind
    return "unexplained"


def _size(folder: Path) -> int:
    """Return the bytes that a folder takes, a file with several names once."""
    seen = {(status.st_dev, status.st_ino): status.st_size for path in folder.rglob("*") if path.is_file()
            for status in [path.stat()]}  # fmt: skip
    return sum(seen.values())
