"""Removes from an object store what nothing needs any more: builds that are neither live, new nor held; their files.

A build goes when it is neither live nor the newest besides, no hold on it runs (`indexes.objects.held`), and it has
been out of use for a day: since the next one was published, which writes its manifest again (`sending`). Once a day
objects that no manifest names go, if they are older than a day: an ingestion writes its files before its manifest. All
times are of the store's clock, which also wrote them. Whatever cannot be read keeps everything, and without the
manifest of what is live no object goes.
"""

import contextlib
import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from indexes.errors import BuildDamagedError, BuildError, NoBuildError, NoObjectError
from indexes.live import build_id_in
from indexes.objects.held import holds_there
from indexes.objects.store import (
    BUILDS_PREFIX,
    CURRENT_BYTES,
    CURRENT_KEY,
    OBJECTS_PREFIX,
    ObjectStore,
    Stored,
    build_of,
    manifest_key,
    object_key,
    time_there,
)

SAFE_DELAY = timedelta(days=1)  # for an ingestion that runs, and a replica that could not say yet what it answered from
_SWEPT_KEY = "swept"
_AT_ONCE = 8


def sweep(store: ObjectStore, *, live: str) -> list[str]:
    """Remove what nothing needs any more.

    Args:
        store: the object store.
        live: the id of the live build.

    Returns:
        What kept anything from being removed, in words; empty if nothing did.
    """
    try:
        now = time_there(store)
        builds = builds_there(store)
        alive = {live} | live_there(store)  # somebody may have put another back by hand
        kept = kept_there(builds, live=live, held=held_there(store, now=now) | alive, now=now)
        store.delete([one.key for one in builds if build_of(one.key) not in kept])
        if now - _swept(store) >= SAFE_DELAY:
            keys = {one.key for one in builds if build_of(one.key) in kept}
            keys |= {manifest_key(build_id) for build_id in alive}  # whether they were listed or not
            _remove_objects(store, sorted(keys), now=now)
            store.put(_SWEPT_KEY, b"what no build needs was removed\n")
    except BuildError as error:
        return [f"not all that is old was removed from {store.shown}: {error}"]
    return []


def builds_there(store: ObjectStore) -> list[Stored]:
    """Return the manifests in a store, the newest first."""
    found = [one for one in store.list(BUILDS_PREFIX) if one.key.endswith(".json")]
    return sorted(found, key=lambda one: (one.modified, one.key), reverse=True)


def held_there(store: ObjectStore, *, now: datetime) -> set[str]:
    """Return the ids of the builds that are held at a moment."""
    return {build_id for build_id, until in holds_there(store).items() if until >= now.date()}


def kept_there(builds: Sequence[Stored], *, live: str, held: Iterable[str], now: datetime) -> set[str]:
    """Return the ids of the builds that stay.

    Args:
        builds: the manifests, the newest first.
        live: the id of the live build.
        held: the ids of the builds that are held.
        now: the store's time.
    """
    others = [build_of(one.key) for one in builds if build_of(one.key) != live]
    in_use = [build_of(one.key) for one in builds if now - one.modified < SAFE_DELAY]
    return {live, *others[:1], *held, *in_use}


def manifests_there(store: ObjectStore, keys: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield what manifests say, whichever version of Greenlit wrote them; each at least names its files.

    Only a few are in memory at once: of a large library one takes 100 MB, and a year may hold hundreds.

    Raises:
        NoBuildError: one is not there.
        BuildDamagedError: one cannot be understood.
    """
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        coming = deque[Future[dict[str, Any]]]()
        for key in keys:
            coming.append(pool.submit(manifest_there, store, key))
            if len(coming) == _AT_ONCE:
                yield coming.popleft().result()
        while coming:
            yield coming.popleft().result()


def manifest_there(store: ObjectStore, key: str) -> dict[str, Any]:
    """Return what one manifest says, as `manifests_there`."""
    try:
        content, _ = store.get(key)
    except NoObjectError as error:
        raise NoBuildError(
            f"{key} is not in {store.shown}: run greenlit ingest, which sends that of the live build"
        ) from error
    return manifest_in(content, f"{key} in {store.shown}")


def manifest_in(content: bytes, where: str) -> dict[str, Any]:
    """Return what the content of a manifest says that lies somewhere, as `manifests_there`."""
    try:
        manifest: dict[str, Any] = json.loads(content)
        manifest["files"] = dict(manifest["files"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BuildDamagedError(f"{where} is not a manifest: {error}") from error
    return manifest


def collection_in(manifest: Mapping[str, Any]) -> str | None:
    """Return the collection that a manifest names, if it names one."""
    collection = manifest.get("collection")
    return str(collection["name"]) if collection else None


def _remove_objects(store: ObjectStore, kept: Iterable[str], *, now: datetime) -> None:
    there = store.list(OBJECTS_PREFIX)  # before the manifests: what is published meanwhile is too young to go
    needed = set[str]()
    for manifest in manifests_there(store, kept):
        needed.update(map(object_key, manifest["files"].values()))
    gone = [one.key for one in there if one.key not in needed and now - one.modified >= SAFE_DELAY]

    def remove(key: str) -> None:
        with contextlib.suppress(NoObjectError):
            if now - store.stat(key).modified >= SAFE_DELAY:  # else an ingestion has sent it again meanwhile
                store.delete([key])

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for _ in pool.map(remove, gone):
            pass


def live_there(store: ObjectStore) -> set[str]:
    """Return the id of the build that is live in a store, if there is one."""
    try:
        content, _ = store.get(CURRENT_KEY, most_bytes=CURRENT_BYTES)
    except NoObjectError:
        return set()
    return {build_id_in(content, f"{CURRENT_KEY} in {store.shown}")}


def _swept(store: ObjectStore) -> datetime:
    try:
        return store.stat(_SWEPT_KEY).modified
    except NoObjectError:
        return datetime.min.replace(tzinfo=UTC)
