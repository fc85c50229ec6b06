"""What `models.toml` says acts on the next question, and only once it is on record."""

import hashlib
from pathlib import Path

import pytest

from service.models.following import Models
from service.models.models_file import MODELS_FILE, ModelsSaid
from tests.support.model_parts import ENTRY, written


class Followed:
    """Models of a file that a test writes, with what was put on record and told."""

    def __init__(self, library: Path) -> None:
        self.path = library / MODELS_FILE
        self.recorded: list[tuple[str, list[str]]] = []
        self.told: list[str] = []
        self.disk_is_full = False
        self.models = Models(library=library, on_change=self._record, notice=self.told.append)

    def _record(self, said: ModelsSaid) -> None:
        if self.disk_is_full:
            raise OSError("the disk is full")
        self.recorded.append((said.sha256, list(said.models)))

    def write(self, text: str) -> str:
        self.path.write_text(text, encoding="utf-8")
        return hashlib.sha256(text.encode()).hexdigest()

    def names(self) -> list[str]:
        return list(self.models.now())


@pytest.fixture
def followed(tmp_path: Path) -> Followed:
    return Followed(tmp_path)


def test_without_a_file_no_model_is_approved(followed: Followed) -> None:
    assert followed.names() == []
    assert followed.models.problem() is None
    assert followed.recorded == [(hashlib.sha256(b"").hexdigest(), [])]


def test_a_change_acts_on_the_next_question_and_is_recorded_once(followed: Followed) -> None:
    first = followed.write(written(ENTRY))
    assert followed.names() == followed.names() == ["writer"]
    second = followed.write(written({**ENTRY, "name": "judge"}))
    assert followed.names() == followed.names() == ["judge"]
    followed.path.unlink()
    assert followed.names() == []
    assert [said[0] for said in followed.recorded] == [first, second, hashlib.sha256(b"").hexdigest()]


def test_a_file_that_is_written_again_as_it_was_is_no_change(followed: Followed) -> None:
    followed.write(written(ENTRY))
    followed.names()
    followed.path.unlink()
    followed.write(written(ENTRY))
    assert followed.names() == ["writer"]
    assert len(followed.recorded) == 1


def test_a_file_that_cannot_be_understood_approves_nothing_and_is_told_once(followed: Followed) -> None:
    followed.write(written(ENTRY))
    followed.names()
    broken = followed.write(written(ENTRY) + "\nsurces = ['legal']")
    assert followed.names() == followed.names() == []
    assert followed.recorded[-1] == (broken, [])
    (told,) = followed.told
    assert "unknown key 'surces'" in told
    assert told.endswith("until then no model is called")
    assert followed.models.problem() == told
    followed.write(written(ENTRY))
    assert followed.names() == ["writer"]
    assert followed.models.problem() is None


def test_a_file_that_the_disk_does_not_give_approves_nothing(followed: Followed) -> None:
    followed.path.mkdir()
    assert followed.names() == []
    assert "cannot be read" in str(followed.models.problem())


def test_what_cannot_be_recorded_does_not_act_and_neither_does_what_was_before(followed: Followed) -> None:
    followed.write(written(ENTRY))
    followed.names()
    followed.disk_is_full = True
    followed.write(written({**ENTRY, "name": "judge"}))
    for _ in range(2):
        with pytest.raises(OSError, match="the disk is full"):
            followed.names()
    followed.disk_is_full = False
    assert followed.names() == ["judge"]
