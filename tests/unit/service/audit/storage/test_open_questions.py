"""Questions without an end are found, and what was looked through once is not looked through again."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from service.audit.storage.open_questions import OpenQuestions
from service.audit.storage.sqlite_store import SqliteLeafStore
from service.audit.storage.store import Entry, StoredLeaf


class Watched(SqliteLeafStore):
    """A store that notes above which number was looked for open questions."""

    def __init__(self, *, folder: Path, busy_timeout_s: float = 1.0) -> None:
        super().__init__(folder=folder, busy_timeout_s=busy_timeout_s)
        self.looked: list[int] = []

    def unfinished(self, *, after: int = -1) -> list[StoredLeaf]:
        self.looked.append(after)
        return super().unfinished(after=after)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Watched]:
    with closing(Watched.open(tmp_path)) as opened:
        yield opened


def _asked(*names: str) -> list[Entry]:
    return [Entry("o", "query.received", 1, name, f"{name} came".encode()) for name in names]


def _ended(*names: str) -> list[Entry]:
    return [Entry("o", "query.finished", 1, name, f"{name} ended".encode()) for name in names]


def test_each_look_reads_what_came_since_and_those_that_were_open(store: Watched) -> None:
    questions = OpenQuestions(store)
    assert questions.now() == []
    store.append([*_asked("a", "b"), *_ended("b"), *_asked("c")])
    assert [leaf.request_id for leaf in questions.now()] == ["a", "c"]
    store.append([*_ended("c"), *_asked("d")])
    assert [leaf.request_id for leaf in questions.now()] == ["a", "d"]
    store.append(_ended("a"))
    assert [leaf.request_id for leaf in questions.now()] == ["d"]
    assert [leaf.request_id for leaf in questions.now()] == ["d"], "nothing came"
    assert store.looked == [-1, -1, 3, 5, 6]


def test_a_store_that_was_put_back_is_looked_through_anew(store: Watched, tmp_path: Path) -> None:
    store.append(_asked("a", "b"))
    questions = OpenQuestions(store)
    assert len(questions.now()) == 2
    with closing(Watched.open(tmp_path / "earlier")) as earlier:
        earlier.append(_asked("a"))
        questions._store = earlier
        assert [leaf.request_id for leaf in questions.now()] == ["a"]
