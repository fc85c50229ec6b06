"""The filters of SCIM that providers use: one attribute that equals one text."""

import json
import re
from collections.abc import Callable

from service.access.pushed import Pushed
from service.access.pushed_store import Kind
from service.scim.messages import ScimError

_FILTER = re.compile(r"""\s*([A-Za-z][A-Za-z0-9.:]*)\s+eq\s+("(?:[^"\\]|\\.)*")\s*""", re.IGNORECASE)
_MAX_CHARS = 1000


def matching(kind: Kind, given: str) -> Callable[[Pushed], bool]:
    """Return what tells whether a person or group is meant by a filter such as `userName eq "mira"`.

    Raises:
        ScimError: the filter is none that is known here.
    """
    found = _FILTER.fullmatch(given) if len(given) <= _MAX_CHARS else None
    try:
        value = json.loads(found[2]) if found else None
    except ValueError:
        value = None
    if found is None or not isinstance(value, str):
        raise _unknown()
    name = found[1].rpartition(":")[2].casefold()
    wanted = value.casefold()
    if name == "id":
        return lambda pushed: pushed.id == value
    if name == "externalid":
        return lambda pushed: pushed.resource.get("externalId") == value
    if name == ("username" if kind == "user" else "displayname"):
        return lambda pushed: pushed.name == wanted
    if kind == "user" and name in ("displayname", "emails.value"):
        return (
            (lambda pushed: pushed.email == wanted)
            if "." in name
            else (lambda pushed: str(pushed.resource.get("displayName", "")).casefold() == wanted)
        )
    raise _unknown()


def _unknown() -> ScimError:
    return ScimError(400, 'expected a filter such as userName eq "name", got another', "invalidFilter")
