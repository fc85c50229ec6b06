"""The builds in an object store: what each takes there, why it stays, and removing one on somebody's word.

A file counts once however many builds name it, so what only one build names is told apart. What a removed build alone
named goes with a later ingestion, after the safe delay (`sweeping`).
"""

from collections.abc import Callable, Mapping

import numpy as np

from indexes.decisions import Decision
from indexes.errors import BuildError, NoBuildError
from indexes.made_elsewhere import never_approved
from indexes.objects.held import holds_there
from indexes.objects.mirror import Mirror
from indexes.objects.store import OBJECTS_PREFIX, ObjectStore, build_of, manifest_key, object_key, time_there
from ingest.kept_builds import KeptBuild, versions_in
from ingest.sweeping import builds_there, kept_there, manifests_there


def kept_objects(mirror: Mirror, *, decisions: Mapping[str, Decision]) -> list[KeptBuild]:
    """Return the builds in the store of a mirror, the newest first; see `kept_builds`.

    Raises:
        BuildError: the store, or a manifest in it, cannot be read.
    """
    store = mirror.store
    live, now = _live(mirror), time_there(store)
    builds, holds = (
        builds_there(store),
        {build_id: day for build_id, day in holds_there(store).items() if day >= now.date()},
    )
    sizes = {stored.key: stored.size for stored in store.list(OBJECTS_PREFIX)}
    numbers: dict[str, int] = {}  # of objects: hundreds of builds name hundreds of thousands each
    said = []
    for manifest in manifests_there(store, [one.key for one in builds]):
        keys = map(object_key, set(manifest["files"].values()))
        named = np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64)
        versions = versions_in(manifest) if "documents" in manifest else []
        strange = never_approved(versions, decisions)
        said.append((str(manifest.get("created_at", "")), len(versions), strange, named))
    size = np.array([sizes.get(key, 0) for key in numbers], np.int64)
    users = np.zeros(len(numbers), np.int64)
    for _, _, _, named in said:
        users[named] += 1
    others = [build_of(one.key) for one in builds if build_of(one.key) != live]
    unheld = kept_there(builds, live=live, held=(), now=now)
    found = []
    for stored, (made_at, documents, strange, named) in zip(builds, said, strict=True):
        build_id = build_of(stored.key)
        found.append(
            KeptBuild(
                build_id=build_id,
                made_at=made_at,
                documents=documents,
                own_bytes=stored.size + int(size[named][users[named] == 1].sum()),
                shared_bytes=int(size[named][users[named] > 1].sum()),
                is_live=build_id == live,
                is_newest=build_id in others[:1],
                is_packed=False,
                held_until=holds.get(build_id),
                never_approved=strange,
                is_young=build_id in unheld and build_id not in {live, *others[:1]},
            )
        )
    return found


def removing_there(mirror: Mirror, build_id: str) -> Callable[[], None]:
    """Return what removes a build from the store of a mirror; nothing is removed before it is called.

    Raises:
        NoBuildError: there is none of that id.
        BuildError: it is the live one, or the store cannot be read.
    """
    if build_id == _live(mirror):
        raise BuildError(f"expected a build that is not live, {build_id} is: publish another first (greenlit ingest)")
    if not _is_there(mirror.store, build_id):
        raise NoBuildError(f"expected a build of {mirror.store.shown}, {build_id} is none: see greenlit builds")
    return lambda: mirror.store.delete([manifest_key(build_id)])


def _is_there(store: ObjectStore, build_id: str) -> bool:
    return any(build_of(one.key) == build_id for one in builds_there(store))


def _live(mirror: Mirror) -> str:
    try:
        return mirror.live()[0]
    except NoBuildError:
        return ""
