"""All ways in as one `Access`: an API key by its prefix, everything else by the adapter of people."""

from service.access.errors import NotSignedInError
from service.access.port import Access, Carried
from service.access.principals import Principal

KEY_PREFIX = "glk_"  # what scanners for secrets look for


class Recognition:
    """Hands a request to the adapter that knows what it carries. An `Access`."""

    def __init__(self, *, people: Access, keys: Access) -> None:
        """Take the adapter of people and that of keys."""
        self._people = people
        self.waits = people.waits or keys.waits
        self._keys = keys

    def principal(self, carried: Carried) -> Principal:
        """Return who carries this; see `Access`."""
        if carried.bearer is not None and carried.bearer.startswith(KEY_PREFIX):
            return self._keys.principal(carried)
        if carried.on_behalf_of is not None:
            raise NotSignedInError("expected an API key that may act for others")
        return self._people.principal(carried)

    def refresh(self) -> None:
        """Read anew what the adapters need; see `Access`."""
        self._keys.refresh()
        self._people.refresh()
