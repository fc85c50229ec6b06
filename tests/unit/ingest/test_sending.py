"""A build comes into an object store whole or not at all, and what is live there changes in one step."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from indexes.errors import ChangedError, NoBuildError, ObjectStoreError
from indexes.objects.mirror import Mirror
from indexes.objects.store import ObjectStore, manifest_key, object_key
from ingest import sending
from ingest.errors import PublishError
from ingest.sweeping import sweep
from tests.support.object_parts import Machines
from tests.support.object_server import ObjectServer


class CutError(ObjectStoreError):
    """The line is cut there."""


class Breaking:
    """A store whose calls of one kind go wrong from a point on, before or after they did what they do."""

    def __init__(self, store: ObjectStore, call: str, key: str, *, after: bool = False) -> None:
        self._store, self._call, self._key, self._after = store, call, key, after
        self.shown = store.shown
        self.puts: list[str] = []

    def __getattr__(self, name: str) -> Callable[..., object]:
        def call(*args: object, **named: object) -> object:
            if name == "put":
                self.puts.append(str(args[0]))
            meant = name == self._call and str(args[0]).startswith(self._key)
            if meant and not self._after:
                raise CutError("it cannot be written: see whether it is up")
            result = getattr(self._store, name)(*args, **named)
            if meant:
                raise CutError("no answer")
            return result

        return call


def _keys(machines: Machines, prefix: str) -> list[str]:
    return sorted(stored.key for stored in machines.store.list(prefix))


def test_a_published_build_is_live_for_another_machine(bucket_machines: Machines) -> None:
    report = bucket_machines.publish(10)
    reader = bucket_machines.mirror("reader")
    assert reader.follow() == report.build_id
    assert "for 10 years" in bucket_machines.text(reader)


def test_an_unchanged_library_publishes_nothing_from_whichever_machine(machines: Machines) -> None:
    build_id = machines.publish(10).build_id
    report = machines.ingest(machines.mirror("another writer"))
    assert (report.published, report.build_id, report.problems) == (False, build_id, ())


def test_what_is_there_is_not_sent_again(machines: Machines) -> None:
    machines.library.add("legal/b.md", "# Deletion\n\nDelete drafts after a year.\n")
    machines.publish(10)
    unchanged = machines.library.folder / "legal" / "b.md"
    store = Breaking(machines.store, "", "")
    machines.publish(11, machines.mirror("writer", store))  # type: ignore[arg-type]
    sent = {key for key in store.puts if key.startswith("objects/")}
    assert sent
    assert sent.isdisjoint({object_key(_sha256(unchanged))})


@pytest.mark.parametrize(("call", "key"), [("put", "objects/"), ("put", "builds/"), ("swap", "current")])
def test_cut_off_on_the_way_nothing_live_changes_and_the_next_one_goes_on(
    machines: Machines, call: str, key: str
) -> None:
    first = machines.publish(10).build_id
    cut = machines.mirror("writer", Breaking(machines.store, call, key))  # type: ignore[arg-type]
    with pytest.raises(PublishError, match=r"cannot be brought to its place: .* the previous build stays live"):
        machines.publish(11, cut)
    assert machines.mirror("reader").follow() == first
    assert not [path for path in cut.folder.iterdir() if path.name.startswith(".staging")]

    again = machines.ingest(machines.mirror("writer"))
    assert again.published
    reader = machines.mirror("reader")
    assert reader.follow() == again.build_id
    assert "for 11 years" in machines.text(reader)


def test_a_lost_answer_to_the_last_step_is_no_failure(machines: Machines) -> None:
    machines.publish(10)
    deaf = machines.mirror("writer", Breaking(machines.store, "swap", "current", after=True))  # type: ignore[arg-type]
    report = machines.publish(11, deaf)
    assert machines.mirror("reader").follow() == report.build_id


def test_whatever_is_live_when_nobody_can_say_stays_whole(machines: Machines, monkeypatch: pytest.MonkeyPatch) -> None:
    machines.publish(10)
    writer = machines.mirror("writer")
    swap = type(writer.store).swap

    def overtakes_itself(self: ObjectStore, key: str, content: bytes, *, tag: str | None) -> None:
        swap(self, key, content, tag=tag)
        if key == "current":  # the answer was lost, the client asked again, and then the store was away
            monkeypatch.setattr(type(writer.store), "get", _away)
            raise ChangedError("current is another one by now")

    def _away(*_: object, **__: object) -> None:
        raise ObjectStoreError("current cannot be read (no answer)")

    with monkeypatch.context() as patch:
        patch.setattr(type(writer.store), "swap", overtakes_itself)
        with pytest.raises(PublishError, match=r"nobody can say whether \S+ is live now: .*run greenlit ingest again"):
            machines.publish(11, writer)
    monkeypatch.undo()
    reader = machines.mirror("reader")
    reader.follow()
    assert "for 11 years" in machines.text(reader)


def test_of_two_at_once_one_wins_and_the_other_is_told(machines: Machines, monkeypatch: pytest.MonkeyPatch) -> None:
    first = machines.publish(10).build_id
    quicker: list[str] = []

    def overtaken(mirror: Mirror, send: Callable[..., None] = sending.Sender._send) -> Callable[..., None]:
        def sent(self: sending.Sender, *args: object, **named: object) -> None:
            send(self, *args, **named)
            if self._mirror is mirror and not quicker:
                machines.library.clock.pass_days(1)
                quicker.append(machines.ingest(machines.mirror("quick")).build_id)

        return sent

    slow = machines.mirror("slow")
    monkeypatch.setattr(sending.Sender, "_send", overtaken(slow))
    with pytest.raises(PublishError, match=r"another ingestion has made \S+ live in file://"):
        machines.publish(11, slow)

    assert quicker != [first]
    assert machines.mirror("reader").follow() == quicker[0]
    assert _keys(machines, "builds/") == sorted([manifest_key(first), manifest_key(quicker[0])])
    assert machines.ingest(slow).build_id == quicker[0], "nothing is lost: the next one finds all there"


def test_the_first_of_two_wins_where_nothing_was_live(machines: Machines) -> None:
    machines.library.add("legal/a.md", "# Masters\n\nKeep masters.\n")
    first, second = sending.Sender(machines.mirror("a")), machines.mirror("b")
    first.begin()
    before = machines.ingest(second).build_id
    live = machines.publish(11, second).build_id
    with pytest.raises(PublishError, match=f"another ingestion has made {live} live"):
        first.publish(second.folder / before)
    assert second.live()[0] == live


def test_a_store_that_ignores_conditions_is_refused(bucket_machines: Machines, object_server: ObjectServer) -> None:
    object_server.faults.methods = frozenset({"PUT"})
    object_server.faults.drops = ("HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH")
    with pytest.raises(PublishError, match="takes conditional writes and does not keep the condition"):
        bucket_machines.publish(10)
    with pytest.raises(NoBuildError):
        bucket_machines.mirror("reader").live()


def test_an_account_that_may_not_write_is_told_before_anything_is_done(
    bucket_machines: Machines, object_server: ObjectServer
) -> None:
    object_server.faults.methods = frozenset({"PUT"})
    object_server.faults.status, object_server.faults.code = "403 Forbidden", "AccessDenied"
    with pytest.raises(PublishError, match=r"s3://\S+ denies access to clock: let this account write"):
        bucket_machines.publish(10)


def test_what_somebody_removed_of_the_live_build_is_sent_again(machines: Machines) -> None:
    machines.publish(10)
    keys = _keys(machines, "objects/")
    machines.store.delete(keys[:2])
    machines.store.put(keys[2], b"half")
    report = machines.ingest()
    assert (report.published, report.problems) == (False, ())
    assert _keys(machines, "objects/") == keys
    reader = machines.mirror("reader")
    reader.follow()
    assert "for 10 years" in machines.text(reader)


def test_the_manifest_of_the_live_build_is_sent_again_before_anything_of_it_goes(machines: Machines) -> None:
    build_id = machines.publish(10).build_id
    machines.store.delete([manifest_key(build_id)])
    machines.age(5)
    objects = _keys(machines, "objects/")
    (problem,) = sweep(machines.store, live=build_id)
    assert f"{manifest_key(build_id)} is not in {machines.address}: run greenlit ingest, which sends" in problem
    assert _keys(machines, "objects/") == objects
    report = machines.ingest()
    assert (report.published, report.problems) == (False, ())
    assert machines.mirror("reader").follow() == build_id


def test_what_was_removed_before_the_manifest_was_there_is_sent_again(machines: Machines) -> None:
    machines.publish(10)
    store = machines.store

    class Swept(Breaking):
        """Another ingestion removes, from an older listing, whatever was there just before the manifest is."""

        def __getattr__(self, name: str) -> Callable[..., object]:
            def put(key: str, content: bytes | Path) -> None:
                if key.startswith("builds/") and self.puts and self.puts[-1].startswith("objects/"):
                    store.delete([one for one in self.puts if one.startswith("objects/")])
                self.puts.append(key)
                store.put(key, content)

            return put if name == "put" else super().__getattr__(name)

    machines.publish(11, machines.mirror("writer", Swept(store, "", "")))  # type: ignore[arg-type]
    reader = machines.mirror("reader")
    reader.follow()
    assert "for 11 years" in machines.text(reader)


def test_a_build_that_was_put_back_is_in_use_for_a_day_after_it_gives_way(machines: Machines) -> None:
    first = machines.publish(10).build_id
    machines.publish(11)
    machines.age(5)
    machines.store.put("current", f"{first}\n".encode())
    live = machines.publish(13).build_id
    assert {manifest_key(first), manifest_key(live)} <= set(_keys(machines, "builds/"))
    machines.age(2)
    assert sweep(machines.store, live=live) == []
    assert _keys(machines, "builds/") == sorted([manifest_key(first), manifest_key(live)]), "it is the one before"


def test_a_build_of_another_version_is_in_use_for_a_day_after_it_gives_way(machines: Machines) -> None:
    first = machines.publish(10).build_id
    manifest = json.loads(machines.store.get(manifest_key(first))[0])
    machines.store.put(manifest_key(first), json.dumps(manifest | {"format": manifest["format"] - 1}).encode())
    machines.age(5)
    for years in (11, 12):
        assert machines.publish(years, machines.mirror("another writer")).published
    assert manifest_key(first) in _keys(machines, "builds/")


def test_a_cache_that_was_damaged_is_fetched_again_and_not_encoded_again(machines: Machines) -> None:
    machines.library.add("legal/b.md", "# Deletion\n\nDelete drafts after a year.\n")
    build_id = machines.publish(10).build_id
    (machines.library.root / "writer" / build_id / "dense.faiss").unlink()
    (machines.library.root / "writer" / build_id / "dense.faiss").write_bytes(b"rot")
    encoded = len(machines.library.encoder.encoded)
    report = machines.publish(11)
    assert [line.outcome for line in report.documents] == ["ingested", "unchanged"]
    assert len(machines.library.encoder.encoded) == encoded + 1


def test_another_process_that_fetches_without_end_stops_the_ingestion_before_its_work(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_id = machines.publish(10).build_id
    monkeypatch.setattr(sending, "_WAIT_S", 0.0)
    other = machines.mirror("other")
    other.folder.mkdir()
    with (
        FileLock(other.folder / ".fetching.lock"),
        pytest.raises(PublishError, match=f"the build {build_id} of .* is not in .* another process fetches it"),
    ):
        machines.publish(11, other)


def test_a_disk_here_that_is_full_at_the_last_moment_is_no_failure_of_what_is_live(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    machines.publish(10)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ingest.publish._point_current", full)
    report = machines.publish(11)
    assert (report.published, report.problems) == (True, ())
    assert machines.mirror("reader").follow() == report.build_id


@pytest.mark.parametrize(("writer", "told"), [("writer", []), ("another writer", ["encoded anew: "])])
def test_a_live_build_that_is_damaged_there_gives_way_to_a_new_one(
    machines: Machines, writer: str, told: list[str]
) -> None:
    broken = machines.publish(10).build_id
    machines.store.put(manifest_key(broken), b"rubbish")
    report = machines.publish(11, machines.mirror(writer))
    assert [words in remark for words, remark in zip(told, report.remarks, strict=True)] == [True] * len(told)
    assert report.published
    assert machines.mirror("reader").follow() == report.build_id


def test_rubbish_in_the_place_of_what_is_live_gives_way_too(machines: Machines) -> None:
    machines.publish(10)
    machines.store.put("current", b"\xff rubbish")
    machines.library.clock.pass_days(1)
    report = machines.ingest()
    assert machines.mirror("reader").follow() == report.build_id


def test_an_old_object_that_the_live_build_lacks_is_sent_again_before_it_can_be_removed(machines: Machines) -> None:
    machines.publish(10)
    machines.publish(11)
    machines.age(5)
    before = {stored.key: stored.modified for stored in machines.store.list("objects/")}
    machines.publish(10)
    after = {stored.key: stored.modified for stored in machines.store.list("objects/")}
    text = object_key(_sha256(machines.library.folder / "legal" / "a.md"))
    assert after[text] > before[text]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
