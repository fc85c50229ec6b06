"""Opens the object store at an address, and its mirror. What speaks to buckets is an extra, loaded only for one."""

import time
from pathlib import Path

from indexes.errors import ObjectStoreError
from indexes.objects.address import folder_of
from indexes.objects.mirror import Mirror
from indexes.objects.shared_folder import SharedFolder
from indexes.objects.store import ObjectStore


def open_mirror(address: str, folder: Path) -> Mirror | None:
    """Return the mirror, in a folder, of the store at a checked address; `None` without one. Nothing is reached yet.

    Raises:
        ObjectStoreError: what the store needs is not installed.
    """
    return Mirror(open_store(address), folder, clock_s=time.monotonic) if address else None


def open_store(address: str) -> ObjectStore:
    """Return the store at a checked address (`address`); nothing is reached yet.

    Raises:
        ObjectStoreError: what it needs is not installed.
    """
    if address.startswith("file://"):
        return SharedFolder(Path(folder_of(address)))
    try:
        from indexes.objects.bucket import Bucket  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise ObjectStoreError(
            f"builds in {address} need what speaks to object stores: pip install 'greenlit[objects]'"
        ) from error
    return Bucket(address)
