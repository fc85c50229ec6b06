"""Where nobody makes collections, those that were made before are told of when no build needs them any more."""

import pytest

from indexes.errors import BuildDamagedError
from ingest.collecting import NO_COLLECTIONS, NoCollections

SHOWN = "indexes/builds/collections"


class PlayedLedger:
    """Says what a ledger would; `broken` where nobody can say."""

    shown = SHOWN

    def __init__(self, *noted: str, broken: bool = False) -> None:
        self._noted = list(noted)
        self._broken = broken

    def note(self, name: str) -> None:
        raise NotImplementedError

    def forget(self, name: str) -> None:
        raise NotImplementedError

    def noted(self) -> list[str]:
        if self._broken:
            raise BuildDamagedError("builds/x.json is not a manifest")
        return self._noted

    def retired(self) -> list[str]:
        return [name for name in self.noted() if name.startswith("old")]

    def collection_of(self, build_id: str) -> str | None:
        return {"with": "made", "another's": "theirs"}.get(build_id)


@pytest.mark.parametrize(
    ("noted", "told"),
    [
        (["old_1"], "1 collection in Milvus any more (old_1), and nothing here drops"),
        (["old_1", "old_2", "old_3", "old_4", "made"], "4 collections in Milvus any more (old_1, old_2, old_3 ...)"),
    ],
)
def test_what_is_left_is_named_with_what_to_do(noted: list[str], told: str) -> None:
    (words,) = NoCollections(PlayedLedger(*noted)).left()
    assert told in words
    assert words.endswith(f"and the next ingestion does; or drop it by hand, and remove the name from {SHOWN}")


def test_a_build_that_is_removed_leaves_its_collection_and_says_so() -> None:
    collecting = NoCollections(PlayedLedger("made"))
    (words,) = collecting.removing("with")()
    assert words.startswith("no build needs 1 collection in Milvus any more (made)")
    for build_id in ("without", "another's"):
        assert collecting.removing(build_id)() == []


def test_where_nobody_can_say_that_is_said() -> None:
    collecting = NoCollections(PlayedLedger(broken=True))
    for words in (collecting.left(), collecting.removing("with")()):
        assert words == ["whether collections are left in Milvus cannot be told: builds/x.json is not a manifest"]


def test_where_none_were_ever_made_there_is_nothing_to_say() -> None:
    assert NO_COLLECTIONS.left() == NO_COLLECTIONS.removing("with")() == []
    assert NoCollections(PlayedLedger("made")).left() == []
