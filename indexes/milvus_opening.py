"""Opens the collections that the settings name; what that needs is imported only then, because it is an extra."""

from typing import TYPE_CHECKING

from indexes.errors import SettingsError
from indexes.milvus_address import milvus_address

if TYPE_CHECKING:
    from indexes.milvus_candidates import MilvusCollections


def opened_collections(address: str) -> "MilvusCollections | None":
    """Return the collections at an address of Milvus, `None` where the address is empty. Nothing is called yet.

    Raises:
        SettingsError: `pymilvus` is not installed.
    """
    if not address:
        return None
    try:
        from indexes.milvus import Milvus  # noqa: PLC0415 - what it needs is an extra
        from indexes.milvus_candidates import MilvusCollections  # noqa: PLC0415 - likewise
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "indexes":
            raise
        raise SettingsError(
            f"expected what GREENLIT_INDEX=milvus needs, found no {error.name}: pip install -e '.[milvus]'"
        ) from error
    return MilvusCollections(Milvus(milvus_address(address)))
